"""Who gets which ticket (F4): the same input gives the same answer, whatever its order.

A plan looks at every ticket that waits and at every hand: those that are free, and those that will be
within a minute. Tickets come in the order of their urgency: the supervisor's word, then the time to spare,
less what waiting has earned (ageing). A ticket that can have a hand gets one, and what is less urgent never
takes it away; *which* hand is decided for all of them together, so that the sum of `prices` is the least
(`matching`; the assignment problem: Kuhn 1955). What a hand that is still busy would get waits for it: only
what would keep a free hand from work that nobody else may do. Nobody stands idle to be fair, nor because
somebody else would be faster: in a rush each idle minute costs many orders theirs (docs/dispatch.md). Nothing
else is kept of a plan: the next event makes a new one.

The price of a ticket in a hand is counted in seconds of somebody's time:

- seconds until it begins: what is in hand goes first (*own work first*), then the way to where its walk
  begins. A place that nobody knows is as near as any;
- seconds of this person, by their learned speed in this stage and zone;
- each second of delay beyond the promise, or beyond what the goods bear out of the cold, `LATE_WEIGHT`
  times;
- fairness: what making the loads of a shift less equal costs. It is the growth of the sum of their squares
  (minutes, lines, kilograms), so that the one who had least gets the longest; nobody is compared in public;
- who let an offer of it run out is asked last. Who declined it is not asked for a while, at no cost to
  them.

Not allowed at all: another role or zone, more than fits into the hands, what would not end before the shift
does or the next planned break begins, and hard tickets for newcomers while somebody else is there (floor
rule 17).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import inf

from fulfil.dispatch.rules.matching import NOBODY, match
from fulfil.dispatch.rules.policy import Policy

COUNTED_TICKETS = 100  # as many of somebody's first ones as a shop may call new

Place = tuple[float, float]  # metres on the floor plan
Matching = Callable[[Iterable[Sequence[float]], int], list[int]]

URGENT = 9
# Who does a stage's work when nobody of its role is on duty.
STAND_IN: Mapping[str, tuple[str, ...]] = {"counter": ("packer", "supervisor")}
AUTOMATIC = frozenset({"handoff"})  # accepted by being given: it waits at the counter with its rider

LATE_WEIGHT = 10.0
IDLE_PRICE = 1e6  # more than any lateness of a day
MISSED_PRICE = 1e9  # more than to wait for anybody
FAIR_SECONDS = 3600.0  # loads that differ by an hour are as bad as doing the work twice
LINE_SECONDS, GRAM_SECONDS = 20.0, 0.02  # by which lines and weight count beside minutes


@dataclass(frozen=True)
class Work:
    """A queued ticket as the plan sees it. `after_seconds` is what follows it, the ride included.

    `refused_by` maps who declined it or gave it back to when they may be asked again; `missed_by` let an
    offer of it expire. `cold_until` is when its goods have been out of the cold for too long; `place` is
    where its walk begins, None where nobody knows; `newcomers`: whether who is new may do it.
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
    lines: int = 0
    grams: int = 0
    cold_until: datetime | None = None
    place: Place | None = None
    newcomers: bool = True


@dataclass(frozen=True)
class Worker:
    """Somebody available and in touch. `live` counts their tickets and offers by stage.

    `load_seconds`, `load_lines` and `load_grams` are what they were given this shift, above what the least
    loaded had when they came. `free_in`: seconds until they have a hand free in a stage in which they have
    none. `speed` tells their seconds for each second of an estimate, by stage and zone. `place` is where
    they are then, None where nobody knows. `until`: their shift ends then, or a planned break begins.
    """

    person_id: int
    roles: frozenset[str]
    zones: frozenset[str]
    live: Mapping[str, int] = field(default_factory=dict)
    load_seconds: int = 0
    missed: int = 0
    battery: int | None = None
    load_lines: int = 0
    load_grams: int = 0
    free_in: Mapping[str, int] = field(default_factory=dict)
    speed: Mapping[tuple[str, str], float] = field(default_factory=dict)
    place: Place | None = None
    until: datetime | None = None
    newcomer: bool = False


@dataclass(frozen=True)
class Assignment:
    """This ticket goes to this person: offered, or given when the stage accepts by itself."""

    ticket_id: int
    person_id: int
    automatic: bool


@dataclass(frozen=True, slots=True)
class Hand:
    """Room for one more ticket of a stage: `ready` seconds from now, with `ahead` tickets to be done before.

    `left` are the seconds that they still have. What they were given more than who was given least weighs
    `seconds` a second of the ticket, `lines` a line and `grams` a gram.
    """

    worker: Worker
    ready: float
    ahead: int
    left: float
    seconds: float
    lines: float
    grams: float


def slack(work: Work, now: datetime) -> float:
    """Seconds to spare when it began now; negative means late, or too long out of the cold."""
    spare = (work.due_at - now).total_seconds() - work.estimate_seconds - work.after_seconds
    if work.cold_until is None:
        return spare
    return min(spare, (work.cold_until - now).total_seconds() - work.estimate_seconds)


def urgency(work: Work, now: datetime, policy: Policy) -> tuple[int, float, int]:
    """Sorts the most urgent first: the supervisor's word, then slack less what waiting has earned."""
    waited = max(0.0, (now - work.queued_at).total_seconds())
    return (-work.priority, slack(work, now) - policy.ageing * waited, work.id)


def plan(
    now: datetime,
    tickets: Sequence[Work],
    workers: Sequence[Worker],
    policy: Policy,
    *,
    matching: Matching = match,
) -> list[Assignment]:
    """Who gets which ticket now (F4), as told above, the most urgent stage first.

    `matching` does what `match` does; the planner has one for many hands.
    """
    ready = [
        w
        for w in sorted(workers, key=lambda w: (w.load_seconds, w.person_id))
        if may_be_offered(w, policy) and (w.until is None or w.until > now)
    ]
    stages: dict[tuple[str, str], list[Work]] = {}
    for work in sorted(tickets, key=lambda t: urgency(t, now, policy)):
        stages.setdefault((work.stage, work.role), []).append(work)
    assignments: list[Assignment] = []
    for (stage, role), works in stages.items():
        hands = hands_of(stage, _of_role(role, ready), len(works), now, policy)
        rows = (prices(work, hands, now, policy, more=len(works) - rank) for rank, work in enumerate(works))
        for hand, row in zip(hands, matching(rows, len(hands)) if hands else (), strict=True):
            if row != NOBODY and not hand.ready:
                assignments.append(Assignment(works[row].id, hand.worker.person_id, stage in AUTOMATIC))
    return assignments


def prices(work: Work, hands: Sequence[Hand], now: datetime, policy: Policy, *, more: int = 1) -> list[float]:
    """What a ticket costs in each of these hands, in seconds of somebody's time; `inf`: it may not be.

    To wait for a hand costs `more` times the price of an idle one.
    """
    ends = [_ends(work, hand, policy) if takes(hand.worker, work, now) else inf for hand in hands]
    spare = slack(work, now) + work.estimate_seconds
    return [
        inf
        if end == inf or hand.ready and (end > spare or work.priority > 0)
        else _price(work, hand, end, spare) + (more * IDLE_PRICE if hand.ready else 0)
        for hand, end in zip(hands, ends, strict=True)
    ]


def _ends(work: Work, hand: Hand, policy: Policy) -> float:
    """Seconds until it would be done in this hand; `inf`: not before somebody has to go."""
    worker, estimate = hand.worker, work.estimate_seconds
    end = hand.ready + estimate * worker.speed.get((work.stage, work.zone), 1.0)
    if hand.ahead and work.stage not in AUTOMATIC:
        end += hand.ahead * estimate
    if work.place is not None and worker.place is not None:
        end += _metres(work.place, worker.place) / policy.walk_metres_per_second
    return end if end <= hand.left else inf


def _price(work: Work, hand: Hand, end: float, spare: float) -> float:
    total = (
        end
        + (hand.seconds * work.estimate_seconds + hand.lines * work.lines + hand.grams * work.grams)
        / FAIR_SECONDS
    )
    if end > spare:
        total += LATE_WEIGHT * (end - spare)
    if hand.worker.person_id in work.missed_by:
        total += MISSED_PRICE
    return total


def point(x: float | None, y: float | None) -> Place | None:
    """A place on the floor plan, where both of its numbers are known."""
    return None if x is None or y is None else (x, y)


def _metres(here: Place, there: Place) -> float:
    """Along and across the aisles."""
    return abs(here[0] - there[0]) + abs(here[1] - there[1])


def hands_of(stage: str, crew: Sequence[Worker], tickets: int, now: datetime, policy: Policy) -> list[Hand]:
    """The hands of a crew for a stage, no more of anybody than there are tickets."""
    most, hands = policy.capacity.get(stage, 1), []
    if not crew:
        return hands
    seconds = min(w.load_seconds for w in crew)
    lines, grams = min(w.load_lines for w in crew), min(w.load_grams for w in crew)
    for worker in crew:
        left = inf if worker.until is None else (worker.until - now).total_seconds()
        loads = (
            worker.load_seconds - seconds,
            (worker.load_lines - lines) * LINE_SECONDS**2,
            (worker.load_grams - grams) * GRAM_SECONDS**2,
        )
        hands += [
            Hand(worker, ready, ahead, left, *loads)
            for ready, ahead in _room(worker, stage, most, tickets, policy)
        ]
    return hands


def _room(worker: Worker, stage: str, most: int, tickets: int, policy: Policy) -> Iterator[tuple[float, int]]:
    """When there is room in somebody's hands, and how many tickets go before it."""
    live = worker.live.get(stage, 0)
    if live < most:
        yield from ((0.0, ahead) for ahead in range(live, min(most, live + tickets)))
    elif 0 < (soon := worker.free_in.get(stage, 0)) <= policy.look_ahead_seconds:
        yield float(soon), most - 1


def takes(worker: Worker, work: Work, now: datetime) -> bool:
    """Whether it is in the worker's zones, not too hard, and not what they have just declined."""
    if work.zone != "all" and work.zone not in worker.zones or worker.newcomer and not work.newcomers:
        return False
    refused_until = work.refused_by.get(worker.person_id)
    return refused_until is None or refused_until <= now


def for_newcomers(stage: str, zone: str, lines: int, *, alone: bool, policy: Policy) -> bool:
    """Whether who is new may do it: few lines of ambient goods, unless nobody else could (floor rule 17)."""
    return stage != "picking" or alone or (zone == "ambient" and lines <= policy.newcomer_lines)


def may_be_offered(worker: Worker, policy: Policy) -> bool:
    """Not after two missed offers in a row, nor with a dying battery (floor rule 17)."""
    return worker.missed < policy.missed_max and (
        worker.battery is None or worker.battery >= policy.battery_min
    )


def _of_role(role: str, workers: Sequence[Worker]) -> list[Worker]:
    own = [w for w in workers if role in w.roles]
    return own or [w for w in workers if w.roles & set(STAND_IN.get(role, ()))]


def first_load(roles: Collection[str], crew: Sequence[tuple[Collection[str], int]]) -> int:
    """What counts as already given to somebody who comes on duty: as much as to the least loaded colleague.

    From nothing, a late comer would get everything at once until they had caught up with the others. `crew`
    are roles and load of who is on duty; colleagues are those who share a role.
    """
    return min((load for theirs, load in crew if set(theirs) & set(roles)), default=0)
