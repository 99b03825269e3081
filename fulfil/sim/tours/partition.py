"""The best plan that can be put together of known batches: a set partition, solved by HiGHS.

Few orders fit into a tour, so the batches that are possible at all can often be listed. The linear relaxation
prices them; a batch whose reduced length is not below the gap between the relaxation and the best plan is in
no better plan (Muter and Oncan 2015; Wahlen and Gschwind 2023), and what is left is solved as integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import highspy
import numpy as np
from numpy.typing import NDArray

from fulfil.sim.tours.block import Lengths
from fulfil.sim.tours.search import Group, Problem

Level = NDArray[np.int64]  # (batches, orders in each)

CHUNK = 4096
ENTER_MAX = 300  # batches of a size that enter the relaxation at a time
CANDIDATES_MAX = 3000
_EASE = 1e-6


class Catalogue:
    """Batches and their lengths, by how many orders they hold; `complete` when there are no others."""

    def __init__(self, problem: Problem, limit: int) -> None:
        self._problem = problem
        self.levels, self.complete = possible_batches(problem, limit)
        self.lengths = [self._measured(level) for level in self.levels]

    def add(self, seen: Mapping[Group, float]) -> None:
        """Add batches that hold more orders than any here."""
        deepest = self.levels[-1].shape[1]
        for orders in sorted({len(group) for group in seen if len(group) > deepest}):
            some = [group for group in seen if len(group) == orders]
            self.levels.append(np.array(some))
            self.lengths.append(np.array([seen[group] for group in some]))

    def reduced(self, prices: NDArray[np.float64]) -> list[Lengths]:
        """Lengths less the prices of the orders in them, level by level."""
        return [
            length - prices[level].sum(axis=1)
            for level, length in zip(self.levels, self.lengths, strict=True)
        ]

    def _measured(self, level: Level) -> Lengths:
        problem, lengths = self._problem, np.empty(len(level))
        for start in range(0, len(level), CHUNK):
            part = level[start : start + CHUNK]
            masks = problem.masks[part[:, 0]]
            for place in range(1, part.shape[1]):
                masks = masks | problem.masks[part[:, place]]
            lengths[start : start + CHUNK] = problem.length(masks)
        return lengths


def possible_batches(problem: Problem, limit: int) -> tuple[list[Level], bool]:
    """All batches that fit, by size and at most `limit`, and whether these are all."""
    orders = np.arange(problem.orders)
    levels, loads, total = [orders[:, None]], problem.sizes.astype(float), problem.orders
    while True:
        level = levels[-1]
        more = (orders[None, :] > level[:, -1:]) & (
            loads[:, None] + problem.sizes[None, :] <= problem.capacity + _EASE
        )
        batch, order = np.nonzero(more)
        total += len(batch)
        if not len(batch) or total > limit:
            return levels, not len(batch)
        levels.append(np.hstack([level[batch], order[:, None]]))
        loads = loads[batch] + problem.sizes[order]


def relaxed(
    problem: Problem, catalogue: Catalogue, known: Mapping[Group, float]
) -> tuple[float, NDArray[np.float64]]:
    """The length of the linear relaxation and the price of each order; it begins with `known` batches."""
    model = _model(known.values(), known, problem.orders)
    while True:
        model.run()
        prices = np.array(model.getSolution().row_dual)
        entering = False
        for level, length, reduced in zip(
            catalogue.levels, catalogue.lengths, catalogue.reduced(prices), strict=True
        ):
            better = np.flatnonzero(reduced < -_EASE)
            better = better[np.argsort(reduced[better])[:ENTER_MAX]]
            if len(better):
                entering = True
                _add(model, length[better], level[better])
        if not entering:
            return model.getObjectiveValue(), prices


def candidates(catalogue: Catalogue, prices: NDArray[np.float64], gap: float) -> dict[Group, float]:
    """Batches that may be in a plan better by up to `gap` than the relaxation, the most promising first."""
    found: list[tuple[float, Group, float]] = []
    for level, length, reduced in zip(
        catalogue.levels, catalogue.lengths, catalogue.reduced(prices), strict=True
    ):
        good = np.flatnonzero(reduced < gap + _EASE)
        good = good[np.argsort(reduced[good])[:CANDIDATES_MAX]]
        found += zip(
            reduced[good].tolist(), map(tuple, level[good].tolist()), length[good].tolist(), strict=True
        )
    return {group: length for _, group, length in sorted(found)[:CANDIDATES_MAX]}


def partition(
    orders: int, batches: Mapping[Group, float], plan: Sequence[Group], seconds: float
) -> list[Group] | None:
    """The shortest plan of these batches that was found in time, beginning from `plan`; None if none was."""
    groups = list(batches)
    model = _model(batches.values(), groups, orders)
    model.setOptionValue("time_limit", max(seconds, 0.01))
    model.changeColsIntegrality(
        len(groups),
        np.arange(len(groups), dtype=np.int32),
        np.full(len(groups), highspy.HighsVarType.kInteger),
    )
    model.changeRowsBounds(orders, np.arange(orders, dtype=np.int32), np.ones(orders), np.ones(orders))
    begun, start = set(plan), highspy.HighsSolution()
    start.col_value = [float(group in begun) for group in groups]
    model.setSolution(start)
    model.run()
    chosen = [group for group, used in zip(groups, model.getSolution().col_value, strict=False) if used > 0.5]
    return chosen if sum(map(len, chosen)) == orders else None


def _model(lengths: Iterable[float], groups: Iterable[Group], orders: int) -> highspy.Highs:
    """Cover each order at least once by batches, as short as possible."""
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("threads", 1)
    for _ in range(orders):
        model.addRow(1.0, highspy.kHighsInf, 0, np.array([], np.int32), np.array([], float))
    _add(model, np.fromiter(lengths, float), list(groups))
    return model


def _add(model: highspy.Highs, lengths: Lengths, groups: Sequence[Sequence[int]]) -> None:
    sizes = [len(group) for group in groups]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
    members = np.concatenate([np.asarray(group) for group in groups]).astype(np.int32)
    model.addCols(
        len(groups),
        np.asarray(lengths, float),
        np.zeros(len(groups)),
        np.full(len(groups), highspy.kHighsInf),
        len(members),
        starts,
        members,
        np.ones(len(members)),
    )
