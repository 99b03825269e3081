"""The books: every change of on_hand is a movement; counts mean the shelf (floor rule 7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import bindparam, select, update

from fulfil.contracts.trade import ShelfCountEnded
from fulfil.kit.db import Tx
from fulfil.store import queries as store_queries
from fulfil.trade.stock import queries, rules
from fulfil.trade.stock.errors import SourceRefReused
from fulfil.trade.stock.model import Stock, StockCount, StockMovement
from fulfil.trade.stock.service.shortages import settle


def book(
    tx: Tx,
    store_id: int,
    sku: str,
    delta: int,
    *,
    kind: str,
    source_ref: str,
    actor: str,
    order_no: int | None = None,
    quarantine: int = 0,
) -> None:
    """Change on_hand by `delta` and quarantine by `quarantine`, neither below 0, and write the movement."""
    row = queries.stock(tx, store_id, sku, lock=True)
    moved = rules.posted(row.on_hand, delta)
    tx.insert(
        StockMovement,
        store_id=store_id,
        sku=sku,
        delta=moved,
        asked=delta,
        kind=kind,
        source_ref=source_ref,
        order_no=order_no,
        actor=actor,
        at=tx.now,
    )
    tx.update(
        Stock,
        {"store_id": store_id, "sku": sku},
        on_hand=row.on_hand + moved,
        quarantine=max(0, row.quarantine + quarantine),
        version=row.version + 1,
    )
    settle(tx, store_id, sku)


def post_movement(
    tx: Tx, store_id: int, sku: str, delta: int, source_ref: str, actor: str, *, adjusts: bool = False
) -> dict[str, Any]:
    """Book a receipt (+) or a till sale (−) once per `source_ref`; it always posts. Gives the sku's view.

    What `adjusts` is neither: somebody puts the books right.

    Raises UnknownSku, SourceRefReused when the same reference said something else before.
    """
    queries.stock(tx, store_id, sku, lock=True)
    before = queries.movement(tx, store_id, source_ref)
    if before is None:
        kind = "adjust" if adjusts else "sale" if delta < 0 else "receipt"
        book(tx, store_id, sku, delta, kind=kind, source_ref=source_ref, actor=actor)
    elif (before.sku, before.asked) != (sku, delta):
        raise SourceRefReused()
    return queries.view(tx, store_id, sku)


def count_shelf(tx: Tx, store_id: int, sku: str, shelf: int, actor: str) -> dict[str, Any]:
    """Somebody counted the shelf: on_hand follows, the task ends. Gives the sku's view. Raises UnknownSku."""
    row = queries.stock(tx, store_id, sku, lock=True)
    picked = sum(queries.picked(tx, store_id, sku).values())
    on_hand = rules.on_hand_of_count(shelf, picked, row.quarantine)
    book(
        tx, store_id, sku, on_hand - row.on_hand, kind="count", source_ref=f"count:{tx.number()}", actor=actor
    )
    task = queries.open_count(tx, store_id, sku)
    if task is not None:
        tx.update(StockCount, {"id": task.id}, state="counted", ended_at=tx.now)
        tx.publish(ShelfCountEnded(store_id=store_id, count_id=task.id))
    return queries.view(tx, store_id, sku)


def counted(tx: Tx, store_id: int, on_hand: Mapping[str, int], weighed: Collection[str], cause: str) -> None:
    """A catalogue file says what is on hand of each sku: new skus open with it, others are corrected.

    The caller has checked that nobody's reservation is undercut.
    """
    known = {
        row.sku: row.on_hand
        for row in tx.all(
            select(Stock.sku, Stock.on_hand)
            .where(Stock.store_id == store_id, Stock.sku.in_(sorted(on_hand)))
            .order_by(Stock.sku)
            .with_for_update()
        )
    }
    policy = store_queries.store(tx, store_id).policy
    tx.insert_many(
        Stock,
        [
            {
                "store_id": store_id,
                "sku": sku,
                "on_hand": quantity,
                "reserved": 0,
                "quarantine": 0,
                "buffer": rules.buffer(policy, sku in weighed),
                "version": 1,
            }
            for sku, quantity in on_hand.items()
            if sku not in known
        ],
    )
    changed = [{"the_sku": sku, "new_on_hand": on_hand[sku]} for sku in known if known[sku] != on_hand[sku]]
    if changed:
        tx.execute(
            update(Stock.__table__)
            .where(Stock.store_id == store_id, Stock.sku == bindparam("the_sku"))
            .values(on_hand=bindparam("new_on_hand"), version=Stock.version + 1),
            changed,
        )
    tx.insert_many(
        StockMovement,
        [
            {
                "store_id": store_id,
                "sku": sku,
                "delta": quantity - known.get(sku, 0),
                "asked": quantity - known.get(sku, 0),
                "kind": "count" if sku in known else "opening",
                "source_ref": f"{cause}:{sku}",
                "order_no": None,
                "actor": "system",
                "at": tx.now,
            }
            for sku, quantity in on_hand.items()
            if known.get(sku) != quantity
        ],
    )
