"""Tests of staff: login, devices, shifts, rights."""
