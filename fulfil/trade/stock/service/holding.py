"""Reservations: what an order holds from acceptance to shipping (O1, stock lock)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

from sqlalchemy import bindparam, update

from fulfil.kit.db import Tx
from fulfil.trade.stock import queries
from fulfil.trade.stock.errors import InsufficientStock
from fulfil.trade.stock.model import Reservation, Stock
from fulfil.trade.stock.service.shortages import end_shortages, settle_open


class ReserveLine(Protocol):
    """A line to hold: `quantity` pieces or grams."""

    line_no: int
    sku: str
    quantity: int


# The guard backs up the check under the row locks: a row that has too little stays and is not counted.
_TAKE = (
    update(Stock.__table__)
    .where(
        Stock.store_id == bindparam("the_store"),
        Stock.sku == bindparam("the_sku"),
        Stock.on_hand - Stock.reserved - Stock.quarantine - Stock.buffer >= bindparam("quantity"),
    )
    .values(reserved=Stock.reserved + bindparam("quantity"), version=Stock.version + 1)
)
_GIVE = (
    update(Stock.__table__)
    .where(Stock.store_id == bindparam("the_store"), Stock.sku == bindparam("the_sku"))
    .values(reserved=Stock.reserved - bindparam("quantity"), version=Stock.version + 1)
)


_R = Reservation.__table__
_END_LIVE = (
    update(_R)
    .where(_R.c.order_no == bindparam("the_order"), _R.c.state == "live")
    .values(state=bindparam("ended"), quantity=0)
)


def reserve(tx: Tx, store_id: int, order_no: int, lines: Sequence[ReserveLine], due_at: datetime) -> None:
    """Hold every line or none. Raises InsufficientStock with `lines` [{sku, available}] of what lacks."""
    ordered = sorted(lines, key=lambda line: line.sku)
    left = queries.available(tx, store_id, [line.sku for line in ordered], lock=True)
    lacking = [line for line in ordered if left.get(line.sku, 0) < line.quantity]
    if lacking:
        raise _insufficient(lacking, left)
    for line in ordered:
        taken = {"the_store": store_id, "the_sku": line.sku, "quantity": line.quantity}
        tx.must_change(_TAKE, taken, partial(_insufficient, ordered, left))
    tx.insert_many(
        Reservation,
        [
            {
                "order_no": order_no,
                "line_no": line.line_no,
                "store_id": store_id,
                "sku": line.sku,
                "quantity": line.quantity,
                "state": "live",
                "due_at": due_at,
            }
            for line in ordered
        ],
    )


def _insufficient(lines: Sequence[ReserveLine], left: Mapping[str, int]) -> InsufficientStock:
    return InsufficientStock(lines=[{"sku": line.sku, "available": left.get(line.sku, 0)} for line in lines])


def release(tx: Tx, order_no: int) -> None:
    """Give back all that an order still holds. Safe to repeat."""
    free(tx, order_no, state="released")


def free(tx: Tx, order_no: int, *, state: str) -> None:
    """End every live reservation of an order; on_hand stays as it is."""
    rows = queries.live_reservations(tx, order_no)
    if not rows:
        return
    tx.change_many(
        _GIVE, [{"the_store": row.store_id, "the_sku": row.sku, "quantity": row.quantity} for row in rows]
    )
    tx.change(_END_LIVE, {"the_order": order_no, "ended": state})
    end_shortages(tx, rows[0].store_id, order_no)
    settle_open(tx, rows[0].store_id, [row.sku for row in rows])


def take_from(tx: Tx, order_no: int, line_no: int, quantity: int, *, state: str) -> int:
    """Lower one line's reservation by at most `quantity`, ending it as `state` at 0. Returns how much."""
    row = queries.reservation(tx, order_no, line_no)
    if row is None or row.state != "live":
        return 0
    taken = min(quantity, row.quantity)
    left = row.quantity - taken
    tx.update(
        Reservation,
        {"order_no": order_no, "line_no": line_no},
        quantity=left,
        state="live" if left else state,
    )
    tx.change(_GIVE, {"the_store": row.store_id, "the_sku": row.sku, "quantity": taken})
    return taken
