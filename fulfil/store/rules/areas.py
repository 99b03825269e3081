"""Irregular floors: an area whose ways are a graph, and short walks along them (F5).

Distances are shortest paths (Dijkstra 1959); the order of the stops is that of a short round trip (`trips`).
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from fulfil.store.rules.bays import bay_of, is_metres, wrong_aisle, wrong_bays
from fulfil.store.rules.hours import ZONES
from fulfil.store.rules.trips import round_trip

POINTS_MAX, WAYS_MAX = 200, 400
FIELDS = {"zone", "start", "points", "ways", "aisles"}

# On a way, as the plan names its ends: metres from the first. Bays of both its sides are told so.
Spot = tuple[str, str, float]
Paths = dict[str, tuple[float, str]]  # to a point: metres, and the point before it


@dataclass(frozen=True)
class Shelves:
    """An aisle: its bays stand along the straight way between two points, bay 1 nearest the first."""

    ends: tuple[str, str]
    bays: int


@dataclass(frozen=True)
class Area:
    """A part of the floor that is no block: points in metres, straight ways between them, aisles on the ways.

    Walks begin and end at the point `start`.
    """

    zone: str
    start: str
    points: Mapping[str, tuple[float, float]]
    ways: tuple[tuple[str, str], ...]
    aisles: Mapping[str, Shelves]

    @property
    def front(self) -> tuple[float, float]:
        """Where its walks begin and end."""
        return self.points[self.start]

    def spot(self, location: str) -> Spot | None:
        """Where a location's bay is; None when it is not in this area."""
        aisle, bay = bay_of(location) or ("", 0)
        shelves = self.aisles.get(aisle)
        if shelves is None or not 1 <= bay <= shelves.bays:
            return None
        number, back = self._ways[shelves.ends]
        along = (bay - 0.5) / shelves.bays
        return *self.ways[number], self.metres_along(number) * (1 - along if back else along)

    def point(self, location: str) -> tuple[int, float] | None:
        """The way along which a location's bay stands, metres from its first end; None: not here."""
        if (spot := self.spot(location)) is None:
            return None
        number, _ = self._ways[spot[:2]]
        return number, spot[2]

    def reach(self, start: str) -> Mapping[str, float]:
        """Metres from a point to each other; found once for each start, when it is first asked for."""
        if start not in self._reached:
            self._reached[start] = {point: metres for point, (metres, _) in self._from(start).items()}
        return self._reached[start]

    def metres_along(self, way: int) -> float:
        """Metres from one end of a way to the other."""
        return self._length(*self.ways[way])

    def past(self, locations: Iterable[str]) -> float:
        """Metres from the first of these locations past the others in their turn, and to where walks end."""
        spots = [spot for location in locations if (spot := self.spot(location)) is not None]
        return sum(self._between(one, other)[0] for one, other in pairwise([*spots, self._start]))

    def walk(self, spots: Iterable[Spot]) -> tuple[float, list[Spot], list[tuple[float, float]]]:
        """Metres of a short round trip past these spots, their order, and every corner of it."""
        wanted = sorted(set(spots))
        ends = [self._start, *wanted]
        order = [ends[at] for at in round_trip(self._distances(ends))]
        total, corners = 0.0, [self.points[self.start]]
        for one, other in zip([self._start, *order], [*order, self._start], strict=True):
            length, off = self._between(one, other)
            total += length
            corners += [
                *(self.points[point] for point in (self._along(*off) if off else ())),
                self._metres_of(other),
            ]
        return total, order, corners

    def unreachable(self) -> str | None:
        """A point that no way leads to from the start; None when there is none."""
        return next((point for point in sorted(self.points) if point not in self._from(self.start)), None)

    @property
    def _start(self) -> Spot:
        return self.start, self.start, 0.0

    @cached_property
    def _beside(self) -> dict[str, list[tuple[float, str]]]:
        """The neighbours of each point, with the metres to them."""
        beside: dict[str, list[tuple[float, str]]] = {point: [] for point in self.points}
        for one, other in self.ways:
            metres = self._length(one, other)
            beside[one].append((metres, other))
            beside[other].append((metres, one))
        return beside

    @cached_property
    def _ways(self) -> dict[tuple[str, str], tuple[int, bool]]:
        """The number of the way between two points, and whether it is told from the second to the first.

        What a plan tells twice is one way.
        """
        found: dict[tuple[str, str], tuple[int, bool]] = {}
        for number, (one, other) in enumerate(self.ways):
            found.setdefault((one, other), (number, False))
            found.setdefault((other, one), (number, True))
        return found

    @cached_property
    def _reached(self) -> dict[str, dict[str, float]]:
        return {}

    @cached_property
    def _known(self) -> dict[str, Paths]:
        return {}

    def _from(self, start: str) -> Paths:
        """To each point that can be reached; found once for each start, when it is first asked for."""
        if start in self._known:
            return self._known[start]
        found: Paths = {}
        ahead = [(0.0, start, start)]
        while ahead:
            metres, point, before = heapq.heappop(ahead)
            if point not in found:
                found[point] = metres, before
                for further, there in self._beside[point]:
                    if there not in found:
                        heapq.heappush(ahead, (metres + further, there, point))
        self._known[start] = found
        return found

    def _along(self, start: str, end: str) -> tuple[str, ...]:
        """The points of the shortest way, both ends included."""
        paths, way = self._from(start), [end]
        while way[-1] != start:
            way.append(paths[way[-1]][1])
        return tuple(reversed(way))

    def _between(self, one: Spot, other: Spot) -> tuple[float, tuple[str, str] | None]:
        """Metres between two spots, and the points where their ways are left and entered; None: on one."""
        if one[:2] == other[:2]:
            return abs(one[2] - other[2]), None
        return min(
            (off + self._from(out)[into][0] + on, (out, into))
            for out, off in self._exits(one)
            for into, on in self._exits(other)
        )

    def _distances(self, spots: Sequence[Spot]) -> list[list[float]]:
        """Metres from each spot to each other, the same both ways: `_between` for many, and faster."""
        exits = [tuple((point, self._from(point), off) for point, off in self._exits(spot)) for spot in spots]
        metres = [[0.0] * len(spots) for _ in spots]
        for at, one in enumerate(spots):
            (_, left, off_left), (_, right, off_right) = exits[at]
            for there in range(at):
                (near, _, on_near), (far, _, on_far) = exits[there]
                metres[at][there] = metres[there][at] = (
                    abs(one[2] - spots[there][2])
                    if one[:2] == spots[there][:2]
                    else min(
                        off_left + min(left[near][0] + on_near, left[far][0] + on_far),
                        off_right + min(right[near][0] + on_near, right[far][0] + on_far),
                    )
                )
        return metres

    def _exits(self, spot: Spot) -> tuple[tuple[str, float], ...]:
        one, other, along = spot
        return (one, along), (other, self._length(one, other) - along)

    def _metres_of(self, spot: Spot) -> tuple[float, float]:
        (x, y), (to_x, to_y) = self.points[spot[0]], self.points[spot[1]]
        share = spot[2] / (self._length(spot[0], spot[1]) or 1.0)
        return x + (to_x - x) * share, y + (to_y - y) * share

    def _length(self, one: str, other: str) -> float:
        return math.dist(self.points[one], self.points[other])


def area_of(document: Mapping[str, Any]) -> Area:
    """The area of a document that `wrong_area` has nothing against."""
    return Area(
        zone=document["zone"],
        start=document["start"],
        points={code: (float(x), float(y)) for code, (x, y) in document["points"].items()},
        ways=tuple((one, other) for one, other in document["ways"]),
        aisles={
            code: Shelves((aisle["from"], aisle["to"]), aisle["bays"])
            for code, aisle in document["aisles"].items()
        },
    )


def wrong_area(document: object) -> str | None:
    """What is wrong with an area of a floor plan, None when nothing is."""
    if not isinstance(document, Mapping) or set(document) != FIELDS:
        return f"it has {', '.join(sorted(FIELDS))}"
    if document["zone"] not in ZONES:
        return f"zone is one of {', '.join(ZONES)}"
    fault = _wrong_points(document["points"]) or _wrong_ways(document["ways"], document["points"])
    if fault:
        return fault
    if document["start"] not in list(document["points"]):
        return "start is one of its points"
    if fault := _wrong_aisles(document["aisles"], document["ways"]):
        return fault
    alone = area_of(document).unreachable()
    return None if alone is None else f"no way leads to {alone}"


def _wrong_points(points: object) -> str | None:
    if not isinstance(points, Mapping) or not 2 <= len(points) <= POINTS_MAX:
        return f"points are 2 to {POINTS_MAX} names, each with [x, y]"
    for code, pair in points.items():
        if not isinstance(pair, list) or len(pair) != 2 or not all(is_metres(value) for value in pair):
            return f"{code} is no [x, y] in metres"
    return None


def _wrong_ways(ways: object, points: Mapping[str, Any]) -> str | None:
    if not isinstance(ways, list) or not 1 <= len(ways) <= WAYS_MAX:
        return f"ways are a list of 1 to {WAYS_MAX} pairs of points"
    return next(
        (
            f"{way!r} is no pair of two of its points"
            for way in ways
            if not isinstance(way, list)
            or len(way) != 2
            or way[0] == way[1]
            or not all(isinstance(end, str) and end in points for end in way)
        ),
        None,
    )


def _wrong_aisles(aisles: object, ways: Sequence[Sequence[str]]) -> str | None:
    if not isinstance(aisles, Mapping) or not aisles:
        return "aisles are an object of codes, each with from, to and bays"
    straight = {frozenset(way) for way in ways}
    for code, aisle in aisles.items():
        if fault := wrong_aisle(code):
            return fault
        if not isinstance(aisle, Mapping) or set(aisle) != {"from", "to", "bays"}:
            return f"{code} has from, to and bays"
        if (
            not all(isinstance(aisle[end], str) for end in ("from", "to"))
            or frozenset((aisle["from"], aisle["to"])) not in straight
        ):
            return f"{code} stands on one of the ways, from one end of it to the other"
        if fault := wrong_bays(aisle["bays"]):
            return f"{code}: {fault}"
    return None
