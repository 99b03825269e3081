"""Tests of fulfil/handoff."""
