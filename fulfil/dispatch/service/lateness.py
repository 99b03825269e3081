"""Lateness is seen before it happens: every order has a time at which it will be there, and what follows.

Nothing of this stands in an order's way: a sweep asks for each shop with open orders every few seconds, and
what has hardly moved is not written.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
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
from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.staff import queries as staff

PREDICT = "dispatch.predict"
PORTION = 50  # orders that are looked at or written at once; then others go first
PAUSE_SECONDS = 0.02
_PREDICTION = Prediction.__table__.c
_WRITE = (
    update(Prediction.__table__)
    .where(_PREDICTION.fulfilment_id == bindparam("of"))
    .values({name: bindparam(name) for name in ("ready_at", "deliver_at", "at", "late_since", "told_at")})
)


def predict_open(tx: Tx) -> None:
    """Sweep: let the orders of every shop be predicted that has any."""
    for store_id in read.stores_at_work(tx):
        tx.kit.tasks.add(tx, PREDICT, {"store_id": store_id}, key=f"predict:{store_id}")


def predict(kit: Kit, payload: Mapping[str, Any], _task_id: int) -> Callable[[Tx], None] | None:
    """Task: predict all open orders of a shop, and act on those that will be late.

    Each order is predicted late once in its history; the first ones that can be saved go before the others;
    the customer hears of what is more than ten minutes late. Riders are asked for what will soon be ready.
    Hundreds of orders take long: nobody's transaction waits for that, and others go on in between.
    """
    store_id = payload["store_id"]
    with kit.db.read() as tx:
        now, policy = tx.now, tickets.policy_of(tx, store_id)
        rows = _worked_on(read.work_of_orders(tx, store_id))
        if not rows:
            return None
        learned, on_duty = speeds.of(tx, store_id), staff.on_duty(tx, store_id)
        pace, stations = learned.pace(on_duty), forecasting.stations_of(tx, rows)
        capacity = forecasting.capacity(tx, store_id, on_duty, policy, learned)
        staffing = forecasting.staffing(tx, store_id, capacity, rows, policy)
        known = read.predictions(tx, {row.fulfilment_id for row in rows})
    first = {row.fulfilment_id: row for row in reversed(rows)}
    orders: list[Ahead] = []
    for order in forecasting.orders_of(rows, now, policy, pace, stations):
        orders.append(order)
        if len(orders) % PORTION == 0:
            time.sleep(PAUSE_SECONDS)
    expected = forecast(orders, staffing, policy.cold_lead_seconds)
    ahead = {order.order: order for order in orders}
    foreseen = [
        _Foreseen(first[one.order], ahead[one.order], one, now)
        for one in sorted(expected, key=lambda one: one.order)
    ]
    verdicts = [(one, one.judged(known.get(one.row.fulfilment_id))) for one in foreseen]
    news = [one for one, verdict in verdicts if verdict.is_news]
    for begin in range(0, len(news), PORTION):
        if begin:
            time.sleep(PAUSE_SECONDS)
        kit.db.write(partial(_write_down, portion=news[begin : begin + PORTION]), "dispatch-predict")
    late = {one.order.order for one, verdict in verdicts if verdict.late}
    raised = rules.to_raise(orders, late, policy.late_first_max)
    rides = riders.changes(rows, ahead, expected, policy) if staffing.riders else riders.Changes()
    return partial(_act, raised=raised, rides=rides)


def _worked_on(rows: Sequence[Row]) -> list[Row]:
    """The tickets of orders that are not held as a whole: when those will go on nobody knows."""
    free = {row.fulfilment_id for row in rows if not row.held}
    return [row for row in rows if row.fulfilment_id in free]


@dataclass(frozen=True)
class _Verdict:
    """What follows from a prediction: `values` to be written where they are news, a step, a message."""

    late: bool
    began: bool
    tells: bool
    is_news: bool
    values: Mapping[str, Any]


@dataclass(frozen=True)
class _Foreseen:
    """One order's prediction, made at `at` of what stood in the database then."""

    row: Row
    order: Ahead
    expected: Expected
    at: datetime

    @property
    def late_seconds(self) -> float:
        return self.expected.delivered - self.order.due

    def judged(self, known: Row | None) -> _Verdict:
        """What it means after what was `known` before."""
        ready_at, deliver_at = (
            self.at + timedelta(seconds=round(seconds))
            for seconds in (self.expected.ready, self.expected.delivered)
        )
        was_since, was_told = (None, None) if known is None else (known.late_since, known.told_at)
        late = rules.is_late(was_since is not None, self.late_seconds)
        since = (was_since or self.at) if late else None
        tells = (
            was_told is None
            and since is not None
            and rules.tells(self.late_seconds, (self.at - since).total_seconds(), left_shop=self.order.riding)
        )
        told_at = self.at if tells else was_told
        is_news = (
            known is None or (since, told_at) != (was_since, was_told) or _moved(known, ready_at, deliver_at)
        )
        return _Verdict(
            late,
            late and was_since is None,
            tells,
            is_news,
            {
                "ready_at": ready_at,
                "deliver_at": deliver_at,
                "at": self.at,
                "late_since": since,
                "told_at": told_at,
            },
        )


def _write_down(tx: Tx, *, portion: Sequence[_Foreseen]) -> None:
    """Write what is news, of the orders that have not ended since they were read."""
    ids = [one.row.fulfilment_id for one in portion]
    known, still = read.predictions(tx, ids), read.still_at_work(tx, ids)
    for one in portion:
        if one.row.fulfilment_id in still:
            _write(tx, one, known.get(one.row.fulfilment_id))


def _write(tx: Tx, foreseen: _Foreseen, known: Row | None) -> None:
    row, verdict = foreseen.row, foreseen.judged(known)
    if known is None:
        tx.insert_new(
            Prediction,
            fulfilment_id=row.fulfilment_id,
            store_id=row.store_id,
            order_no=row.order_no,
            **verdict.values,
        )
    elif verdict.is_news:
        tx.change(_WRITE, {"of": row.fulfilment_id, **verdict.values})
    else:
        return
    if verdict.began:
        moves.record(
            tx,
            store_id=row.store_id,
            order_no=row.order_no,
            entity=Fulfilment.__tablename__,
            entity_id=row.fulfilment_id,
            event="predicted_late",
            detail={"late_seconds": round(foreseen.late_seconds)},
        )
    if verdict.tells:
        tx.publish(
            DelayPredicted(
                order_no=row.order_no,
                store_id=row.store_id,
                fulfilment_id=row.fulfilment_id,
                promised_at=row.due_at,
                predicted_at=verdict.values["deliver_at"],
            )
        )
    tickets.changed(tx, row.store_id, row.order_no)


def _act(tx: Tx, *, raised: Sequence[int], rides: riders.Changes) -> None:
    for fulfilment_id in sorted({*raised, *rides.orders}):  # all orders before any of their tickets
        queries.fulfilment_row(tx, fulfilment_id, lock=True)
    for fulfilment_id in sorted(raised):
        _raise(tx, fulfilment_id)
    riders.change(tx, rides)


def _moved(known: Row, *times: datetime) -> bool:
    before: Sequence[datetime] = (known.ready_at, known.deliver_at)
    return any(
        abs((now - then).total_seconds()) >= rules.MOVED_SECONDS
        for then, now in zip(before, times, strict=True)
    )


def _raise(tx: Tx, fulfilment_id: int) -> None:
    """Let a locked order's waiting tickets go before others; what a supervisor has set stays."""
    for row in queries.tickets_of(tx, fulfilment_id, live=True, lock=True):
        if row.state == TicketState.QUEUED and row.priority == 0:
            tickets.touch(tx, row, priority=rules.RAISED)
            moves.record(
                tx,
                store_id=row.store_id,
                order_no=row.order_no,
                entity="tickets",
                entity_id=row.id,
                event="priority",
                reason="predicted_late",
                detail={"from": 0, "to": rules.RAISED},
            )
            tickets.plan_soon(tx, row.store_id)
