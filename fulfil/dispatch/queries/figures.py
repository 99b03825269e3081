"""What the floor's figures are counted from."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Row

from fulfil.dispatch.model import StockoutReport
from fulfil.kit.db import Tx

_REPORTS = select(StockoutReport.at, StockoutReport.reason).where(
    StockoutReport.store_id == bindparam("store"),
    StockoutReport.at >= bindparam("since", type_=StockoutReport.at.type),
)


def reports_since(tx: Tx, store_id: int, since: datetime) -> list[Row]:
    """When and why each stock-out of a shop was reported since then."""
    return tx.all(_REPORTS, {"store": store_id, "since": since})
