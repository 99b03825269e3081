"""Tests of fulfil/reports."""
