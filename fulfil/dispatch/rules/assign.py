"""Who gets which ticket (F4): the same input gives the same answer, whatever its order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fulfil.dispatch.rules.policy import Policy

URGENT = 9
# Who does a stage's work when nobody of its role is on duty.
STAND_IN: Mapping[str, tuple[str, ...]] = {"counter": ("packer", "supervisor")}
AUTOMATIC = frozenset({"handoff"})  # accepted by being given: it waits at the counter with its rider


@dataclass(frozen=True)
class Work:
    """A queued ticket as the plan sees it. `after_seconds` is what follows it, the ride included.

    `refused_by` maps who declined it or gave it back to when they may be asked again; `missed_by` let an
    offer of it expire.
    """

    id: int
    stage: str
    role: str
    zone: str
    due_at: datetime
    queued_at: datetime
    estimate_seconds: int
    after_seconds: int = 0
    priority: int = 0
    refused_by: Mapping[int, datetime] = field(default_factory=dict)
    missed_by: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Worker:
    """Somebody available and in touch. `live` counts their tickets and offers by stage.

    `load_seconds` is what they were given this shift, above what the least loaded had when they came.
    """

    person_id: int
    roles: frozenset[str]
    zones: frozenset[str]
    live: Mapping[str, int] = field(default_factory=dict)
    load_seconds: int = 0
    missed: int = 0
    battery: int | None = None


@dataclass(frozen=True)
class Assignment:
    """This ticket goes to this person: offered, or given when the stage accepts by itself."""

    ticket_id: int
    person_id: int
    automatic: bool


def slack(work: Work, now: datetime) -> float:
    """Seconds to spare when it began now; negative means late."""
    return (work.due_at - now).total_seconds() - work.estimate_seconds - work.after_seconds


def urgency(work: Work, now: datetime, policy: Policy) -> tuple[int, float, int]:
    """Sorts the most urgent first: the supervisor's word, then slack less what waiting has earned."""
    waited = max(0.0, (now - work.queued_at).total_seconds())
    return (-work.priority, slack(work, now) - policy.ageing * waited, work.id)


def plan(now: datetime, tickets: Sequence[Work], workers: Sequence[Worker],
         policy: Policy) -> list[Assignment]:
    """Who gets which ticket now (F4): most urgent first, to whoever worked least this shift.

    The same input gives the same answer, whatever its order. Nobody gets more than their capacity, work
    outside their roles or zones, or what they have just declined; who missed a ticket is asked last.
    """
    load = {w.person_id: w.load_seconds for w in workers}
    live = {w.person_id: dict(w.live) for w in workers}
    ready = [w for w in sorted(workers, key=lambda w: w.person_id) if may_be_offered(w, policy)]
    pools: dict[tuple[str, str], list[Worker]] = {}  # (stage, role) → who of them has a hand free
    assignments = []
    for work in sorted(tickets, key=lambda t: urgency(t, now, policy)):
        most = policy.capacity.get(work.stage, 1)
        if (work.stage, work.role) not in pools:
            pools[work.stage, work.role] = [w for w in _of_role(work.role, ready)
                                            if w.live.get(work.stage, 0) < most]
        free = [w for w in pools[work.stage, work.role] if live[w.person_id].get(work.stage, 0) < most]
        pools[work.stage, work.role] = free
        able = [w for w in free if _takes(w, work, now)]
        if not able:
            continue
        chosen = min(able, key=lambda w: (w.person_id in work.missed_by, load[w.person_id], w.person_id))
        assignments.append(Assignment(work.id, chosen.person_id, work.stage in AUTOMATIC))
        load[chosen.person_id] += work.estimate_seconds
        live[chosen.person_id][work.stage] = live[chosen.person_id].get(work.stage, 0) + 1
    return assignments


def _takes(worker: Worker, work: Work, now: datetime) -> bool:
    """Whether the work is in the worker's zones, and not what they have just declined."""
    refused_until = work.refused_by.get(worker.person_id)
    return (work.zone == "all" or work.zone in worker.zones) and (
        refused_until is None or refused_until <= now)


def may_be_offered(worker: Worker, policy: Policy) -> bool:
    """Not after two missed offers in a row, nor with a dying battery (floor rule 17)."""
    return worker.missed < policy.missed_max and (worker.battery is None
                                                  or worker.battery >= policy.battery_min)


def _of_role(role: str, workers: Sequence[Worker]) -> list[Worker]:
    own = [w for w in workers if role in w.roles]
    return own or [w for w in workers if w.roles & set(STAND_IN.get(role, ()))]


def first_load(roles: Collection[str], crew: Sequence[tuple[Collection[str], int]]) -> int:
    """What counts as already given to somebody who comes on duty: as much as to the least loaded colleague.

    From nothing, a late comer would get everything at once until they had caught up with the others. `crew`
    are roles and load of who is on duty; colleagues are those who share a role.
    """
    return min((load for theirs, load in crew if set(theirs) & set(roles)), default=0)
