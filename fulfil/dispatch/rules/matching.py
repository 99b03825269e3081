"""The cheapest matching of rows to columns in which an earlier row never yields to a later one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf

NOBODY = -1


def match(rows: Iterable[Sequence[float]], columns: int) -> list[int]:
    """The row of each column, NOBODY where none has it; `rows` hold a price for each column, or `inf`.

    Rows come one by one, and each finds its column by the shortest augmenting path (Jonker and Volgenant
    1987; Crouse 2016). A row that has its column keeps one, so a later row only gets what is left over or
    what others can do without: which rows are served is lexicographically the best there is (Edmonds 1971:
    sets that can be matched are a matroid), and for those rows the sum of prices is the least. No more rows
    are read than are needed to fill all columns.
    """
    matching = _Matching(columns)
    free = columns
    for row in rows:
        free -= matching.add(row)
        if not free:
            break
    return matching.owner


class _Matching:
    """Rows so far; `owner` is the row of each column. Their prices prove that nothing is cheaper."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.owner = [NOBODY] * columns
        self._rows: list[Sequence[float]] = []
        self._row_price: list[float] = []
        self._column_price = [0.0] * columns
        self._column: list[int] = []

    def add(self, row: Sequence[float]) -> bool:
        """Give a new row its column, moving others where that is cheapest; whether there is one."""
        number = len(self._rows)
        self._rows.append(row)
        self._row_price.append(0.0)
        self._column.append(NOBODY)
        length, before, order, sink = self._shortest(number)
        if sink == NOBODY:
            return False
        self._reprice(number, length, order, length[sink])
        self._augment(number, before, sink)
        return True

    def _shortest(self, number: int) -> tuple[list[float], list[int], list[int], int]:
        """Dijkstra over reduced prices: lengths, the row before each column, columns passed, the free one."""
        length, before = [inf] * self.columns, [NOBODY] * self.columns
        open_columns, passed = list(range(self.columns)), []
        owner, column_price, current, low = self.owner, self._column_price, number, 0.0
        while open_columns:
            row, offset = self._rows[current], low - self._row_price[current]
            nearest, shortest = NOBODY, inf
            for column in open_columns:
                reach = row[column] + offset - column_price[column]
                if reach < length[column]:
                    length[column], before[column] = reach, current
                if length[column] < shortest:
                    nearest, shortest = column, length[column]
                elif (
                    length[column] == shortest
                    and nearest != NOBODY
                    and owner[nearest] != NOBODY
                    and owner[column] == NOBODY
                ):
                    nearest = column
            if nearest == NOBODY:
                break
            if owner[nearest] == NOBODY:
                return length, before, passed, nearest
            passed.append(nearest)
            open_columns.remove(nearest)
            current, low = owner[nearest], shortest
        return length, before, passed, NOBODY

    def _reprice(self, number: int, length: Sequence[float], passed: Sequence[int], low: float) -> None:
        self._row_price[number] += low
        for column in passed:
            self._row_price[self.owner[column]] += low - length[column]
            self._column_price[column] -= low - length[column]

    def _augment(self, number: int, before: Sequence[int], sink: int) -> None:
        column, row = sink, NOBODY
        while row != number:
            row = before[column]
            self.owner[column] = row
            self._column[row], column = column, self._column[row]
