"""The rest of a walk for somebody who is in the midst of it: from where they are, past what is left, home."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from fulfil.store.rules.areas import Area
from fulfil.store.rules.floor import Block, Floor


def onward(floor: Floor, locations: Iterable[str], here: str | None) -> tuple[list[str], float]:
    """The order of these locations, and the metres: from `here` on, if that is known, to where walks end.

    Who has not begun walks the shortest way. Who has, is on a short round past all that is left in their
    block or area: what comes before them on it and what comes after may be walked in either turn and either
    direction, and the shortest of these eight ways is taken. Locations that are on no plan are left out.
    """
    left = set(locations)
    part = None if here is None else floor.part_of(here)
    order: list[str] = []
    metres = 0.0
    if part is not None and (near := {one for one in left if part.point(one) is not None}):
        left -= near
        order, metres = _from(part, near, here)
    for route in floor.routes(left):
        order += route.order
        metres += route.metres
    return order, metres


def _from(part: Block | Area, left: set[str], here: str) -> tuple[list[str], float]:
    floor = Floor((part,), ()) if isinstance(part, Block) else Floor((), (), (part,))
    (round_trip,) = floor.routes({*left, here})
    at = round_trip.order.index(here)
    before, after = list(round_trip.order[:at]), list(round_trip.order[at + 1 :])
    first = [here] if here in left else []
    ways = [
        one[::turn] + other[::back]
        for (one, other), turn, back in product(((after, before), (before, after)), (1, -1), (1, -1))
    ]
    return min(((first + way, part.past([here, *way])) for way in ways), key=lambda found: found[1])
