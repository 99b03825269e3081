"""Picking (拣货): what a picker takes from the shelves into totes, and what goes back to them."""
