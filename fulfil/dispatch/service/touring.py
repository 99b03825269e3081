"""What of the waiting picking is walked together, before it is decided who gets it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.engine import Row

from fulfil.contracts.stage import PickingStage
from fulfil.dispatch import rules
from fulfil.dispatch.rules import Load, Policy, Tour, Work, Worker
from fulfil.dispatch.service import tickets
from fulfil.kit.db import Tx
from fulfil.store import queries as stores
from fulfil.store.rules import Floor, stops_of


def tours(
    tx: Tx, waiting: Sequence[Row], works: Sequence[Work], workers: Sequence[Worker], policy: Policy
) -> tuple[dict[int, Tour], frozenset[int]]:
    """What is walked together now, by the number of its most urgent ticket, and what waits for company.

    Nothing where people hold several tickets anyway, nor while each ticket can have a hand of its own, unless
    the shop is patient. A tour that no hand may take as a whole, because a shift ends or somebody is new,
    stays what it is made of. Shelves are read only where a tour may begin.
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
    if patient:
        fresh = _fresh(waiting, may)
        leaving = sum(rules.leaves_soon(tx.now, hand.until) for hand in hands)
        if not _begins(tx, fresh, may, len(hands) - leaving, policy):
            return {}, frozenset(fresh)
        found = loads(tx, floor, waiting, may, policy)
        joined, waits = rules.gathered(tx.now, found, floor, policy, hands=len(hands), leaving=leaving)
        waits |= _less_urgent(tx, fresh, may, policy)
    else:
        found = loads(tx, floor, waiting, may, policy)
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
    fresh = _fresh(waiting, works)
    first = sorted(_by_urgency(tx, fresh, works, policy)[: rules.LOADS_MAX])
    picking: PickingStage = tickets.stage_of(tx, "picking")
    found = []
    for ticket_id, shelves in sorted(picking.shelves(tx, first).items()):
        stops, row = stops_of(floor, shelves), fresh[ticket_id]
        if stops is not None:
            found.append(
                Load(works[ticket_id], row.order_no, row.lines, row.grams, row.volume_ml, row.metres, stops)
            )
    return found


def _fresh(waiting: Sequence[Row], works: Mapping[int, Work]) -> dict[int, Row]:
    return {
        row.id: row
        for row in waiting
        if row.id in works and row.kind == rules.WORK and row.epoch == 1 and row.metres is not None
    }


def _by_urgency(tx: Tx, fresh: Iterable[int], works: Mapping[int, Work], policy: Policy) -> list[int]:
    return sorted(fresh, key=lambda ticket_id: rules.urgency(works[ticket_id], tx.now, policy))


def _begins(
    tx: Tx, fresh: Mapping[int, Row], works: Mapping[int, Work], staying: int, policy: Policy
) -> bool:
    """Whether a patient shop may let anything go now."""
    return rules.is_rush(len(fresh), staying, policy) or any(
        rules.waits_no_longer(tx.now, works[row.id], row.metres, policy) for row in fresh.values()
    )


def _less_urgent(tx: Tx, fresh: Iterable[int], works: Mapping[int, Work], policy: Policy) -> frozenset[int]:
    """What was not looked at: a patient shop does not let it go before the others."""
    return frozenset(_by_urgency(tx, fresh, works, policy)[rules.LOADS_MAX :])
