"""Handoff (交接): the rider is here, every bag is scanned, and the server releases the order."""
