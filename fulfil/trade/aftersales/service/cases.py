"""Cases: opened once for each source, moved as their money moves.

Every use case locks the order's row first, so cases of one order are decided one after the other; what was
given before is read inside that lock.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from fulfil.kit.db import Tx
from fulfil.kit.moves import begin, move
from fulfil.trade.aftersales import queries
from fulfil.trade.aftersales.model import Case
from fulfil.trade.aftersales.states import CASE, Kind


def open_case(
    tx: Tx,
    order: Row,
    kind: Kind,
    source_ref: str,
    reason: str,
    line_no: int | None = None,
    quantity: int | None = None,
    *,
    actor: str = "system",
    note: str | None = None,
) -> int:
    """Write the case of this source; `line_no` and `quantity` say what of the order it is about.

    `actor` is who brings it and `note` what they wrote.
    """
    case_id = tx.number()
    tx.insert(
        Case,
        id=case_id,
        store_id=order.store_id,
        order_no=order.id,
        kind=kind,
        source_ref=source_ref,
        state=CASE.initial,
        version=1,
        reason=reason,
        line_no=line_no,
        quantity=quantity,
        created_at=tx.now,
        note=note,
    )
    begin(
        tx,
        Case,
        CASE,
        case_id,
        store_id=order.store_id,
        order_no=order.id,
        actor=actor,
        detail={"kind": kind},
    )
    return case_id


def move_case(
    tx: Tx, case_id: int, event: str, *, actor: str = "system", reason: str = "", **changes: Any
) -> None:
    """Move a case, whatever state it is in now. Raises IllegalMove."""
    row = queries.case_row(tx, case_id)
    assert row is not None, "a refund belongs to a case"
    move(tx, Case, CASE, row, event, actor=actor, reason=reason, **changes)
