"""The rest of a walk for somebody who is in the midst of it: from where they are, past what is left, home."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise, product

from fulfil.store.rules.floor import Block, Floor
from fulfil.store.rules.walks import Point


def onward(floor: Floor, locations: Iterable[str], here: str | None) -> tuple[list[str], float]:
    """The order of these locations, and the metres: from `here` on, if that is known, to where walks end.

    Who has not begun walks the shortest way. Who has, is on the shortest round past all that is left in
    their block: what comes before them on it and what comes after may be walked in either turn and either
    direction, and the shortest of these eight ways is taken. Locations that are on no plan are left out.
    """
    left = set(locations)
    block = None if here is None else floor.block_of(here)
    order: list[str] = []
    metres = 0.0
    if block is not None and (near := {one for one in left if block.point(one) is not None}):
        left -= near
        order, metres = _from(block, near, here)
    for route in floor.routes(left):
        order += route.order
        metres += route.metres
    return order, metres


def _from(block: Block, left: set[str], here: str) -> tuple[list[str], float]:
    (round_trip,) = Floor((block,), ()).routes({*left, here})
    at = round_trip.order.index(here)
    before, after = list(round_trip.order[:at]), list(round_trip.order[at + 1:])
    first = [here] if here in left else []
    ways = [one[::turn] + other[::back] for (one, other), turn, back in product(
        ((after, before), (before, after)), (1, -1), (1, -1))]
    return min(((first + way, _metres(block, here, way)) for way in ways), key=lambda found: found[1])


def _metres(block: Block, here: str, way: Sequence[str]) -> float:
    """From `here` past these locations to the front of the aisle where walks end."""
    home: Point = (block.aisles.index(block.start), 0.0)
    points = [point for one in (here, *way) if (point := block.point(one)) is not None]
    return sum(_between(block, one, other) for one, other in pairwise([*points, home]))


def _between(block: Block, one: Point, other: Point) -> float:
    if one[0] == other[0]:
        return abs(one[1] - other[1])
    through = min(one[1] + other[1], 2 * block.depth - one[1] - other[1])
    return abs(one[0] - other[0]) * block.pitch + through
