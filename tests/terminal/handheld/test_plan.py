"""The walk on the floor plan: as long as the shop's own walk, drawn, kept on the device."""

import itertools
import json
import random
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

import fulfil.sim
from fulfil.store.rules import floor_of
from tests.terminal.floor_desk import PHONE
from tests.terminal.mock_server import picking_ticket

PLAN = json.loads((Path(fulfil.sim.__file__).parent / "data" / "floor.json").read_text())
WAY = """async ([plan, walks, end]) => {
  const { way } = await import(document.documentElement.dataset.assets + "/handheld/walk.js");
  return walks.map((walk) => way(plan, null, walk, end));
}"""
MILK = "6999000000018"


MARKET = {
    "zone": "ambient",
    "start": "door",
    "points": {"door": [0, 0], "corner": [0, 9], "back": [12, 14], "hall": [13, 4]},
    "ways": [["door", "corner"], ["corner", "back"], ["back", "hall"], ["hall", "door"]],
    "aisles": {
        "A01": {"from": "door", "to": "corner", "bays": 6},
        "A03": {"from": "back", "to": "corner", "bays": 9},
        "A07": {"from": "hall", "to": "back", "bays": 3},
    },
}


def some_area(rng: random.Random) -> dict:
    """Ways round and across; along some of them the other side counts its bays from the other end."""
    names = [f"p{n}" for n in range(8)]
    ring = [[one, other] for one, other in zip(names, names[1:] + names[:1], strict=True)]
    chords = [
        list(pair)
        for pair in itertools.combinations(names, 2)
        if rng.random() < 0.2 and list(pair) not in ring and list(pair)[::-1] not in ring
    ]
    ways = ring + chords
    sides = ways + [way[::-1] for way in ways if rng.random() < 0.5]
    return {
        "zone": "ambient",
        "start": "p0",
        "ways": ways,
        "points": {name: [rng.randint(0, 40), rng.randint(0, 40)] for name in names},
        "aisles": {
            f"M{n:02d}": {"from": one, "to": other, "bays": rng.randint(1, 9)}
            for n, (one, other) in enumerate(sides, start=1)
        },
    }


def some_locations(rng: random.Random) -> list[str]:
    return sorted(
        {
            f"A{rng.randint(1, 10):02d}-{rng.randint(1, 6):02d}-{rng.randint(1, 3)}"
            for _ in range(rng.randint(1, 15))
        }
    )


def test_the_way_past_shelves_in_turn_is_the_shortest_walk(browser, shop):
    rng, floor = random.Random(41), floor_of(PLAN)
    routes = [floor.routes(some_locations(rng))[0] for _ in range(200)]
    page = browser.new_page()
    page.goto(shop.url + "/terminal")
    ways = page.evaluate(WAY, [PLAN, [route.order for route in routes], None])
    page.close()
    assert [way["metres"] for way in ways] == pytest.approx([route.metres for route in routes])
    assert [[stop["location"] for stop in way["stops"]] for way in ways] == [
        list(route.order) for route in routes
    ]


def test_the_way_through_an_area_is_as_long_as_the_shops_own_walk(browser, shop):
    rng = random.Random(7)
    page = browser.new_page()
    page.goto(shop.url + "/terminal")
    for _ in range(20):
        area = some_area(rng)
        bays = [
            f"{code}-{bay:02d}-1"
            for code, aisle in area["aisles"].items()
            for bay in range(1, aisle["bays"] + 1)
        ]
        (route,) = floor_of({"areas": [area]}).routes(rng.sample(bays, 6))
        (way,) = page.evaluate(WAY, [{"blocks": [], "areas": [area], "places": []}, [route.order], None])
        assert way["metres"] == pytest.approx(route.metres)
        assert [stop["location"] for stop in way["stops"]] == list(route.order)
    page.close()


@pytest.mark.parametrize(
    ("lang", "word"), [("en", "Plan: next A01-02-1"), ("zh-CN", "平面图：下一个 A01-02-1")]
)
def test_an_area_is_drawn_with_the_walk_along_its_ways(open_desk, shop, lang, word):
    shop.mock.floor = {
        "blocks": [],
        "areas": [MARKET],
        "places": [{"code": "STG-A01", "x": 1, "y": -3}],
        "imported_by": "x",
        "imported_at": "2026-01-01T00:00:00Z",
    }
    desk = open_desk("/terminal", ("picker",), lang, PHONE)
    shop.mock.give(picking_ticket())
    expect(desk.page.locator(".screen-head h1")).to_contain_text("1234")
    desk.scan_and_hear("TOTE-0001", "right")
    desk.page.locator("[data-command=PLAN]").click()
    drawing = desk.page.get_by_role("img")
    expect(drawing).to_have_attribute("aria-label", re.compile(word))
    expect(drawing.locator("line")).to_have_count(4)
    expect(drawing.locator("text")).to_have_text(["A01", "A03", "A07"])
    expect(drawing).to_be_in_viewport(ratio=1)
    assert desk.axe() == []


def test_the_way_leads_into_other_blocks_and_on_to_the_staging_place(browser, shop):
    page = browser.new_page()
    page.goto(shop.url + "/terminal")
    both, none = page.evaluate(WAY, [PLAN, [["A01-01-1", "till", "C01-01-1"], ["Z99-01-1"]], "STG-C01"])
    page.close()
    assert both["points"] == [[0, 0], [0, 1.5], [0, 0], [34, 0], [34, 1.5], [34, 0], [34, -3.5]]
    assert both["metres"] == 1.5 + 1.5 + 34 + 1.5 + 1.5 + 3.5
    assert none is None


@pytest.mark.parametrize(
    ("lang", "said", "after"),
    [
        ("en", "Plan: next A01-02-1, 3 shelves and 67 m left", "2 shelves and 64 m"),
        ("zh-CN", "平面图：下一个 A01-02-1，还剩 3 个货位、67 米", "还剩 2 个货位、64 米"),
    ],
)
def test_the_plan_is_one_tap_away_and_stays_without_network(open_desk, shop, lang, said, after):
    shop.mock.floor = {**PLAN, "imported_by": "x", "imported_at": "2026-01-01T00:00:00Z"}
    desk = open_desk("/terminal", ("picker",), lang, PHONE)
    ticket = picking_ticket()
    ticket["lines"][1]["location"] = "A03-05-2"
    shop.mock.give(ticket)
    expect(desk.page.locator(".screen-head h1")).to_contain_text("1234")
    desk.scan_and_hear("TOTE-0001", "right")
    toggle = desk.page.locator("[data-command=PLAN]")
    toggle.click()
    drawing = desk.page.get_by_role("img")
    expect(drawing).to_have_attribute("aria-label", said)
    expect(toggle).to_be_in_viewport(ratio=1)
    expect(drawing).to_be_in_viewport(ratio=1)
    assert desk.axe() == []
    desk.settled()
    desk.page.context.set_offline(True)
    desk.scan_and_hear(MILK, "right")
    expect(drawing).to_have_attribute("aria-label", re.compile(after))
    toggle.click()
    expect(drawing).to_have_count(0)
    expect(desk.page.locator(".goods-name")).to_be_visible()
