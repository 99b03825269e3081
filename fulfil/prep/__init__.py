"""Preparation: what the shop itself makes to order, at the stations of its kitchen, beside the picking."""
