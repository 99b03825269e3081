"""Orders into tours within a time: what is found by then is the plan."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from fulfil.sim.tours.partition import Catalogue, candidates, partition, relaxed
from fulfil.sim.tours.search import Clock, Group, Problem, Search, savings

# Of the time: for the first search, and again if not all batches can be listed; after that for HiGHS.
FIRST_SHARE, FIRST_SHARE_OF_MANY = 0.15, 0.45
LISTED_A_SECOND = 60_000
WORTH_LISTING_SECONDS = 0.1
HIGHS_SHARE = 0.9


@dataclass(frozen=True)
class Batches:
    """A plan: groups of order numbers, and the length of all tours. `bound`: no plan is shorter, if known."""

    groups: list[Group]
    length: float
    bound: float | None


def batch(problem: Problem, seconds: float, *, seed: int = 0, clock: Clock = time.perf_counter) -> Batches:
    """The best plan found in so many seconds. With the same seed and enough time it is the same plan."""
    if problem.orders < 2:
        alone = float(problem.length(problem.masks).sum())
        return Batches([(order,) for order in range(problem.orders)], alone, alone)
    started = clock()
    until = started + seconds
    search = Search(problem, savings(problem, until, clock), np.random.default_rng(seed), clock)
    if seconds < WORTH_LISTING_SECONDS:
        search.run(until)
        return Batches(search.best, search.length, None)
    search.run(clock() + FIRST_SHARE * seconds)
    catalogue = Catalogue(problem, int(LISTED_A_SECOND * seconds))
    if not catalogue.complete:
        search.run(started + FIRST_SHARE_OF_MANY * seconds)
        catalogue.add(search.seen)
    bound = _from_the_catalogue(problem, search, catalogue, until, clock)
    if bound is None or search.length > bound + 1e-6:
        search.run(until)
    return Batches(search.best, search.length, bound)


def _from_the_catalogue(
    problem: Problem, search: Search, catalogue: Catalogue, until: float, clock: Clock
) -> float | None:
    """Put the best plan together of listed batches. A lower bound of all plans, if it proves one."""
    known = search.seen
    length, prices = relaxed(problem, catalogue, known)
    batches = candidates(catalogue, prices, search.length - length)
    batches |= {group: known[group] for group in search.best}
    plan = partition(problem.orders, batches, search.best, HIGHS_SHARE * (until - clock()))
    if plan is not None:
        search.offer(plan)
    return length if catalogue.complete else None
