"""What of the waiting picking is walked together, before it is decided who gets it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Row

from fulfil.contracts.stage import PickingStage
from fulfil.dispatch import rules
from fulfil.dispatch.rules import Load, Policy, Tour, Work, Worker
from fulfil.dispatch.service import tickets
from fulfil.kit.db import Tx
from fulfil.store import queries as stores
from fulfil.store.rules import Floor, stops_of


@dataclass(frozen=True)
class Gathering:
    """Tickets of which tours may be made now, and what decides that: a free hand, company, the floor.

    `fresh` are the tickets by number, `works` what they and other picking of their zones are; so many
    `others` can be in no tour and want a hand, too. `leaving` of the hands are of people who leave soon.
    """

    now: datetime
    floor: Floor
    fresh: Mapping[int, Row]
    works: Mapping[int, Work]
    hands: Sequence[Worker]
    leaving: int
    others: int
    policy: Policy

    def measured(self, found: Sequence[Load]) -> tuple[list[Tour], frozenset[int]]:
        """The tours that can be made of what `loads` read, and what waits for company.

        Measuring their walks takes some milliseconds.
        """
        hands = len(self.hands)
        if _is_patient(self.policy):
            made, waits = rules.gathered(
                self.now, found, self.floor, self.policy, hands=hands, leaving=self.leaving
            )
            return made, waits | frozenset(self._by_urgency()[rules.LOADS_MAX :])
        others = self.others + len(self.fresh) - len(found)
        return rules.tours(self.now, found, self.floor, self.policy, hands=hands, others=others), frozenset()

    def taken(self, made: Iterable[Tour]) -> dict[int, Tour]:
        """The tours that somebody may take, by the number of their most urgent ticket.

        What no hand may take as a whole, because a shift ends or somebody is new, stays what it is made of.
        """
        return {
            tour.loads[0].work.id: tour
            for tour in made
            if rules.plan(self.now, [rules.as_work(tour, self.policy)], self.hands, self.policy)
        }

    def loads(self, tx: Tx) -> list[Load]:
        """The most urgent of the tickets with their shelves, as far as their whole walk is known."""
        return _loads(tx, self.floor, self.fresh, self._by_urgency()[: rules.LOADS_MAX], self.works)

    def _by_urgency(self) -> list[int]:
        return _by_urgency(self.fresh, self.works, self.now, self.policy)


def gathering(
    tx: Tx, waiting: Sequence[Row], works: Sequence[Work], workers: Sequence[Worker], policy: Policy
) -> tuple[Gathering | None, frozenset[int]]:
    """Of what tours may be made now, None of nothing; and what waits for company, whatever is made.

    Nothing where people hold several tickets anyway, nor while each ticket can have a hand of its own, unless
    the shop is patient. No shelves are read for that.
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
    patient = _is_patient(policy)
    if policy.capacity["picking"] != 1 or not hands or not picks or not patient and len(hands) >= len(picks):
        return None, frozenset()
    floor = stores.floor(tx, waiting[0].store_id)
    if floor is None:
        return None, frozenset()
    zones = {zone for hand in hands for zone in hand.zones}
    may = {work_id: work for work_id, work in picks.items() if work.zone in zones}
    fresh = _fresh(waiting, may)
    leaving = sum(rules.leaves_soon(tx.now, hand.until) for hand in hands)
    if patient and not _begins(tx, fresh, may, len(hands) - leaving, policy):
        return None, frozenset(fresh)
    return Gathering(tx.now, floor, fresh, may, hands, leaving, len(picks) - len(fresh), policy), frozenset()


def most_urgent(
    tx: Tx, floor: Floor, waiting: Sequence[Row], works: Mapping[int, Work], policy: Policy, most: int
) -> list[Load]:
    """So many of the tickets that may be in a tour: never begun, and their whole walk is known."""
    fresh = _fresh(waiting, works)
    first = _by_urgency(fresh, works, tx.now, policy)[:most]
    return sorted(_loads(tx, floor, fresh, first, works), key=lambda load: first.index(load.work.id))


def _loads(
    tx: Tx, floor: Floor, fresh: Mapping[int, Row], first: Sequence[int], works: Mapping[int, Work]
) -> list[Load]:
    picking: PickingStage = tickets.stage_of(tx, "picking")
    found = []
    for ticket_id, shelves in sorted(picking.shelves(tx, sorted(first)).items()):
        stops, row = stops_of(floor, shelves), fresh[ticket_id]
        if stops is not None:
            found.append(
                Load(works[ticket_id], row.order_no, row.lines, row.grams, row.volume_ml, row.metres, stops)
            )
    return found


def _is_patient(policy: Policy) -> bool:
    return policy.tour_patience_seconds > 0


def _fresh(waiting: Sequence[Row], works: Mapping[int, Work]) -> dict[int, Row]:
    return {
        row.id: row
        for row in waiting
        if row.id in works and row.kind == rules.WORK and row.epoch == 1 and row.metres is not None
    }


def _by_urgency(fresh: Iterable[int], works: Mapping[int, Work], now: datetime, policy: Policy) -> list[int]:
    return sorted(fresh, key=lambda ticket_id: rules.urgency(works[ticket_id], now, policy))


def _begins(
    tx: Tx, fresh: Mapping[int, Row], works: Mapping[int, Work], staying: int, policy: Policy
) -> bool:
    """Whether a patient shop may let anything go now."""
    return rules.is_rush(len(fresh), staying, policy) or any(
        rules.waits_no_longer(tx.now, works[row.id], row.metres, policy) for row in fresh.values()
    )
