"""Tests of fulfil/prep."""
