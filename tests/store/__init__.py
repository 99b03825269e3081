"""Tests of fulfil/store."""
