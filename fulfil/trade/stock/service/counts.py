"""Shelves that somebody shall count: what asks for it, and what a picker counted (floor rules 6, 7)."""

from __future__ import annotations

from fulfil.contracts.fulfilment import ShelfCounted, ShelfNotEmpty
from fulfil.contracts.trade import OrderEvent, ShelfToCount
from fulfil.kit.db import Tx
from fulfil.store import queries as stores
from fulfil.trade.stock import queries, rules
from fulfil.trade.stock.model import StockCount
from fulfil.trade.stock.service.books import count_shelf

NOT_EMPTY = "not_empty"


def let_count(tx: Tx, cause: OrderEvent, sku: str, reason: str) -> None:
    """Somebody shall count a shelf, because of what was found for an order: one task, however many ask."""
    count_id = tx.number()
    opened = tx.insert_new(
        StockCount,
        id=count_id,
        store_id=cause.store_id,
        sku=sku,
        state="open",
        reason=reason,
        first=None,
        opened_at=tx.now,
        ended_at=None,
    )
    if opened is not None:
        _ask(tx, cause, count_id, sku, second=False)


def on_not_empty(tx: Tx, seen: ShelfNotEmpty) -> None:
    """There is more on a shelf than the books know of."""
    let_count(tx, seen, seen.sku, NOT_EMPTY)


def on_counted(tx: Tx, counted: ShelfCounted) -> None:
    """The books follow a count; one that is far from them is made a second time first.

    A count whose task has ended meanwhile changes nothing.
    """
    queries.stock(tx, counted.store_id, counted.sku, lock=True)
    task = queries.open_count(tx, counted.store_id, counted.sku)
    if task is None or task.id != counted.count_id:
        return
    booked = queries.view(tx, counted.store_id, counted.sku)["shelf"]
    if task.first is None and _is_far(tx, counted, booked):
        tx.update(StockCount, {"id": task.id}, first=counted.quantity)
        _ask(tx, counted, task.id, counted.sku, second=True)
        return
    count_shelf(tx, counted.store_id, counted.sku, counted.quantity, counted.by)


def _is_far(tx: Tx, counted: ShelfCounted, booked: int) -> bool:
    item = stores.item(tx, counted.store_id, counted.sku)
    policy = stores.store(tx, counted.store_id).policy
    return rules.count_again(counted.quantity, booked, policy, weighed=item is not None and item.weighed)


def _ask(tx: Tx, cause: OrderEvent, count_id: int, sku: str, *, second: bool) -> None:
    tx.publish(
        ShelfToCount(
            order_no=cause.order_no, store_id=cause.store_id, count_id=count_id, sku=sku, second=second
        )
    )
    tx.hint(f"board:{cause.store_id}")
