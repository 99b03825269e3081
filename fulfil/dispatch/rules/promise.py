"""What may be promised (floor rules 11, 17): what the plan predicts, and never more than there are hands.

*As soon as possible* means behind everything that must begin before it: the new order goes through the line
of `forecast` after them. Orders for later do not stand in its way while there are hands for them, too.

*Later* is a question of capacity: by every instant at which something must leave the shop, all that must
leave by then has to fit into the hands there are until then, in each stage – the slowest decides (the demand
criterion for deadlines: Baruah, Rosier & Howell 1990). Slots fill only `SLOT_FILL` of the hands, so that
something is left for who wants it now.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from math import ceil, inf

from fulfil.dispatch.rules.estimates import estimate, ride_seconds
from fulfil.dispatch.rules.forecast import LATER_SECONDS, Ahead, Expected, Line, Part, Staffing, in_sequence
from fulfil.dispatch.rules.policy import Policy

SLOT_FILL = 0.85
TICKET_LINES, TICKET_GRAMS = 20, 15_000  # more are several tickets (floor rule 12)
QUARTER = 900.0  # seconds: people come and go at quarters

Picked = Mapping[str, tuple[int, int]]  # zone → lines that stand on its shelves, and what they weigh


class Capacity:
    """How many hands each stage has in each of the next quarters of an hour; the last one goes on.

    A stage without an entry has as many as anybody wants.
    """

    def __init__(self, hands: Mapping[str, Sequence[int]]) -> None:
        self.stages = tuple(hands)
        self._hands = hands
        self._before = {
            stage: [0.0, *accumulate(QUARTER * count for count in counts)] for stage, counts in hands.items()
        }

    def now(self, stage: str) -> int:
        """Hands that there are at once; 0 in a stage that has as many as anybody wants."""
        return self._hands[stage][0] if stage in self._hands else 0

    def by(self, stage: str, seconds: float) -> float:
        """Seconds of work that can be done from now until then."""
        seconds, hands = max(0.0, seconds), self._hands[stage]
        whole = min(int(seconds // QUARTER), len(hands) - 1)
        return self._before[stage][whole] + (seconds - whole * QUARTER) * hands[whole]


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
        self._added = dict.fromkeys(capacity.stages, 0.0)
        self._dues = sorted(order.leave_by for order in sequence)
        self._left = self._sum_up(sequence)

    def soonest(self, order: Ahead) -> Expected:
        """What becomes of an order that somebody wants as soon as possible."""
        line = self._line.copy()
        for other in self._later[: self._behind(order)]:
            line.go(other)
        return line.go(order)

    def add(self, order: Ahead, *, soon: bool) -> None:
        """One more was promised: as soon as possible, or for later."""
        if soon:
            self._line.go(order)
        for stage in self._capacity.stages:
            self._added[stage] += self._work(order, stage)

    def has_room(self, order: Ahead) -> bool:
        """Whether it can leave by when it must, and all that must leave later still can."""
        first = bisect_left(self._dues, order.leave_by)
        for stage in self._capacity.stages:
            before, spare, _ = self._left[stage]
            room = SLOT_FILL * self._capacity.by(stage, order.leave_by) - before[first]
            if min(room, spare[first]) < self._work(order, stage) + self._added[stage]:
                return False
        return True

    def _may_wait(self, order: Ahead) -> bool:
        return order.waits and not order.priority and order.start_by > self._line.next_start + LATER_SECONDS

    def _behind(self, order: Ahead) -> int:
        """How many of those that may wait must go first, because they would be late behind it."""
        for place in range(len(self._later), 0, -1):
            due = bisect_right(self._dues, self._later[place - 1].leave_by) - 1
            if any(
                self._left[stage][2][due] < self._work(order, stage) + self._added[stage]
                for stage in self._capacity.stages
            ):
                return place
        return 0

    def _sum_up(self, orders: Sequence[Ahead]) -> dict[str, tuple[list[float], list[float], list[float]]]:
        """By stage, at each instant at which something must leave: work that is due before; what slots may
        still take without any later instant being missed; and what there is room for in all."""
        by_due, sums = sorted(orders, key=lambda order: order.leave_by), {}
        for stage in self._capacity.stages:
            before = [0.0, *accumulate(self._work(order, stage) for order in by_due)]
            hands = [self._capacity.by(stage, due) for due in self._dues]
            spare = [SLOT_FILL * had - used for had, used in zip(hands, before[1:], strict=True)]
            least = [*accumulate(reversed([*spare, inf]), min)][::-1]
            sums[stage] = before, least, [had - used for had, used in zip(hands, before[1:], strict=True)]
        return sums

    def _work(self, order: Ahead, stage: str) -> float:
        if stage == "picking":
            return order.pick * self._gain
        return order.pack if stage == "packing" else order.ride


def new_order(
    picked: Picked,
    metres: int,
    policy: Policy,
    pace: Mapping[str, float],
    *,
    due: float = 0.0,
    order: int = 0,
    made: int = 0,
    cooking: float = 0.0,
) -> Ahead:
    """An order that nobody has paid yet, so far away: what is picked of it in which zone.

    `pace` is what the shop has learned. `made` further lines stand on no shelf: the shop makes them, which
    takes `cooking` seconds.
    """
    lines, grams = made + sum(count for count, _ in picked.values()), sum(of for _, of in picked.values())
    return Ahead(
        order,
        due,
        tuple(
            part
            for zone, (count, weight) in sorted(picked.items())
            for part in _parts(zone, count, weight, policy, pace.get("picking", 1.0))
        ),
        pack=estimate("packing", lines, grams, policy) * pace.get("packing", 1.0),
        hand_over=float(estimate("handoff", lines, 0, policy)),
        ride=float(ride_seconds(metres, policy)),
        beside=cooking * pace.get("prep", 1.0),
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
