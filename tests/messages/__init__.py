"""Tests of fulfil/messages."""
