"""Requests, ops and socket events that nobody would think of: answered or refused, never a fault."""
