"""What a customer may be promised (floor rule 11): an honest time, from the work waiting and the people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from fulfil.contracts.promise import PromiseLine, Quote
from fulfil.dispatch import queries, rules
from fulfil.dispatch.model import CapacityHold
from fulfil.dispatch.rules import Backlog, Policy
from fulfil.kit.db import Tx
from fulfil.staff import queries as staff
from fulfil.store import queries as stores
from fulfil.store.rules import open_at

SHOP_CLOSED, NO_CAPACITY, SLOT_NOT_KEPT = "store_closed", "no_capacity", "slot_unavailable"


BACKLOG_SECONDS = 2  # adding the queue up costs more the longer it is; a promise counts in minutes


class DispatchPromise:
    """`contracts.promise.Promise`, answered from the queue as it was at most two seconds ago.

    What this node promises in between is added at once, so a rush sees its own orders.
    """

    def __init__(self) -> None:
        self._backlogs: dict[int, tuple[datetime, Backlog]] = {}

    def quote(self, tx: Tx, store_id: int, lines: Sequence[PromiseLine], metres: int,
              deliver_by: datetime | None) -> Quote:
        """Earliest times for so many lines; `deliver_by` asks for a later time, up to the last slot."""
        store = stores.store(tx, store_id)
        policy = Policy.of(store.policy)
        backlog = self._backlog(tx, store_id, policy)
        hand_over, deliver = rules.earliest(tx.now, len(lines), metres, backlog, policy)
        slots = tuple(slot for slot in rules.slots_from(deliver, policy) if open_at(store, slot[0]))
        latest = tx.now + timedelta(minutes=policy.promise_minutes_max)
        if not open_at(store, tx.now) or not open_at(store, hand_over):
            return Quote(False, SHOP_CLOSED, None, None, slots)
        if hand_over > latest or policy.release_limit == 0:
            return Quote(False, NO_CAPACITY, None, None, slots)
        if deliver_by is None:
            return Quote(True, None, hand_over, deliver, slots)
        leaves, last = hand_over + (deliver_by - deliver), max([deliver, *(end for _, end in slots)])
        if not deliver <= deliver_by <= last or not open_at(store, leaves):
            return Quote(False, SLOT_NOT_KEPT, None, None, slots)
        return Quote(True, None, leaves, deliver_by, slots)

    def reserve(self, tx: Tx, store_id: int, order_no: int, lines: Sequence[PromiseLine], metres: int,
                deliver_by: datetime | None, until: datetime) -> Quote:
        """Quote and hold the capacity until then; paid orders replace the hold by their tickets."""
        quote = self.quote(tx, store_id, lines, metres, deliver_by)
        if quote.ok:
            tx.insert(CapacityHold, order_no=order_no, store_id=store_id, lines=len(lines),
                      hand_over_at=quote.hand_over_at, until=until)
            self._add(tx, store_id, len(lines))
        return quote

    def release(self, tx: Tx, order_no: int) -> None:
        tx.delete(CapacityHold, {"order_no": order_no})

    def _backlog(self, tx: Tx, store_id: int, policy: Policy) -> Backlog:
        known = self._backlogs.get(store_id)
        if known is not None and known[0] <= tx.now < known[0] + timedelta(seconds=BACKLOG_SECONDS):
            return known[1]
        backlog = _add_up(tx, store_id, policy)
        self._backlogs[store_id] = (tx.now, backlog)
        return backlog

    def _add(self, tx: Tx, store_id: int, lines: int) -> None:
        since, backlog = self._backlogs[store_id]
        policy = Policy.of(stores.store(tx, store_id).policy)
        self._backlogs[store_id] = (since, replace(
            backlog, pick_seconds=backlog.pick_seconds + _seconds("picking", 1, lines, policy),
            pack_seconds=backlog.pack_seconds + _seconds("packing", 1, lines, policy)))


def _add_up(tx: Tx, store_id: int, policy: Policy) -> Backlog:
    work = queries.work_before(tx, store_id)
    orders, lines = queries.capacity_held(tx, store_id, tx.now)
    pick = int(work.pick_seconds) + _seconds("picking", orders, lines, policy)
    # What is being picked has yet to be packed.
    pack = int(work.pack_seconds) + _seconds("packing", work.unpicked_orders + orders,
                                        int(work.unpicked_lines) + lines, policy)
    people = staff.roles_on_duty(tx, store_id)
    return Backlog(pick, pack, queries.rides_before(tx, store_id) if people["rider"] else 0, people)


def _seconds(stage: str, orders: int, lines: int, policy: Policy) -> int:
    return orders * policy.base_seconds[stage] + lines * policy.line_seconds[stage]
