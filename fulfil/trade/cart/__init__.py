"""Carts: one per owner, shop and type, always answered whole (C1), in a store of their own (C2)."""
