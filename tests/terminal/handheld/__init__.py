"""The picker's handheld in Chromium, before a stand-in server."""
