"""The packing station in Chromium, before a stand-in server."""
