"""How long a walk is, without the walk itself: for those who compare many of them.

In a block it is the shortest: the recursion of `walks` (Ratliff and Rosenthal 1983) over lengths alone takes
a fifth of its time. In an irregular area it is that of a round trip, some hundredths longer than the walk
that somebody is led along in the end (`areas`): each way is put where it makes the trip least longer, the
farthest first (farthest insertion: Rosenkrantz, Stearns and Lewis 1977), and of all manners of walking the
ways in this order, through or in and out again, the shortest is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import inf

from fulfil.store.rules.areas import Area
from fulfil.store.rules.floor import Floor
from fulfil.store.rules.walks import Aisles

# Block of the floor → aisle → distances from the front, of what is fetched there. Areas are numbered after
# the blocks, and their ways count as aisles.
Stops = Mapping[int, Mapping[int, frozenset[float]]]
RETURNS_KEPT = 4096
WAYS_AN_AISLE_WALK = 3  # of an area: so many more take as long as one whole walk through a block


def stops_of(floor: Floor, locations: Iterable[str]) -> Stops | None:
    """Where these locations are; None when one of them is on no plan: nobody can tell its walk."""
    found: dict[int, dict[int, set[float]]] = {}
    for location in locations:
        if (where := floor.where(location)) is None:
            return None
        number, (aisle, metres) = where
        found.setdefault(number, {}).setdefault(aisle, set()).add(metres)
    return {
        number: {aisle: frozenset(there) for aisle, there in aisles.items()}
        for number, aisles in found.items()
    }


def together(one: Stops, other: Stops) -> Stops:
    """All stops of both."""
    found = dict(one)
    for number, aisles in other.items():
        mine = dict(one.get(number, {}))
        for aisle, there in aisles.items():
            mine[aisle] = mine[aisle] | there if aisle in mine else there
        found[number] = mine
    return found


def length(floor: Floor, stops: Stops) -> float:
    """Metres of a walk past all of them, in each block and area they are in."""
    blocks = len(floor.blocks)
    return sum(
        shortest_length(floor.blocks[number].shape, aisles)
        if number < blocks
        else trip_length(floor.areas[number - blocks], aisles)
        for number, aisles in stops.items()
    )


def effort(floor: Floor, stops: Stops) -> int:
    """What it takes to measure this walk: 1 for one past fourteen aisles of a block, 40 µs."""
    blocks = len(floor.blocks)
    return 1 + sum(len(ways) // WAYS_AN_AISLE_WALK for number, ways in stops.items() if number >= blocks)


@dataclass(frozen=True, slots=True)
class _Way:
    """A way of an area: its ends, what is within reach of each, and metres of walking it in each manner.

    `through` it, or from `one` end or the `other` past all that is fetched there and back.
    """

    one: str
    other: str
    from_one: Mapping[str, float]
    from_other: Mapping[str, float]
    through: float
    back_to_one: float
    back_to_other: float

    def between(self, before: str, after: str) -> tuple[float, str, str]:
        """Metres from one point to another past what is fetched here, and where it is entered and left."""
        to_one, to_other = self.from_one[before], self.from_other[before]
        on_one, on_other = self.from_one[after], self.from_other[after]
        return min(
            (to_one + self.through + on_other, self.one, self.other),
            (to_other + self.through + on_one, self.other, self.one),
            (to_one + self.back_to_one + on_one, self.one, self.one),
            (to_other + self.back_to_other + on_other, self.other, self.other),
        )


def trip_length(area: Area, stops: Mapping[int, Collection[float]]) -> float:
    """Metres of a round trip through an area; `stops` are way → metres from its first end."""
    trip = _trip(area, [_way(area, number, there) for number, there in stops.items()])
    ends = {area.start: 0.0}  # the shortest way to where the part walked so far may end
    for way in trip:
        to_one = min(metres + way.from_one[point] for point, metres in ends.items())
        to_other = min(metres + way.from_other[point] for point, metres in ends.items())
        ends = {
            way.one: min(to_other + way.through, to_one + way.back_to_one),
            way.other: min(to_one + way.through, to_other + way.back_to_other),
        }
    home = area.reach(area.start)
    return min(metres + home[point] for point, metres in ends.items())


def _way(area: Area, number: int, there: Collection[float]) -> _Way:
    (one, other), through = area.ways[number], area.metres_along(number)
    return _Way(
        one, other, area.reach(one), area.reach(other), through, 2 * max(there), 2 * (through - min(there))
    )


def _trip(area: Area, ways: list[_Way]) -> list[_Way]:
    """In which order ways are walked: the farthest is put in first, each where it adds least."""
    trip: list[_Way] = []
    gaps = [(area.start, area.start)]  # before each of the trip, and after the last
    for way in sorted(ways, key=lambda way: (-way.from_one[area.start], way.one, way.other)):
        found = []
        for at, (before, after) in enumerate(gaps):
            metres, entered, left = way.between(before, after)
            found.append((metres - area.reach(before)[after], at, entered, left))
        _, at, entered, left = min(found)
        gaps[at : at + 1] = (gaps[at][0], entered), (left, gaps[at][1])
        trip.insert(at, way)
    return trip


def shortest_length(aisles: Aisles, picks: Mapping[int, frozenset[float]]) -> float:
    """Metres of `walks.shortest_walk`."""
    used = {aisle for aisle, there in picks.items() if there}
    first, last = min({*used, aisles.depot}), max({*used, aisles.depot})
    length, pitch = aisles.length, aisles.pitch
    none, odd, bottom, top, joined, apart = 0.0, inf, inf, inf, inf, inf
    for aisle in range(first, last + 1):
        if aisle > first:
            odd += 2 * pitch
            apart = min(apart, bottom, top) + 4 * pitch
            bottom, top = min(bottom, joined) + 2 * pitch, min(top, joined) + 2 * pitch
            joined += 4 * pitch
            none = inf
        before = min(none, bottom, top, joined, apart)
        here = aisle == aisles.depot
        if aisle in used:
            low, high, both = _returns(picks[aisle], length)
            cheapest = min(low, high, both)
            parted = min(
                apart + cheapest,
                bottom + min(high, both),
                top + min(low, both),
                none + both,
                min(none, top) + high if here else inf,
            )
            odd, joined = (
                min(odd + cheapest, before + length),
                min(joined + cheapest, odd + length, before + 2 * length),
            )
            bottom, top, apart = min(bottom, none) + low, inf if here else min(top, none) + high, parted
        else:
            skipped = none if here else inf
            odd, joined, bottom, apart, top = (
                min(odd, before + length),
                min(joined, odd + length, before + 2 * length),
                min(bottom, skipped),
                min(apart, top) if here else apart,
                inf if here else top,
            )
        none = inf
    return min(bottom, top, joined)


@lru_cache(maxsize=RETURNS_KEPT)  # a walk with one ticket more is the same in most aisles
def _returns(there: frozenset[float], length: float) -> tuple[float, float, float]:
    """Metres into an aisle and out again: from the bottom, from the top, from both past the widest gap."""
    picks = sorted(there)
    gap = max((upper - lower for lower, upper in pairwise(picks)), default=None)
    both = inf if gap is None else 2 * (length - gap)
    return 2 * picks[-1], 2 * (length - picks[0]), both
