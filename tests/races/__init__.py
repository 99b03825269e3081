"""Races through a barrier against the served shop, each with a negative control: a server without guards."""
