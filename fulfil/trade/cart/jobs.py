"""The nightly deletion of merged guest carts, and the store that carts are kept in."""

from __future__ import annotations

from fulfil.kit.base import Kit
from fulfil.trade.cart import service
from fulfil.trade.cart.service import CartStore, EmbeddedCarts

PRUNE_SECONDS = 3600


def register(kit: Kit) -> None:
    """Open the cart store unless one was handed in, and sweep at night."""
    if "carts" not in kit.services:
        kit.services["carts"] = _store(kit)
    kit.tasks.sweep("carts.prune", PRUNE_SECONDS, service.prune)


def _store(kit: Kit) -> CartStore:
    if kit.config.redis_url:
        from fulfil.trade.cart.service.remote import RedisCarts  # here: only who uses Redis loads its client

        return RedisCarts(kit.config.redis_url, kit.gateway)
    return EmbeddedCarts(kit.config.carts_path or _beside_database(kit))


def _beside_database(kit: Kit) -> str:
    database = kit.db.url.database
    return f"{database}.carts" if kit.db.sqlite and database else ":memory:"
