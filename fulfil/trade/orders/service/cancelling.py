"""Cancelling: at once before payment; after it by fulfilment's and then the channel's word (F7, A7)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import Row

from fulfil.contracts.fulfilment import CancelRefused, FulfilmentCancelled, FulfilmentVoided
from fulfil.contracts.trade import OrderCancelRequested, OrderRecallRequested, OrderRefunded
from fulfil.kit.db import Tx
from fulfil.trade.orders import rules
from fulfil.trade.orders.errors import NotCancellable
from fulfil.trade.orders.model import Order
from fulfil.trade.orders.service import showing
from fulfil.trade.orders.service.access import lock, move_delivery, move_order
from fulfil.trade.orders.service.paying import end_unpaid
from fulfil.trade.orders.states import OrderState
from fulfil.trade.payments import queries as payments

STARTED = (OrderState.CANCELLING, OrderState.CANCELLED)


def cancel(tx: Tx, order_no: int, actor: str, reason: str) -> None:
    """Cancel an order, or ask fulfilment to stop. Safe to repeat. Raises NotCancellable.

    What is with the rider stays as it is: the rider is asked to bring it back, and what they do counts.
    """
    row = lock(tx, order_no)
    if row.state in STARTED:
        return
    if rules.recallable(row.state, row.delivery_state):
        tx.publish(OrderRecallRequested(order_no=row.id, store_id=row.store_id, reason=reason, by=actor))
        return
    if not rules.cancellable(row.state, row.delivery_state):
        raise NotCancellable(state=row.state, delivery_state=row.delivery_state)
    if row.state == OrderState.PLACED:
        move_order(tx, row, "cancel", actor=actor, reason=reason, ended_at=tx.now)
        end_unpaid(tx, row)
        return
    move_order(tx, row, "request_cancel", actor=actor, reason=reason)
    tx.publish(OrderCancelRequested(order_no=row.id, store_id=row.store_id, reason=reason, by=actor))


def on_cancel_refused(tx: Tx, event: CancelRefused) -> None:
    """The goods had left already: the order goes on."""
    row = lock(tx, event.order_no)
    if row.state == OrderState.CANCELLING:
        move_order(tx, row, "cancel_refused", reason=event.reason)


def on_cancelled(tx: Tx, event: FulfilmentCancelled) -> None:
    """Fulfilment stopped, on our request or of its own; the order is cancelled when the money is back."""
    _stop(tx, lock(tx, event.order_no), event.reason)


def on_voided(tx: Tx, event: FulfilmentVoided) -> None:
    """Every line was short: the order ends as cancelled when everything is refunded, fees included."""
    _stop(tx, lock(tx, event.order_no), "void")


def _stop(tx: Tx, row: Row, reason: str) -> None:
    move_delivery(tx, row, rules.delivery_steps(row.delivery_state, "cancel"))
    if row.state == OrderState.PAID:
        move_order(tx, row, "request_cancel", reason=reason, **_money(tx, row))


def on_refunded(tx: Tx, event: OrderRefunded) -> None:
    """The channel's word on money that went back. What has gone is summed from the payments."""
    row = lock(tx, event.order_no)
    money = _money(tx, row)
    if rules.cancel_ends(row.state, event.whole):
        move_order(tx, row, "cancel", reason=event.kind, ended_at=tx.now, **money)
        return
    if money["refunded"] != row.refunded:
        tx.update(Order, {"id": row.id}, **money)
        showing.changed(tx, row)
        tx.hint(f"track:{row.id}")


def _money(tx: Tx, row: Row) -> dict[str, Any]:
    captured = payments.captured(tx, row.id)
    return {"paid": captured, "refunded": captured - payments.net(tx, row.id)}
