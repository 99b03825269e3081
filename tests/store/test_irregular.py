"""Odd floors as they are imported: loops, dead ends, parts that no way joins, ways of one direction.

What is walked is compared with all orders of the stops, over distances in a graph of which every bay is a
point (Floyd 1962): nothing of that is in the code it judges.
"""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fulfil.store import queries, service
from fulfil.store.errors import WrongFloor
from fulfil.store.rules import Floor, floor_of
from fulfil.store.rules.lengths import length, stops_of
from tests.trade.shop import Shop

SQUARE = {"door": [0, 0], "left": [0, 10], "far": [10, 10], "right": [10, 0]}
RING = [["door", "left"], ["left", "far"], ["far", "right"], ["right", "door"]]


def area(
    points: dict[str, list[float]], ways: list[list[str]], start: str = "door", bays: int = 5
) -> dict[str, Any]:
    """An area with an aisle on each of its ways, in the order in which they are named."""
    return {
        "zone": "ambient",
        "start": start,
        "points": points,
        "ways": ways,
        "aisles": {
            f"M{n:02}": {"from": one, "to": other, "bays": bays} for n, (one, other) in enumerate(ways, 1)
        },
    }


FLOORS = {
    "a ring": area(SQUARE, RING),
    "a ring that is entered by a dead end": area(
        {**SQUARE, "gate": [-7, -7]}, [*RING, ["gate", "door"]], "gate"
    ),
    "two rings that meet in one point": area(
        {**SQUARE, "low": [0, -10], "deep": [-10, -10], "west": [-10, 0]},
        [*RING, ["door", "low"], ["low", "deep"], ["deep", "west"], ["west", "door"]],
    ),
    "a ring with a short cut": area(SQUARE, [*RING, ["door", "far"]]),
    "a comb of dead ends": area(
        {
            "door": [0, 0],
            **{f"b{n}": [4 * n, 0] for n in (1, 2, 3)},
            **{f"t{n}": [4 * n, 9] for n in (1, 2, 3)},
        },
        [["door", "b1"], ["b1", "b2"], ["b2", "b3"], ["b1", "t1"], ["b2", "t2"], ["b3", "t3"]],
    ),
    "a way that is told twice": area(SQUARE, [*RING, ["left", "door"]]),
    "shelves that count from either end": {
        **area(SQUARE, RING),
        "aisles": {
            "M01": {"from": "door", "to": "left", "bays": 5},
            "M02": {"from": "left", "to": "door", "bays": 8},
            "M03": {"from": "right", "to": "far", "bays": 3},
        },
    },
    "two points at one place": area({**SQUARE, "till": [0, 0]}, [*RING, ["door", "till"]]),
}


def imported(shop: Shop, folder: Path, plan: dict[str, Any]) -> Floor:
    """The floor as it is kept after `fulfil import floor` of a file."""
    path = folder / "floor.json"
    path.write_text(json.dumps(plan), "utf-8")
    document = service.floor_file(str(path))
    shop.write(lambda tx: service.put_floor(tx, shop.store_id, document, "staff:7"))
    return shop.read(lambda tx: queries.floor(tx, shop.store_id))


def shelves_of(plan: dict[str, Any]) -> list[str]:
    return [
        f"{code}-{bay:02}-1" for code, aisle in plan["aisles"].items() for bay in range(1, aisle["bays"] + 1)
    ]


def judge(plan: dict[str, Any]) -> dict[tuple[str, str], float]:
    """Metres between any two points or bays."""
    places = {name: tuple(map(float, spot)) for name, spot in plan["points"].items()}
    along = {frozenset(way): list(way) for way in plan["ways"]}
    for code, aisle in plan["aisles"].items():
        (x, y), (to_x, to_y) = places[aisle["from"]], places[aisle["to"]]
        for bay in range(1, aisle["bays"] + 1):
            share = (bay - 0.5) / aisle["bays"]
            places[f"{code}-{bay:02}-1"] = (x + (to_x - x) * share, y + (to_y - y) * share)
            along[frozenset((aisle["from"], aisle["to"]))].append(f"{code}-{bay:02}-1")
    metres = {(one, other): math.inf for one in places for other in places}
    metres |= {(one, one): 0.0 for one in places}
    for way in along.values():
        for one, other in itertools.permutations(way, 2):
            metres[one, other] = min(metres[one, other], math.dist(places[one], places[other]))
    for via, one, other in itertools.product(places, repeat=3):
        metres[one, other] = min(metres[one, other], metres[one, via] + metres[via, other])
    return metres


def walked(metres: dict[tuple[str, str], float], start: str, order: Any) -> float:
    return sum(metres[pair] for pair in itertools.pairwise([start, *order, start]))


@pytest.mark.parametrize("name", FLOORS)
def test_an_odd_floor_is_walked_the_shortest_way(shop: Shop, tmp_path: Path, name: str) -> None:
    plan, random = FLOORS[name], Random(name)
    floor, metres, start = imported(shop, tmp_path, {"areas": [plan]}), judge(plan), plan["start"]
    for stops in (1, 2, 3, 4, 5, 5):
        wanted = random.sample(shelves_of(plan), stops)
        best = min(walked(metres, start, order) for order in itertools.permutations(wanted))
        (route,) = floor.routes(wanted)
        assert sorted(route.order) == sorted(wanted)
        assert route.metres == pytest.approx(best) == walked(metres, start, route.order)
        drawn = sum(math.dist(*leg) for leg in itertools.pairwise(route.corners))
        assert drawn == pytest.approx(best), "what is drawn is what is walked"
        assert best - 1e-6 <= length(floor, stops_of(floor, wanted)) <= 1.25 * best + 1e-6


def test_bays_on_both_sides_of_a_way_are_one_stop_whichever_way_they_count() -> None:
    plan = FLOORS["shelves that count from either end"] | {
        "aisles": {
            "M01": {"from": "door", "to": "left", "bays": 5},
            "M02": {"from": "left", "to": "door", "bays": 5},
        }
    }
    floor = floor_of({"areas": [plan]})
    (route,) = floor.routes(["M01-02-1", "M02-04-1"])  # across the way from each other, 3 m from the door
    assert route.metres == pytest.approx(2 * 3)


def test_a_way_that_is_told_twice_is_one_way() -> None:
    told = floor_of({"areas": [FLOORS["a way that is told twice"]]}).areas[0]
    assert told.point("M01-02-1")[0] == told.point("M05-02-1")[0]


def test_parts_that_no_way_joins_are_areas_of_their_own(shop: Shop, tmp_path: Path) -> None:
    east = area({"gate": [50, 0], "end": [50, 20]}, [["gate", "end"]], "gate")
    east["aisles"] = {"N01": {"from": "gate", "to": "end", "bays": 4}}
    floor = imported(shop, tmp_path, {"areas": [FLOORS["a ring"], east]})
    routes = floor.routes(["N01-04-1", "M01-01-1"])
    assert [(route.metres, route.order) for route in routes] == [(2, ("M01-01-1",)), (35, ("N01-04-1",))]


ONE_WAY = {"from": "door", "to": "left", "direction": "one_way"}
REFUSED = {
    "a part that no way joins": (
        area({**SQUARE, "isle": [30, 30], "rock": [40, 30]}, [*RING, ["isle", "rock"]]),
        "area 1: no way leads to isle",
    ),
    "a start that no way joins": (
        area({**SQUARE, "moon": [30, 30]}, RING, "moon"),
        "area 1: no way leads to door",
    ),
    "a point without a way": (area({**SQUARE, "lost": [5, 5]}, RING), "area 1: no way leads to lost"),
    "a way of one direction": (
        area(SQUARE, RING) | {"ways": [ONE_WAY, *RING[1:]]},
        f"area 1: {ONE_WAY!r} is no pair of two of its points",
    ),
    "a way with a sign": (
        area(SQUARE, RING) | {"ways": [["door", "left", ">"], *RING[1:]]},
        "area 1: ['door', 'left', '>'] is no pair of two of its points",
    ),
    "a way back to where it began": (
        area(SQUARE, RING) | {"ways": [*RING, ["far", "far"]]},
        "area 1: ['far', 'far'] is no pair of two of its points",
    ),
    "an aisle round a corner": (
        area(SQUARE, RING) | {"aisles": {"M01": {"from": "door", "to": "far", "bays": 5}}},
        "area 1: M01 stands on one of the ways",
    ),
    "an aisle in two parts": (None, "area 2: M01 is there twice"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_nobody_can_walk_is_refused_and_the_plan_before_stays(
    shop: Shop, tmp_path: Path, name: str
) -> None:
    plan, fault = REFUSED[name]
    before = imported(shop, tmp_path, {"areas": [FLOORS["a ring"]]})
    wrong = [FLOORS["a ring"], FLOORS["a ring"]] if plan is None else [plan]
    with pytest.raises(WrongFloor) as refused:
        imported(shop, tmp_path, {"areas": wrong})
    assert (refused.value.code, refused.value.status) == ("wrong_floor", 422)
    assert fault in refused.value.detail
    assert shop.read(lambda tx: queries.floor(tx, shop.store_id)) == before
