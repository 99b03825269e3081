"""Use cases of carts: changing, showing, merging, emptying; and the two stores that may keep them."""

from fulfil.trade.cart.service.carts import change, empty, key_of, load, merge_guest, prune, show
from fulfil.trade.cart.service.embedded import CartStore, EmbeddedCarts

__all__ = ["CartStore", "EmbeddedCarts", "change", "empty", "key_of", "load", "merge_guest", "prune", "show"]
