"""What may be promised (floor rules 11, 17): what the plan predicts, and never more than there are hands.

*As soon as possible* means behind everything that must begin before it: the new order goes through the line
of `forecast` after them. Orders for later do not stand in its way while there are hands for them, too.

*Later* is a question of capacity: by every instant at which something must leave the shop, all that must
leave by then has to fit into the hands there are until then, in each stage and at each station of the kitchen
– the slowest decides (the demand criterion for deadlines: Baruah, Rosier & Howell 1990). Slots fill only
`SLOT_FILL` of the hands, so that something is left for who wants it now.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import accumulate
from math import ceil, inf

from fulfil.dispatch.rules.estimates import estimate, ride_seconds
from fulfil.dispatch.rules.forecast import (
    LATER_SECONDS,
    Ahead,
    Expected,
    Line,
    Made,
    Part,
    Staffing,
    in_sequence,
)
from fulfil.dispatch.rules.policy import Policy
from fulfil.dispatch.rules.speeds import Pace

SLOT_FILL = 0.85
TICKET_LINES, TICKET_GRAMS = 20, 15_000  # more are several tickets (floor rule 12)
QUARTER = 900.0  # seconds: people come and go at quarters

Sums = tuple[list[float], list[float], list[float]]
Picked = Mapping[str, tuple[int, int]]  # zone → lines that stand on its shelves, and what they weigh


class Capacity:
    """How many hands each stage has in each of the next quarters of an hour; the last one goes on.

    Hands are counted in such of the crew's pace: who is faster counts for more than one. A stage without an
    entry has as many as anybody wants. A station of the kitchen makes so many things at once as `stations`
    says, one if it is not named there, and never more than the `cooks` have hands for.
    """

    def __init__(
        self,
        hands: Mapping[str, Sequence[float]],
        *,
        stations: Mapping[str, int] | None = None,
        cooks: Sequence[float] = (inf,),
    ) -> None:
        self.stages = tuple(hands)
        self.stations = stations or {}
        self._hands, self._cooks = dict(hands), cooks
        self._before: dict[str, list[float]] = {}

    def now(self, stage: str) -> int:
        """Hands that there are at once; 0 in a stage that has as many as anybody wants."""
        return round(self._hands[stage][0]) if stage in self._hands else 0

    def by(self, where: str, seconds: float) -> float:
        """Seconds of work that can be done from now until then, in a stage or at a station."""
        if where not in self._before:
            if where not in self._hands:
                self._hands[where] = [min(self.stations.get(where, 1), cooks) for cooks in self._cooks]
            self._before[where] = [0.0, *accumulate(QUARTER * count for count in self._hands[where])]
        seconds, hands = max(0.0, seconds), self._hands[where]
        whole = min(int(seconds // QUARTER), len(hands) - 1)
        return self._before[where][whole] + (seconds - whole * QUARTER) * hands[whole]


class Queue:
    """All that was promised, as one moment sees it; what is promised next is added.

    Orders that need not begin yet are kept apart; all others have gone through the line.
    """

    def __init__(
        self, orders: Sequence[Ahead], staffing: Staffing, capacity: Capacity, policy: Policy
    ) -> None:
        self._capacity, self._gain = capacity, staffing.tour_gain
        self._line, sequence = Line(staffing, policy.cold_lead_seconds), in_sequence(orders)
        self._line.take_in_hand(sequence)
        urgent = 0
        while urgent < len(sequence) and not self._may_wait(sequence[urgent]):
            self._line.go(sequence[urgent])
            urgent += 1
        self._later = sequence[urgent:]
        self._added: dict[str, float] = defaultdict(float)
        self._dues = sorted(order.leave_by for order in sequence)
        self._by_due = sorted(sequence, key=lambda order: order.leave_by)
        self._sums: dict[str, Sums] = {}

    def soonest(self, order: Ahead) -> Expected:
        """What becomes of an order that somebody wants as soon as possible.

        Where that is late – riders or shelves are few –, it need not begin at once itself when it is promised
        so, and what must begin before it goes first.
        """
        line, gone, first = self._line.copy(), 0, self._behind(order)
        while True:
            for other in self._later[gone:first]:
                line.go(other)
            promised = line.copy().go(order)
            start_by = replace(order, due=promised.delivered).start_by
            gone, first = first, bisect_right(self._later, start_by, key=lambda other: other.start_by)
            if first <= gone or not order.waits:
                return promised

    def add(self, order: Ahead, *, soon: bool) -> None:
        """One more was promised: as soon as possible, or for later."""
        if soon:
            self._line.go(order)
        for where in self._wanted(order):
            self._added[where] += self._work(order, where)

    def has_room(self, order: Ahead) -> bool:
        """Whether it can leave by when it must, and all that must leave later still can."""
        first = bisect_left(self._dues, order.leave_by)
        for where in self._wanted(order):
            before, spare, _ = self._left(where)
            room = SLOT_FILL * self._capacity.by(where, order.leave_by) - before[first]
            if min(room, spare[first]) < self._work(order, where) + self._added[where]:
                return False
        return True

    def _may_wait(self, order: Ahead) -> bool:
        return order.waits and not order.priority and order.start_by > self._line.next_start + LATER_SECONDS

    def _behind(self, order: Ahead) -> int:
        """How many of those that may wait must go first, because they would be late behind it."""
        for place in range(len(self._later), 0, -1):
            due = bisect_right(self._dues, self._later[place - 1].leave_by) - 1
            if any(
                self._left(where)[2][due] < self._work(order, where) + self._added[where]
                for where in self._wanted(order)
            ):
                return place
        return 0

    def _wanted(self, order: Ahead) -> Collection[str]:
        """Every stage, and the stations that the order needs."""
        return (
            self._capacity.stages
            if not order.made
            else (*self._capacity.stages, *sorted({made.station for made in order.made}))
        )

    def _left(self, where: str) -> Sums:
        """At each instant at which something must leave: work that is due before; what slots may still take
        without any later instant being missed; and what there is room for in all."""
        if where not in self._sums:
            before = [0.0, *accumulate(self._work(order, where) for order in self._by_due)]
            hands = [self._capacity.by(where, due) for due in self._dues]
            spare = [SLOT_FILL * had - used for had, used in zip(hands, before[1:], strict=True)]
            least = [*accumulate(reversed([*spare, inf]), min)][::-1]
            room = [had - used for had, used in zip(hands, before[1:], strict=True)]
            self._sums[where] = before, least, room
        return self._sums[where]

    def _work(self, order: Ahead, where: str) -> float:
        if where == "picking":
            return order.pick * self._gain
        if where in self._capacity.stages:
            return order.pack if where == "packing" else order.ride
        return sum(made.seconds for made in order.made if made.station == where)


def new_order(
    picked: Picked,
    metres: int,
    policy: Policy,
    pace: Pace,
    *,
    due: float = 0.0,
    order: int = 0,
    made: int = 0,
    stations: Mapping[str, float] | None = None,
) -> Ahead:
    """An order that nobody has paid yet, so far away: what is picked of it in which zone.

    `pace` is that of who is there. `made` further lines stand on no shelf: `stations` of the shop make them,
    for so many seconds.
    """
    lines, grams = made + sum(count for count, _ in picked.values()), sum(of for _, of in picked.values())
    return Ahead(
        order,
        due,
        tuple(
            part
            for zone, (count, weight) in sorted(picked.items())
            for part in _parts(zone, count, weight, policy, pace.of("picking", zone))
        ),
        pack=estimate("packing", lines, grams, policy) * pace.of("packing", "all"),
        hand_over=float(estimate("handoff", lines, 0, policy)),
        ride=ride_seconds(metres, policy) * pace.of("delivery", "all"),
        made=tuple(Made(station, float(seconds)) for station, seconds in sorted((stations or {}).items())),
    )


def _parts(zone: str, lines: int, grams: int, policy: Policy, pace: float) -> Iterator[Part]:
    """The tickets of a zone, as long as each other: which line goes into which is not known yet."""
    tickets = min(lines, max(ceil(lines / TICKET_LINES), ceil(grams / TICKET_GRAMS)))
    for at in range(tickets):
        share = (lines + tickets - 1 - at) // tickets
        yield Part(pace * estimate("picking", share, grams // tickets, policy), cold=zone != "ambient")


def up_to_minute(instant: datetime) -> datetime:
    bare = instant.replace(second=0, microsecond=0)
    return bare if bare == instant else bare + timedelta(minutes=1)


def slots_from(first: datetime, policy: Policy) -> list[tuple[datetime, datetime]]:
    """Delivery windows that can be kept, the first one ending no earlier than `first`."""
    length = timedelta(minutes=policy.slot_minutes)
    start = first - timedelta(
        minutes=first.minute % policy.slot_minutes, seconds=first.second, microseconds=first.microsecond
    )
    if start < first:
        start += length
    return [(start + n * length, start + (n + 1) * length) for n in range(policy.slots)]
