"""What of the waiting picking is walked together, before it is decided who gets it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.engine import Row

from fulfil.contracts.stage import PickingStage
from fulfil.dispatch import rules
from fulfil.dispatch.rules import Load, Policy, Tour, Work, Worker
from fulfil.dispatch.service import tickets
from fulfil.kit.db import Tx
from fulfil.store import queries as stores
from fulfil.store.rules import Floor, stops_of

LOADS_MAX = 40  # of the most urgent: their shelves are read


def tours(
    tx: Tx, waiting: Sequence[Row], works: Sequence[Work], workers: Sequence[Worker], policy: Policy
) -> tuple[dict[int, Tour], frozenset[int]]:
    """What is walked together now, by the number of its most urgent ticket, and what waits for company.

    Nothing where people hold several tickets anyway, nor while each ticket can have a hand of its own, unless
    the shop is patient. A tour that no hand may take as a whole, because a shift ends or somebody is new,
    stays what it is made of.
    """
    picks = {work.id: work for work in works if work.stage == "picking"}
    hands = [
        worker
        for worker in workers
        if "picker" in worker.roles
        and not worker.live.get("picking", 1)
        and rules.may_be_offered(worker, policy)
        and any(rules.takes(worker, work, tx.now) for work in picks.values())
    ]
    patient = policy.tour_patience_seconds > 0
    if policy.capacity["picking"] != 1 or not hands or not picks or not patient and len(hands) >= len(picks):
        return {}, frozenset()
    floor = stores.floor(tx, waiting[0].store_id)
    if floor is None:
        return {}, frozenset()
    zones = {zone for hand in hands for zone in hand.zones}
    may = {work_id: work for work_id, work in picks.items() if work.zone in zones}
    found = loads(tx, floor, waiting, may, policy)
    if patient:
        joined, waits = rules.gathered(tx.now, found, floor, policy, hands=len(hands))
    else:
        waits = frozenset()
        joined = rules.tours(tx.now, found, floor, policy, hands=len(hands), others=len(picks) - len(found))
    return {
        tour.loads[0].work.id: tour
        for tour in joined
        if rules.plan(tx.now, [rules.as_work(tour, policy)], hands, policy)
    }, waits


def loads(
    tx: Tx, floor: Floor, waiting: Sequence[Row], works: Mapping[int, Work], policy: Policy
) -> list[Load]:
    """Tickets that may be in a tour, the most urgent ones: never begun, and their whole walk is known."""
    fresh = {
        row.id: row
        for row in waiting
        if row.id in works and row.kind == "work" and row.epoch == 1 and row.metres is not None
    }
    first = sorted(fresh, key=lambda ticket_id: rules.urgency(works[ticket_id], tx.now, policy))[:LOADS_MAX]
    picking: PickingStage = tickets.stage_of(tx, "picking")
    found = []
    for ticket_id, shelves in sorted(picking.shelves(tx, first).items()):
        stops, row = stops_of(floor, shelves), fresh[ticket_id]
        if stops is not None:
            found.append(
                Load(works[ticket_id], row.order_no, row.lines, row.grams, row.volume_ml, row.metres, stops)
            )
    return found
