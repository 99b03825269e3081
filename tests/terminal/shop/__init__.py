"""The ordering page in Chromium, before a served shop."""
