"""The nightly deletion of merged guest carts, and the store that carts are kept in."""

from __future__ import annotations

from fulfil.kit.base import Kit
from fulfil.trade.cart import service
from fulfil.trade.cart.service import EmbeddedCarts

PRUNE_SECONDS = 3600


def register(kit: Kit) -> None:
    """Open the cart store unless one was handed in, and sweep at night."""
    if "carts" not in kit.services:
        kit.services["carts"] = EmbeddedCarts(kit.config.carts_path or _beside_database(kit))
    kit.tasks.sweep("carts.prune", PRUNE_SECONDS, service.prune)


def _beside_database(kit: Kit) -> str:
    database = kit.db.url.database
    return f"{database}.carts" if kit.db.sqlite and database else ":memory:"
