"""Reaching one order: under its lock, or by its owner."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy.engine import Row

from fulfil.contracts.trade import OrderEnded
from fulfil.kit import moves
from fulfil.kit.db import Tx
from fulfil.kit.security import Principal
from fulfil.trade.orders import queries
from fulfil.trade.orders.errors import UnknownOrder
from fulfil.trade.orders.model import Order, OrderDelivery
from fulfil.trade.orders.service import showing
from fulfil.trade.orders.states import DELIVERY, ORDER, OrderState

ENDS = (OrderState.COMPLETED, OrderState.CANCELLED, OrderState.EXPIRED)


def lock(tx: Tx, order_no: int) -> Row:
    """The order's row with `delivery_state`, locked until the end: everything about one order queues here.

    Raises UnknownOrder.
    """
    return queries.order(tx, order_no, lock=True)


def accessible(tx: Tx, who: Principal, order_no: int) -> Row:
    """The order if `who` owns it. Raises UnknownOrder, as for one that does not exist."""
    row = queries.order(tx, order_no)
    if not owns(row, who):
        raise UnknownOrder()
    return row


def owns(row: Row, who: Principal) -> bool:
    """Whether somebody ordered this."""
    return (row.owner_kind, row.owner_id) == (who.kind, who.id)


def page(tx: Tx, order_no: int) -> str:
    """The path where a customer looks at the order."""
    return queries.track_path(queries.order(tx, order_no).track_token)


def move_order(
    tx: Tx, row: Row, event: str, *, actor: str = "system", reason: str = "", **changes: Any
) -> str:
    """Move a locked order and tell who tracks it; returns the new state."""
    state = moves.move(tx, Order, ORDER, row, event, order_no=row.id, actor=actor, reason=reason, **changes)
    showing.changed(tx, row)
    tx.hint(f"track:{row.id}")
    if state in ENDS:
        tx.publish(OrderEnded(order_no=row.id, store_id=row.store_id, state=state, at=tx.now))
    return state


class _Standing(NamedTuple):
    """How an order's delivery stands; it is read with its order."""

    id: int
    state: str
    version: int
    store_id: int


def move_delivery(tx: Tx, row: Row, events: list[str]) -> None:
    """Move a locked order's delivery along `events`."""
    now = _Standing(row.id, row.delivery_state, row.delivery_version, row.store_id)
    for event in events:
        state = moves.move(tx, OrderDelivery, DELIVERY, now, event, order_no=row.id)
        now = now._replace(state=state, version=now.version + 1)
    if events:
        showing.changed(tx, row)
        tx.hint(f"track:{row.id}")
