"""A day by the rules of dispatch: it is whole, the same each time, and no way of planning cheats."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from fulfil.cli.entry import fulfil
from fulfil.sim.day import ways
from fulfil.sim.day.chart import gantt
from fulfil.sim.day.clairvoyant import WINDOWS, Clairvoyant, chosen, problem_of
from fulfil.sim.day.drawing import drawn
from fulfil.sim.day.figures import figures, spread
from fulfil.sim.day.orders import Day, day_of
from fulfil.sim.day.world import AtWork, World
from fulfil.store.rules import length, stops_of


@pytest.fixture(scope="module")
def day() -> Day:
    return day_of(120, 3, 2, ways.POLICY, "7")


def lived(day: Day, way: object) -> World:
    world = World(day, way, "7")
    world.run()
    return world


@pytest.mark.parametrize("name", [*ways.all_ways(), "clairvoyant"])
def test_every_order_is_handed_over_by_people_who_are_there_and_may(day: Day, name: str) -> None:
    world = lived(day, Clairvoyant(day, 6) if name == "clairvoyant" else ways.all_ways()[name])
    assert all(one.handed_over_at > one.order.paid_at + timedelta(minutes=1) for one in world.orders.values())
    crew = {person.id: person for person in day.people}
    begun = {person_id: [] for person_id in crew}
    for person_id, stage, start, end, _ in world.bars:
        assert crew[person_id].role == ways.ROLES[stage]
        assert crew[person_id].comes_at <= start < end
        begun[person_id].append((start, end))
    for bars in begun.values():
        assert all(before[1] <= after[0] for before, after in pairwise(sorted(bars)))
    packed = Counter(order for _, stage, _, _, orders in world.bars if stage == "packing" for order in orders)
    assert packed == {order.no: 1 for order in day.orders}


def test_a_day_is_the_same_each_time_and_another_seed_is_another_day(day: Day) -> None:
    assert figures(lived(day, ways.ByRules())) == figures(lived(day, ways.ByRules()))
    assert day == day_of(120, 3, 2, ways.POLICY, "7") != day_of(120, 3, 2, ways.POLICY, "8")


def test_a_tour_is_as_long_as_its_walk_and_tours_walk_less(day: Day) -> None:
    together, alone = lived(day, ways.ByRules()), lived(day, ways.ByRules(batching=False))
    assert figures(together)["orders_a_tour"] > figures(alone)["orders_a_tour"] == 1
    assert together.metres < alone.metres
    shortest = sum(
        length(day.floor, stops_of(day.floor, [line.location for line in order.lines]))
        for order in day.orders
    )
    assert alone.metres >= shortest


def test_the_clairvoyant_measures_walks_as_the_floor_does(day: Day) -> None:
    keys = [key for tour in chosen(day, 6) for key in tour if key[1] == "ambient"][:20]
    problem = problem_of(day.floor.blocks[0], keys, [1.0] * len(keys), 5.0)
    for metres, (_, _, stops) in zip(problem.length(problem.masks), keys, strict=True):
        assert metres == pytest.approx(length(day.floor, stops_of(day.floor, stops)))


def test_the_chart_has_a_row_for_everybody_and_a_bar_for_everything(day: Day) -> None:
    world = lived(day, ways.ByRules())
    drawn = ET.fromstring(gantt(world, "A <day>"))
    titles = [title.text for title in drawn.iter("{http://www.w3.org/2000/svg}title")]
    assert titles[0] == "A <day>"
    assert sum(bool(title) for title in titles[1:]) == len(world.bars)
    texts = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert all(f"{person.role} {person.id}" in texts for person in day.people)


def test_a_drawn_tour_has_a_dot_for_everything_that_is_fetched_and_says_what_it_saves(day: Day) -> None:
    orders = {9: ("A01-03-1", "A02-05-2"), 10: ("A02-05-2", "A14-12-4"), 11: ("A07-01-3",)}
    picture = ET.fromstring(drawn(day.floor, orders))
    title, *shelves = [one.text for one in picture.iter("{http://www.w3.org/2000/svg}title")]
    (metres,) = {route.metres for route in day.floor.routes(s for stops in orders.values() for s in stops)}
    assert f"3 orders, 4 shelves, one walk of {metres:.0f} m; each order alone:" in title
    assert sorted(shelves[1:]) == sorted(shelf for stops in orders.values() for shelf in stops)
    words = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"order 9", "order 10", "order 11", "A01", "A14"} <= set(words)
    assert [words.count(turn) for turn in "1234"].count(2) == 1  # one shelf is wanted by two


def test_work_is_spread_evenly_when_colleagues_of_one_shift_work_as_much(day: Day) -> None:
    def given(crew: list[AtWork]) -> float:
        return spread(crew, "picker", lambda at_work: at_work.given_seconds)

    world = World(day, ways.ByRules(), "7")
    pickers = [person for person in day.people if person.role == "picker"]
    first = pickers[0].comes_at
    for person in pickers:
        share = 0.3 if person.comes_at == first else 0.6
        there = (person.goes_at - person.comes_at).total_seconds()
        world.gone.append(AtWork(person, person.goes_at, person.goes_at, given_seconds=share * there))
    assert given(world.gone) == pytest.approx(0, abs=1e-9)
    world.gone[0].given_seconds *= 2
    assert given(world.gone) > 15


def test_the_command_prints_each_way_and_draws(tmp_path: Path) -> None:
    chart, tour = tmp_path / "day.svg", tmp_path / "tour.svg"
    done = CliRunner().invoke(
        fulfil, ["bench", "day", "--orders", "40", "--chart", str(chart), "--tour", str(tour), "--json"]
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)["days"]["40"]
    assert set(told["ways"]) == {*ways.all_ways(), "clairvoyant", "clairvoyant_as_soon"}
    ours, best, as_soon = (told["ways"][name] for name in ("fulfil", "clairvoyant", "clairvoyant_as_soon"))
    assert as_soon["window_minutes"] <= best["window_minutes"]
    assert as_soon["p95_minutes"] <= ours["p95_minutes"] + 1 or as_soon["window_minutes"] == min(WINDOWS)
    assert told["metres_to_clairvoyant"] == round(ours["metres_an_order"] / best["metres_an_order"], 3)
    assert told["metres_to_clairvoyant_as_soon"] > 0.5
    assert chart.read_text("utf-8").startswith("<svg")
    assert tour.read_text("utf-8").startswith("<svg")
