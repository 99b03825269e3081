"""Whole journeys in real Chromium over the served shop and the sandbox channel's process: scans and taps only."""
