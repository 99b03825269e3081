"""The shop's work is planned: read what waits and who is there, decide, hand out (F4)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
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
    """Task: plan one shop and offer what was decided. One runs at a time per shop."""
    store_id = payload["store_id"]
    waiting = queries.waiting_tickets(tx, store_id, tx.kit.services["stages"], TICKETS_MAX)
    if not waiting:
        return
    policy = tickets.policy_of(tx, store_id)
    released = _released(tx, store_id, waiting, policy)
    works = _works(tx, released, policy)
    free = _Free(tx, store_id, policy)
    free.look_for(works)
    assignments = rules.plan(tx.now, works, free.workers(), policy)
    by_id = {row.id: row for row in released}
    # In the order of their ids, as everybody locks tickets.
    for assignment in sorted(assignments, key=lambda a: a.ticket_id):
        row = queries.ticket_row(tx, assignment.ticket_id, lock=True)
        if row.state != TicketState.QUEUED or row.version != by_id[row.id].version:
            continue
        if assignment.automatic:
            session_id = free.session_id(assignment.person_id)
            tickets.show(tx, offers.give(tx, row, assignment.person_id, session_id))
        else:
            offers.offer(tx, row, assignment.person_id, policy.offer_seconds)


def plan_waiting(tx: Tx) -> None:
    """Sweep: shops where a ticket waits are planned again, because time alone may have freed it."""
    for store_id in queries.stores_with_waiting(tx):
        tickets.plan_soon(tx, store_id)


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
    """Who may be asked, the least loaded first: of a big crew only as many as a plan can choose from."""

    def __init__(self, tx: Tx, store_id: int, policy: Policy) -> None:
        self._tx, self._store_id, self._policy = tx, store_id, policy
        self._found: dict[int, Row] = {}
        # By person and stage: who was not found for a stage is not to be asked for it.
        self._live: dict[int, dict[str, int]] = defaultdict(dict)
        self._stages: dict[str, int] = {}
        self._battery: dict[int, int | None] = {}

    def look_for(self, works: Sequence[Work]) -> None:
        """Find people for each kind of work."""
        kinds: dict[tuple[str, str], list[Work]] = defaultdict(list)
        for work in works:
            kinds[work.stage, work.role].append(work)
        for (stage, role), same in kinds.items():
            self._look(stage, role, same)

    def session_id(self, person_id: int) -> int:
        return self._found[person_id].session_id

    def workers(self) -> list[Worker]:
        now = self._tx.now
        return [Worker(
            person_id=person_id, roles=frozenset(row.roles), zones=frozenset(row.zones),
            live=self._stages | self._live[person_id], load_seconds=row.load_seconds, missed=row.missed,
            shift_seconds=round((now - row.started_at).total_seconds()), battery=self._battery[person_id],
        ) for person_id, row in self._found.items()]

    def _look(self, stage: str, role: str, works: Sequence[Work]) -> None:
        stand_ins = rules.STAND_IN.get(role, ())
        # Whoever stands in does so only when nobody of the role is there, busy or not.
        most = EVERYBODY if stand_ins else self._policy.capacity.get(stage, 1)
        wanted, self._stages[stage] = _wanted(works), EVERYBODY
        free = queries.free_people(self._tx, self._store_id, stage, (role, *stand_ins), most)
        with closing(free) as rows:
            for row in rows:
                if not self._add(row, stage) or stand_ins:
                    continue
                wanted.subtract([zone for zone in ("all", *row.zones) if zone in wanted])
                if max(wanted.values()) <= 0:
                    return

    def _add(self, row: Row, stage: str) -> bool:
        """Whether they are in touch and may be offered work."""
        seen = self._tx.kit.services["presence"].merged([row]).get(row.person_id)
        if seen is None or rules.contact(self._tx.now, seen.at, self._policy) != "here":
            return False
        self._found.setdefault(row.person_id, row)
        self._live[row.person_id][stage] = row.in_hand
        self._battery[row.person_id] = seen.battery
        return row.missed < self._policy.missed_max


def _wanted(works: Sequence[Work]) -> Counter[str]:
    """How many people of each zone are enough to choose from: one for each ticket and each who said no."""
    wanted: Counter[str] = Counter()
    for work in works:
        wanted[work.zone] += 1 + len(work.refused_by) + len(work.missed_by)
    return wanted
