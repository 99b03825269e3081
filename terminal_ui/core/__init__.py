"""Shared browser modules of every screen: scanning, offline outbox, live events, language, feedback, look."""
