"""Tests of fulfil/trade/orders."""
