"""Walking through a table from its oldest row on, a few rows at a time, so that a live shop never waits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fulfil.kit.columns import EPOCH, Utc
from fulfil.kit.db import Tx
from fulfil.kit.statements import among

UNTIL = sa.bindparam("until", type_=Utc)  # in conditions: what is older has had its time
FIRST: dict[type, Any] = {int: -1, str: ""}


class Walk:
    """Looks at `rows` rows of `model` in the order of `key`, then goes on behind them the next time.

    At the end it begins anew, and at the first younger rows, too, where keys grow with the time `age`.
    `by_age` goes in the order of an index on (age, key), of the rows that `index` names. Old rows count
    where `where` holds, which may name UNTIL. Where the walk stands is known to this process only: nothing
    is lost when that is forgotten, and a row that must stay never holds up the others.
    """

    def __init__(
        self,
        model: Any,
        key: str,
        age: str,
        rows: int,
        *,
        where: Any = None,
        grows: bool = True,
        by_age: bool = False,
        index: Any = None,
    ) -> None:
        table = model.__table__
        self._key, self._rows, self._stops = table.c[key], rows, grows or by_age
        self._start = (EPOCH, FIRST[self._key.type.python_type])
        self._after = self._start
        place = (table.c[age], self._key) if by_age else (self._key,)
        names = ("age", "key") if by_age else ("key",)
        after = [sa.bindparam(name, type_=column.type) for name, column in zip(names, place, strict=True)]
        behind = sa.tuple_(*place) > sa.tuple_(*after) if by_age else self._key > after[0]
        self._seen = (
            sa.select(self._key, table.c[age].label("at"))
            .order_by(*place)
            .limit(rows)
            .where(behind, *([] if index is None else [index]))
        )
        self._held = None if where is None else sa.select(self._key).where(among(self._key, "keys"), where)

    def next(self, tx: Tx, until: datetime, *, most: int | None = None) -> list[Any]:
        """Keys, `most` at once, of the rows among the next ones that count and are older than `until`."""
        after = {"age": self._after[0], "key": self._after[1]}
        seen = [(row.at, row[0]) for row in tx.all(self._seen, after)]
        old = [place for place in seen if place[0] < until]
        chosen = self._chosen(tx, [key for _, key in old], until)
        if most is not None and len(chosen) > most:
            last = chosen[most - 1]
            self._after = next(place for place in old if place[1] == last)
            return chosen[:most]
        ends = len(seen) < self._rows or (self._stops and seen[-1][0] >= until)
        self._after = self._start if ends else seen[-1]
        return chosen

    def _chosen(self, tx: Tx, keys: list[Any], until: datetime) -> list[Any]:
        """Those that count, in the order of the walk."""
        if not keys or self._held is None:
            return keys
        held = set(tx.scalars(self._held, {"keys": keys, "until": until}))
        return [key for key in keys if key in held]
