"""Old stock movements become one carried movement for each sku of a shop, so on hand stays their sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from fulfil.kit.db import Tx
from fulfil.trade.stock.model import StockMovement

CARRIED, ACTOR = "carried", "system"
_M = StockMovement.__table__.c


def carry(tx: Tx, movements: Iterable[Mapping[str, Any]]) -> None:
    """Add to the carried sums what these movements, which are deleted in the same transaction, came to."""
    sums: Counter[tuple[int, str]] = Counter()
    for moved in movements:
        sums[moved["store_id"], moved["sku"]] += moved["delta"]
    for (store_id, sku), delta in sorted(sums.items()):
        tx.change(
            _ADD[tx.dialect],
            {
                "store_id": store_id,
                "sku": sku,
                "delta": delta,
                "asked": delta,
                "kind": CARRIED,
                "source_ref": f"{CARRIED}:{sku}",
                "order_no": None,
                "actor": ACTOR,
                "at": tx.now,
            },
        )


def _adding(insert: Any) -> sa.Insert:
    given = insert(StockMovement.__table__)
    return given.on_conflict_do_update(
        index_elements=["store_id", "source_ref"],
        set_={
            "delta": _M.delta + given.excluded.delta,
            "asked": _M.asked + given.excluded.asked,
            "at": given.excluded.at,
        },
    )


_ADD = {"sqlite": _adding(sqlite.insert), "postgresql": _adding(postgresql.insert)}
