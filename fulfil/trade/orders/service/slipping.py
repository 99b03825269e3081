"""Who has to wait longer than was promised is told: paid long after ordering, or late in the shop (11)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Row

from fulfil.contracts.fulfilment import DelayPredicted
from fulfil.contracts.promise import PromiseLine, Quote
from fulfil.kit import moves
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.messages import service as messages
from fulfil.store import queries as stores
from fulfil.store import rules as store_rules
from fulfil.trade.orders import queries, rules
from fulfil.trade.orders.model import Order
from fulfil.trade.orders.states import OrderState

TELL = "orders.tell_slip"


def promised_now(tx: Tx, row: Row) -> datetime:
    """What a locked order is promised as it is paid: the time of ordering, unless that slipped too far.

    A slip goes into the order's history, and the customer gets a message with the way to cancel.
    """
    if not rules.promise_aged(row.created_at, tx.now):
        return row.promised_at
    found = _again(tx, row)
    # Where nobody can say a time, it takes at least as long as it was going to take.
    again = found or tx.now + (row.promised_at - row.created_at)
    if found is not None and not rules.slipped(row.promised_at, found):
        return row.promised_at
    where = {"store_id": row.store_id, "order_no": row.id}
    moves.record(
        tx,
        entity=Order.__tablename__,
        entity_id=row.id,
        event="promise_slipped",
        detail={"from": rfc3339(row.promised_at), "to": rfc3339(again)},
        **where,
    )
    tx.kit.tasks.add(tx, TELL, {**where, "known": found is not None})
    return again


def _again(tx: Tx, row: Row) -> datetime | None:
    """When the order can be delivered as things are now; its own hold must not count against it."""
    tx.kit.services["promise"].release(tx, row.id)
    found = _reserve(tx, row, row.deliver_by)
    if not found.ok and row.deliver_by is not None:
        found = _reserve(tx, row, None)
    if found.ok:
        return found.deliver_at
    return found.slots[0][1] if found.slots else None


def _reserve(tx: Tx, row: Row, deliver_by: datetime | None) -> Quote:
    """Fulfilment replaces this hold by tickets in a moment, as for every paid order."""
    ordered = queries.items(tx, row.id)
    goods = stores.items(tx, row.store_id, {one.sku for one in ordered})
    lines = [
        PromiseLine.of(one.sku, one.quantity, row.prep, row.zone, row.unit, row.grams)
        for one in ordered
        for row in [goods[one.sku]]
    ]
    metres = _metres(stores.store(tx, row.store_id), row.contact)
    return tx.kit.services["promise"].reserve(
        tx, row.store_id, row.id, lines, metres, deliver_by, row.expires_at
    )


def _metres(store: Row, contact: Mapping[str, Any]) -> int:
    """As when the order was placed; what is paid is delivered, even where the area has shrunk meanwhile."""
    lat, lng = contact.get("lat"), contact.get("lng")
    if lat is None or lng is None:
        return store.radius_m
    return store_rules.metres(store.lat, store.lng, lat, lng)


def tell_delay(tx: Tx, event: DelayPredicted) -> None:
    """The shop sees that it will be late: the customer hears when it comes, and may cancel."""
    row = queries.order(tx, event.order_no)
    if row.state == OrderState.PAID:
        send(tx, row, "delay_predicted", event.predicted_at, key=f"delay:{row.id}")


def tell(tx: Tx, payload: Mapping[str, Any]) -> None:
    """The message about a slip, as long as there is an order to wait for."""
    row = queries.order(tx, payload["order_no"])
    if row.state != OrderState.PAID:
        return
    send(
        tx,
        row,
        "promise_slipped" if payload["known"] else "promise_unknown",
        row.promised_at,
        key=f"slip:{row.id}",
    )


def send(tx: Tx, row: Row, kind: str, at: datetime, *, key: str, **values: Any) -> None:
    """A message about an order's time, with the way to its page. `at` is shown by the shop's clock."""
    zone = ZoneInfo(stores.store(tx, row.store_id).tz)
    said = {
        "order": row.id,
        "at": f"{at.astimezone(zone):%H:%M}",
        "link": queries.order_url(row.id, tx.kit.config.public_url),
        **values,
    }
    messages.send(
        tx,
        kind=kind,
        store_id=row.store_id,
        order_no=row.id,
        phone=row.contact["phone"],
        language="",
        values=said,
        key=key,
    )
