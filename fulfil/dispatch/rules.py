"""Decisions of dispatch: who gets which ticket, what may be promised, when somebody is gone. Pure.

Seconds are estimates of human work. Every number is a default that a shop's policy may replace.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from fulfil.contracts.fulfilment import WeighedLine
from fulfil.dispatch.states import LIVE_TICKET

BAG_CODE = re.compile(r"BAG-([0-9]{1,18})-[0-9]{1,4}")
ZONE_ORDER = {"ambient": 0, "chilled": 1, "frozen": 2, "all": 3}
STAGE_ORDER = ("picking", "packing", "handoff", "delivery")
# A stage opens when every ticket of the stages it waits for has ended.
FLOW: Mapping[str, tuple[str, ...]] = {
    "picking": (), "packing": ("picking",), "handoff": ("packing",), "delivery": ("packing",),
}  # fmt: skip
# Who does a stage's work when nobody of its role is on duty.
STAND_IN: Mapping[str, tuple[str, ...]] = {"counter": ("packer", "supervisor")}
AUTOMATIC = frozenset({"handoff"})  # accepted by being given: it waits at the counter with its rider
PUT_BACK, RETURN = "put_back", "return"
OUTLIVING = (PUT_BACK, RETURN)  # tickets that an ended order may still have (floor rule 8)
URGENT = 9
# An order waits no longer than this for a decision whose time is over: nobody is there to take it.
DECISION_GRACE = timedelta(seconds=60)
# What a shortage's reason says about the shelf: available 0, on hand less the quantity, or nothing (F6).
# Goods that got warm are quarantined, and leave the books with their put-back.
SHELF_EFFECT: Mapping[str, str] = {
    "not_found": "empty", "damaged": "minus", "expired": "minus", "wrong_location": "minus",
    "short_weight": "none", "only_heavier": "none", "only_lighter": "none", "too_late": "none",
    "missing": "minus", "missing_bag": "minus", "cold_overrun": "none",
}  # fmt: skip


@dataclass(frozen=True)
class Policy:
    """A shop's numbers. `planned` people count in the promise when fewer are on duty."""

    offer_seconds: int = 15
    away_seconds: int = 45
    takeover_seconds: int = 600
    rider_patience_seconds: int = 600
    decline_seconds: int = 300
    ask_seconds: int = 300
    tries_alarm: int = 3
    missed_max: int = 2
    battery_min: int = 15
    unpacked_per_packer: int = 8
    cold_lead_seconds: int = 300
    cold_limit_seconds: Mapping[str, int] = field(default_factory=lambda: {"chilled": 1800, "frozen": 900})
    ageing: float = 0.5
    capacity: Mapping[str, int] = field(default_factory=lambda: {
        "picking": 1, "packing": 3, "handoff": 30, "delivery": 3})
    planned: Mapping[str, int] = field(default_factory=lambda: {"picker": 2, "packer": 1, "rider": 2})
    base_seconds: Mapping[str, int] = field(default_factory=lambda: {
        "picking": 60, "packing": 45, "handoff": 60, "delivery": 120})
    line_seconds: Mapping[str, int] = field(default_factory=lambda: {
        "picking": 25, "packing": 8, "handoff": 0, "delivery": 0})
    kilogram_seconds: int = 2
    weight_under_percent: int = 10
    metres_per_second: float = 4.0
    promise_minutes_max: int = 240
    slot_minutes: int = 30
    slots: int = 6

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Policy:
        """Defaults with what the shop sets itself; mappings are merged, other keys are not ours."""
        policy = cls()
        changes = {f.name: given[f.name] for f in fields(cls) if f.name in given}
        for name, value in changes.items():
            if isinstance(value, Mapping):
                changes[name] = {**getattr(policy, name), **value}
        return replace(policy, **changes)


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


def next_stages(opened: frozenset[str], live: frozenset[str], *, deciding: bool = False) -> list[str]:
    """Stages to open now: not opened yet, and all they wait for was opened and has no live ticket.

    While somebody is `deciding` what comes instead of missing goods, picking is not over (floor rule 6).
    """
    over = opened - live - ({"picking"} if deciding else set())
    return [stage for stage in STAGE_ORDER if stage not in opened and over.issuperset(FLOW[stage])]


def sealed_otherwise(lines: Sequence[Any]) -> tuple[WeighedLine, ...] | None:
    """What of an order's lines was weighed, when it is packed; None when all is as it was ordered."""
    found = [WeighedLine(line.line_no, line.sku, line.quantity, line.picked,
                         max(0, line.quantity - line.picked - line.short - line.substituted))
             for line in lines if line.unit == "g" and line.short + line.substituted < line.quantity]
    changed = any(line.short or line.substituted for line in lines) or any(line.missing for line in found)
    return tuple(found) if changed else None


def legal(state: str, paused: bool, inside: Sequence[str]) -> list[str]:
    """The ops a ticket allows now; `inside` are those that its stage allows."""
    if state == "offered":
        return ["accept", "decline"]
    if state not in ("accepted", "working"):
        return []
    if paused:
        return ["resume", "give_back"]
    common = ["start"] if state == "accepted" else []
    return list(dict.fromkeys([*common, *inside, "give_back", "pause"]))


def replaceable(stage: str, on_shortage: str, reason: str) -> bool:
    """Whether other goods may come for what is missing: while it is picked, as the customer wishes.

    What weighs a little less is not replaced.
    """
    return stage == "picking" and on_shortage in ("substitute", "ask") and reason != "short_weight"


def decide_by(now: datetime, due_at: datetime, after_seconds: int, policy: Policy) -> datetime:
    """Until when the customer may decide, never so long that the order would be late by it (floor rule 6)."""
    return max(now, min(now + timedelta(seconds=policy.ask_seconds),
                        due_at - timedelta(seconds=after_seconds)))


def estimate(stage: str, lines: int, grams: int, policy: Policy) -> int:
    """Seconds of work for so many lines and grams in a stage."""
    kilograms = grams / 1000 if stage in ("picking", "packing") else 0
    base, per_line = policy.base_seconds.get(stage, 0), policy.line_seconds.get(stage, 0)
    return round(base + per_line * lines + policy.kilogram_seconds * kilograms)


def after(stage: str, lines: int, ride: int, policy: Policy) -> int:
    """Seconds of the work that follows a stage until the customer has the goods; the ride takes `ride`."""
    follows = {"picking": ("packing", "handoff"), "packing": ("handoff",)}.get(stage, ())
    return sum(estimate(name, lines, 0, policy) for name in follows) + (0 if stage == "delivery" else ride)


def ride_seconds(metres: int, policy: Policy) -> int:
    return round(policy.base_seconds["delivery"] + metres / policy.metres_per_second)


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


def predicted(now: datetime, estimate_seconds: int, begun_at: datetime | None,
              after_seconds: int) -> datetime:
    """When the customer has the goods if the rest goes as estimated; what has begun is not counted twice."""
    spent = 0.0 if begun_at is None else (now - begun_at).total_seconds()
    return now + timedelta(seconds=max(0.0, estimate_seconds - spent) + after_seconds)


def pick_released(unpacked: int, packers: int, policy: Policy) -> bool:
    """Picking pauses while the packers have more orders before them than they can take (floor rule 11)."""
    return unpacked < policy.unpacked_per_packer * max(1, packers)


def cold_may_start(ambient_seconds_left: int | None, policy: Policy) -> bool:
    """Whether a cold ticket may be offered (floor rule 3). None: ambient work that nobody has begun."""
    return ambient_seconds_left is not None and ambient_seconds_left <= policy.cold_lead_seconds


def contact(now: datetime, last_seen: datetime | None, policy: Policy) -> str:
    """here | away (not offered anything) | gone (their work is taken over)."""
    silent = None if last_seen is None else (now - last_seen).total_seconds()
    if silent is None or silent > policy.takeover_seconds:
        return "gone"
    return "away" if silent > policy.away_seconds else "here"


def out_of_cold(seconds: int, out_since: datetime | None, now: datetime) -> int:
    """Cumulative seconds out of the cold, the running stretch included (floor rule 3)."""
    running = 0 if out_since is None else max(0, round((now - out_since).total_seconds()))
    return seconds + running


# ---------------------------------------------------------------- what may be promised (floor rule 11)


@dataclass(frozen=True)
class Backlog:
    """Work before a new order, in seconds of one person, and people on duty by role."""

    pick_seconds: int
    pack_seconds: int
    ride_seconds: int
    people: Mapping[str, int]


def earliest(now: datetime, lines: int, metres: int, backlog: Backlog,
             policy: Policy) -> tuple[datetime, datetime]:
    """When the goods can be handed over and delivered, to the full minute.

    The slowest of picking, packing and riding decides how long the order waits. Third parties ride, too:
    without own riders nobody waits for one.
    """
    def staffed(role: str) -> int:
        return max(1, backlog.people.get(role, 0), policy.planned.get(role, 0))

    wait = max(backlog.pick_seconds / staffed("picker"), backlog.pack_seconds / staffed("packer"))
    if backlog.people.get("rider", 0):
        wait = max(wait, backlog.ride_seconds / staffed("rider"))
    work = sum(estimate(stage, lines, 0, policy) for stage in ("picking", "packing", "handoff"))
    hand_over = up_to_minute(now + timedelta(seconds=wait + work))
    return hand_over, up_to_minute(hand_over + timedelta(seconds=ride_seconds(metres, policy)))


def up_to_minute(instant: datetime) -> datetime:
    bare = instant.replace(second=0, microsecond=0)
    return bare if bare == instant else bare + timedelta(minutes=1)


def slots_from(first: datetime, policy: Policy) -> list[tuple[datetime, datetime]]:
    """Delivery windows that can be kept, the first one ending no earlier than `first`."""
    length = timedelta(minutes=policy.slot_minutes)
    start = first - timedelta(minutes=first.minute % policy.slot_minutes, seconds=first.second,
                              microseconds=first.microsecond)
    if start < first:
        start += length
    return [(start + n * length, start + (n + 1) * length) for n in range(policy.slots)]


# ---------------------------------------------------------------- totes and bags


def tote_code(text: str) -> str:
    """A tote's code as on its label, with the prefix, in capitals."""
    bare = text.strip().upper()
    return bare if bare.startswith("TOTE-") else f"TOTE-{bare}"


def steerable(state: str, carrier: str | None) -> bool:
    """Whether a supervisor may still say who does a ticket: it is live, and no third party has it."""
    return state in LIVE_TICKET and carrier is None


def ticket_actions(state: str, carrier: str | None, held: bool, roles: Collection[str]) -> list[str]:
    """What somebody with these roles may do to a ticket now."""
    if not steerable(state, carrier) or not {"supervisor", "admin"} & set(roles):
        return []
    return ["reassign", "priority", "hold", *(["unhold"] if held else [])]


def bag_code(order_no: int, n: int) -> str:
    """The code on the n-th bag's label."""
    return f"BAG-{order_no}-{n}"


def order_of_bag(code: str) -> int | None:
    """The order that a bag's code names, None when it is none."""
    named = BAG_CODE.fullmatch(code.upper())
    return int(named[1]) if named else None
