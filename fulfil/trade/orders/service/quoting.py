"""Quotes: what could be promised now, without holding anything (floor rule 11)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from fulfil.contracts.promise import PromiseLine, Quote
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.errors import Refusal
from fulfil.store import rules as store_rules
from fulfil.trade.cart.service import carts
from fulfil.trade.cart.service.carts import CartKey, Shown
from fulfil.trade.orders.errors import EmptyCart, StoreClosed
from fulfil.trade.orders.service.steps import distance, slots_view
from fulfil.trade.stock.errors import InsufficientStock


def quote(tx: Tx, key: CartKey, contact: dict[str, Any], deliver_by: datetime | None) -> dict[str, Any]:
    """The answer of `POST /quotes`: `ok` with times, or `why_not`, the code of an order's refusal."""
    shown = carts.price(tx, key, carts.load(tx, key))
    try:
        found = _promised(tx, shown, contact, deliver_by)
    except Refusal as refusal:
        found = Quote(False, refusal.code, None, None)
    return {
        "ok": found.ok,
        "why_not": found.why_not,
        "hand_over_at": rfc3339(found.hand_over_at),
        "deliver_at": rfc3339(found.deliver_at),
        "slots": slots_view(found.slots),
        "opens_at": rfc3339(store_rules.opens_next(shown.store, tx.now)),
        "delivery_fee": shown.totals.delivery,
        "totals": asdict(shown.totals),
        "currency": shown.store.currency,
        "cart_version": shown.cart.version,
    }


def _promised(tx: Tx, shown: Shown, contact: dict[str, Any], deliver_by: datetime | None) -> Quote:
    sold = [line for line in shown.lines if line.sold]
    if not store_rules.open_at(shown.store, tx.now):
        raise StoreClosed()
    metres = distance(shown.store, contact)
    if not sold:
        raise EmptyCart()
    if any(line.available < line.quantity for line in sold):
        raise InsufficientStock()
    lines = [
        PromiseLine.of(line.sku, line.quantity, row.prep, row.zone, row.unit, row.grams)
        for line in sold
        for row in [shown.rows[line.sku]]
    ]
    return tx.kit.services["promise"].quote(tx, shown.store.id, lines, metres, deliver_by)
