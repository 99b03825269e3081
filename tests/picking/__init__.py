"""Tests of fulfil/picking."""
