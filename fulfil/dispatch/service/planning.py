"""The shop's work is planned: read what waits and who is there, decide, hand out (F4)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Row

from fulfil.dispatch import queries, rules
from fulfil.dispatch.rules import Policy, Work, Worker
from fulfil.dispatch.service import offers, tickets
from fulfil.dispatch.states import TicketState
from fulfil.kit.db import Tx
from fulfil.staff import queries as staff
from fulfil.staff.service import Seen

TICKETS_MAX = 100  # of each stage: more than anybody could be given at once


def plan_store(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Task: plan one shop and offer what was decided. One runs at a time per shop."""
    store_id = payload["store_id"]
    policy = tickets.policy_of(tx, store_id)
    people, seen = here(tx, store_id, policy)
    if not people:
        return
    waiting = queries.waiting_tickets(tx, store_id, tx.kit.services["stages"], TICKETS_MAX)
    if not waiting:
        return
    released = _released(tx, store_id, waiting, people, policy)
    workers = _workers(tx, store_id, people, seen)
    assignments = rules.plan(tx.now, _works(tx, released, policy), workers, policy)
    by_id, sessions = {row.id: row for row in released}, {row.person_id: row.session_id for row in people}
    # In the order of their ids, as everybody locks tickets.
    for assignment in sorted(assignments, key=lambda a: a.ticket_id):
        row = queries.ticket_row(tx, assignment.ticket_id, lock=True)
        if row.state != TicketState.QUEUED or row.version != by_id[row.id].version:
            continue
        if assignment.automatic:
            tickets.show(tx, offers.give(tx, row, assignment.person_id, sessions[assignment.person_id]))
        else:
            offers.offer(tx, row, assignment.person_id, policy.offer_seconds)


def plan_waiting(tx: Tx) -> None:
    """Sweep: shops where a ticket waits are planned again, because time alone may have freed it."""
    for store_id in queries.stores_with_waiting(tx):
        tickets.plan_soon(tx, store_id)


def here(tx: Tx, store_id: int, policy: Policy) -> tuple[list[Row], Mapping[int, Seen]]:
    """People on duty who are in touch, and when they were heard with what they told."""
    people = staff.on_duty(tx, store_id)
    seen = tx.kit.services["presence"].merged(people)
    return [row for row in people if row.person_id in seen
            and rules.contact(tx.now, seen[row.person_id].at, policy) == "here"], seen


def _released(tx: Tx, store_id: int, waiting: Sequence[Row], people: Sequence[Row],
              policy: Policy) -> list[Row]:
    """Tickets that may be handed out: picking only as fast as is packed, cold goods last (rules 3, 11)."""
    picks = [row for row in waiting if row.stage == "picking" and row.kind != rules.PUT_BACK]
    if not picks:
        return list(waiting)
    packers = sum("packer" in row.roles for row in people)
    release = rules.pick_released(queries.unpacked(tx, store_id), packers, policy)
    cold = {row.fulfilment_id for row in picks if row.zone != "ambient"}
    ambient = queries.ambient_left(tx, cold) if cold else {}
    free = {row.id for row in picks if release and (
        row.zone == "ambient" or _cold_may_start(ambient.get(row.fulfilment_id), policy))}
    picking = {row.id for row in picks}
    return [row for row in waiting if row.id in free or row.id not in picking]


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


def _workers(tx: Tx, store_id: int, people: Sequence[Row], seen: Mapping[int, Seen]) -> list[Worker]:
    live: dict[int, Counter] = defaultdict(Counter)
    busy: Counter[int] = Counter()
    for person_id, stage, count, seconds in queries.in_hand(tx, store_id):
        live[person_id][stage] += count
        busy[person_id] += seconds
    loads = {row.person_id: row for row in queries.loads(tx, store_id)}
    workers = []
    for row in people:
        load = loads.get(row.person_id)
        done = load.seconds if load is not None and load.since == row.started_at else 0
        workers.append(Worker(
            person_id=row.person_id, roles=frozenset(row.roles), zones=frozenset(row.zones),
            live=live[row.person_id], load_seconds=done + busy[row.person_id],
            shift_seconds=round((tx.now - row.started_at).total_seconds()),
            missed=load.missed if load is not None else 0, battery=seen[row.person_id].battery))
    return workers
