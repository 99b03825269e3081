"""The rider's phone in Chromium, before a stand-in server."""
