"""Which orders are picked in one tour: savings to begin with, then tabu search, by exact tours.

Savings: Clarke and Wright (1964), recalculated after each merge. The search moves one order to another batch
or swaps two, always by the best move that is not tabu (Glover 1989), and kicks itself out of where nothing
gets better. Every batch that was ever seen is kept: `partition` puts the best of them together anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fulfil.sim.tours.block import Block, Lengths, Masks, tours

Group = tuple[int, ...]  # numbers of orders, increasing
Clock = Callable[[], float]

PATIENCE = 80  # moves without a better plan until a kick
TENURE_MIN = 5
_EASE = 1e-9  # sums of floating point numbers


@dataclass(frozen=True)
class Problem:
    """Orders to be picked: `masks` says where (orders, aisles), `sizes` how much of `capacity` each takes.

    Raises ValueError for an order that no picker can carry.
    """

    block: Block
    masks: Masks
    sizes: NDArray[np.float64]
    capacity: float

    def __post_init__(self) -> None:
        if len(self.sizes) and self.sizes.max() > self.capacity + _EASE:
            raise ValueError("an order is larger than what a picker carries")

    @property
    def orders(self) -> int:
        return len(self.sizes)

    def union(self, group: Sequence[int]) -> Masks:
        """Where a batch leads: one row of masks."""
        return np.bitwise_or.reduce(self.masks[list(group)], axis=0)

    def length(self, masks: Masks) -> Lengths:
        return tours(self.block, masks)


def savings(problem: Problem, until: float, clock: Clock = time.perf_counter) -> list[Group]:
    """Merge the two batches that save most, again and again; what time is not enough for stays apart."""
    masks, size = problem.masks.copy(), problem.sizes.astype(float)
    length = problem.length(masks)
    members: list[list[int]] = [[order] for order in range(problem.orders)]
    saved = np.full((problem.orders, problem.orders), -np.inf)
    one, other = np.triu_indices(problem.orders, 1)
    fits = size[one] + size[other] <= problem.capacity + _EASE
    one, other = one[fits], other[fits]
    saved[one, other] = length[one] + length[other] - problem.length(masks[one] | masks[other])
    while problem.orders > 1:
        kept, gone = divmod(int(np.argmax(saved)), problem.orders)
        if saved[kept, gone] <= 0:
            break
        length[kept] += length[gone] - saved[kept, gone]
        masks[kept] |= masks[gone]
        size[kept] += size[gone]
        size[gone] = np.inf
        members[kept] += members[gone]
        members[gone] = []
        for place in (kept, gone):
            saved[place, :] = saved[:, place] = -np.inf
        if clock() < until:
            mates = np.flatnonzero(size + size[kept] <= problem.capacity + _EASE)
            mates = mates[mates != kept]
            gain = length[mates] + length[kept] - problem.length(masks[mates] | masks[kept])
            saved[np.minimum(mates, kept), np.maximum(mates, kept)] = gain
    return [tuple(sorted(group)) for group in members if group]


class Search:
    """Tabu search over batches. `best` is the best plan so far, `length` its length, `seen` all batches."""

    def __init__(
        self, problem: Problem, groups: Iterable[Group], random: Any, clock: Clock = time.perf_counter
    ) -> None:
        self._problem, self._random, self._clock = problem, random, clock
        self.seen: dict[Group, float] = {}
        self._begin_from(list(groups))
        self.best, self.length = self._groups(), self._total

    def run(self, until: float) -> None:
        """Search until the clock says so."""
        orders = self._problem.orders
        if orders < 2:
            return
        forbidden = np.zeros((orders, 2 * orders + 2), np.int64)  # until which move an order stays away
        move, better_at, kicks = 0, 0, 0
        while self._clock() < until:
            move += 1
            if not self._best_move(move, forbidden):
                better_at = -PATIENCE
            if self._total < self.length - _EASE:
                self.best, self.length = self._groups(), self._total
                better_at, kicks = move, 0
            elif move - better_at > PATIENCE:
                better_at, kicks = move, kicks + 1
                self._begin_from(self._kicked(self.best if kicks % 4 else self._groups(), 2 + kicks % 3))
                forbidden[:] = 0

    def offer(self, groups: Sequence[Group]) -> None:
        """Go on from a plan that somebody else found."""
        self._begin_from(list(groups))
        if self._total < self.length - _EASE:
            self.best, self.length = self._groups(), self._total

    # The plan at hand

    def _begin_from(self, groups: list[Group]) -> None:
        problem, batches = self._problem, len(groups) + 1  # one is empty, to be opened by a move
        self._batch = np.zeros(problem.orders, np.int64)
        self._load, self._mask = np.zeros(batches), np.zeros((batches, problem.block.aisles), np.uint64)
        for number, group in enumerate(groups):
            self._batch[list(group)] = number
            self._load[number] = problem.sizes[list(group)].sum()
            self._mask[number] = problem.union(group)
        self._length = problem.length(self._mask)
        self._with = np.full((problem.orders, batches), np.inf)  # of a batch with one order more
        self._without = np.zeros(problem.orders)  # of an order's batch without it
        self._rest = np.zeros((problem.orders, problem.block.aisles), np.uint64)
        self._instead = np.full((problem.orders, problem.orders), np.inf)  # of a's batch, b in place of a
        self._measure(np.arange(batches))

    @property
    def _total(self) -> float:
        return float(self._length.sum())

    def _groups(self) -> list[Group]:
        return [tuple(np.flatnonzero(self._batch == number).tolist()) for number in np.unique(self._batch)]

    def _measure(self, changed: NDArray[np.int64]) -> None:
        """Lengths of everything that one move could make of these batches, all in one go."""
        problem = self._problem
        inside = np.flatnonzero(np.isin(self._batch, changed))
        for order in inside:
            mates = np.flatnonzero(self._batch == self._batch[order])
            mates = mates[mates != order]
            self._rest[order] = np.bitwise_or.reduce(problem.masks[mates], axis=0) if len(mates) else 0
        rest, aisles = self._rest[inside], problem.block.aisles
        instead = (rest[:, None, :] | problem.masks[None, :, :]).reshape(-1, aisles)
        more = (problem.masks[:, None, :] | self._mask[changed][None, :, :]).reshape(-1, aisles)
        lengths = problem.length(np.concatenate([rest, instead, more]))
        self._without[inside] = lengths[: len(inside)]
        self._instead[inside] = lengths[len(inside) : len(inside) + len(instead)].reshape(len(inside), -1)
        self._with[:, changed] = lengths[len(inside) + len(instead) :].reshape(-1, len(changed))
        for number in changed:
            if group := tuple(np.flatnonzero(self._batch == number).tolist()):
                self.seen[group] = float(self._length[number])

    # Moves

    def _best_move(self, move: int, forbidden: NDArray[np.int64]) -> bool:
        """Make the best move, a tabu one only if it makes the best plan so far. Whether there is any."""
        tabu = forbidden[:, : len(self._load)] > move
        wanted = self.length - self._total - _EASE
        shift = self._shifts()
        shift = np.where(tabu & (shift >= wanted), np.inf, shift)
        swap = self._swaps()
        away = tabu[:, self._batch]
        swap = np.where((away | away.T) & (swap >= wanted), np.inf, swap)
        swap += self._random.random(swap.shape) * 1e-6  # of equal moves not always the same
        stay = move + int(self._random.integers(TENURE_MIN, TENURE_MIN + max(6, len(shift) // 5)))
        order, number = divmod(int(np.argmin(shift)), shift.shape[1])
        one, other = divmod(int(np.argmin(swap)), len(swap))
        if not min(shift[order, number], swap[one, other]) < np.inf:
            return False
        moves = [(order, number)]
        if swap[one, other] < shift[order, number]:
            moves = [(one, self._batch[other]), (other, self._batch[one])]
        changed = set()
        for order, number in moves:
            forbidden[order, self._batch[order]] = stay
            changed |= {int(self._batch[order]), int(number)}
        for order, number in moves:
            self._batch[order] = number
        self._rebuild(sorted(changed))
        return True

    def _shifts(self) -> Lengths:
        """What moving order a to batch k adds, (orders, batches); infinite where it does not fit."""
        problem, mine = self._problem, self._batch
        adds = self._with + (self._without - self._length[mine])[:, None] - self._length[None, :]
        wrong = problem.sizes[:, None] + self._load[None, :] > problem.capacity + _EASE
        wrong[np.arange(problem.orders), mine] = True
        empty = self._load == 0
        wrong |= empty[None, :] & (self._load[mine] == problem.sizes)[:, None]  # alone it is already
        wrong[:, np.flatnonzero(empty)[1:]] = True
        return np.where(wrong, np.inf, adds)

    def _swaps(self) -> Lengths:
        """What swapping orders a and b adds, (orders, orders); infinite where one does not fit."""
        problem, mine = self._problem, self._batch
        own = self._length[mine]
        left = self._load[mine] - problem.sizes
        fits = left[:, None] + problem.sizes[None, :] <= problem.capacity + _EASE
        adds = self._instead + self._instead.T - own[:, None] - own[None, :]
        return np.where(fits & fits.T & (mine[:, None] != mine[None, :]), adds, np.inf)

    def _rebuild(self, changed: list[int]) -> None:
        problem = self._problem
        for number in changed:
            group = np.flatnonzero(self._batch == number)
            self._load[number] = problem.sizes[group].sum()
            self._mask[number] = problem.union(group) if len(group) else 0
        self._length[changed] = problem.length(self._mask[changed])
        if (self._load > 0).all():
            self._load, self._length = np.append(self._load, 0.0), np.append(self._length, 0.0)
            self._mask = np.vstack([self._mask, np.zeros_like(self._mask[:1])])
            self._with = np.hstack([self._with, np.full((problem.orders, 1), np.inf)])
            changed = [*changed, len(self._load) - 1]
        self._measure(np.array(changed))

    def _kicked(self, groups: list[Group], dissolved: int) -> list[Group]:
        """Some batches that lie near each other are dissolved, their orders put back in any sequence."""
        problem = self._problem
        union = np.array([problem.union(group) for group in groups])
        centre = int(self._random.integers(len(groups)))
        alone, both = problem.length(union), problem.length(union | union[centre])
        near = np.argsort(both - alone + self._random.random(len(groups)) * alone.mean() / 2)
        out = {centre, *near[near != centre][: dissolved - 1].tolist()}
        loose = [order for number in sorted(out) for order in groups[number]]
        self._random.shuffle(loose)
        kept = [list(group) for number, group in enumerate(groups) if number not in out]
        for order in loose:
            self._put(kept, order)
        return [tuple(sorted(group)) for group in kept]

    def _put(self, groups: list[list[int]], order: int) -> None:
        """Into the batch that grows least by it, or into one of its own."""
        problem = self._problem
        room = [
            group
            for group in groups
            if problem.sizes[group].sum() + problem.sizes[order] <= problem.capacity + _EASE
        ]
        union = np.array([problem.union(group) for group in room] + [np.zeros_like(problem.masks[0])])
        adds = problem.length(union | problem.masks[order]) - problem.length(union)
        best = int(np.argmin(adds))
        if best < len(room):
            room[best].append(order)
        else:
            groups.append([order])
