"""Fulfilment drives the order's delivery state (F1); a delivered order is completed, later closed."""

from __future__ import annotations

from fulfil.contracts.fulfilment import Delivered, FulfilmentProgressed
from fulfil.kit.db import Tx
from fulfil.trade.orders import queries, rules
from fulfil.trade.orders.service.access import lock, move_delivery, move_order
from fulfil.trade.orders.states import ORDER

CLOSE_BATCH = 200


def on_progress(tx: Tx, event: FulfilmentProgressed) -> None:
    """Move the delivery; old news changes nothing."""
    row = lock(tx, event.order_no)
    move_delivery(tx, row, rules.delivery_steps(row.delivery_state, event.event))


def on_delivered(tx: Tx, event: Delivered) -> None:
    """The customer has the goods."""
    row = lock(tx, event.order_no)
    move_delivery(tx, row, rules.delivery_steps(row.delivery_state, "deliver"))
    if ORDER.allows(row.state, "complete"):
        move_order(tx, row, "complete", ended_at=tx.now)


def close_completed(tx: Tx) -> None:
    """Sweep: a completed order is closed when its time for aftersales is over."""
    for row in queries.completed_before(tx, tx.now - rules.CLOSED_AFTER, CLOSE_BATCH):
        move_order(tx, row, "close")
