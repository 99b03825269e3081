"""Whole journeys in real Chromium over the served shop and the sandbox channel: scans and taps only."""
