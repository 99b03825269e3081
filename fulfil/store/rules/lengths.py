"""How long the shortest walk is, without the walk itself: for those who compare many of them.

The recursion of `walks` (Ratliff and Rosenthal 1983) over lengths alone takes a fifth of its time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from math import inf

from fulfil.store.rules.floor import Floor
from fulfil.store.rules.walks import Aisles

# Block of the floor → aisle → distances from the front, of what is fetched there.
Stops = Mapping[int, Mapping[int, frozenset[float]]]


def stops_of(floor: Floor, locations: Iterable[str]) -> Stops | None:
    """Where these locations are; None when one of them is in no block: nobody can tell its walk so fast."""
    found: dict[int, dict[int, frozenset[float]]] = {}
    for location in set(locations):
        point = None
        for number, block in enumerate(floor.blocks):
            if (point := block.point(location)) is not None:
                aisles = found.setdefault(number, {})
                aisles[point[0]] = aisles.get(point[0], frozenset()) | {point[1]}
                break
        if point is None:
            return None
    return found


def together(one: Stops, other: Stops) -> Stops:
    """All stops of both."""
    return {number: {aisle: one.get(number, {}).get(aisle, frozenset())
                     | other.get(number, {}).get(aisle, frozenset())
                     for aisle in {*one.get(number, ()), *other.get(number, ())}}
            for number in {*one, *other}}


def length(floor: Floor, stops: Stops) -> float:
    """Metres of the shortest walk past all of them, in each block they are in."""
    return sum(shortest_length(floor.blocks[number].shape, aisles) for number, aisles in stops.items())


def shortest_length(aisles: Aisles, picks: Mapping[int, Collection[float]]) -> float:
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
            parted = min(apart + cheapest, bottom + min(high, both), top + min(low, both), none + both,
                         min(none, top) + high if here else inf)
            odd, joined = (min(odd + cheapest, before + length),
                           min(joined + cheapest, odd + length, before + 2 * length))
            bottom, top, apart = min(bottom, none) + low, inf if here else min(top, none) + high, parted
        else:
            skipped = none if here else inf
            odd, joined, bottom, apart, top = (
                min(odd, before + length), min(joined, odd + length, before + 2 * length),
                min(bottom, skipped), min(apart, top) if here else apart, inf if here else top)
        none = inf
    return min(bottom, top, joined)


def _returns(there: Collection[float], length: float) -> tuple[float, float, float]:
    """Metres into an aisle and out again: from the bottom, from the top, from both past the widest gap."""
    picks = sorted(there)
    gap = max((upper - lower for lower, upper in pairwise(picks)), default=None)
    both = inf if gap is None else 2 * (length - gap)
    return 2 * picks[-1], 2 * (length - picks[0]), both
