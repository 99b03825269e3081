"""The tracking page and the carrier's page in Chromium, before a served shop."""
