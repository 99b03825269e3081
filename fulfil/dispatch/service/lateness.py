"""Lateness is seen before it happens: every order has a time at which it will be there, and what follows.

Nothing of this stands in an order's way: a sweep asks for each shop with open orders every few seconds, and
what has hardly moved is not written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.engine import Row

from fulfil.contracts.fulfilment import DelayPredicted
from fulfil.dispatch import queries
from fulfil.dispatch.model import Fulfilment, Prediction
from fulfil.dispatch.queries import forecast as read
from fulfil.dispatch.rules import lateness as rules
from fulfil.dispatch.rules.forecast import Ahead, Expected, forecast
from fulfil.dispatch.service import forecasting, riders, speeds, tickets
from fulfil.dispatch.states import TicketState
from fulfil.kit import moves
from fulfil.kit.db import Tx

PREDICT = "dispatch.predict"
_PREDICTION = Prediction.__table__.c
_WRITE = update(Prediction.__table__).where(_PREDICTION.fulfilment_id == bindparam("of")).values(
    {name: bindparam(name) for name in ("ready_at", "deliver_at", "at", "late_since", "told_at")})


def predict_open(tx: Tx) -> None:
    """Sweep: let the orders of every shop be predicted that has any."""
    for store_id in read.stores_at_work(tx):
        tx.kit.tasks.add(tx, PREDICT, {"store_id": store_id}, key=f"predict:{store_id}")


def predict(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Task: predict all open orders of a shop, and act on those that will be late.

    Each order is predicted late once in its history; the first ones that can be saved go before the others;
    the customer hears of what is more than ten minutes late. Riders are asked for what will soon be ready.
    """
    store_id = payload["store_id"]
    policy, rows = tickets.policy_of(tx, store_id), _worked_on(read.work_of_orders(tx, store_id))
    if not rows:
        return
    orders = forecasting.orders_of(rows, tx.now, policy, speeds.of(tx, store_id).pace)
    capacity = forecasting.capacity(tx, store_id, policy)
    staffing = forecasting.staffing(tx, store_id, capacity, rows, policy)
    expected = forecast(orders, staffing, policy.cold_lead_seconds)
    known = read.predictions(tx, [order.order for order in orders])
    first = {row.fulfilment_id: row for row in reversed(rows)}
    ahead = {order.order: order for order in orders}
    late = {one.order for one in sorted(expected, key=lambda one: one.order)
            if _predicted(tx, first[one.order], ahead[one.order], one, known.get(one.order))}
    raised = rules.to_raise(orders, late, policy.late_first_max)
    rides = riders.changes(rows, ahead, expected, policy) if staffing.riders else riders.Changes()
    for fulfilment_id in sorted({*raised, *rides.orders}):  # all orders before any of their tickets
        queries.fulfilment_row(tx, fulfilment_id, lock=True)
    for fulfilment_id in sorted(raised):
        _raise(tx, fulfilment_id)
    riders.change(tx, rides)


def _worked_on(rows: Sequence[Row]) -> list[Row]:
    """The tickets of orders that are not held as a whole: when those will go on nobody knows."""
    free = {row.fulfilment_id for row in rows if not row.held}
    return [row for row in rows if row.fulfilment_id in free]


def _predicted(tx: Tx, row: Row, order: Ahead, one: Expected, known: Row | None) -> bool:
    """Write down what is expected of an order where that is news; whether it will be late."""
    ready_at, deliver_at = (tx.now + timedelta(seconds=round(at)) for at in (one.ready, one.delivered))
    since, told_at = (None, None) if known is None else (known.late_since, known.told_at)
    late_seconds = one.delivered - order.due
    late = rules.is_late(since is not None, late_seconds)
    began = late and since is None
    since = (since or tx.now) if late else None
    tells = told_at is None and since is not None and rules.tells(
        late_seconds, (tx.now - since).total_seconds(), left_shop=order.riding)
    if tells:
        told_at = tx.now
    values = {"ready_at": ready_at, "deliver_at": deliver_at, "at": tx.now, "late_since": since,
              "told_at": told_at}
    if known is None:
        tx.insert_new(Prediction, fulfilment_id=row.fulfilment_id, store_id=row.store_id,
                      order_no=row.order_no, **values)
    elif (since, told_at) != (known.late_since, known.told_at) or _moved(known, ready_at, deliver_at):
        tx.change(_WRITE, {"of": row.fulfilment_id, **values})
    else:
        return late
    if began:
        moves.record(tx, store_id=row.store_id, order_no=row.order_no, entity=Fulfilment.__tablename__,
                     entity_id=row.fulfilment_id, event="predicted_late",
                     detail={"late_seconds": round(late_seconds)})
    if tells:
        tx.publish(DelayPredicted(order_no=row.order_no, store_id=row.store_id,
                                  fulfilment_id=row.fulfilment_id, promised_at=row.due_at,
                                  predicted_at=deliver_at))
    tickets.changed(tx, row.store_id, row.order_no)
    return late


def _moved(known: Row, *times: datetime) -> bool:
    before: Sequence[datetime] = (known.ready_at, known.deliver_at)
    return any(abs((now - then).total_seconds()) >= rules.MOVED_SECONDS
               for then, now in zip(before, times, strict=True))


def _raise(tx: Tx, fulfilment_id: int) -> None:
    """Let a locked order's waiting tickets go before others; what a supervisor has set stays."""
    for row in queries.tickets_of(tx, fulfilment_id, live=True, lock=True):
        if row.state == TicketState.QUEUED and row.priority == 0:
            tickets.touch(tx, row, priority=rules.RAISED)
            moves.record(tx, store_id=row.store_id, order_no=row.order_no, entity="tickets",
                         entity_id=row.id, event="priority", reason="predicted_late",
                         detail={"from": 0, "to": rules.RAISED})
            tickets.plan_soon(tx, row.store_id)
