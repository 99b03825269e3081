"""Which tickets are picked together in one walk (F5): urgency first, then the metres that are saved.

A tour begins with what is most urgent. What joins it is what makes it least longer, a part of the ticket's
own walk taken off: all of it would be its savings (Clarke and Wright 1964), which take on long walks from
everywhere, nothing of it the nearest, which leave those over (seeds: de Koster, van der Poort and Wolters
1999). Only as many tours are made as hands are free, for whatever is decided about later ones is
decided better then. Walks are exact in blocks of parallel aisles, and nearly so elsewhere
(`store.rules.lengths`).

- Orders are only joined with such of one temperature zone and one urgency: the supervisor's word, and whether
  they are late already. Three urgent orders among ten others are a tour of three.
- No order is made late: each has time for the whole tour, and `tour_margin_seconds` more. Nothing gets warm:
  the first goods of a cold tour are out for all of it, and are packed after it (floor rule 3).
- Nobody's hands stay empty for a tour: at least one ticket is left for every other hand.
- A shop may be patient (`tour_patience_seconds`): then a ticket waits so long, cold goods twice as long, even
  while hands are free and carts could be full, unless it has little time, or so much waits that hands get
  scarce: the more there are to choose from, the shorter is a tour. Fewer metres are walked, and orders leave
  later.
- A tour fits on the cart, by orders, lines, grams and volume. Of one order it holds one ticket: what was
  split because it is too much for one person is not put together again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from heapq import nsmallest
from math import inf

from fulfil.dispatch.rules.assign import Work, slack, urgency
from fulfil.dispatch.rules.estimates import estimate
from fulfil.dispatch.rules.policy import Policy
from fulfil.store.rules import Floor, Stops, effort, length, together
from fulfil.store.rules.areas import WAYS_MAX

# Walks that one plan measures: at 40 µs each, past fourteen aisles, a plan stays below 5 ms. Through an
# irregular area they take longer and are fewer (`effort`).
WALKS_MAX = 60
COLD_SHARE = 0.8  # of what goods bear out of the cold; beyond that the counter is warned
KEPT_A_HAND = 2  # tours that wait, for each hand that could walk one: more of them are a rush
COLD_PATIENCE = 2  # times: cold goods are let go last, and their wait began with their order
LEAVING_SECONDS = 1800  # who goes home or rests within that is not counted on for what waits
LOADS_MAX = 60  # of the most urgent tickets: what one plan looks at
SAVED_SHARE = 0.6  # of a ticket's own walk, by which the metres are less that it adds to a tour
CHOICE_MIN = 4  # of so many tickets at least a tour chooses each next one, those nearest to it


@dataclass(frozen=True)
class Load:
    """A waiting ticket as a tour sees it: what it puts on the cart, and where that stands."""

    work: Work
    order_no: int
    lines: int
    grams: int
    volume_ml: int
    metres: float
    stops: Stops

    @cached_property
    def aisles(self) -> int:
        """Where it leads: a bit for each aisle of each block, and for each way of an area."""
        return sum(1 << block * WAYS_MAX + aisle for block, aisles in self.stops.items() for aisle in aisles)


@dataclass(frozen=True)
class Tour:
    """Tickets that are picked together, the most urgent first; `metres` walks past all of their shelves."""

    loads: tuple[Load, ...]
    metres: float
    stops: Stops = field(repr=False)

    @cached_property
    def orders(self) -> frozenset[int]:
        return frozenset(load.order_no for load in self.loads)

    @cached_property
    def lines(self) -> int:
        return sum(load.lines for load in self.loads)

    @cached_property
    def grams(self) -> int:
        return sum(load.grams for load in self.loads)

    @cached_property
    def volume_ml(self) -> int:
        return sum(load.volume_ml for load in self.loads)

    def seconds(self, policy: Policy) -> int:
        """How long it takes, from the first shelf to the last tote."""
        return estimate("picking", self.lines, self.grams, policy, self.metres)


class _Walks:
    """Measures walks until `left` is used up, for each next ticket of a tour `choice` of them at most."""

    def __init__(self, floor: Floor, tours: int, policy: Policy) -> None:
        self._floor, self.left = floor, WALKS_MAX
        self._choice = max(CHOICE_MIN, WALKS_MAX // max(1, tours * (policy.tour_orders_max - 1)))

    def nearest(self, tour: Tour, loads: Sequence[Load]) -> Sequence[Load]:
        """Those that are measured: whose aisles the tour passes anyway, and that want few others."""
        each = effort(self._floor, tour.stops)
        most = min(max(CHOICE_MIN, self._choice // each), self.left // each)
        if len(loads) <= most:
            return loads
        passed = 0
        for load in tour.loads:
            passed |= load.aisles
        return nsmallest(
            most, loads, key=lambda load: load.aisles.bit_count() - 3 * (load.aisles & passed).bit_count()
        )

    def joined(self, tour: Tour, load: Load) -> Tour:
        """The tour with one more ticket."""
        stops = together(tour.stops, load.stops)
        self.left -= effort(self._floor, stops)
        return Tour((*tour.loads, load), length(self._floor, stops), stops)


def tours(
    now: datetime, loads: Iterable[Load], floor: Floor, policy: Policy, *, hands: int, others: int = 0
) -> list[Tour]:
    """The tours to hand out now, one for each free hand at most; tickets that are in none go alone.

    `others` are waiting tickets that cannot be in a tour and want a hand, too. The same tickets give the same
    tours, whatever their order.
    """
    waiting = sorted(loads, key=lambda load: urgency(load.work, now, policy))
    walks, kinds, found = _Walks(floor, hands, policy), _kinds(waiting, now), []
    for hand in range(hands):
        if not waiting or len(waiting) + others <= hands - hand:
            break
        seed = waiting.pop(0)
        spare = len(waiting) + others - (hands - hand - 1)
        near = [load for load in waiting if kinds[load.work.id] == kinds[seed.work.id]]
        tour = _grown(now, Tour((seed,), seed.metres, seed.stops), near, spare, walks, policy)
        if len(tour.loads) > 1:
            found.append(tour)
            waiting = _others(waiting, tour)
    return found


def gathered(
    now: datetime, loads: Iterable[Load], floor: Floor, policy: Policy, *, hands: int, leaving: int = 0
) -> tuple[list[Tour], frozenset[int]]:
    """The tours that a patient shop hands out now, and the tickets that wait for company.

    What is in neither goes alone. `leaving` of the hands are of people who leave within `LEAVING_SECONDS`.
    The same tickets give the same answer, whatever their order.
    """
    every = sorted(loads, key=lambda load: urgency(load.work, now, policy))
    waiting = every[:LOADS_MAX]
    due = [load for load in waiting if waits_no_longer(now, load.work, load.metres, policy)]
    walks, kinds = _Walks(floor, min(hands, len(due) or hands), policy), _kinds(waiting, now)
    begun: list[Tour] = []
    while (
        hands > len(begun)
        and walks.left >= CHOICE_MIN
        and (due or is_rush(len(waiting), max(0, hands - leaving - len(begun)), policy))
    ):
        seed = (due or waiting)[0]
        near = [load for load in waiting if load is not seed and kinds[load.work.id] == kinds[seed.work.id]]
        begun.append(_grown(now, Tour((seed,), seed.metres, seed.stops), near, len(near), walks, policy))
        waiting, due = _others(waiting, begun[-1]), _others(due, begun[-1])
    inside = {load.work.id for tour in begun for load in tour.loads}
    return (
        [tour for tour in begun if len(tour.loads) > 1],
        frozenset(load.work.id for load in every if load.work.id not in inside),
    )


def is_rush(waiting: int, staying: int, policy: Policy) -> bool:
    """Whether more waits than a cart holds, and so much that hands get scarce.

    Then nobody stands idle for better company. `staying` are the hands of people who do not leave soon.
    """
    return waiting >= policy.tour_orders_max * max(1, KEPT_A_HAND * staying)


def leaves_soon(now: datetime, until: datetime | None) -> bool:
    """Whether the hands of somebody who works until then will be missed by what waits now."""
    return until is not None and (until - now).total_seconds() <= LEAVING_SECONDS


def waits_no_longer(now: datetime, work: Work, metres: float, policy: Policy) -> bool:
    """Whether a ticket has waited for company as long as it may, or its time gets short for a tour."""
    patience = policy.tour_patience_seconds
    if work.priority > 0:
        return True
    long = estimate("picking", policy.tour_lines_max, 0, policy, 2 * metres)
    if spare(work, now) < long + policy.tour_margin_seconds + patience:
        return True
    cold = work.zone in policy.cold_limit_seconds
    return (now - work.queued_at).total_seconds() >= patience * (COLD_PATIENCE if cold else 1)


def _grown(
    now: datetime, tour: Tour, near: Sequence[Load], spare: int, walks: _Walks, policy: Policy
) -> Tour:
    """The tour with what saves most of `near`, one after the other, `spare` tickets at most."""
    while spare > 0 and len(tour.loads) < policy.tour_orders_max:
        near = [load for load in near if fits(tour, load, policy)]
        best, least = None, inf
        for load in walks.nearest(tour, near):
            joined = walks.joined(tour, load)
            more = joined.metres - tour.metres
            if (
                more < load.metres
                and more - SAVED_SHARE * load.metres < least
                and in_time(now, joined, policy)
            ):
                best, least = joined, more - SAVED_SHARE * load.metres
        if best is None:
            return tour
        tour, spare = best, spare - 1
    return tour


def _others(loads: Iterable[Load], tour: Tour) -> list[Load]:
    """Those that are not in the tour."""
    inside = {load.work.id for load in tour.loads}
    return [load for load in loads if load.work.id not in inside]


def _kinds(loads: Iterable[Load], now: datetime) -> dict[int, tuple[str, int, bool]]:
    """By ticket what all of a tour have in common: their zone, and how urgent they are."""
    return {load.work.id: (load.work.zone, load.work.priority, slack(load.work, now) < 0) for load in loads}


def fits(tour: Tour, load: Load, policy: Policy) -> bool:
    """Whether the cart has room for one more ticket, and none of its order yet."""
    return (
        len(tour.loads) < policy.tour_orders_max
        and tour.lines + load.lines <= policy.tour_lines_max
        and tour.grams + load.grams <= policy.tour_grams_max
        and tour.volume_ml + load.volume_ml <= policy.tour_volume_ml_max
        and load.order_no not in tour.orders
    )


def in_time(now: datetime, tour: Tour, policy: Policy) -> bool:
    """Whether each order has time for the whole tour; of what is late already nobody asks."""
    seconds = tour.seconds(policy) + policy.tour_margin_seconds
    return stays_cold(tour.loads, tour.seconds(policy), policy) and all(
        slack(load.work, now) < 0 or spare(load.work, now) >= seconds for load in tour.loads
    )


def stays_cold(loads: Sequence[Load], seconds: float, policy: Policy) -> bool:
    """Whether goods that are out of the cold for so long can still be packed in time; ambient ones can."""
    limit = policy.cold_limit_seconds.get(loads[0].work.zone)
    return limit is None or COLD_SHARE * limit >= seconds + max(
        estimate("packing", load.lines, load.grams, policy) for load in loads
    )


def spare(work: Work, now: datetime) -> float:
    """Seconds until a ticket has to be picked, by its promise and by what its goods bear out of the cold."""
    return slack(work, now) + work.estimate_seconds


def as_works(
    works: Sequence[Work], walked: Mapping[int, Tour], waits: Collection[int], policy: Policy
) -> list[Work]:
    """Each tour as one piece of work, and what goes alone; without what `waits` for company."""
    inside = {*waits, *(load.work.id for tour in walked.values() for load in tour.loads)}
    return [
        *(work for work in works if work.id not in inside),
        *(as_work(tour, policy) for tour in walked.values()),
    ]


def as_work(tour: Tour, policy: Policy) -> Work:
    """A tour as one piece of work: as long as its walk and lines, as urgent as its most pressing order."""
    members = [load.work for load in tour.loads]
    pressing = min(members, key=lambda work: (work.due_at - timedelta(seconds=work.after_seconds), work.id))
    refused: dict[int, datetime] = {}
    for work in members:
        for person_id, until in work.refused_by.items():
            refused[person_id] = max(until, refused.get(person_id, until))
    return replace(
        members[0],
        due_at=pressing.due_at,
        after_seconds=pressing.after_seconds,
        queued_at=min(work.queued_at for work in members),
        estimate_seconds=tour.seconds(policy),
        refused_by=refused,
        missed_by=frozenset().union(*(work.missed_by for work in members)),
        lines=tour.lines,
        grams=tour.grams,
        cold_until=min((work.cold_until for work in members if work.cold_until is not None), default=None),
        newcomers=tour.lines <= policy.newcomer_lines and all(work.newcomers for work in members),
    )
