"""Open shortages: reservations that the shelf does not cover (floor rule 7)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.engine import Row

from fulfil.kit.db import Tx
from fulfil.trade.stock import queries, rules
from fulfil.trade.stock.model import StockShortage


def settle(tx: Tx, store_id: int, sku: str) -> None:
    """Open and close shortages of a sku until they say what on_hand lacks now. Call with its row locked."""
    row = queries.stock(tx, store_id, sku)
    deficit = row.reserved + row.quarantine - row.on_hand
    opened = queries.open_shortages(tx, store_id, sku)
    if deficit <= 0 and not opened:
        return
    wanted = rules.short_lines(deficit, _held(tx, store_id, sku)) if deficit > 0 else {}
    for shortage in opened:
        if wanted.get((shortage.order_no, shortage.line_no)) == shortage.quantity:
            del wanted[shortage.order_no, shortage.line_no]
        else:
            tx.update(StockShortage, {"id": shortage.id}, state="closed", closed_at=tx.now)
    tx.insert_many(
        StockShortage,
        [
            {
                "store_id": store_id,
                "sku": sku,
                "order_no": order_no,
                "line_no": line_no,
                "quantity": quantity,
                "state": "open",
                "opened_at": tx.now,
            }
            for (order_no, line_no), quantity in wanted.items()
        ],
    )


def settle_open(tx: Tx, store_id: int, skus: Collection[str]) -> None:
    """Settle those of `skus` that have an open shortage, which are few: an order gave something back."""
    for sku in queries.short_skus(tx, store_id, skus):
        settle(tx, store_id, sku)


def _held(tx: Tx, store_id: int, sku: str) -> list[rules.Held]:
    left = dict(queries.picked(tx, store_id, sku))
    held = []
    for row in queries.reservations_of(tx, store_id, sku):
        held.append(_minus_picked(row, left))
    return held


def _minus_picked(row: Row, left: dict[int, int]) -> rules.Held:
    """An order may hold a sku on several lines: what it picked counts against the first of them."""
    picked = min(row.quantity, left.get(row.order_no, 0))
    left[row.order_no] = left.get(row.order_no, 0) - picked
    return rules.Held(row.order_no, row.line_no, row.quantity - picked, row.due_at)


def end_shortages(tx: Tx, store_id: int, order_no: int) -> None:
    """An order that holds nothing any more lacks nothing."""
    tx.update(
        StockShortage,
        StockShortage.store_id == store_id,
        StockShortage.order_no == order_no,
        StockShortage.state == "open",
        state="closed",
        closed_at=tx.now,
    )
