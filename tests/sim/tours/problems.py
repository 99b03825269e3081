"""Small floors with orders of any kind, and plans found by trying everything."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fulfil.sim.tours.block import Block
from fulfil.sim.tours.search import Group, Problem

BLOCK = Block(aisles=6, cells=12, cell=1.0, top=1.5, bottom=1.5, pitch=4.0)


def problem(orders: int, *, seed: int = 1, capacity: float = 10.0) -> Problem:
    """Orders of one to five picks and sizes from one to five."""
    random = np.random.default_rng(seed)
    masks = np.zeros((orders, BLOCK.aisles), np.uint64)
    for row in masks:
        for _ in range(int(random.integers(1, 6))):
            row[random.integers(BLOCK.aisles)] |= np.uint64(1 << int(random.integers(BLOCK.cells)))
    return Problem(BLOCK, masks, random.integers(1, 6, orders).astype(float), capacity)


def length_of(of: Problem, groups: list[Group]) -> float:
    return float(of.length(np.array([of.union(group) for group in groups])).sum())


def faults(of: Problem, groups: list[Group]) -> list[str]:
    """What is wrong with a plan: an order that is not picked exactly once, a batch that nobody can carry."""
    picked = sorted(order for group in groups for order in group)
    found = [] if picked == list(range(of.orders)) else ["orders"]
    return found + [f"{group} is too large" for group in groups if of.sizes[list(group)].sum() > of.capacity]


def shortest(of: Problem) -> float:
    """The best of all plans."""
    return min(length_of(of, plan) for plan in _plans(list(range(of.orders))) if not faults(of, plan))


def _plans(orders: list[int]) -> Iterator[list[Group]]:
    if not orders:
        yield []
        return
    first, *rest = orders
    for plan in _plans(rest):
        yield [(first,), *plan]
        for at, group in enumerate(plan):
            yield [*plan[:at], (first, *group), *plan[at + 1 :]]
