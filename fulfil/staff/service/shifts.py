"""Shifts: available, on a break, off. Work in hand stays with its person; nothing new is offered."""

from __future__ import annotations

from sqlalchemy import select

from fulfil.contracts.fulfilment import ShiftChanged
from fulfil.kit import moves
from fulfil.kit.db import Tx
from fulfil.staff.errors import UnknownPerson
from fulfil.staff.model import Shift
from fulfil.staff.service import roster
from fulfil.staff.states import SHIFT, ShiftState


def set_shift(tx: Tx, person_id: int, state: str, session_id: int | None, *, actor: str) -> None:
    """Say what somebody is now; saying it again changes nothing. Raises IllegalMove (a break from off)."""
    row = tx.lock(select(*Shift.__table__.columns).where(Shift.person_id == person_id))
    if row is None:
        raise UnknownPerson()
    if row.state != state:
        started = {"started_at": tx.now} if row.state == ShiftState.OFF else {}
        started |= roster.ahead(tx, person_id)
        moves.move(tx, Shift, SHIFT, row, state, actor=actor, since=tx.now, session_id=session_id, **started)
        tx.hint(f"board:{row.store_id}")
    if row.state != state or state == ShiftState.AVAILABLE:
        tx.publish(ShiftChanged(store_id=row.store_id, person_id=person_id, state=state))
