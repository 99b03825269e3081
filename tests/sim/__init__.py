"""Tests of fulfil/sim."""
