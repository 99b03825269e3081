"""An order that is over for good leaves the live tables whole, and can still be read."""

from __future__ import annotations

import sqlalchemy as sa

from fulfil.kit.db import Base
from fulfil.retention.parts import PARTS
from fulfil.sim.inside import InsideShop
from fulfil.trade.orders.model import ArchivedOrder
from fulfil.trade.stock.model import Stock
from tests.retention.conftest import LongLived

ENDS = {"delivered": "closed", "short": "closed", "cancelled": "cancelled", "expired": "expired",
        "paid_late": "expired"}


def counts(shop: InsideShop) -> dict[str, int]:
    """Rows of every table."""
    with shop.kit.db.read() as tx:
        return {table.name: tx.scalar(sa.select(sa.func.count()).select_from(table))
                for table in Base.metadata.sorted_tables}


def test_orders_of_every_end_go_whole_and_all_invariants_hold(brief: LongLived) -> None:
    ends = brief.all_ends()
    on_hand = stock_of(brief)
    brief.pass_days(9)
    assert brief.violations() == []
    brief.pass_days(15)
    assert brief.violations() == []
    with brief.kit.db.read() as tx:
        kept = {str(row.order_no): row for row in tx.all(sa.select(*ArchivedOrder.__table__.c))}
    assert {name: kept[order_no].state for name, (_, order_no) in ends.items()} == ENDS
    left = counts(brief)
    assert {part.table.name: left[part.table.name] for part in PARTS
            if part.table.name not in ("history", "stock_movements") and left[part.table.name]} == {}
    assert stock_of(brief) == on_hand
    numbers = [int(order_no) for _, order_no in ends.values()]
    with brief.kit.db.read() as tx:
        for table in Base.metadata.sorted_tables:
            if "order_no" in table.c and table.name != "archived_orders":
                assert tx.scalar(sa.select(sa.func.count()).where(table.c.order_no.in_(numbers))) == 0, table
        entities = tx.scalars(sa.text("select distinct entity from history"))
    assert {"orders", "tickets", "pay_transactions", "payment_documents", "refunds"} & set(entities) == set()


def stock_of(shop: InsideShop) -> dict[str, int]:
    with shop.kit.db.read() as tx:
        return {row.sku: row.on_hand for row in tx.all(sa.select(Stock.sku, Stock.on_hand))}
