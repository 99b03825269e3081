"""The shortest walk through parallel aisles between two cross-aisles, exact (F5).

Ratliff and Rosenthal, Operations Research 31 (1983): a walk is built aisle by aisle; of all parts that end in
the same way only the shortest can become part of the shortest walk. What stays is a set of ways, each walked
once or twice; going along all of them (Hierholzer 1873) gives the walk.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[int, float]  # aisle from the left, distance from its bottom
Way = tuple[Point, Point]

# How the two ends of the last aisle are joined by the part walked so far.
NONE, ODD, BOTTOM, TOP, JOINED, APART = "none", "odd", "bottom", "top", "joined", "apart"
WHOLE = (BOTTOM, TOP, JOINED)
# Ways of working an aisle → what the ends are joined like then, by what they were joined like before.
THROUGH = {NONE: ODD, ODD: JOINED, BOTTOM: ODD, TOP: ODD, JOINED: ODD, APART: ODD}
TWICE = {NONE: JOINED, BOTTOM: JOINED, TOP: JOINED, APART: JOINED, JOINED: JOINED}
FROM_BOTTOM = {NONE: BOTTOM, ODD: ODD, BOTTOM: BOTTOM, TOP: APART, JOINED: JOINED, APART: APART}
FROM_TOP = {NONE: TOP, ODD: ODD, BOTTOM: APART, TOP: TOP, JOINED: JOINED, APART: APART}
FROM_BOTH = {NONE: APART, ODD: ODD, BOTTOM: APART, TOP: APART, JOINED: JOINED, APART: APART}
SKIPPED = {NONE: NONE, ODD: ODD, BOTTOM: BOTTOM, TOP: TOP, JOINED: JOINED, APART: APART}
# Passes along the top and the bottom cross-aisle to the next aisle.
ONWARD: Mapping[str, tuple[tuple[int, int, str], ...]] = {
    NONE: ((0, 0, NONE),),
    ODD: ((1, 1, ODD),),
    APART: ((2, 2, APART),),
    BOTTOM: ((0, 2, BOTTOM), (2, 2, APART)),
    TOP: ((2, 0, TOP), (2, 2, APART)),
    JOINED: ((0, 2, BOTTOM), (2, 0, TOP), (2, 2, JOINED)),
}


@dataclass(frozen=True)
class Aisles:
    """Parallel aisles of one length, metres. Walks start and end at the bottom of aisle `depot`."""

    count: int
    length: float
    pitch: float
    depot: int = 0


@dataclass(frozen=True)
class Walk:
    """Metres, and the points that the walk passes in turn, from the depot and back to it."""

    metres: float
    points: tuple[Point, ...]


@dataclass(frozen=True)
class _Part:
    """A walk so far; `before` is the part that it goes on from."""

    metres: float
    ways: tuple[Way, ...] = ()
    before: _Part | None = None

    def all_ways(self) -> Iterator[Way]:
        part: _Part | None = self
        while part is not None:
            yield from part.ways
            part = part.before


def shortest_walk(aisles: Aisles, picks: Mapping[int, Collection[float]]) -> Walk:
    """The shortest walk past all picks: distances from the bottom by aisle, from 0 to the aisle's length."""
    wanted = {aisle: sorted(set(picks.get(aisle, ()))) for aisle in range(aisles.count)}
    used = [aisle for aisle, there in wanted.items() if there or aisle == aisles.depot]
    parts: dict[str, _Part] = {NONE: _Part(0.0)}
    for aisle in range(used[0], used[-1] + 1):
        if aisle > used[0]:
            parts = _onward(parts, aisles, aisle)
        parts = _worked(parts, aisles, aisle, wanted[aisle])
    best = min((parts[end] for end in WHOLE if end in parts), key=lambda part: part.metres)
    return Walk(best.metres, tuple(_along(list(best.all_ways()), (aisles.depot, 0.0))))


def _onward(parts: Mapping[str, _Part], aisles: Aisles, aisle: int) -> dict[str, _Part]:
    """Along the cross-aisles to the next aisle."""
    bottom: Way = ((aisle - 1, 0.0), (aisle, 0.0))
    top: Way = ((aisle - 1, aisles.length), (aisle, aisles.length))
    grown: dict[str, _Part] = {}
    for end, part in parts.items():
        for above, below, then in ONWARD[end]:
            metres = part.metres + (above + below) * aisles.pitch
            _keep(grown, then, _Part(metres, (top,) * above + (bottom,) * below, part))
    return grown


def _worked(parts: Mapping[str, _Part], aisles: Aisles, aisle: int, picks: list[float]) -> dict[str, _Part]:
    """Each part with the aisle worked in each way that reaches all picks in it, and the depot."""
    grown: dict[str, _Part] = {}
    for follows, ways in _choices(aisles, aisle, picks):
        metres = sum(upper[1] - lower[1] for lower, upper in ways)
        for end, part in parts.items():
            if end in follows:
                _keep(grown, follows[end], _Part(part.metres + metres, ways, part))
    return grown


def _choices(
    aisles: Aisles, aisle: int, picks: list[float]
) -> Iterator[tuple[Mapping[str, str], tuple[Way, ...]]]:
    whole = _ways(aisle, [0.0, *picks, aisles.length])
    yield THROUGH, whole
    yield TWICE, whole * 2
    depot = aisle == aisles.depot
    if not picks:
        # The depot is passed where the bottom is; where it is not yet, it has to be.
        yield (SKIPPED | {NONE: BOTTOM, TOP: APART} if depot else SKIPPED), ()
        return
    yield FROM_BOTTOM, _ways(aisle, [0.0, *picks]) * 2
    yield (
        (FROM_TOP | {NONE: APART, TOP: APART} if depot else FROM_TOP),
        _ways(aisle, [*picks, aisles.length]) * 2,
    )
    gap = max(pairwise(picks), key=lambda pair: pair[1] - pair[0], default=None)
    if gap is not None:
        lower, upper = picks[: picks.index(gap[1])], picks[picks.index(gap[1]) :]
        yield FROM_BOTH, _ways(aisle, [0.0, *lower]) * 2 + _ways(aisle, [*upper, aisles.length]) * 2


def _ways(aisle: int, points: list[float]) -> tuple[Way, ...]:
    """Stretches between neighbouring points of an aisle."""
    return tuple(((aisle, lower), (aisle, upper)) for lower, upper in pairwise(points) if lower < upper)


def _keep(parts: dict[str, _Part], end: str, part: _Part) -> None:
    if end not in parts or part.metres < parts[end].metres:
        parts[end] = part


def _along(ways: list[Way], start: Point) -> list[Point]:
    """A round trip over each of the ways once."""
    left: dict[Point, list[Point]] = defaultdict(list)
    for one, other in ways:
        left[one].append(other)
        left[other].append(one)
    trail, done = [start], []
    while trail:
        here = trail[-1]
        if left[here]:
            there = left[here].pop()
            left[there].remove(here)
            trail.append(there)
        else:
            done.append(trail.pop())
    return done[::-1]
