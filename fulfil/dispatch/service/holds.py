"""Reasons not to work on a ticket now: it is workable when none is left."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.engine import Row

from fulfil.dispatch.model import Hold
from fulfil.dispatch.service import tickets
from fulfil.kit import moves
from fulfil.kit.db import Tx


def place(tx: Tx, row: Row, reason: str, *, actor: str) -> None:
    """Add a reason not to work on a live ticket now."""
    tx.insert(
        Hold,
        id=tx.number(),
        store_id=row.store_id,
        ticket_id=row.id,
        reason=reason,
        placed_by=actor,
        placed_at=tx.now,
    )
    tickets.touch(tx, row, held=True)
    _record(tx, row, "hold", actor, {"reason": reason})


def release(tx: Tx, row: Row, reason: str, *, actor: str) -> None:
    """Take back what `actor` held a ticket for; other reasons stay. Harmless when there is none."""
    if not tx.update(
        Hold,
        Hold.ticket_id == row.id,
        Hold.released_at.is_(None),
        Hold.reason == reason,
        Hold.placed_by == actor,
        released_by=actor,
        released_at=tx.now,
    ):
        return
    left = still(tx, row.id)
    tickets.touch(tx, row, held=bool(left))
    tickets.ask_again(tx, row)
    _record(tx, row, "unhold", actor, {"left": left})


def still(tx: Tx, ticket_id: int) -> int:
    """How many reasons are left."""
    return len(tx.scalars(select(Hold.id).where(Hold.ticket_id == ticket_id, Hold.released_at.is_(None))))


def _record(tx: Tx, row: Row, event: str, actor: str, detail: dict) -> None:
    moves.record(
        tx,
        store_id=row.store_id,
        order_no=row.order_no,
        entity="tickets",
        entity_id=row.id,
        event=event,
        actor=actor,
        detail=detail,
    )
