"""When every order will be packed and delivered if the shop goes on as it is (floor rules 3, 4, 11).

A shop is a line of stages. Orders enter it in one sequence: what has left, what is packed, what is picked,
what somebody picks, and then what waits, as urgent as the plan takes it. In every stage an order takes the
hands that are free first, and frees them when its work ends (list scheduling; the free times are the vector
of Kiefer & Wolfowitz 1955). Where only so many orders may be between two stages – totes wait for packers,
bags for riders – an order takes a place as it takes hands.

What the shop makes itself goes through its station of the kitchen, which makes one thing after the other,
and so that it is ready when the rest is. Nobody else waits for it: whoever packs and rides takes on others
meanwhile.

Nobody overtakes. So a forecast is rather a little late than early, and one more person or place never makes
anything later: every start is the least of a set of times that can only shrink. Nor do the people differ: the
pace of who is on duty, as much as they do together, is already in the seconds, because a slow pair of hands
that is free first would break that promise.

Times are seconds from now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush, heapreplace

LEAST_LEFT = 0.1  # of an estimate: what has taken longer than it should is nearly done
LATER_SECONDS = 1800.0  # what need not begin within this time, once there are hands, waits for its slot


@dataclass(frozen=True, slots=True)
class Part:
    """One ticket before packing: seconds of work, or what is left of it once somebody has begun.

    Begun parts of the same `hand` are walked together. `cold` goods are picked last.
    """

    seconds: float
    hand: int | None = None
    cold: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What a station still needs for an order that other stages than picking make; `begun`: it is at it."""

    station: str
    seconds: float
    begun: bool = False


@dataclass(frozen=True, slots=True)
class Ahead:
    """An order as a forecast sees it. `due` is when the customer was promised it.

    `pack` is what packing still takes, 0 when it is done; `packing`: it has begun. `hand_over` and `ride`
    are what follows; `riding`: it has left. `made` is what stations still make of it before it is packed.
    """

    order: int
    due: float
    parts: tuple[Part, ...] = ()
    pack: float = 0.0
    packing: bool = False
    hand_over: float = 0.0
    ride: float = 0.0
    riding: bool = False
    made: tuple[Made, ...] = ()
    priority: int = 0

    @property
    def pick(self) -> float:
        return sum(part.seconds for part in self.parts)

    @property
    def leave_by(self) -> float:
        """When it must leave the shop."""
        return self.due - self.ride - self.hand_over

    @property
    def start_by(self) -> float:
        """When somebody must begin at the latest."""
        return self.leave_by - self.pack - max([self.pick, *(made.seconds for made in self.made)])

    @property
    def waits(self) -> bool:
        """Whether nobody has begun all of it."""
        return any(part.hand is None for part in self.parts)


@dataclass(frozen=True, slots=True)
class Staffing:
    """Hands and places. Without own riders nobody waits for one; a limit of None is none.

    `between` orders at most are between queue and counter, `shelves` packed ones wait for riders. Tours do
    the picking in `tour_gain` of the time, but an order comes back only with its tour of `tour_seconds`.
    `stations` of the kitchen make so many things at once; what is not named, one.
    """

    pickers: int
    packers: int
    riders: int = 0
    between: int | None = None
    shelves: int | None = None
    tour_gain: float = 1.0
    tour_seconds: float = 0.0
    stations: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expected:
    """When an order will be picked, ready at the counter, and with the customer."""

    order: int
    picked: float
    ready: float
    delivered: float


def left(seconds: float, spent: float) -> float:
    """Seconds that begun work still takes."""
    return max(seconds - spent, seconds * LEAST_LEFT)


def in_sequence(orders: Iterable[Ahead]) -> list[Ahead]:
    """The orders as they go through the line, whoever is there."""
    return sorted(orders, key=_place)


def _place(order: Ahead) -> tuple[int, float, float, int]:
    if order.riding or not (order.parts or order.pack or order.made):
        return (0 if order.riding else 1, 0, order.leave_by, order.order)
    if not order.parts:
        return (2, 0 if order.packing else 1, order.leave_by, order.order)
    if not order.waits:
        return (3, max(part.seconds for part in order.parts), order.leave_by, order.order)
    return (4, -order.priority, order.start_by, order.order)


class Line:
    """A shop's hands and places, as the orders that went through so far leave them."""

    def __init__(self, staffing: Staffing, cold_lead: float) -> None:
        self._staffing, self._cold_lead = staffing, cold_lead
        self._pickers, self._packers = [0.0] * max(1, staffing.pickers), [0.0] * max(1, staffing.packers)
        self._riders = [0.0] * staffing.riders
        self._packers_of_made = self._packers[:]
        self._stations: dict[str, list[float]] = {}
        self._between = None if staffing.between is None else [0.0] * max(1, staffing.between)
        self._shelves = None if staffing.shelves is None else [0.0] * max(1, staffing.shelves)

    @property
    def next_start(self) -> float:
        """When the first pair of hands is free to pick."""
        return self._pickers[0]

    def copy(self) -> Line:
        same = Line.__new__(Line)
        same._staffing, same._cold_lead = self._staffing, self._cold_lead
        same._pickers, same._packers, same._riders = self._pickers[:], self._packers[:], self._riders[:]
        same._packers_of_made = self._packers_of_made[:]
        same._stations = {name: free[:] for name, free in self._stations.items()}
        same._between = None if self._between is None else self._between[:]
        same._shelves = None if self._shelves is None else self._shelves[:]
        return same

    def take_in_hand(self, orders: Sequence[Ahead]) -> None:
        """Whoever has begun something is busy with it first."""
        hands: dict[int, float] = {}
        for order in orders:
            for part in order.parts:
                if part.hand is not None:
                    hands[part.hand] = max(part.seconds, hands.get(part.hand, 0.0))
        _busy(self._pickers, hands.values())
        _busy(self._packers, (order.pack for order in orders if order.packing))
        _busy(self._riders, (order.ride for order in orders if order.riding))
        at_it: dict[str, list[float]] = {}
        for order in orders:
            for made in order.made:
                if made.begun:
                    at_it.setdefault(made.station, []).append(made.seconds)
        for station, seconds in at_it.items():
            _busy(self._station(station), seconds)

    def go(self, order: Ahead) -> Expected:
        """Let an order through: when it will be where."""
        if order.riding:
            return Expected(order.order, 0.0, 0.0, order.ride)
        inside = self._between is not None and bool(order.parts or order.pack)
        place = heappop(self._between) if inside else 0.0
        by_hand = self._pick(order, place)
        picked = self._make(order, by_hand)
        packed_alone = self._pack(order, by_hand)
        packed = self._pack_made(order, picked, packed_alone)
        shelf = 0.0 if self._shelves is None else heappop(self._shelves)
        if order.pack:  # what is packed has its place
            packed, packed_alone = max(packed, shelf), max(packed_alone, shelf)
        if inside:
            heappush(self._between, max(place, packed))
        ready = leaves = packed + order.hand_over
        if self._riders:
            leaves = max(ready, self._riders[0])
            heapreplace(self._riders, max(packed_alone + order.hand_over, self._riders[0]) + order.ride)
        if self._shelves is not None:
            heappush(self._shelves, max(shelf, leaves))
        return Expected(order.order, picked, ready, leaves + order.ride)

    def _pick(self, order: Ahead, may_begin: float) -> float:
        """When the last part is picked; cold parts begin when little of the others is left."""
        ends, others = 0.0, 0.0
        for part in sorted(order.parts, key=lambda part: (part.hand is None, part.cold, -part.seconds)):
            if part.hand is not None:
                end = part.seconds
            else:
                start = max(may_begin, self._pickers[0], others - self._cold_lead if part.cold else 0.0)
                share = part.seconds * self._staffing.tour_gain
                heapreplace(self._pickers, start + share)
                end = start + max(share, self._staffing.tour_seconds)
            ends = max(ends, end)
            if not part.cold:
                others = max(others, end)
        return ends

    def _make(self, order: Ahead, picked: float) -> float:
        """When the stations are done, too: each as soon as it can, and not before the rest is picked."""
        ends = picked
        for made in order.made:
            if made.begun:
                end = made.seconds
            else:
                free = self._station(made.station)
                end = max(free[0] + made.seconds, picked)
                heapreplace(free, end)
            ends = max(ends, end)
        return ends

    def _station(self, name: str) -> list[float]:
        """When each of the places of a station is free."""
        if name not in self._stations:
            self._stations[name] = [0.0] * max(1, self._staffing.stations.get(name, 1))
        return self._stations[name]

    def _pack(self, order: Ahead, picked: float) -> float:
        if order.packing or not order.pack:
            return order.pack
        end = max(picked, self._packers[0]) + order.pack
        heapreplace(self._packers, end)
        return end

    def _pack_made(self, order: Ahead, picked: float, alone: float) -> float:
        """When it is packed with what stations make; `alone`: without that."""
        if not order.made:
            return alone
        end = max(picked + order.pack, alone, self._packers_of_made[0] + order.pack)
        heapreplace(self._packers_of_made, end)
        return end


def _busy(free: list[float], work: Iterable[float]) -> None:
    if not free:
        return
    for seconds in sorted(work, reverse=True):
        if free[0] >= seconds:
            break
        heapreplace(free, seconds)


def forecast(orders: Iterable[Ahead], staffing: Staffing, cold_lead: float) -> list[Expected]:
    """What becomes of all orders, in their sequence."""
    sequence = in_sequence(orders)
    line = Line(staffing, cold_lead)
    line.take_in_hand(sequence)
    return [line.go(order) for order in sequence]
