"""The supervisor's board in Chromium, before a served shop."""
