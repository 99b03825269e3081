"""Tours through parallel aisles are the shortest there are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfil.sim.tours.block import Block, tours

Place = tuple[int, float, float]  # aisle, way to the top, way to the bottom


def masks_of(block: Block, picks: set[tuple[int, int]]) -> np.ndarray:
    masks = np.zeros((1, block.aisles), np.uint64)
    for aisle, cell in picks:
        masks[0, aisle] |= np.uint64(1 << cell)
    return masks


def walk(block: Block, one: Place, other: Place) -> float:
    if one[0] == other[0]:
        return abs(one[1] - other[1])
    return abs(one[0] - other[0]) * block.pitch + min(one[1] + other[1], one[2] + other[2])


def shortest(block: Block, picks: set[tuple[int, int]]) -> float:
    """By Held and Karp's recursion over sets of places."""
    places = [(block.depot, block.length, 0.0)] + [
        (aisle, block.top + cell * block.cell, block.bottom + (block.cells - 1 - cell) * block.cell)
        for aisle, cell in sorted(picks)
    ]
    ways = [[walk(block, a, b) for b in places] for a in places]
    best = {(1 << k, k): ways[0][k] for k in range(1, len(places))}
    for _ in range(len(places) - 2):
        longer: dict[tuple[int, int], float] = {}
        for (been, at), so_far in best.items():
            for to in range(1, len(places)):
                if not been >> to & 1:
                    key = (been | 1 << to, to)
                    longer[key] = min(longer.get(key, np.inf), so_far + ways[at][to])
        best = longer
    return min((so_far + ways[at][0] for (_, at), so_far in best.items()), default=0.0)


@st.composite
def floors(draw: st.DrawFn) -> tuple[Block, set[tuple[int, int]]]:
    block = Block(
        aisles=draw(st.integers(1, 5)),
        cells=draw(st.integers(1, 64)),
        cell=1.0,
        top=draw(st.sampled_from((0.5, 1.0, 3.0))),
        bottom=draw(st.sampled_from((0.5, 1.0, 3.0))),
        pitch=draw(st.sampled_from((0.7, 2.4, 20.0))),
    )
    block = Block(**{**block.__dict__, "depot": draw(st.integers(0, block.aisles - 1))})
    place = st.tuples(st.integers(0, block.aisles - 1), st.integers(0, block.cells - 1))
    return block, draw(st.sets(place, max_size=7))


@settings(max_examples=300, deadline=None)
@given(floors())
def test_a_tour_is_the_shortest(floor: tuple[Block, set[tuple[int, int]]]) -> None:
    block, picks = floor
    assert tours(block, masks_of(block, picks))[0] == pytest.approx(shortest(block, picks))


def test_many_tours_are_each_as_long_as_alone() -> None:
    block = Block(aisles=4, cells=9, cell=1.0, top=1.5, bottom=1.5, pitch=5.0, depot=2)
    masks = np.random.default_rng(1).integers(0, 1 << 9, (200, 4), dtype=np.uint64)
    masks[::7] = 0
    assert tours(block, masks) == pytest.approx([tours(block, row[None, :])[0] for row in masks])
    assert tours(block, masks[:1]) == [0]


@pytest.mark.parametrize(("cells", "depot"), [(0, 0), (65, 0), (10, 4), (10, -1)])
def test_a_floor_that_cannot_be_is_refused(cells: int, depot: int) -> None:
    with pytest.raises(ValueError, match=r"cells|depot"):
        Block(aisles=4, cells=cells, cell=1, top=1, bottom=1, pitch=1, depot=depot)
