"""Savings and tabu search give plans that can be picked, and know their lengths."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from fulfil.sim.tours.search import PATIENCE, Problem, Search, savings
from tests.sim.tours.problems import BLOCK, faults, length_of, problem, shortest

MOVES = 400


class Ticks:
    """A clock that goes on by one each time somebody looks at it."""

    def __init__(self) -> None:
        self._ticks = itertools.count()

    def __call__(self) -> float:
        return float(next(self._ticks))


def searched(of: Problem, *, moves: int = MOVES, seed: int = 3) -> Search:
    search = Search(of, [(order,) for order in range(of.orders)], np.random.default_rng(seed), Ticks())
    search.run(moves)
    return search


@pytest.mark.parametrize("seed", range(6))
def test_savings_never_walk_further_than_one_order_at_a_time(seed: int) -> None:
    of = problem(25, seed=seed)
    plan = savings(of, np.inf)
    assert faults(of, plan) == []
    assert length_of(of, plan) < length_of(of, [(order,) for order in range(25)])


def test_savings_merge_the_two_that_save_most() -> None:
    far, near = np.uint64(1), np.uint64(1 << 11)
    masks = np.array([[near, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, far], [0, 0, 0, 0, 0, far]], np.uint64)
    of = Problem(BLOCK, masks, np.full(3, 5.0), 10.0)
    assert sorted(savings(of, np.inf)) == [(0,), (1, 2)]


def test_without_time_savings_merge_by_their_first_reckoning() -> None:
    of = problem(25)
    plan = savings(of, -1.0)
    assert faults(of, plan) == []
    assert max(map(len, plan)) == 2


@pytest.mark.parametrize("seed", range(4))
def test_a_search_finds_the_best_of_a_few(seed: int) -> None:
    of = problem(7, seed=seed)
    search = searched(of)
    assert faults(of, search.best) == []
    assert search.length == pytest.approx(shortest(of))


@pytest.mark.parametrize("seed", range(4))
def test_what_it_says_of_lengths_is_so(seed: int) -> None:
    of = problem(20, seed=seed, capacity=12.0)
    search = searched(of, moves=3 * PATIENCE)
    assert search.length == pytest.approx(length_of(of, search.best))
    assert list(search.seen.values()) == pytest.approx([length_of(of, [group]) for group in search.seen])
    assert all(faults(of, [group])[1:] == [] for group in search.seen)


def test_the_same_seed_searches_the_same_way() -> None:
    of = problem(20)
    assert searched(of, seed=5).seen == searched(of, seed=5).seen


def test_it_goes_on_from_a_better_plan_and_keeps_its_own_otherwise() -> None:
    of = problem(7)
    search = Search(of, [(order,) for order in range(7)], np.random.default_rng(1))
    better = searched(of).best
    search.offer(better)
    assert search.length == pytest.approx(shortest(of))
    search.offer([(order,) for order in range(7)])
    assert sorted(search.best) == sorted(better)


@pytest.mark.parametrize("orders", [0, 1])
def test_where_nothing_can_be_chosen_nothing_is_searched(orders: int) -> None:
    assert savings(problem(orders), np.inf) == [(0,)][:orders]


def test_an_order_that_nobody_can_carry_is_refused() -> None:
    with pytest.raises(ValueError, match="larger than"):
        problem(9, capacity=2.0)
