"""The kitchen's screen in Chromium, before a stand-in server."""
