"""Short round trips past a few places, found while somebody waits: for floors that no exact method fits.

Few places are tried in every order. More begin twice, as they come and by going to the nearest next, and are
made shorter by turning stretches round (2-opt: Croes 1958) and by moving up to three places elsewhere
(Or 1976), until neither helps. Nothing is left to chance: one question has one answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, permutations

EVERY_ORDER_MAX = 7  # places, where the trip begins included
STRETCH_MAX = 3
_EASE = 1e-9  # sums of floating point numbers

Metres = Sequence[Sequence[float]]


def round_trip(metres: Metres) -> list[int]:
    """The order in which to visit all but the first, which is where the trip begins and ends.

    `metres` are from each place to each other, the same both ways.
    """
    places = len(metres)
    if places <= EVERY_ORDER_MAX:
        return list(min(permutations(range(1, places)), key=lambda order: length(metres, order), default=()))
    starts = [list(range(places)), _nearest_next(metres)]
    return min((_shortened(start, metres)[1:] for start in starts), key=lambda order: length(metres, order))


def length(metres: Metres, order: Sequence[int]) -> float:
    """Metres of the whole trip."""
    return sum(metres[one][other] for one, other in pairwise([0, *order, 0]))


def _nearest_next(metres: Metres) -> list[int]:
    trip, left = [0], set(range(1, len(metres)))
    while left:
        here = metres[trip[-1]]
        trip.append(min(left, key=lambda place: (here[place], place)))
        left.remove(trip[-1])
    return trip


def _shortened(trip: list[int], metres: Metres) -> list[int]:
    """The trip, which begins with place 0, once nothing makes it shorter."""
    while _turned(trip, metres) or _moved(trip, metres):
        continue
    return trip


def _turned(trip: list[int], metres: Metres) -> bool:
    """Turn stretches round wherever that is shorter; whether any was."""
    turned = False
    for start in range(1, len(trip) - 1):
        for end in range(start + 1, len(trip)):
            before, first, last = metres[trip[start - 1]], trip[start], trip[end]
            after = trip[(end + 1) % len(trip)]
            if before[last] + metres[first][after] + _EASE < before[first] + metres[last][after]:
                trip[start : end + 1] = trip[start : end + 1][::-1]
                turned = True
    return turned


def _moved(trip: list[int], metres: Metres) -> bool:
    """Move the first stretch that is better elsewhere; whether there was one."""
    for size in range(1, STRETCH_MAX + 1):
        for start in range(1, len(trip) - size + 1):
            stretch = trip[start : start + size]
            first, last = metres[stretch[0]], metres[stretch[-1]]
            before, after = trip[start - 1], trip[(start + size) % len(trip)]
            saved = first[before] + last[after] - metres[before][after] - _EASE
            rest = [*trip[:start], *trip[start + size :]]
            for at, (one, other) in enumerate(pairwise([*rest, 0]), start=1):
                further = saved + metres[one][other]
                if first[one] + last[other] < further:
                    trip[:] = [*rest[:at], *stretch, *rest[at:]]
                    return True
                if last[one] + first[other] < further:
                    trip[:] = [*rest[:at], *stretch[::-1], *rest[at:]]
                    return True
    return False
