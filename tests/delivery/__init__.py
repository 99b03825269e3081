"""Tests of fulfil/delivery."""
