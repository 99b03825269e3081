"""Tests of fulfil/trade/payments."""
