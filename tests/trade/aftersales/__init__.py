"""Tests of fulfil/trade/aftersales."""
