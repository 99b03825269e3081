"""Plans within a time, and what proves that there is no better one."""

from __future__ import annotations

import numpy as np
import pytest

from fulfil.sim.tours.batches import batch
from fulfil.sim.tours.partition import Catalogue, candidates, partition, possible_batches, relaxed
from tests.sim.tours.problems import faults, length_of, problem, shortest


@pytest.mark.parametrize("seed", range(4))
def test_of_a_few_orders_the_plan_is_the_best_there_is(seed: int) -> None:
    of = problem(8, seed=seed)
    plan = batch(of, 0.3)
    assert faults(of, plan.groups) == []
    assert plan.length == pytest.approx(length_of(of, plan.groups))
    assert plan.length == pytest.approx(shortest(of))
    assert plan.bound is not None
    assert plan.bound <= plan.length + 1e-6


@pytest.mark.parametrize("seconds", [0.01, 0.15])
def test_of_many_orders_the_plan_can_be_picked_however_short_the_time(seconds: float) -> None:
    of = problem(60, capacity=40.0)
    plan = batch(of, seconds)
    assert faults(of, plan.groups) == []
    assert plan.length == pytest.approx(length_of(of, plan.groups))
    assert plan.bound is None  # too many batches are possible to list them


@pytest.mark.parametrize("orders", [0, 1])
def test_next_to_nothing_is_planned_at_once(orders: int) -> None:
    assert batch(problem(orders), 0.2).groups == [(0,)][:orders]


def test_every_batch_that_fits_is_listed_once() -> None:
    of = problem(9)
    levels, complete = possible_batches(of, 10_000)
    listed = [tuple(group) for level in levels for group in level.tolist()]
    fitting = [
        group
        for n in range(1, 1 << 9)
        if of.sizes[list(group := tuple(k for k in range(9) if n >> k & 1))].sum() <= of.capacity
    ]
    assert complete
    assert sorted(listed) == sorted(fitting)


def test_a_list_that_would_be_too_long_ends_after_a_whole_size() -> None:
    of = problem(12)
    levels, complete = possible_batches(of, 80)
    assert not complete
    assert [level.shape[1] for level in levels] == [1, 2]


def test_a_longer_batch_that_was_seen_joins_the_list() -> None:
    of = problem(12)
    catalogue = Catalogue(of, 80)
    catalogue.add({(0, 1, 2): 7.0, (0, 1): 5.0})
    assert catalogue.levels[-1].tolist() == [[0, 1, 2]]
    assert catalogue.lengths[-1].tolist() == [7.0]


@pytest.mark.parametrize("seed", range(4))
def test_the_relaxation_is_no_longer_than_any_plan_and_prices_every_batch(seed: int) -> None:
    of = problem(8, seed=seed)
    catalogue = Catalogue(of, 10_000)
    alone = {(order,): float(length) for order, length in enumerate(of.length(of.masks))}
    bound, prices = relaxed(of, catalogue, alone)
    best = shortest(of)
    assert bound <= best + 1e-6
    assert bound == pytest.approx(prices.sum())
    assert min(reduced.min() for reduced in catalogue.reduced(prices)) > -1e-5
    chosen = candidates(catalogue, prices, best - bound)
    plan = partition(8, chosen, [], 5.0)
    assert plan is not None
    assert length_of(of, plan) == pytest.approx(best)


def test_batches_that_leave_an_order_out_make_no_plan() -> None:
    assert partition(3, {(0, 1): 4.0}, [], 1.0) is None
    assert np.isfinite(relaxed(of := problem(3), Catalogue(of, 100), {(0,): 1.0, (1,): 1.0, (2,): 1.0})[0])
