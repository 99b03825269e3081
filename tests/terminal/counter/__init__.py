"""The handover counter in Chromium, before a stand-in server."""
