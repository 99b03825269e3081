"""A shop closes or falls asleep: what nobody has begun is held, and goes on when it opens (floor rule 10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import Row

from fulfil.contracts.fulfilment import OrderHeldBack, ShopStateChanged
from fulfil.dispatch import queries
from fulfil.dispatch.queries import board
from fulfil.dispatch.service import holds, offers, tickets
from fulfil.dispatch.states import HELD_TICKET, FulfilmentState, TicketState
from fulfil.kit.db import Tx
from fulfil.store import queries as stores
from fulfil.store.rules import opens_next
from fulfil.store.rules.hours import holds_work

SHOP_CLOSED, SETTLE = "shop_closed", "dispatch.shop_state"
AT_ONCE = 30  # orders in one transaction


def on_shop_state(tx: Tx, changed: ShopStateChanged) -> None:
    """The shop's state was set: its unstarted orders are held, or let go."""
    tx.kit.tasks.add(tx, SETTLE, {"store_id": changed.store_id}, key=f"shop:{changed.store_id}")


def settle(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Task: hold or let go some of a shop's orders, as its state says now; another task goes on."""
    store = stores.store(tx, payload["store_id"])
    if holds_work(store, tx.now):
        found = _locked(tx, board.unstarted(tx, store.id, SHOP_CLOSED, AT_ONCE))
        for order in found:
            _hold(tx, order, store)
    else:
        found = _locked(tx, board.held_for(tx, store.id, SHOP_CLOSED, AT_ONCE))
        for order in found:
            _let_go(tx, order)
        tickets.plan_soon(tx, store.id)
    if len(found) == AT_ONCE:
        tx.kit.tasks.add(tx, SETTLE, payload, key=f"shop:{store.id}")


def hold_back(tx: Tx, fulfilment_id: int, store: Row) -> None:
    """Hold an order with which nobody has begun. Harmless when somebody has."""
    _hold(tx, queries.fulfilment_row(tx, fulfilment_id, lock=True), store)


def _hold(tx: Tx, order: Row, store: Row) -> None:
    rows = queries.tickets_of(tx, order.id, live=True, lock=True)
    if order.state != FulfilmentState.OPEN or any(row.state in HELD_TICKET for row in rows):
        return
    for row in rows:
        if row.state == TicketState.OFFERED:
            row = offers.withdraw(tx, row, reason="held")
        holds.place(tx, row, SHOP_CLOSED, actor="system")
    tx.publish(
        OrderHeldBack(
            order_no=order.order_no,
            store_id=order.store_id,
            fulfilment_id=order.id,
            opens_at=opens_next(store, tx.now),
        )
    )
    tickets.changed(tx, order.store_id, order.order_no)


def _locked(tx: Tx, fulfilment_ids: list[int]) -> list[Row]:
    """These orders, all locked before any of their tickets is."""
    return [queries.fulfilment_row(tx, fulfilment_id, lock=True) for fulfilment_id in fulfilment_ids]


def _let_go(tx: Tx, order: Row) -> None:
    for row in queries.tickets_of(tx, order.id, live=True, lock=True):
        holds.release(tx, row, SHOP_CLOSED, actor="system")
    tickets.changed(tx, order.store_id, order.order_no)
