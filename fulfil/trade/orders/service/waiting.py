"""The shop closed before anybody began: its customers wait, or get their money back (floor rule 10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fulfil.contracts.fulfilment import OrderHeldBack
from fulfil.kit import moves
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.trade.orders import queries
from fulfil.trade.orders.errors import NothingToWaitFor
from fulfil.trade.orders.model import Order
from fulfil.trade.orders.service.access import lock
from fulfil.trade.orders.service.cancelling import cancel
from fulfil.trade.orders.service.slipping import send
from fulfil.trade.orders.states import OrderState

GIVE_UP, REASON = "orders.give_up", "shop_closed"
SILENT = timedelta(minutes=15)


def ask(tx: Tx, held: OrderHeldBack) -> None:
    """Tell the customer that the shop is closed, and until when they may say that they wait."""
    row = queries.order(tx, held.order_no)
    if row.state != OrderState.PAID:
        return
    kind = "shop_closed" if held.opens_at is None else "shop_opens"
    moves.record(
        tx,
        store_id=row.store_id,
        order_no=row.id,
        entity=Order.__tablename__,
        entity_id=row.id,
        event="held_back",
        reason=REASON,
        detail={"opens_at": rfc3339(held.opens_at)},
    )
    send(
        tx,
        row,
        kind,
        held.opens_at or tx.now + SILENT,
        key=f"{kind}:{row.id}:{rfc3339(tx.now)}",
        minutes=round(SILENT.total_seconds() / 60),
    )
    tx.kit.tasks.add(tx, GIVE_UP, {"order_no": row.id, "asked_at": rfc3339(tx.now)}, run_at=tx.now + SILENT)
    tx.hint(f"track:{row.id}")


def keep(tx: Tx, order_no: int, actor: str) -> None:
    """The customer waits until the shop opens. Safe to repeat. Raises NothingToWaitFor."""
    row = lock(tx, order_no)
    if not queries.waits_for_shop(tx, row):
        raise NothingToWaitFor()
    if queries.asked_to_wait(tx, row) is not None:
        moves.record(
            tx,
            store_id=row.store_id,
            order_no=row.id,
            entity=Order.__tablename__,
            entity_id=row.id,
            event="kept",
            actor=actor,
        )
        tx.hint(f"track:{row.id}")


def give_up(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Timer: nobody said that they wait, so the order is cancelled. Harmless when the shop is open again.

    A shop that opened and closed once more asks anew: each question has its own quarter of an hour.
    """
    row = lock(tx, payload["order_no"])
    if rfc3339(queries.asked_to_wait(tx, row)) == payload["asked_at"]:
        cancel(tx, row.id, "system", REASON)
