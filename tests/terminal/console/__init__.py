"""The operators' console in Chromium, before a served shop."""
