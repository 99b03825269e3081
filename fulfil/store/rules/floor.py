"""The floor plan of a shop: blocks of parallel aisles, irregular areas, places, and walks past shelves.

A plan is a file (docs/floor-plan.md). Metres; x grows to the right, y from the front of the shop to its back.
The bottom of a block is its front; bays count from there. A location such as A03-07-2 is aisle A03, bay 7,
shelf 2.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

from fulfil.store.rules.areas import Area, area_of, wrong_area
from fulfil.store.rules.bays import bay_of, is_metres, wrong_aisle, wrong_bays
from fulfil.store.rules.hours import ZONES
from fulfil.store.rules.walks import Aisles, Point, shortest_walk

AISLES_MAX, BLOCKS_MAX, PLACES_MAX = 60, 20, 500
ROUTES_KEPT = 1024
CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}")
_BLOCK = {"zone", "aisles", "bays", "x", "y", "pitch", "bay", "end", "start"}


@dataclass(frozen=True)
class Spot:
    """A place with its own spot, such as a station or a staging place."""

    code: str
    x: float
    y: float


@dataclass(frozen=True)
class Block:
    """Parallel aisles between two cross-aisles, from left to right; walks begin at the front of `start`.

    `pitch` is from aisle to aisle, `bay` the width of a bay, `end` from a cross-aisle to the nearest bay.
    """

    zone: str
    aisles: tuple[str, ...]
    bays: int
    x: float
    y: float
    pitch: float
    bay: float
    end: float
    start: str

    @property
    def depth(self) -> float:
        """Length of an aisle, from cross-aisle to cross-aisle."""
        return 2 * self.end + (self.bays - 1) * self.bay

    @property
    def front(self) -> tuple[float, float]:
        """Where its walks begin and end."""
        return self.metres((self.shape.depot, 0.0))

    @cached_property
    def shape(self) -> Aisles:
        """The block as walks see it."""
        return Aisles(len(self.aisles), self.depth, self.pitch, self.aisles.index(self.start))

    def point(self, location: str) -> Point | None:
        """Aisle and distance from the front of a location; None when it is not in this block."""
        aisle, bay = bay_of(location) or ("", 0)
        if aisle not in self.aisles or not 1 <= bay <= self.bays:
            return None
        return self.aisles.index(aisle), self.end + (bay - 1) * self.bay

    def metres(self, point: Point) -> tuple[float, float]:
        """Where a point is on the plan."""
        return self.x + point[0] * self.pitch, self.y + point[1]

    def past(self, locations: Iterable[str]) -> float:
        """Metres from the first of these locations past the others in their turn, and to where walks end."""
        points = [point for location in locations if (point := self.point(location)) is not None]
        return sum(self._between(one, other) for one, other in pairwise([*points, (self.shape.depot, 0.0)]))

    def _between(self, one: Point, other: Point) -> float:
        if one[0] == other[0]:
            return abs(one[1] - other[1])
        through = min(one[1] + other[1], 2 * self.depth - one[1] - other[1])
        return abs(one[0] - other[0]) * self.pitch + through


@dataclass(frozen=True)
class Route:
    """A walk past locations: `metres`, their order, and the corners of the way as (x, y)."""

    metres: float
    order: tuple[str, ...]
    corners: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Floor:
    """The whole plan."""

    blocks: tuple[Block, ...]
    places: tuple[Spot, ...]
    areas: tuple[Area, ...] = ()

    def part_of(self, location: str) -> Block | Area | None:
        """The block or the area in which a location is."""
        where = self.where(location)
        return None if where is None else self._parts[where[0]]

    def where(self, location: str) -> tuple[int, Point] | None:
        """The number of a location's block, or of its area after all blocks, and its point there.

        Shelves are asked for again and again: what was found once is kept.
        """
        if location not in self._found:
            points = ((number, part.point(location)) for number, part in enumerate(self._parts))
            self._found[location] = next(((number, at) for number, at in points if at is not None), None)
        return self._found[location]

    @cached_property
    def _parts(self) -> tuple[Block | Area, ...]:
        return (*self.blocks, *self.areas)

    @cached_property
    def _found(self) -> dict[str, tuple[int, Point] | None]:
        return {}

    def begins(self, location: str) -> tuple[float, float] | None:
        """Where the walk to a location begins and ends; None when that is on no plan."""
        part = self.part_of(location)
        return None if part is None else part.front

    def routes(self, locations: Iterable[str]) -> list[Route]:
        """The shortest walk in each block and area that holds some of them; others are left out.

        What is first in a walk decides between walks of one length: it is the same every time.
        """
        wanted = sorted(set(locations))
        found = []
        for block in self.blocks:
            here = {location: point for location in wanted if (point := block.point(location)) is not None}
            if here:
                found.append(_route(block, tuple(here.items())))
        for area in self.areas:
            spots = {location: spot for location in wanted if (spot := area.spot(location)) is not None}
            if spots:
                metres, order, corners = area.walk(spots.values())
                found.append(
                    Route(
                        metres,
                        tuple(sorted(spots, key=lambda at: (order.index(spots[at]), at))),
                        tuple(_corners(corners)),
                    )
                )
        return found

    def order(self, locations: Iterable[str]) -> dict[str, int]:
        """The place of each location in the walks, shelf by shelf; those that are on no plan are left out."""
        walked = (location for route in self.routes(locations) for location in route.order)
        return {location: at for at, location in enumerate(walked)}


@lru_cache(maxsize=ROUTES_KEPT)  # each ticket asks for its own more than once, and shelves come again
def _route(block: Block, spots: tuple[tuple[str, Point], ...]) -> Route:
    here = dict(spots)
    picks: dict[int, list[float]] = {}
    for aisle, distance in here.values():
        picks.setdefault(aisle, []).append(distance)
    walk = shortest_walk(block.shape, picks)
    passed = {point: at for at, point in reversed(list(enumerate(walk.points)))}
    order = sorted(here, key=lambda location: (passed[here[location]], location))
    return Route(walk.metres, tuple(order), tuple(_corners([block.metres(point) for point in walk.points])))


def _corners(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The way without the points that lie straight on it."""
    kept: list[tuple[float, float]] = []
    for point in points:
        if len(kept) > 1 and _straight(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return kept


def _straight(one: tuple[float, float], two: tuple[float, float], three: tuple[float, float]) -> bool:
    """Whether the way goes on in its direction; a turn back is a corner."""
    (x1, y1), (x2, y2), (x3, y3) = one, two, three
    along = (x2 - x1) * (x3 - x2) + (y2 - y1) * (y3 - y2)
    return along > 0 and math.isclose((x2 - x1) * (y3 - y2), (y2 - y1) * (x3 - x2), abs_tol=1e-9)


def floor_of(document: Mapping[str, Any]) -> Floor:
    """The plan of a document that `wrong_floor` has nothing against."""
    blocks = tuple(
        Block(
            zone=block["zone"],
            aisles=tuple(block["aisles"]),
            bays=block["bays"],
            **{name: float(block[name]) for name in ("x", "y", "pitch", "bay", "end")},
            start=block.get("start", block["aisles"][0]),
        )
        for block in document.get("blocks", ())
    )
    return Floor(
        blocks,
        tuple(
            Spot(place["code"], float(place["x"]), float(place["y"])) for place in document.get("places", ())
        ),
        tuple(area_of(area) for area in document.get("areas", ())),
    )


def wrong_floor(document: object) -> str | None:
    """What is wrong with a floor plan, None when nothing is: the first fault, and where it is."""
    if not isinstance(document, Mapping):
        return "it is no object"
    if extra := sorted(set(document) - {"blocks", "areas", "places"}):
        return f"{extra[0]} is not known; there are blocks, areas and places"
    blocks, areas = document.get("blocks", []), document.get("areas", [])
    if not isinstance(blocks, list) or not isinstance(areas, list):
        return "blocks and areas are lists"
    if not 1 <= len(blocks) + len(areas) <= BLOCKS_MAX:
        return f"a shop has 1 to {BLOCKS_MAX} blocks and areas"
    seen: set[str] = set()
    for number, block in enumerate(blocks, start=1):
        if fault := _wrong_block(block) or _seen_before(block["aisles"], seen):
            return f"block {number}: {fault}"
    for number, area in enumerate(areas, start=1):
        if fault := wrong_area(area) or _seen_before(area["aisles"], seen):
            return f"area {number}: {fault}"
    places = document.get("places", [])
    if not isinstance(places, list) or len(places) > PLACES_MAX:
        return f"places are a list of at most {PLACES_MAX}"
    for number, place in enumerate(places, start=1):
        if fault := _wrong_place(place) or _seen_before([place["code"]], seen):
            return f"place {number}: {fault}"
    return None


def _wrong_block(block: object) -> str | None:
    if not isinstance(block, Mapping):
        return "it is no object"
    if lacking := sorted(_BLOCK - {"start"} - set(block)):
        return f"{lacking[0]} is missing"
    if extra := sorted(set(block) - _BLOCK):
        return f"{extra[0]} is not known"
    aisles = block["aisles"]
    if block["zone"] not in ZONES:
        return f"zone is one of {', '.join(ZONES)}"
    if not isinstance(aisles, list) or not 1 <= len(aisles) <= AISLES_MAX:
        return f"aisles are a list of 1 to {AISLES_MAX} codes, from left to right"
    for code in aisles:
        if fault := wrong_aisle(code):
            return fault
    if block.get("start", aisles[0]) not in aisles:
        return "start is one of its aisles"
    if fault := wrong_bays(block["bays"]):
        return fault
    return next(
        (
            f"{name} is a number of metres{above}"
            for name, above in (
                ("x", ""),
                ("y", ""),
                ("pitch", " above 0"),
                ("bay", " above 0"),
                ("end", " above 0"),
            )
            if not is_metres(block[name], positive=bool(above))
        ),
        None,
    )


def _wrong_place(place: object) -> str | None:
    if not isinstance(place, Mapping) or set(place) != {"code", "x", "y"}:
        return "it has code, x and y"
    if not isinstance(place["code"], str) or not CODE.fullmatch(place["code"]):
        return f"{place['code']!r} is no code such as STG-A01"
    return None if is_metres(place["x"]) and is_metres(place["y"]) else "x and y are numbers of metres"


def _seen_before(codes: Iterable[str], seen: set[str]) -> str | None:
    """The first code that the plan had before; remembers the others."""
    for code in codes:
        if code in seen:
            return f"{code} is there twice"
        seen.add(code)
    return None
