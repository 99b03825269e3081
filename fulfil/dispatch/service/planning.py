"""The shop's work is planned: read what waits and who is there, decide, hand out (F4).

A plan that is small, as it nearly always is, is read, decided and handed out in one transaction. Where many
tickets may be walked together it is made in steps, and others are served between them: what waits is read,
then its shelves, then walks are measured, then each tour is handed out by a task of its own. A plan for many
hands is decided by the planner. What has changed meanwhile is not handed out, and is planned again. What must
not wait even for the planner is handed out before, and a planner that is dead or slow is not waited for: then
the most urgent part is decided here.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Row

from fulfil.contracts.planner import PlannerAway
from fulfil.contracts.stage import PickingStage
from fulfil.dispatch import queries, rules
from fulfil.dispatch.queries.board import in_flight
from fulfil.dispatch.rules import Draft, Policy, Tour, Work
from fulfil.dispatch.service import offers, riders, speeds, tickets, touring
from fulfil.dispatch.service.crew import Crew
from fulfil.dispatch.service.touring import Gathering
from fulfil.dispatch.states import HELD_TICKET, TicketState
from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.staff import queries as staff

PLAN_APART, HAND_OUT = "dispatch.plan_apart", "dispatch.hand_out"
TICKETS_MAX = 100  # of each stage: more than anybody could be given at once
PORTION = 8  # tickets that one task hands out, so that none takes long
JOINED_AT_ONCE = 8  # tickets of which tours are made in the transaction that reads them: below 5 ms
PATIENCE = timedelta(seconds=5)  # with a planner that does not answer


@dataclass(frozen=True)
class _Reading:
    """A draft, and what it is about: its tours, versions of its tickets, sessions of its people.

    `gathering` is of what tours may still be made. `offer_seconds`: how long an offer stands, by person.
    """

    draft: Draft
    gathering: Gathering | None
    tours: Mapping[int, Tour]
    versions: Mapping[int, int]
    sessions: Mapping[int, int]
    offer_seconds: Mapping[int, int]

    @property
    def is_large(self) -> bool:
        """Whether it is too much to be decided at once."""
        return self.draft.effort > rules.EFFORT_MAX or (
            self.gathering is not None and len(self.gathering.fresh) > JOINED_AT_ONCE
        )

    def joined(self, made: Iterable[Tour], waits: frozenset[int]) -> _Reading:
        """The same with the tours that were made, and without what waits for company."""
        tours = self.gathering.taken(made)
        works = rules.as_works(self.draft.works, tours, waits, self.draft.policy)
        return replace(self, draft=replace(self.draft, works=tuple(works)), gathering=None, tours=tours)

    def alone(self) -> Draft:
        """What of it cannot be in a tour."""
        may = () if self.gathering is None else self.gathering.fresh
        return replace(self.draft, works=tuple(work for work in self.draft.works if work.id not in may))


@dataclass(frozen=True)
class _Share:
    """What one person gets: (ticket, its version) of one ticket, or of a tour in the order of its slots.

    It is offered for so many seconds, unless it is `automatic`.
    """

    tickets: Sequence[tuple[int, int]]
    person_id: int
    automatic: bool
    metres: int
    seconds: int


def plan_store(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Task: plan one shop and offer what was decided. One runs at a time per shop."""
    store_id = payload["store_id"]
    reading = _read(tx, store_id)
    if reading is None:
        return
    if not reading.is_large:
        if reading.gathering is None:
            _hand_out(tx, store_id, reading, _decided(reading.draft))
        else:
            reading = reading.joined(*reading.gathering.measured(reading.gathering.loads(tx)))
            _hand_out_later(tx, store_id, reading, _decided(reading.draft))
    elif (asked_at := queries.plan_asked_at(tx, _apart(store_id))) is None:
        tx.kit.tasks.add(tx, PLAN_APART, {"store_id": store_id}, key=_apart(store_id), priority=1)
        _hand_out(tx, store_id, reading, _decided(reading.alone().pressing()))
    elif tx.now >= asked_at + PATIENCE:
        _hand_out(tx, store_id, reading, _decided(reading.draft.small()))


def plan_apart(kit: Kit, payload: Mapping[str, Any], _task_id: int) -> Callable[[Tx], None] | None:
    """Task: decide step by step what is too much to be decided at once; what comes of it is handed out."""
    with kit.db.read() as tx:
        reading = _read(tx, payload["store_id"])
    if reading is None:
        return None
    if reading.gathering is not None:
        time.sleep(0)  # others are served
        with kit.db.read() as tx:
            loads = reading.gathering.loads(tx)
        time.sleep(0)
        made = reading.gathering.measured(loads)
        time.sleep(0)
        reading = reading.joined(*made)
    decided = _asked(kit, reading.draft) if reading.is_large else _decided(reading.draft)

    def outcome(tx: Tx) -> None:
        _hand_out_later(tx, payload["store_id"], reading, decided)
        if decided:
            tickets.plan_soon(tx, payload["store_id"])  # of what came meanwhile nobody has thought yet

    return outcome


def _asked(kit: Kit, draft: Draft) -> list[rules.Assignment]:
    """What the planner decides; as much as can be decided here where it does not answer."""
    asked = draft.most_urgent(rules.WORKS_MAX)
    try:
        return asked.decided(kit.services["planner"].call("assign", asked.packed()))
    except PlannerAway:
        return _decided(draft.small())


def hand_out(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Task: offer what was decided a moment ago, unless the ticket moved or its person is taken."""
    store_id = payload["store_id"]
    shares, policy = [_Share(*values) for values in payload["shares"]], tickets.policy_of(tx, store_id)
    rows, missed = _unchanged(tx, shares), False
    for share in shares:
        stage = queries.ticket_row(tx, share.tickets[0][0]).stage
        person = queries.free_person(tx, store_id, stage, share.person_id, policy.capacity.get(stage, 1))
        if person is None or not _give(tx, share, rows, person.session_id):
            missed = True
    if missed:
        tickets.plan_soon(tx, store_id)


def plan_waiting(tx: Tx) -> None:
    """Sweep: shops where a ticket waits are planned again, because time alone may have freed it."""
    for store_id in queries.stores_with_waiting(tx):
        tickets.plan_soon(tx, store_id)


def _apart(store_id: int) -> str:
    return f"plan-apart:{store_id}"


def _read(tx: Tx, store_id: int) -> _Reading | None:
    """What is to be decided for a shop.

    Most of the time nothing waits, or nobody is free: None, after one or two short reads.
    """
    stages = [name for name in queries.waiting_stages(tx, store_id) if name in tx.kit.services["stages"]]
    if not stages:
        return None
    policy = tickets.policy_of(tx, store_id)
    with Crew(tx, store_id, policy) as crew:
        if not crew.for_any(stages):
            return None
        waiting = riders.due(tx, queries.waiting_tickets(tx, store_id, stages, TICKETS_MAX), policy)
        waiting = released(tx, store_id, waiting, policy)
        works = works_of(tx, waiting, policy)
        crew.look_for(works)
        works = crew.for_newcomers(works)
        workers = crew.workers()
        gathering, waits = touring.gathering(tx, waiting, works, workers, policy)
        draft = Draft(tx.now, tuple(rules.as_works(works, {}, waits, policy)), tuple(workers), policy)
        versions = {row.id: row.version for row in waiting}
        return _Reading(draft, gathering, {}, versions, crew.sessions(), crew.offer_seconds())


def _decided(draft: Draft) -> list[rules.Assignment]:
    return rules.plan(draft.now, draft.works, draft.workers, draft.policy)


def _hand_out(tx: Tx, store_id: int, reading: _Reading, decided: Sequence[rules.Assignment]) -> None:
    """Offer the first of what was decided in this transaction, and the others in further ones."""
    decided = sorted(decided, key=lambda a: a.ticket_id)
    shares = [_share(reading, one) for one in decided[:PORTION]]
    rows = _unchanged(tx, shares)
    for share in shares:
        _give(tx, share, rows, reading.sessions[share.person_id])
    _hand_out_later(tx, store_id, reading, decided[PORTION:])


def _hand_out_later(tx: Tx, store_id: int, reading: _Reading, decided: Sequence[rules.Assignment]) -> None:
    shares = [_share(reading, one) for one in sorted(decided, key=lambda a: a.ticket_id)]
    for portion in _portions(shares):
        given = {"store_id": store_id, "shares": [astuple(share) for share in portion]}
        tx.kit.tasks.add(tx, HAND_OUT, given, priority=1, key=tickets.plan_key(store_id))


def _portions(shares: Iterable[_Share]) -> list[list[_Share]]:
    """Of so many tickets each, or one share where that has more."""
    found: list[list[_Share]] = []
    left = 0
    for share in shares:
        if len(share.tickets) > left:
            found.append([])
            left = PORTION
        found[-1].append(share)
        left -= len(share.tickets)
    return found


def _share(reading: _Reading, one: rules.Assignment) -> _Share:
    tour = reading.tours.get(one.ticket_id)
    members = (one.ticket_id,) if tour is None else [load.work.id for load in tour.loads]
    return _Share(
        [(ticket_id, reading.versions[ticket_id]) for ticket_id in members],
        one.person_id,
        one.automatic,
        0 if tour is None else round(tour.metres),
        reading.offer_seconds[one.person_id],
    )


def _unchanged(tx: Tx, shares: Sequence[_Share]) -> dict[int, Row]:
    """The tickets that nobody moved or held since they were read, locked in the order of their numbers."""
    rows = {}
    for ticket_id, version in sorted(pair for share in shares for pair in share.tickets):
        row = queries.ticket_row(tx, ticket_id, lock=True)
        if row.state == TicketState.QUEUED and row.version == version and not row.held:
            rows[ticket_id] = row
    return rows


def _give(tx: Tx, share: _Share, rows: Mapping[int, Row], session_id: int) -> bool:
    """Offer what is left of a share, or give it where nobody is asked; whether anything is."""
    mine = [rows[ticket_id] for ticket_id, _ in share.tickets if ticket_id in rows]
    if not mine:
        return False
    if len(mine) > 1:
        offers.offer_tour(tx, mine, share.person_id, share.seconds, share.metres)
    elif not share.automatic:
        offers.offer(tx, mine[0], share.person_id, share.seconds)
    elif staff.hold_session(tx, session_id):
        tickets.show(tx, offers.give(tx, mine[0], share.person_id, session_id))
    return True


def here(tx: Tx, store_id: int, policy: Policy) -> list[Row]:
    """People on duty who are in touch."""
    people = staff.on_duty(tx, store_id)
    seen = tx.kit.services["presence"].merged(people)
    return [
        row
        for row in people
        if row.person_id in seen and rules.contact(tx.now, seen[row.person_id].at, policy) == "here"
    ]


def released(tx: Tx, store_id: int, waiting: Sequence[Row], policy: Policy) -> list[Row]:
    """Tickets that may be handed out: picking only as fast as is packed, cold goods last (rules 3, 11)."""
    picks = [row for row in waiting if row.stage == "picking" and row.kind == rules.WORK]
    if not picks:
        return list(waiting)
    release = _pick_released(tx, store_id, policy)
    cold = {row.fulfilment_id for row in picks if row.zone != "ambient"}
    ambient = queries.ambient_left(tx, cold) if cold else {}
    free = {
        row.id
        for row in picks
        if release
        and (row.zone == "ambient" or _cold_may_start(ambient.get(row.fulfilment_id), tx.now, policy))
    }
    free = _within_limit(tx, store_id, [row for row in picks if row.id in free], policy)
    picking = {row.id for row in picks}
    return [row for row in waiting if row.id in free or row.id not in picking]


def _within_limit(tx: Tx, store_id: int, picks: Sequence[Row], policy: Policy) -> set[int]:
    if policy.release_limit is None:
        return {row.id for row in picks}
    urgent = sorted(picks, key=lambda row: (-row.priority, row.due_at, row.id))
    return rules.within_limit(
        [(row.id, row.fulfilment_id) for row in urgent], in_flight(tx, store_id), policy.release_limit
    )


def _pick_released(tx: Tx, store_id: int, policy: Policy) -> bool:
    unpacked = queries.unpacked(tx, store_id)
    if rules.pick_released(unpacked, 1, policy):
        return True
    packers = sum("packer" in row.roles for row in here(tx, store_id, policy))
    return rules.pick_released(unpacked, packers, policy)


def _cold_may_start(ambient: Row | None, now: datetime, policy: Policy) -> bool:
    """Whether an order's cold goods may be picked; what is walked with others is staged when all of it is."""
    if ambient is None:
        return True
    if ambient.waiting:
        return rules.cold_may_start(None, policy)
    left = rules.estimate("picking", ambient.lines_left, 0, policy)
    if ambient.ends_at is not None:
        left = max(left, round((ambient.ends_at - now).total_seconds()))
    return rules.cold_may_start(left, policy)


def works_of(tx: Tx, waiting: Sequence[Row], policy: Policy) -> list[Work]:
    refused: dict[int, dict[int, datetime]] = defaultdict(dict)
    missed: dict[int, set[int]] = defaultdict(set)
    again = timedelta(seconds=policy.decline_seconds)
    tried = [row.id for row in waiting if row.tried]
    for answer in queries.answers(tx, tried) if tried else ():
        if answer.state == "declined":
            refused[answer.ticket_id][answer.person_id] = answer.answered_at + again
        else:
            missed[answer.ticket_id].add(answer.person_id)
    begun = [row.id for row in waiting if row.epoch > 1]
    for back in queries.given_back(tx, begun) if begun else ():
        refused[back.ticket_id][back.detail["from"]] = back.at + again
    for ticket_id, person_id in _counted_before(tx, waiting, policy):
        refused[ticket_id][person_id] = tx.now + again
    cold = _cold_until(tx, waiting, policy)
    return [
        Work(
            id=row.id,
            stage=row.stage,
            role=tickets.stage_of(tx, row.stage).role,
            zone=row.zone,
            due_at=row.due_at,
            queued_at=row.queued_at,
            estimate_seconds=row.estimate_seconds,
            after_seconds=rules.after(
                row.stage, row.lines, speeds.ride(tx, row.store_id, row.ride_seconds), policy
            ),
            priority=row.priority,
            lines=row.lines,
            grams=row.grams,
            cold_until=cold.get(row.id),
            place=rules.point(row.begins_x, row.begins_y),
            refused_by=refused[row.id],
            missed_by=frozenset(missed[row.id]),
        )
        for row in waiting
    ]


def _counted_before(tx: Tx, waiting: Sequence[Row], policy: Policy) -> list[tuple[int, int]]:
    """Who made the count that a ticket makes again, where another picker of its zone is here."""
    zones = {row.id: row.zone for row in waiting if row.kind == rules.COUNT}
    if not zones:
        return []
    picking: PickingStage = tickets.stage_of(tx, "picking")
    pickers = [row for row in here(tx, waiting[0].store_id, policy) if "picker" in row.roles]
    return [
        (ticket_id, first)
        for ticket_id, first in picking.checked(tx, list(zones)).items()
        if any(row.person_id != first and zones[ticket_id] in row.zones for row in pickers)
    ]


def _cold_until(tx: Tx, rows: Sequence[Row], policy: Policy) -> dict[int, datetime]:
    """Until when the goods of these tickets may be out of the cold, where some are (floor rule 3).

    What is in somebody's totes still has to be packed.
    """
    out = [
        row
        for row in rows
        if row.stage != "picking" or row.zone != "ambient" and (row.epoch > 1 or row.state in HELD_TICKET)
    ]
    clocks: dict[int, dict[str, datetime]] = defaultdict(dict)
    for clock in queries.warming(tx, [row.fulfilment_id for row in out]) if out else ():
        seconds = rules.out_of_cold(clock.seconds, clock.out_since, tx.now)
        clocks[clock.fulfilment_id][clock.zone] = tx.now + timedelta(
            seconds=policy.cold_limit_seconds[clock.zone] - seconds
        )
    until: dict[int, datetime] = {}
    for row in out:
        ends = clocks[row.fulfilment_id]
        if row.stage != "picking" and ends:
            until[row.id] = min(ends.values())
        elif row.stage == "picking" and row.zone in ends:
            packing = rules.estimate("packing", row.lines, row.grams, policy)
            until[row.id] = ends[row.zone] - timedelta(seconds=packing)
    return until
