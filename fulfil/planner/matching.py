"""`dispatch.rules.matching` for many hands: which rows by bits, which column by a compiled solver."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from fulfil.dispatch.rules.matching import NOBODY


def match(rows: Iterable[Sequence[float]], columns: int) -> list[int]:
    """The row of each column, NOBODY where none has it, at the price of `dispatch.rules.matching.match`."""
    possible, numbers, kept = _Possible(columns), [], []
    for number, row in enumerate(rows):
        prices = np.array(row)
        if possible.add(prices):
            numbers.append(number)
            kept.append(prices)
        if len(kept) == columns:
            break
    owner = [NOBODY] * columns
    if kept:
        for row, column in zip(*linear_sum_assignment(np.array(kept)), strict=True):
            owner[column] = numbers[row]
    return owner


class _Possible:
    """Rows that can all have a column at once; columns are bits."""

    def __init__(self, columns: int) -> None:
        self._free = (1 << columns) - 1
        self._owner: dict[int, int] = {}  # column → row
        self._may: list[int] = []

    def add(self, prices: np.ndarray) -> bool:
        """Whether a new row fits beside those that are here, wherever these have to move."""
        bits = np.packbits(np.isfinite(prices), bitorder="little")
        self._may.append(int.from_bytes(bits.tobytes(), "little"))
        last = len(self._may) - 1
        tried, taken_by, queue = 0, {}, [last]
        for row in queue:
            reached = self._may[row] & ~tried
            if free := reached & self._free:
                self._move(free & -free, row, taken_by, last)
                return True
            tried |= reached
            while reached:
                column = reached & -reached
                reached ^= column
                taken_by[column] = row
                queue.append(self._owner[column])
        return False

    def _move(self, column: int, row: int, taken_by: dict[int, int], last: int) -> None:
        """Along the path: each row takes the column it reached, the one it had goes to the row before."""
        self._free ^= column
        held = {owner: place for place, owner in self._owner.items()}
        while True:
            self._owner[column] = row
            if row == last:
                return
            column = held[row]
            row = taken_by[column]
