"""A floor plan is read strictly, and leads along the shortest walk."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fulfil.kit.db import Tx
from fulfil.store import queries, service
from fulfil.store.errors import NoFloor, UnknownStore, WrongFloor
from fulfil.store.rules import Floor, floor_of, wrong_floor
from tests.trade.shop import Shop

BLOCK = {
    "zone": "ambient",
    "aisles": ["A01", "A02", "A03"],
    "bays": 10,
    "x": 5,
    "y": 2,
    "pitch": 3,
    "bay": 1,
    "end": 1,
}
PLAN = {
    "blocks": [BLOCK, {**BLOCK, "zone": "chilled", "aisles": ["C01"], "x": 20}],
    "places": [{"code": "STG-A01", "x": 5.5, "y": 0}],
}


def floor() -> Floor:
    return floor_of(PLAN)


def changed(**block: Any) -> dict[str, Any]:
    plan = copy.deepcopy(PLAN)
    plan["blocks"][0] |= block
    return plan


def test_a_location_is_a_point_of_its_block() -> None:
    block = floor().part_of("A02-04-3")
    assert block is not None
    assert block.metres(block.point("A02-04-3")) == (8, 6)
    assert floor().part_of("C01-10-1").zone == "chilled"


@pytest.mark.parametrize("location", ["A04-01-1", "A01-11-1", "A01-00-1", "A01", "till", ""])
def test_a_location_that_is_on_no_plan_is_nowhere(location: str) -> None:
    assert floor().part_of(location) is None
    assert floor().order([location, "A01-01-1"]) == {"A01-01-1": 0}


def test_a_walk_takes_shelves_in_turn_and_is_drawn_by_its_corners() -> None:
    (route,) = floor().routes(["A02-08-1", "A01-09-2", "A01-09-1", "A02-08-1"])
    assert route.order in (("A01-09-1", "A01-09-2", "A02-08-1"), ("A02-08-1", "A01-09-1", "A01-09-2"))
    assert route.metres == 2 * 11 + 2 * 3
    assert route.corners[0] == route.corners[-1] == (5, 2)
    assert {(5, 13), (8, 13), (8, 2)} <= set(route.corners)
    assert len(route.corners) == 5


def test_each_block_has_a_walk_of_its_own() -> None:
    routes = floor().routes(["C01-01-1", "A01-01-1", "elsewhere"])
    assert [route.order for route in routes] == [("A01-01-1",), ("C01-01-1",)]
    assert floor().order(["C01-01-1", "A01-01-1"]) == {"A01-01-1": 0, "C01-01-1": 1}


def test_a_walk_begins_where_the_block_says() -> None:
    plan = floor_of(changed(start="A03"))
    (route,) = plan.routes(["A03-01-1"])
    assert (route.metres, route.corners[0]) == (2, (11, 2))


@pytest.mark.parametrize(
    ("plan", "fault"),
    [
        (None, "no object"),
        ([], "no object"),
        ({"blocks": {}}, "are lists"),
        ({"blocks": []}, "1 to 20 blocks"),
        ({**PLAN, "walls": []}, "walls is not known"),
        ({"blocks": ["A01"]}, "block 1: it is no object"),
        ({"blocks": [{"zone": "ambient"}]}, "block 1: aisles is missing"),
        (changed(colour="red"), "block 1: colour is not known"),
        (changed(zone="warm"), "block 1: zone is one of ambient, chilled, frozen"),
        (changed(aisles=[]), "block 1: aisles are a list of 1 to 60"),
        (changed(aisles=["A01", 7]), "block 1: 7 is no aisle"),
        (changed(aisles=["A01", "A01"]), "block 1: A01 is there twice"),
        (changed(aisles=["C01"]), "block 2: C01 is there twice"),
        (changed(start="A09"), "block 1: start is one of its aisles"),
        (changed(bays=0), "block 1: bays is a whole number"),
        (changed(bays=65), "block 1: bays"),
        (changed(bays=True), "block 1: bays"),
        (changed(bays=2.0), "block 1: bays"),
        (changed(x="5"), "block 1: x is a number of metres"),
        (changed(x=math.nan), "block 1: x"),
        (changed(y=501), "block 1: y is a number of metres"),
        (changed(pitch=0), "block 1: pitch is a number"),
        (changed(bay=-1), "block 1: bay is a number"),
        (changed(end=False), "block 1: end is a number"),
        ({**PLAN, "places": {}}, "places are a list"),
        ({**PLAN, "places": [{"code": "STG-A01", "x": 1}]}, "place 1: it has code, x and y"),
        ({**PLAN, "places": [{"code": "stg", "x": 1, "y": 1}]}, "place 1: 'stg' is no code"),
        ({**PLAN, "places": [{"code": "STG-A01", "x": None, "y": 1}]}, "place 1: x and y are numbers"),
        ({**PLAN, "places": PLAN["places"] * 2}, "place 2: STG-A01 is there twice"),
    ],
)
def test_a_wrong_plan_is_refused_with_where_and_why(plan: object, fault: str) -> None:
    assert fault in wrong_floor(plan)


def test_a_plan_is_kept_as_it_was_imported(shop: Shop) -> None:
    with pytest.raises(NoFloor):
        shop.read(lambda tx: queries.floor_view(tx, shop.store_id))
    assert shop.read(lambda tx: queries.floor(tx, shop.store_id)) is None
    for plan in ({"blocks": [BLOCK]}, PLAN):
        counted = shop.write(lambda tx, plan=plan: service.put_floor(tx, shop.store_id, plan, "staff:7"))
    assert counted == {"blocks": 2, "areas": 0, "aisles": 4, "places": 1}
    kept = shop.read(lambda tx: queries.floor_view(tx, shop.store_id))
    assert {"blocks": kept["blocks"], "places": kept["places"]} == PLAN
    assert kept["imported_by"] == "staff:7"
    assert shop.read(lambda tx: queries.floor(tx, shop.store_id)) == floor()


def test_a_refused_plan_leaves_the_old_one(shop: Shop) -> None:
    shop.write(lambda tx: service.put_floor(tx, shop.store_id, PLAN, "staff:7"))
    with pytest.raises(WrongFloor):
        shop.write(lambda tx: service.put_floor(tx, shop.store_id, {"blocks": []}, "staff:7"))
    assert shop.read(lambda tx: queries.floor(tx, shop.store_id)) == floor()


def test_a_plan_of_no_shop_is_refused(shop: Shop) -> None:
    def put(tx: Tx) -> None:
        service.put_floor(tx, 1, PLAN, "staff:7")

    with pytest.raises(UnknownStore):
        shop.write(put)


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(b"{"),
        lambda path: path.write_bytes(b"\xff\xfe"),
        lambda path: path.write_text("[" * 100_000),
        lambda path: path.write_bytes(b" " * (256 * 1024 + 1)),
        lambda path: path.write_text('{"blocks": NaN}'),
        lambda path: path.mkdir(),
    ],
)
def test_a_file_that_is_no_plan_is_said_so(tmp_path: Path, write: Callable[[Path], Any]) -> None:
    path = tmp_path / "floor.json"
    write(path)
    with pytest.raises(WrongFloor):
        service.floor_file(str(path))
    path.rmdir() if path.is_dir() else path.unlink()
    path.write_text(json.dumps(PLAN))
    assert service.floor_file(str(path)) == PLAN
