"""Shortest tours through a block of parallel aisles between two cross-aisles, exact, for many tours at once.

The method is that of Ratliff and Rosenthal (Operations Research 31, 1983): aisle by aisle it keeps the length
of the best part of a tour for each way in which that part can end. Here each step is one of arrays, so that
thousands of tours cost what one costs in plain Python (0.5 us a tour and aisle).

A tour is a row of masks, one for each aisle: bit `c` says that something is to be picked in cell `c`. Cell 0
is nearest the top cross-aisle. Tours start and end at the depot, at the bottom of its aisle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Masks = NDArray[np.uint64]  # (tours, aisles)
Lengths = NDArray[np.float64]

CELLS_MAX = 64
_ONE, _HALF, _LOW = np.uint64(1), np.uint64(32), np.uint64(0xFFFF_FFFF)
_NEVER = np.inf


@dataclass(frozen=True)
class Block:
    """A floor of `aisles` with `cells` each. Lengths in any one unit; `pitch` is from aisle to aisle."""

    aisles: int
    cells: int
    cell: float
    top: float
    bottom: float
    pitch: float
    depot: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.cells <= CELLS_MAX:
            raise ValueError(f"an aisle has 1 to {CELLS_MAX} cells")
        if not 0 <= self.depot < self.aisles:
            raise ValueError("the depot stands at one of the aisles")

    @property
    def length(self) -> float:
        """Of an aisle, from cross-aisle to cross-aisle."""
        return self.top + (self.cells - 1) * self.cell + self.bottom


def tours(block: Block, masks: Masks) -> Lengths:
    """The length of the shortest tour for each row of `masks`, whose shape is (tours, aisles)."""
    shape = _Shape(block, masks)
    best = np.full(len(masks), _NEVER)
    state = _State(len(masks))
    for aisle in range(block.aisles):
        if aisle:
            state.move_on(2 * block.pitch)
        state.work(shape, aisle)
        np.copyto(best, state.closed(), where=shape.last == aisle)
    best[~shape.some.any(axis=1)] = 0
    return best


class _Shape:
    """What the picks of each aisle cost: there and back from either end, from both, or straight through."""

    def __init__(self, block: Block, masks: Masks) -> None:
        self.depot, self.through = block.depot, block.length
        self.some = masks != 0
        safe = np.where(self.some, masks, _ONE)
        low = safe & (~safe + _ONE)
        first, last = _highest(low), _highest(safe)
        self.from_top = np.where(self.some, 2 * (block.top + last * block.cell), 0.0)
        self.from_bottom = np.where(self.some, 2 * (block.bottom + (block.cells - 1 - first) * block.cell), 0)
        ends = np.maximum(
            block.top + first * block.cell, block.bottom + (block.cells - 1 - last) * block.cell
        )
        inside = np.where(last > first, (_longest_gap(masks, low, last, block.cells) + 1) * block.cell, 0)
        self.from_both = np.where(self.some, 2 * (block.length - np.maximum(inside, ends)), 0.0)
        self.cheapest = np.minimum(np.minimum(self.from_top, self.from_bottom), self.from_both)
        needed = self.some.copy()
        needed[:, block.depot] = True
        self.needed = needed
        self.last = block.aisles - 1 - np.argmax(needed[:, ::-1], axis=1)


class _State:
    """The shortest parts of tours up to an aisle, by how their two ends there are joined.

    `none`: nothing yet; `odd`: one pass at either end; `bottom`, `top`: an even number at that end only;
    `joined`, `apart`: an even number at both, in one piece or in two.
    """

    def __init__(self, tours: int) -> None:
        self.none = np.zeros(tours)
        self.odd, self.bottom, self.top, self.joined, self.apart = (np.full(tours, _NEVER) for _ in range(5))

    def move_on(self, twice: float) -> None:
        """Along the cross-aisles to the next aisle; `twice` is the way there and back."""
        self.apart = np.minimum(np.minimum(self.top, self.bottom), self.apart) + 2 * twice
        self.top = np.minimum(self.top, self.joined) + twice
        self.bottom = np.minimum(self.bottom, self.joined) + twice
        self.joined = self.joined + 2 * twice
        self.odd = self.odd + twice

    def work(self, shape: _Shape, aisle: int) -> None:
        """Pick what is in the aisle; the depot's is visited whatever is in it."""
        some = shape.some[:, aisle]
        from_top, from_bottom = shape.from_top[:, aisle], shape.from_bottom[:, aisle]
        cheapest, through = shape.cheapest[:, aisle], shape.through
        depot = aisle == shape.depot
        # Coming from one end only, the other end is reached as a piece of its own: both ends are used.
        high = np.minimum(from_top, shape.from_both[:, aisle])
        low = np.minimum(from_bottom, shape.from_both[:, aisle])
        starts = np.where(shape.needed[:, aisle], self.none, _NEVER)
        even = np.minimum(
            np.minimum(np.minimum(self.top, self.bottom), np.minimum(self.joined, self.apart)), starts
        )
        apart = np.minimum(
            self.apart + cheapest,
            np.minimum(self.bottom + np.where(some, high, _NEVER), starts + np.where(some, high, _NEVER)),
        )
        apart = np.minimum(apart, self.top + (low if depot else np.where(some, low, _NEVER)))
        if depot:
            apart = np.minimum(apart, self.top + np.where(some, high, _NEVER))
        odd, joined = self.odd, self.joined
        self.odd = np.minimum(odd + cheapest, even + through)
        self.joined = np.minimum(np.minimum(odd + through, joined + cheapest), even + 2 * through)
        self.bottom = np.minimum(self.bottom, starts) + from_bottom
        self.top = np.full_like(self.top, _NEVER) if depot else np.minimum(self.top, starts) + from_top
        self.apart = apart
        self.none = np.where(shape.needed[:, aisle], _NEVER, self.none)

    def closed(self) -> Lengths:
        """What is a whole tour as it stands."""
        return np.minimum(np.minimum(self.bottom, self.top), self.joined)


def _highest(bits: Masks) -> NDArray[np.int64]:
    """The place of the highest bit; a double holds 32 of them exactly."""
    upper = bits >> _HALF
    return (
        np.where(
            upper != 0, 32 + np.frexp(upper.astype(float))[1], np.frexp((bits & _LOW).astype(float))[1]
        ).astype(np.int64)
        - 1
    )


def _longest_gap(masks: Masks, low: Masks, last: NDArray[np.int64], cells: int) -> NDArray[np.int64]:
    """The most cells in a row without a pick, between the first pick and the last."""
    between = ~masks & ((_ONE << last.astype(np.uint64)) - _ONE) & ~((low - _ONE) | low)
    runs = [between]  # runs[p]: where 2^p free cells in a row begin
    while 1 << len(runs) <= cells:
        step = np.uint64(1 << (len(runs) - 1))
        runs.append(runs[-1] & (runs[-1] >> step))
    longest = np.zeros(masks.shape, np.uint64)
    begin = np.full(masks.shape, ~np.uint64(0))
    for power in range(len(runs) - 1, -1, -1):
        longer = begin & (runs[power] >> longest)
        found = longer != 0
        begin = np.where(found, longer, begin)
        longest = np.where(found, longest + np.uint64(1 << power), longest)
    return longest.astype(np.int64)
