"""Waiting tickets join tours that are walked already (F5): they are given, and the rest is walked anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Row

from fulfil.contracts.stage import PickingStage
from fulfil.dispatch import queries, rules
from fulfil.dispatch.rules import Join, Load, Policy, Walked
from fulfil.dispatch.service import offers, planning, tickets, touring, tours
from fulfil.dispatch.states import LIVE_TICKET, TicketState, TourState
from fulfil.kit.db import Tx
from fulfil.staff import queries as staff
from fulfil.staff import rules as staff_rules
from fulfil.store import queries as stores
from fulfil.store.rules import Floor, Stops, stops_of

JOIN = "dispatch.join"
TICKETS_MAX, TOURS_MAX = 10, 10  # that one look compares: within 5 ms
OVERDUE_SECONDS = 60  # until who should be done already will be


def look_for_joins(tx: Tx) -> None:
    """Sweep: shops where a tour is walked are looked at."""
    for store_id in queries.stores_with_tours(tx):
        tx.kit.tasks.add(tx, JOIN, {"store_id": store_id}, key=f"join:{store_id}")


def let_join(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Task: the most urgent ticket that may join a tour is given to whoever walks it."""
    store_id = payload["store_id"]
    policy, floor = tickets.policy_of(tx, store_id), stores.floor(tx, store_id)
    waiting = planning.released(
        tx, store_id, queries.waiting_tickets(tx, store_id, ["picking"], planning.TICKETS_MAX), policy
    )
    works = {work.id: work for work in planning.works_of(tx, waiting, policy)}
    if floor is None or not works:
        return
    walked = _walked(tx, store_id, floor, policy)
    if not walked:
        return
    found = touring.most_urgent(tx, floor, waiting, works, policy, TICKETS_MAX)
    chosen = rules.join(tx.now, found, walked, floor, policy, _free_in(tx, store_id))
    if chosen is not None:
        _join(tx, chosen, {row.id: row.version for row in waiting})


def _walked(tx: Tx, store_id: int, floor: Floor, policy: Policy) -> list[Walked]:
    """The tours that are walked by people who are in touch, as far as all of what is left is on the plan."""
    here = {row.person_id: row for row in planning.here(tx, store_id, policy)}
    begun = {row.id: row for row in queries.tours_walking(tx, store_id)[:TOURS_MAX] if row.person_id in here}
    members: dict[int, list[Row]] = defaultdict(list)
    for row in queries.walked_tickets(tx, begun):
        members[row.tour_id].append(row)
    found = []
    for tour_id, rows in members.items():
        loads, left, stops = _left(tx, floor, rows, policy)
        if stops is not None:
            tour, person = begun[tour_id], here[begun[tour_id].person_id]
            until = staff_rules.works_until(tx.now, person.ends_at, person.break_at, person.break_ends_at)
            found.append(Walked(tour_id, tour.person_id, loads, left, stops, tour.orders, until))
    return found


def _left(
    tx: Tx, floor: Floor, rows: Sequence[Row], policy: Policy
) -> tuple[tuple[Load, ...], int, Stops | None]:
    """What a tour's tickets are, how many lines of them are left, and where those and the picker are."""
    ids = [row.id for row in rows]
    picking: PickingStage = tickets.stage_of(tx, "picking")
    shelves = [shelf for places in picking.shelves(tx, ids).values() for shelf in places]
    here = picking.last_shelf(tx, ids)
    works = {work.id: work for work in planning.works_of(tx, rows, policy)}
    loads = tuple(
        Load(works[row.id], row.order_no, row.lines, row.grams, row.volume_ml, row.metres or 0, {})
        for row in rows
    )
    stops = stops_of(floor, shelves if here is None else [*shelves, here])
    return loads, len(shelves), stops


def _free_in(tx: Tx, store_id: int) -> float | None:
    """Seconds until the first of the pickers should have their hands free; None: nobody picks."""
    ends: dict[int, float] = {}
    for row in queries.held_longest(tx, store_id):
        if row.stage == "picking":
            ends[row.assignee_id] = max(ends.get(row.assignee_id, OVERDUE_SECONDS), row.left_us / 1_000_000)
    return min(ends.values(), default=None)


def _join(tx: Tx, chosen: Join, versions: Mapping[int, int]) -> None:
    """Give the ticket, unless it or the tour has moved meanwhile."""
    before = queries.tour_row(tx, chosen.tour_id)
    session = staff.live_session(tx, before.person_id)
    if session is None or not staff.hold_session(tx, session.id):
        return
    ids = {chosen.ticket_id, *(row.id for row in queries.tour_tickets(tx, chosen.tour_id))}
    rows = {ticket_id: queries.ticket_row(tx, ticket_id, lock=True) for ticket_id in sorted(ids)}
    tour, row = queries.tour_row(tx, chosen.tour_id, lock=True), rows.pop(chosen.ticket_id)
    if (tour.state, tour.version) != (TourState.WALKING, before.version) or (
        row.state,
        row.version,
        row.held,
    ) != (TicketState.QUEUED, versions[row.id], False):
        return
    taken = {other.tour_sequence for other in rows.values()}
    slot = next(slot for slot in range(1, len(taken) + 2) if slot not in taken)
    offers.give(tx, row, tour.person_id, session.id, tour_id=tour.id, tour_sequence=slot)
    picking: PickingStage = tickets.stage_of(tx, "picking")
    live = sorted(
        (other for other in queries.tour_tickets(tx, tour.id) if other.state in LIVE_TICKET),
        key=lambda other: other.tour_sequence,
    )
    metres = picking.reorder(tx, [queries.ticket_view(other) for other in live])
    tours.join(tx, tour, row, metres, chosen.seconds)
    for other in live:
        tickets.show(tx, other)
