"""Tests of fulfil/trade."""
