"""Walks through parallel aisles are the shortest there are, and can be walked."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfil.sim.tours.block import Block, tours
from fulfil.store.rules.walks import Aisles, Point, shortest_walk

Picks = dict[int, list[float]]


@st.composite
def floors(draw: st.DrawFn) -> tuple[Aisles, Picks]:
    count, cells = draw(st.integers(1, 6)), draw(st.integers(1, 20))
    aisles = Aisles(
        count=count,
        length=cells + 1.0,
        pitch=draw(st.sampled_from((0.7, 2.4, 9.0))),
        depot=draw(st.integers(0, count - 1)),
    )
    cell = st.integers(1, cells).map(float)
    return aisles, draw(st.dictionaries(st.integers(0, count - 1), st.lists(cell, min_size=1, max_size=5)))


def by_the_planner(aisles: Aisles, picks: Picks) -> float:
    """Length of the same tour by the planner's arrays; cell 0 is nearest the top."""
    block = Block(
        aisles=aisles.count,
        cells=int(aisles.length) - 1,
        cell=1.0,
        top=1.0,
        bottom=1.0,
        pitch=aisles.pitch,
        depot=aisles.depot,
    )
    masks = np.zeros((1, aisles.count), np.uint64)
    for aisle, there in picks.items():
        for distance in there:
            masks[0, aisle] |= np.uint64(1 << (block.cells - int(distance)))
    return float(tours(block, masks)[0])


def step(aisles: Aisles, one: Point, other: Point) -> float:
    """Metres between two points of a walk that follow each other; there must be a straight way."""
    if one[0] == other[0]:
        return abs(one[1] - other[1])
    assert one[1] == other[1] in (0.0, aisles.length)
    return abs(one[0] - other[0]) * aisles.pitch


@settings(max_examples=300, deadline=None)
@given(floors())
def test_a_walk_is_the_shortest_and_passes_everything(floor: tuple[Aisles, Picks]) -> None:
    aisles, picks = floor
    walk = shortest_walk(aisles, picks)
    assert walk.metres == pytest.approx(by_the_planner(aisles, picks))
    assert walk.points[0] == walk.points[-1] == (aisles.depot, 0.0)
    assert sum(step(aisles, one, other) for one, other in pairwise(walk.points)) == pytest.approx(walk.metres)
    assert {(aisle, at) for aisle, there in picks.items() for at in there} <= set(walk.points)


def test_goods_at_either_end_of_an_aisle_are_fetched_from_both() -> None:
    aisles = Aisles(count=3, length=20.0, pitch=2.0)
    walk = shortest_walk(aisles, {0: [10.0], 1: [1.0, 19.0], 2: [10.0]})
    assert walk.metres == 2 * 20 + 4 * 2 + 2 * 1 + 2 * 1
    assert {((1, 1.0), (1, 19.0)), ((1, 19.0), (1, 1.0))}.isdisjoint(pairwise(walk.points))


def test_with_nothing_to_pick_nobody_walks() -> None:
    walk = shortest_walk(Aisles(count=4, length=10.0, pitch=3.0, depot=2), {})
    assert (walk.metres, walk.points) == (0, ((2, 0.0),))
