"""Decisions about messages, webhooks and alarms. Pure."""
