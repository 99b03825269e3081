"""What is on sale: a product that several people could not find goes off, until somebody has looked (F6)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Row

from fulfil.contracts.fulfilment import StockoutReported
from fulfil.kit import moves
from fulfil.kit.db import Tx
from fulfil.store import queries as stores
from fulfil.trade.catalog import queries, rules
from fulfil.trade.catalog.errors import UnknownProduct
from fulfil.trade.catalog.model import Product

REPORTED = "reported_short"


def on_stockout(tx: Tx, event: StockoutReported) -> None:
    """Take the product off sale once reports of enough orders say that it is not on its shelf."""
    policy = rules.Delisting.of(stores.store(tx, event.store_id).policy)
    row = queries.product(tx, event.store_id, event.sku, lock=True)
    if row is None or not row.on_sale or event.shelf_effect == "none":
        return
    since = max(tx.now - timedelta(hours=policy.hours), row.updated_at)
    reports = tx.kit.services["stockouts"](tx, event.store_id, event.sku, since)
    if reports >= policy.reports:
        _put(tx, row, on_sale=False, reason=REPORTED, actor="system", detail={"reports": reports})


def sell(tx: Tx, store_id: int, sku: str, *, on_sale: bool, reason: str, actor: str) -> None:
    """Somebody puts a product on sale or takes it off; a repeat changes nothing. Raises UnknownProduct."""
    row = queries.product(tx, store_id, sku, lock=True)
    if row is None:
        raise UnknownProduct()
    if row.on_sale != on_sale:
        _put(tx, row, on_sale=on_sale, reason=reason, actor=actor, detail={})


def _put(tx: Tx, row: Row, *, on_sale: bool, reason: str, actor: str, detail: dict) -> None:
    """`updated_at` moves, too: what was reported before somebody had looked counts no more."""
    tx.update(
        Product,
        {"store_id": row.store_id, "sku": row.sku},
        on_sale=on_sale,
        version=row.version + 1,
        updated_at=tx.now,
        off_sale_reason="" if on_sale else reason,
        off_sale_at=None if on_sale else tx.now,
    )
    moves.record(
        tx,
        store_id=row.store_id,
        entity="stores",
        entity_id=row.store_id,
        actor=actor,
        reason=reason,
        event="on_sale" if on_sale else "off_sale",
        detail={"sku": row.sku, **detail},
    )
    tx.hint(f"board:{row.store_id}")
