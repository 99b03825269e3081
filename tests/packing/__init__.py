"""Tests of fulfil/packing."""
