"""The shop's work is planned: read what waits and who is there, decide, hand out (F4)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Row

from fulfil.dispatch import queries, rules
from fulfil.dispatch.rules import Policy, Work, Worker
from fulfil.dispatch.service import offers, tickets
from fulfil.dispatch.states import TicketState
from fulfil.kit.db import Tx
from fulfil.staff import queries as staff

TICKETS_MAX = 100  # of each stage: more than anybody could be given at once
EVERYBODY = 1_000_000


def plan_store(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Task: plan one shop and offer what was decided. One runs at a time per shop.

    Most plans find nothing that waits, or nobody who is free: they end after one or two short reads.
    """
    store_id = payload["store_id"]
    stages = [name for name in queries.waiting_stages(tx, store_id) if name in tx.kit.services["stages"]]
    if not stages:
        return
    policy = tickets.policy_of(tx, store_id)
    with _Free(tx, store_id, policy) as free:
        if free.for_any(stages):
            _hand_out(tx, store_id, stages, free, policy)


def plan_waiting(tx: Tx) -> None:
    """Sweep: shops where a ticket waits are planned again, because time alone may have freed it."""
    for store_id in queries.stores_with_waiting(tx):
        tickets.plan_soon(tx, store_id)


def _hand_out(tx: Tx, store_id: int, stages: Sequence[str], free: _Free, policy: Policy) -> None:
    waiting = _released(tx, store_id, queries.waiting_tickets(tx, store_id, stages, TICKETS_MAX), policy)
    works = _works(tx, waiting, policy)
    free.look_for(works)
    version = {row.id: row.version for row in waiting}
    # In the order of their ids, as everybody locks tickets.
    for assignment in sorted(rules.plan(tx.now, works, free.workers(), policy), key=lambda a: a.ticket_id):
        row = queries.ticket_row(tx, assignment.ticket_id, lock=True)
        if row.state != TicketState.QUEUED or row.version != version[row.id]:
            continue
        if assignment.automatic:
            session_id = free.session_id(assignment.person_id)
            if staff.hold_session(tx, session_id):
                tickets.show(tx, offers.give(tx, row, assignment.person_id, session_id))
        else:
            offers.offer(tx, row, assignment.person_id, policy.offer_seconds)


def here(tx: Tx, store_id: int, policy: Policy) -> list[Row]:
    """People on duty who are in touch."""
    people = staff.on_duty(tx, store_id)
    seen = tx.kit.services["presence"].merged(people)
    return [row for row in people if row.person_id in seen
            and rules.contact(tx.now, seen[row.person_id].at, policy) == "here"]


def _released(tx: Tx, store_id: int, waiting: Sequence[Row], policy: Policy) -> list[Row]:
    """Tickets that may be handed out: picking only as fast as is packed, cold goods last (rules 3, 11)."""
    picks = [row for row in waiting if row.stage == "picking" and row.kind != rules.PUT_BACK]
    if not picks:
        return list(waiting)
    release = _pick_released(tx, store_id, policy)
    cold = {row.fulfilment_id for row in picks if row.zone != "ambient"}
    ambient = queries.ambient_left(tx, cold) if cold else {}
    free = {row.id for row in picks if release and (
        row.zone == "ambient" or _cold_may_start(ambient.get(row.fulfilment_id), policy))}
    picking = {row.id for row in picks}
    return [row for row in waiting if row.id in free or row.id not in picking]


def _pick_released(tx: Tx, store_id: int, policy: Policy) -> bool:
    unpacked = queries.unpacked(tx, store_id)
    if rules.pick_released(unpacked, 1, policy):
        return True
    packers = sum("packer" in row.roles for row in here(tx, store_id, policy))
    return rules.pick_released(unpacked, packers, policy)


def _cold_may_start(ambient: Row | None, policy: Policy) -> bool:
    if ambient is None:
        return True
    begun = ambient.waiting == 0
    left = rules.estimate("picking", ambient.lines_left, 0, policy) if begun else None
    return rules.cold_may_start(left, policy)


def _works(tx: Tx, waiting: Sequence[Row], policy: Policy) -> list[Work]:
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
    return [Work(
        id=row.id, stage=row.stage, role=tickets.stage_of(tx, row.stage).role, zone=row.zone,
        due_at=row.due_at, queued_at=row.queued_at, estimate_seconds=row.estimate_seconds,
        after_seconds=rules.after(row.stage, row.lines, row.ride_seconds, policy), priority=row.priority,
        refused_by=refused[row.id], missed_by=frozenset(missed[row.id])) for row in waiting]


class _Free:
    """Who may be asked, the least loaded first: of a big crew only as many as a plan can choose from.

    The database hands people out one by one for each stage, while this is entered.
    """

    def __init__(self, tx: Tx, store_id: int, policy: Policy) -> None:
        self._tx, self._store_id, self._policy = tx, store_id, policy
        self._rows: dict[str, Iterator[Row]] = {}
        self._results = ExitStack()
        self._found: dict[int, Row] = {}
        # By stage and person: who was not found for a stage is not to be asked for it.
        self._in_hand: dict[str, dict[int, int]] = defaultdict(dict)
        self._battery: dict[int, int | None] = {}

    def __enter__(self) -> _Free:
        return self

    def __exit__(self, *_: object) -> None:
        self._results.close()

    def for_any(self, stages: Sequence[str]) -> bool:
        """Whether there is somebody for one of these stages."""
        return any(self._next(stage) is not None for stage in stages)

    def look_for(self, works: Sequence[Work]) -> None:
        """Find enough people for each stage's work."""
        by_stage: dict[str, list[Work]] = defaultdict(list)
        for work in works:
            by_stage[work.stage].append(work)
        for stage, same in by_stage.items():
            wanted = _wanted(same)
            for row in [self._found[person_id] for person_id in self._in_hand[stage]]:
                _subtract(wanted, row)
            while self._everybody(stage) or max(wanted.values()) > 0:
                row = self._next(stage)
                if row is None:
                    break
                _subtract(wanted, row)

    def session_id(self, person_id: int) -> int:
        return self._found[person_id].session_id

    def workers(self) -> list[Worker]:
        return [Worker(
            person_id=person_id, roles=frozenset(row.roles), zones=frozenset(row.zones),
            live={stage: held.get(person_id, EVERYBODY) for stage, held in self._in_hand.items()},
            load_seconds=row.load_seconds, missed=row.missed, battery=self._battery[person_id],
        ) for person_id, row in self._found.items()]

    def _next(self, stage: str) -> Row | None:
        """The next person for a stage who is in touch and may be offered work."""
        for row in self._of(stage):
            seen = self._tx.kit.services["presence"].merged([row]).get(row.person_id)
            if seen is None or rules.contact(self._tx.now, seen.at, self._policy) != "here":
                continue
            self._found.setdefault(row.person_id, row)
            self._in_hand[stage][row.person_id] = row.in_hand
            self._battery[row.person_id] = seen.battery
            if row.missed < self._policy.missed_max:
                return row
        return None

    def _of(self, stage: str) -> Iterator[Row]:
        if stage not in self._rows:
            role = tickets.stage_of(self._tx, stage).role
            roles = (role, *rules.STAND_IN.get(role, ()))
            most = EVERYBODY if self._everybody(stage) else self._policy.capacity.get(stage, 1)
            result = queries.free_people(self._tx, self._store_id, stage, roles, most)
            self._rows[stage] = iter(self._results.enter_context(closing(result)))
        return self._rows[stage]

    def _everybody(self, stage: str) -> bool:
        """Whoever stands in does so only when nobody of the role is there, busy or not: all must be known."""
        return tickets.stage_of(self._tx, stage).role in rules.STAND_IN


def _subtract(wanted: Counter[str], row: Row) -> None:
    wanted.subtract([zone for zone in ("all", *row.zones) if zone in wanted])


def _wanted(works: Sequence[Work]) -> Counter[str]:
    """How many people of each zone are enough to choose from: one for each ticket and each who said no."""
    wanted: Counter[str] = Counter()
    for work in works:
        wanted[work.zone] += 1 + len(work.refused_by) + len(work.missed_by)
    return wanted
