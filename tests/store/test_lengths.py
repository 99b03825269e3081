"""How long walks are, and how they go on for somebody in the midst of one."""

from __future__ import annotations

import random
from itertools import pairwise, permutations
from statistics import mean

import pytest
from hypothesis import given, settings

from fulfil.store.rules import effort, floor_of, length, onward, stops_of, together
from fulfil.store.rules.lengths import shortest_length
from fulfil.store.rules.walks import Aisles, shortest_walk
from tests.store.test_walks import Picks, floors

SIZES = {"bays": 6, "y": 0, "pitch": 3.0, "bay": 2.0, "end": 1.0}
FLOOR = floor_of(
    {
        "blocks": [
            {"zone": "ambient", "aisles": ["A01", "A02", "A03", "A04"], "x": 0, **SIZES},
            {"zone": "chilled", "aisles": ["C01", "C02"], "x": 20, **SIZES},
        ],
        "areas": [
            {
                "zone": "frozen",
                "start": "door",
                "points": {"door": [40, 0], "end": [40, 10]},
                "ways": [["door", "end"]],
                "aisles": {"F01": {"from": "door", "to": "end", "bays": 5}},
            }
        ],
    }
)


@settings(max_examples=300, deadline=None)
@given(floors())
def test_a_length_is_that_of_the_shortest_walk(floor: tuple[Aisles, Picks]) -> None:
    aisles, picks = floor
    stops = {aisle: frozenset(there) for aisle, there in picks.items()}
    assert shortest_length(aisles, stops) == pytest.approx(shortest_walk(aisles, picks).metres)


def test_stops_of_two_are_walked_together() -> None:
    one, other = stops_of(FLOOR, ["A01-01-1", "C01-01-1"]), stops_of(FLOOR, ["A01-01-2", "A03-02-1"])
    assert one is not None and other is not None
    both = together(one, other)
    assert (
        length(FLOOR, both)
        == sum(route.metres for route in FLOOR.routes(["A01-01-1", "C01-01-1", "A03-02-1"]))
        == 2 + 12 + 6 + 2
    )
    assert length(FLOOR, one) + length(FLOOR, other) > length(FLOOR, both)


@pytest.mark.parametrize("nowhere", ["A09-01-1", "F01-06-1", "cellar"])
def test_the_walk_to_what_is_on_no_plan_is_not_known(nowhere: str) -> None:
    assert stops_of(FLOOR, ["A01-01-1", nowhere]) is None


HALL = floor_of(
    {
        "areas": [
            {
                "zone": "ambient",
                "start": "p00",
                "points": {f"p{x}{y}": [8 * x + 2 * (y % 2), 7 * y + x] for x in range(4) for y in range(4)},
                "ways": [
                    *([f"p{x}{y}", f"p{x + 1}{y}"] for x in range(3) for y in range(4)),
                    *([f"p{x}{y}", f"p{x}{y + 1}"] for x in range(4) for y in range(3)),
                ],
                "aisles": {
                    **{
                        f"M{x}{y}": {"from": f"p{x}{y}", "to": f"p{x + 1}{y}", "bays": 5}
                        for x in range(3)
                        for y in range(4)
                    },
                    **{
                        f"N{x}{y}": {"from": f"p{x}{y + 1}", "to": f"p{x}{y}", "bays": 5}
                        for x in range(4)
                        for y in range(3)
                    },
                },
            }
        ]
    }
)


@pytest.mark.parametrize(("stops", "longer"), [(1, 0.0), (3, 0.02), (6, 0.05), (20, 0.15)])
def test_through_an_irregular_area_a_length_is_a_little_more_than_the_walk(stops: int, longer: float) -> None:
    """Up to six stops are walked in the shortest of all orders: nothing may be shorter than that."""
    rng, gaps = random.Random(stops), []
    for _ in range(60):
        shelves = [f"{rng.choice(list(HALL.areas[0].aisles))}-0{rng.randint(1, 5)}-1" for _ in range(stops)]
        found, (route,) = stops_of(HALL, shelves), HALL.routes(shelves)
        assert found is not None
        gaps.append(length(HALL, found) / route.metres - 1)
    assert mean(gaps) <= longer + 1e-9 and (stops > 6 or min(gaps) > -1e-9)


def test_an_area_is_measured_beside_blocks_and_takes_more_to_measure() -> None:
    block, area = stops_of(FLOOR, ["A01-01-1"]), stops_of(FLOOR, ["F01-03-1"])
    assert block is not None and area is not None
    assert length(FLOOR, together(block, area)) == length(FLOOR, block) + length(FLOOR, area) == 2 + 10
    assert effort(FLOOR, block) == 1
    ways = stops_of(HALL, [f"M{x}{y}-01-1" for x in range(3) for y in range(4)])
    assert ways is not None and effort(HALL, ways) == 5


def steps(here: tuple[int, float], way: list[str]) -> float:
    """Metres from `here` past the shelves of the first block to the front of its first aisle."""
    block = FLOOR.blocks[0]
    points = [here, *(block.point(shelf) for shelf in way), (0, 0.0)]
    return sum(
        abs(one[1] - other[1])
        if one[0] == other[0]
        else abs(one[0] - other[0]) * 3.0 + min(one[1] + other[1], 24.0 - one[1] - other[1])
        for one, other in pairwise(points)
    )


def shelf(rng: random.Random) -> str:
    return f"A0{rng.randint(1, 4)}-0{rng.randint(1, 6)}-1"


def test_the_rest_of_a_walk_is_nearly_the_shortest() -> None:
    rng, gaps = random.Random(1), []
    for _ in range(120):
        left, here = sorted({shelf(rng) for _ in range(5)}), shelf(rng)
        order, metres = onward(FLOOR, left, here)
        point = FLOOR.blocks[0].point(here)
        assert point is not None
        assert sorted(order) == left and metres == pytest.approx(steps(point, order))
        best = min(steps(point, list(way)) for way in permutations(left))
        gaps.append(metres / best - 1)
    assert min(gaps) > -1e-9 and mean(gaps) < 0.06


def test_the_rest_of_a_walk_through_an_irregular_area_begins_where_somebody_is() -> None:
    rng, gaps, area = random.Random(1), [], HALL.areas[0]
    names = list(area.aisles)
    for _ in range(60):
        left, here = (
            sorted({f"{rng.choice(names)}-0{rng.randint(1, 5)}-1" for _ in range(5)}),
            f"{rng.choice(names)}-03-1",
        )
        order, metres = onward(HALL, left, here)
        assert sorted(order) == left and metres == pytest.approx(area.past([here, *order]))
        gaps.append(metres / min(area.past([here, *way]) for way in permutations(left)) - 1)
    assert min(gaps) > -1e-9 and mean(gaps) < 0.06


def test_what_is_on_the_shelf_before_somebody_comes_first() -> None:
    order, _ = onward(FLOOR, ["A01-01-1", "A03-04-1", "A03-05-1"], "A03-04-1")
    assert order[0] == "A03-04-1"


@pytest.mark.parametrize("here", [None, "cellar", "C01-02-1"])
def test_who_has_not_begun_here_walks_the_shortest_way(here: str | None) -> None:
    left = ["A01-01-1", "A03-02-1", "F01-01-1", "nowhere"]
    routes = FLOOR.routes(left)
    assert onward(FLOOR, left, here) == (
        [shelf for route in routes for shelf in route.order],
        sum(route.metres for route in routes),
    )


def test_where_somebody_is_comes_before_the_other_parts_of_the_floor() -> None:
    order, _ = onward(FLOOR, ["A01-01-1", "C02-03-1"], "C01-02-1")
    assert order == ["C02-03-1", "A01-01-1"]
