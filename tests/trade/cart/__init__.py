"""Tests of fulfil/trade/cart."""
