"""What the figures of aftersales are counted from."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Row

from fulfil.kit.db import Tx
from fulfil.trade.aftersales.model import Case, Refund
from fulfil.trade.aftersales.states import CASE

_REFUNDS = select(Refund.created_at, Refund.amount).where(
    Refund.store_id == bindparam("store"),
    Refund.created_at >= bindparam("since", type_=Refund.created_at.type),
)
_OPEN = select(Case.created_at).where(
    Case.store_id == bindparam("store"), Case.state.not_in(sorted(CASE.terminal))
)


def refunds_since(tx: Tx, store_id: int, since: datetime) -> list[Row]:
    """When each refund of a shop was asked for since then, and of how much, minor units."""
    return tx.all(_REFUNDS, {"store": store_id, "since": since})


def open_cases_since(tx: Tx, store_id: int) -> list[datetime]:
    """Since when each case of a shop is open that has not ended."""
    return tx.scalars(_OPEN, {"store": store_id})
