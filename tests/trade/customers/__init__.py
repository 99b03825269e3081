"""Tests of fulfil/trade/customers."""
