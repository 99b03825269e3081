"""Tests of fulfil/trade/catalog."""
