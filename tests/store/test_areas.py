"""Floors that are no block: ways, distances along them, and the order of the stops."""

from __future__ import annotations

import copy
import itertools
import math
from random import Random
from typing import Any

import pytest
from pyvrp import Model
from pyvrp.stop import MaxIterations

from fulfil.store import queries, service
from fulfil.store.rules import areas, floor_of, trips, wrong_floor
from tests.trade.shop import Shop

AREA = {
    "zone": "ambient",
    "start": "door",
    "points": {"door": [0, 0], "corner": [0, 10], "back": [10, 10], "nook": [20, 10]},
    "ways": [["door", "corner"], ["corner", "back"], ["back", "nook"], ["door", "back"]],
    "aisles": {
        "M01": {"from": "door", "to": "corner", "bays": 5},
        "M02": {"from": "back", "to": "corner", "bays": 10},
        "M03": {"from": "back", "to": "nook", "bays": 1},
    },
}


def changed(**fields: Any) -> dict[str, Any]:
    return {"areas": [copy.deepcopy(AREA) | fields]}


def test_a_walk_follows_the_ways_and_goes_round() -> None:
    (route,) = floor_of({"areas": [AREA]}).routes(["M02-01-1", "M01-05-2", "M01-05-1", "elsewhere"])
    assert route.order in (("M01-05-1", "M01-05-2", "M02-01-1"), ("M02-01-1", "M01-05-1", "M01-05-2"))
    assert route.metres == pytest.approx(10 + 10 + math.hypot(10, 10))
    assert route.corners[0] == route.corners[-1] == (0, 0)
    assert (0, 10) in route.corners


def test_a_way_without_exit_is_walked_twice() -> None:
    (route,) = floor_of({"areas": [AREA]}).routes(["M03-01-1"])
    assert route.metres == pytest.approx(2 * (math.hypot(10, 10) + 5))


def test_two_bays_of_one_aisle_are_joined_by_it() -> None:
    (route,) = floor_of({"areas": [AREA]}).routes(["M01-02-1", "M01-04-1"])
    assert (route.metres, route.order) == (pytest.approx(14), ("M01-02-1", "M01-04-1"))


@pytest.mark.parametrize("seed", range(25))
def test_of_all_orders_the_shortest_is_found(seed: int) -> None:
    random = Random(seed)
    spots = [(random.random() * 50, random.random() * 30) for _ in range(random.randint(3, 7))]
    metres = [[math.dist(one, other) for other in spots] for one in spots]

    def length(order: Any) -> float:
        return sum(metres[one][other] for one, other in zip([0, *order], [*order, 0], strict=True))

    best = min(length(order) for order in itertools.permutations(range(1, len(spots))))
    assert length(trips.round_trip(metres)) == pytest.approx(best)


@pytest.mark.parametrize("stops", [8, 20, 40])
def test_longer_walks_are_nearly_as_short_as_a_solver_finds_them(stops: int) -> None:
    """The solver has hundreds of steps, which take longer than anybody may wait."""
    ours = solved = 0.0
    for seed in range(4):
        random = Random(f"{stops}/{seed}")
        spots = [(random.random() * 50, random.random() * 30) for _ in range(stops + 1)]
        metres = [[math.dist(one, other) for other in spots] for one in spots]
        order = trips.round_trip(metres)
        assert sorted(order) == list(range(1, len(spots)))
        ours += trips.length(metres, order)
        solved += trips.length(metres, by_a_solver(metres))
    assert ours <= 1.04 * solved


def by_a_solver(metres: list[list[float]], steps: int = 200) -> list[int]:
    model = Model()
    places = [model.add_location(at, 0) for at in range(len(metres))]
    depot = model.add_depot(places[0])
    for place in places[1:]:
        model.add_client(place)
    model.add_vehicle_type(1, start_depot=depot, end_depot=depot)
    for one, row in zip(places, metres, strict=True):
        for other, length in zip(places, row, strict=True):
            if one is not other:
                model.add_edge(one, other, round(100 * length))
    found = model.solve(MaxIterations(steps), seed=1, display=False)
    return [visit.idx + 1 for route in found.best.routes() for visit in route.schedule() if visit.is_client()]


def test_no_trip_and_one_place_are_trips_too() -> None:
    assert trips.round_trip([[0.0]]) == []
    assert trips.round_trip([[0.0, 3.0], [3.0, 0.0]]) == [1]


def test_distances_of_many_are_those_of_each_two() -> None:
    area = floor_of({"areas": [AREA]}).areas[0]
    spots = [area.spot(shelf) for shelf in ("M01-01-1", "M01-05-1", "M02-03-1", "M02-08-1", "M03-01-1")]
    metres = area._distances([area._start, *spots])
    alone = [[area.walk([one, other])[0] for other in spots] for one in spots]
    for one in range(len(spots)):
        assert metres[0][one + 1] == pytest.approx(area.walk([spots[one]])[0] / 2)
        for other in range(len(spots)):
            there_and_back = metres[0][one + 1] + metres[one + 1][other + 1] + metres[other + 1][0]
            assert alone[one][other] == pytest.approx(there_and_back)


def test_the_same_stops_are_walked_in_the_same_order_however_they_are_named() -> None:
    floor = floor_of({"areas": [AREA]})
    stops = ["M01-01-1", "M01-05-1", "M02-03-1", "M02-08-1", "M03-01-1"]
    assert len({tuple(floor.order(order)) for order in itertools.permutations(stops)}) == 1


@pytest.mark.parametrize(
    ("plan", "fault"),
    [
        ({"areas": {}}, "are lists"),
        ({"areas": ["M01"]}, "area 1: it has aisles, points"),
        (changed(extra=1), "area 1: it has aisles"),
        (changed(zone="warm"), "area 1: zone is one of"),
        (changed(points={"door": [0, 0]}), "points are 2 to 200"),
        (changed(points=[]), "points are 2 to 200"),
        (changed(points={**AREA["points"], "far": [0, 501]}), "far is no [x, y]"),
        (changed(points={**AREA["points"], "far": [0, True]}), "far is no [x, y]"),
        (changed(points={**AREA["points"], "far": [5, 5]}), "no way leads to far"),
        (changed(ways=[]), "ways are a list"),
        (changed(ways=[["door", "door"]]), "is no pair"),
        (changed(ways=[["door", "moon"]]), "is no pair"),
        (changed(ways=[["door", 7]]), "is no pair"),
        (changed(start="moon"), "start is one of"),
        (changed(start=["door"]), "start is one of"),
        (changed(aisles={}), "aisles are an object"),
        (changed(aisles={"1": AREA["aisles"]["M01"]}), "'1' is no aisle"),
        (changed(aisles={"M01": {"from": "door", "to": "corner"}}), "M01 has from, to and bays"),
        (
            changed(aisles={"M01": {"from": "corner", "to": "nook", "bays": 2}}),
            "M01 stands on one of the ways",
        ),
        (changed(aisles={"M01": {"from": "door", "to": "corner", "bays": 65}}), "M01: bays"),
        ({"areas": [AREA, AREA]}, "area 2: M01 is there twice"),
    ],
)
def test_a_wrong_area_is_refused_with_where_and_why(plan: object, fault: str) -> None:
    assert fault in wrong_floor(plan)


def test_a_large_area_is_judged_by_one_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """From each of its points it would take a second, in which the server serves nobody."""
    points = {f"p{n}": [2 * n, 0] for n in range(200)}
    ways = [[one, other] for one, other in itertools.pairwise(points)]
    popped, pop = [], areas.heapq.heappop
    monkeypatch.setattr(areas.heapq, "heappop", lambda heap: popped.append(1) or pop(heap))
    assert (
        wrong_floor(
            {
                "areas": [
                    AREA
                    | {
                        "start": "p0",
                        "points": points,
                        "ways": ways,
                        "aisles": {"M01": {"from": "p0", "to": "p1", "bays": 2}},
                    }
                ]
            }
        )
        is None
    )
    assert len(popped) <= 2 * len(ways)


def test_a_plan_with_areas_is_kept(shop: Shop) -> None:
    put = shop.write(lambda tx: service.put_floor(tx, shop.store_id, {"areas": [AREA]}, "staff:7"))
    assert put == {"blocks": 0, "areas": 1, "aisles": 3, "places": 0}
    seen = shop.read(lambda tx: queries.floor_view(tx, shop.store_id))
    assert (seen["areas"], seen["blocks"], seen["places"]) == ([AREA], [], [])
    assert shop.read(lambda tx: queries.floor(tx, shop.store_id)).order(["M01-01-1"]) == {"M01-01-1": 0}
