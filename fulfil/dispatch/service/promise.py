"""What a customer may be promised (floor rule 11): an honest time, from the work waiting and the people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.engine import Row

from fulfil.contracts.promise import Promise, PromiseLine, Quote
from fulfil.contracts.stage import MakingStage
from fulfil.dispatch import rules
from fulfil.dispatch.model import CapacityHold
from fulfil.dispatch.queries import forecast as queries
from fulfil.dispatch.rules import Policy, Queue
from fulfil.dispatch.rules.forecast import Ahead
from fulfil.dispatch.rules.speeds import Pace
from fulfil.dispatch.service import forecasting, margins, speeds, tickets
from fulfil.kit.db import Tx
from fulfil.staff import queries as staff
from fulfil.store import queries as stores
from fulfil.store.rules import open_at

SHOP_CLOSED, NO_CAPACITY, SLOT_NOT_KEPT = "store_closed", "no_capacity", "slot_unavailable"
# Looking at the queue costs more the longer it is; a promise counts in minutes.
SEEN_SECONDS, SEEN_SECONDS_AN_ORDER = 2, 0.005


@dataclass(frozen=True)
class _Seen:
    at: datetime
    until: datetime
    queue: Queue
    pace: Pace
    margin: timedelta


class DispatchPromise(Promise):
    """Answered from the queue as it was some two seconds ago.

    What this node promises in between is added at once, so a rush sees its own orders.
    """

    def __init__(self) -> None:
        self._seen: dict[int, _Seen] = {}

    def quote(
        self, tx: Tx, store_id: int, lines: Sequence[PromiseLine], metres: int, deliver_by: datetime | None
    ) -> Quote:
        """Earliest times for so many lines; `deliver_by` asks for a later time, up to the last slot."""
        return self._quote(tx, stores.store(tx, store_id), lines, metres, deliver_by)[0]

    def reserve(
        self,
        tx: Tx,
        store_id: int,
        order_no: int,
        lines: Sequence[PromiseLine],
        metres: int,
        deliver_by: datetime | None,
        until: datetime,
    ) -> Quote:
        """Quote and hold the capacity until then; paid orders replace the hold by their tickets."""
        quote, order = self._quote(tx, stores.store(tx, store_id), lines, metres, deliver_by)
        if quote.ok:
            tx.insert(
                CapacityHold,
                order_no=order_no,
                store_id=store_id,
                lines=len(lines),
                picked=_picked(lines),
                stations={one.station: one.seconds for one in order.made},
                hand_over_at=quote.hand_over_at,
                until=until,
            )
            self._seen[store_id].queue.add(order, soon=deliver_by is None)
        return quote

    def release(self, tx: Tx, order_no: int) -> None:
        tx.delete(CapacityHold, {"order_no": order_no})

    def _quote(
        self, tx: Tx, store: Row, lines: Sequence[PromiseLine], metres: int, deliver_by: datetime | None
    ) -> tuple[Quote, Ahead]:
        policy = Policy.of(store.policy)
        seen = self._look(tx, store.id, policy)
        made = [(line.prep, line.quantity) for line in lines if line.prep is not None]
        order = rules.new_order(
            _picked(lines),
            metres,
            policy,
            seen.pace,
            made=len(made),
            stations=_stations(tx, made) if made else {},
        )
        leaves = seen.queue.soonest(order).delivered - order.ride  # own riders come when they are back
        hand_over = rules.up_to_minute(tx.now + timedelta(seconds=leaves))
        deliver = rules.up_to_minute(hand_over + timedelta(seconds=order.ride) + seen.margin)
        slots = [slot for slot in rules.slots_from(deliver, policy) if open_at(store, slot[0])]
        free = tuple(slot for slot in slots if seen.queue.has_room(_due(order, slot[1], tx.now)))
        latest = tx.now + timedelta(minutes=policy.promise_minutes_max)
        if not open_at(store, tx.now) or not open_at(store, hand_over):
            return Quote(False, SHOP_CLOSED, None, None, free), order
        if hand_over > latest or policy.release_limit == 0:
            return Quote(False, NO_CAPACITY, None, None, free), order
        if deliver_by is None:
            return Quote(True, None, hand_over, deliver, free), order
        leaves, last = hand_over + (deliver_by - deliver), max([deliver, *(end for _, end in slots)])
        order = _due(order, deliver_by, tx.now)
        if (
            not deliver <= deliver_by <= last
            or not open_at(store, leaves)
            or (deliver_by > deliver and not seen.queue.has_room(order))
        ):
            return Quote(False, SLOT_NOT_KEPT, None, None, free), order
        return Quote(True, None, leaves, deliver_by, free), order

    def _look(self, tx: Tx, store_id: int, policy: Policy) -> _Seen:
        known = self._seen.get(store_id)
        if known is not None and known.at <= tx.now < known.until:
            return known
        known, on_duty = speeds.of(tx, store_id), staff.on_duty(tx, store_id)
        pace, rows = known.pace(on_duty), queries.work_of_orders(tx, store_id)
        orders = [
            *forecasting.orders_of(rows, tx.now, policy, pace, forecasting.stations_of(tx, rows)),
            *forecasting.held(tx, store_id, policy, pace),
        ]
        capacity = forecasting.capacity(tx, store_id, on_duty, policy, known)
        staffing = forecasting.staffing(tx, store_id, capacity, rows, policy)
        until = tx.now + timedelta(seconds=SEEN_SECONDS + SEEN_SECONDS_AN_ORDER * len(orders))
        queue = Queue(orders, staffing, capacity, policy)
        self._seen[store_id] = seen = _Seen(tx.now, until, queue, pace, margins.of(tx, store_id))
        return seen


def _picked(lines: Sequence[PromiseLine]) -> dict[str, tuple[int, int]]:
    """Lines that stand on shelves, and their grams, by zone."""
    found: dict[str, tuple[int, int]] = {}
    for line in lines:
        if line.prep is None:
            count, grams = found.get(line.zone, (0, 0))
            found[line.zone] = count + 1, grams + line.grams
    return found


def _stations(tx: Tx, made: Sequence[tuple[str, int]]) -> Mapping[str, int]:
    making: MakingStage = tickets.stage_of(tx, "prep")
    return making.stations(made)


def _due(order: Ahead, deliver_by: datetime, now: datetime) -> Ahead:
    return replace(order, due=(deliver_by - now).total_seconds())
