"""Every select on the shop's tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Row

from fulfil.kit.checks import Check, Violation, broken, off_history, unknown_state
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.security import Principal
from fulfil.kit.statements import among
from fulfil.store import rules
from fulfil.store.errors import NoFloor, UnknownStore
from fulfil.store.model import FloorPlan, Item, Place, Store
from fulfil.store.rules.hours import shown_at
from fulfil.store.states import store_machine

LOCATION_PREFIX = "LOC-"
_STORE = select(*Store.__table__.columns)
# Statements that every order needs are built once: building one costs more than running it.
_STORE_BY_ID = _STORE.where(Store.__table__.c.id == bindparam("store_id"))
_STORES = _STORE.order_by(Store.id)
_PLACES = (
    select(*Place.__table__.columns)
    .where(Place.store_id == bindparam("store"), Place.kind == bindparam("kind"))
    .order_by(Place.code)
)
_PLACES_OF_ZONE = _PLACES.where(Place.zone == bindparam("zone"))
_ITEM = select(*Item.__table__.columns)
_FLOOR = select(FloorPlan.document, FloorPlan.imported_by, FloorPlan.imported_at).where(
    FloorPlan.store_id == bindparam("store")
)
_ITEMS_BY_SKU = _ITEM.where(Item.store_id == bindparam("store"), among(Item.sku, "skus"))


def store(tx: Tx, store_id: int) -> Row:
    """The shop's row. Raises UnknownStore."""
    row = tx.keep(Store, store_id, lambda: tx.one(_STORE_BY_ID, {"store_id": store_id}))
    if row is None:
        raise UnknownStore()
    return row


def foresee(tx: Tx, store_id: int) -> None:
    """The shop's row and its floor plan are needed soon: they come with what is asked next."""
    tx.foresee(Store, store_id, _STORE_BY_ID, {"store_id": store_id})
    tx.foresee(FloorPlan, store_id, _FLOOR, {"store": store_id})


def stores(tx: Tx) -> list[Row]:
    """All shops, by number."""
    return tx.all(_STORES)


def sees_strays(tx: Tx, who: Principal) -> bool:
    """Whether they see what belongs to no shop: who sees every shop does, or the only one there is."""
    return who.store_ids is None or len(stores(tx)) == 1


def items(tx: Tx, store_id: int, skus: Iterable[str]) -> dict[str, Row]:
    """The shop's items among `skus`, by sku."""
    return items_later(tx, store_id, skus)()


def items_later(tx: Tx, store_id: int, skus: Iterable[str]) -> Callable[[], dict[str, Row]]:
    """The same, to be had by calling; they come with what is asked next."""
    rows = tx.later(_ITEMS_BY_SKU, {"store": store_id, "skus": sorted(skus)})
    return lambda: {row.sku: row for row in rows()}


def item(tx: Tx, store_id: int, sku: str) -> Row | None:
    return tx.one(_ITEM.where(Item.store_id == store_id, Item.sku == sku))


def place(tx: Tx, store_id: int, code: str) -> Row | None:
    """A place by its code, with or without the `LOC-` of its label."""
    bare = code.removeprefix(LOCATION_PREFIX)
    return tx.one(select(*Place.__table__.columns).where(Place.store_id == store_id, Place.code == bare))


def places(tx: Tx, store_id: int, kind: str, zone: str | None = None) -> list[Row]:
    """Places of a kind (aisle, staging, bag_shelf, station), of one temperature if asked, by code."""
    return tx.all(
        _PLACES if zone is None else _PLACES_OF_ZONE, {"store": store_id, "kind": kind, "zone": zone}
    )


def floor(tx: Tx, store_id: int) -> rules.Floor | None:
    """The shop's floor plan; None where none was imported."""
    row = tx.keep(FloorPlan, store_id, lambda: tx.one(_FLOOR, {"store": store_id}))
    return None if row is None else _floor(row.document)


def floor_view(tx: Tx, store_id: int) -> dict[str, Any]:
    """The floor plan as it was imported, and by whom. Raises NoFloor."""
    row = tx.one(_FLOOR, {"store": store_id})
    if row is None:
        raise NoFloor()
    return {
        "blocks": [],
        "areas": [],
        "places": [],
        **json.loads(row.document),
        "imported_by": row.imported_by,
        "imported_at": rfc3339(row.imported_at),
    }


@lru_cache(maxsize=64)  # by its words, which change seldom, and are read for every order
def _floor(document: str) -> rules.Floor:
    return rules.floor_of(json.loads(document))


def view(tx: Tx, row: Row, language: str) -> dict[str, Any]:
    """A shop as a customer sees it, JSON-ready."""
    return {
        "id": str(row.id),
        "name": row.name_zh if language == "zh" else row.name_en,
        "names": {"zh": row.name_zh, "en": row.name_en},
        "tz": row.tz,
        "currency": row.currency,
        "lat": row.lat,
        "lng": row.lng,
        "radius_m": row.radius_m,
        "opening": row.opening,
        "delivery_fee": row.delivery_fee,
        "free_delivery_from": row.free_delivery_from,
        "bag_fee": row.bag_fee,
        "state": shown_at(row, tx.now),
        "state_until": rfc3339(row.state_until),
        "state_reason": row.state_reason,
        "open": rules.open_at(row, tx.now),
        "opens_at": rfc3339(rules.opens_next(row, tx.now)),
    }


def violations(tx: Tx) -> list[Violation]:
    """Invariants 11 (state is the last history row) and 18 (items and places name a shop that exists)."""
    return broken(tx, _checks())


@cache
def _checks() -> list[Check]:
    return [
        off_history(Store),
        unknown_state(Store, store_machine),
        *(
            Check(
                18,
                model.__tablename__,
                "no such shop",
                select(model.store_id).where(model.store_id.not_in(select(Store.id))).distinct(),
            )
            for model in (Item, Place, FloorPlan)
        ),
    ]
