"""Tests of fulfil/trade/stock."""
