"""The roster: who is to work when, with their breaks. Whoever is on duty knows from it what lies ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from fulfil.kit import moves
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.security import Principal
from fulfil.staff import queries, rules
from fulfil.staff.errors import BreakPassed, ShiftImpossible, UnknownBreak, UnknownPerson, UnknownPlannedShift
from fulfil.staff.model import PlannedShift, Shift
from fulfil.staff.states import ShiftState


def plan_shifts(tx: Tx, store_id: int, shifts: Sequence[Mapping[str, Any]], *, by: Principal) -> None:
    """Put shifts on the roster: `person_id, starts_at, ends_at, breaks` of `starts_at, ends_at`.

    Each takes the place of those of the same person that it overlaps, so a roster may be sent again. Raises
    UnknownPerson, ShiftImpossible.
    """
    for person_id in sorted({planned["person_id"] for planned in shifts}):
        tx.one(_LOCKED, {"id": person_id})  # else two rosters at once would both be kept
    for planned in shifts:
        person_id, starts_at, ends_at = planned["person_id"], planned["starts_at"], planned["ends_at"]
        breaks = sorted((rest["starts_at"], rest["ends_at"]) for rest in planned["breaks"])
        if queries.person(tx, person_id).store_id != store_id:
            raise UnknownPerson()
        if not rules.possible(starts_at, ends_at, breaks):
            raise ShiftImpossible(person_id=str(person_id), starts_at=rfc3339(starts_at))
        tx.delete(
            PlannedShift,
            PlannedShift.person_id == person_id,
            PlannedShift.starts_at < ends_at,
            PlannedShift.ends_at > starts_at,
        )
        tx.insert(
            PlannedShift,
            id=tx.number(),
            store_id=store_id,
            person_id=person_id,
            starts_at=starts_at,
            ends_at=ends_at,
            breaks=_texts(breaks),
        )
        _audit(tx, store_id, person_id, "shift_planned", by, starts_at, ends_at)
        _look_ahead(tx, person_id)


def move_break(
    tx: Tx, store_id: int, planned_shift_id: int, starts_at: datetime, to: datetime, *, by: Principal
) -> None:
    """Let a planned break begin at another time. Whoever is on duty gets work that ends before it at once.

    Raises UnknownPlannedShift, UnknownBreak, BreakPassed, ShiftImpossible.
    """
    row = queries.planned_shift(tx, planned_shift_id)
    if row is None or row.store_id != store_id:
        raise UnknownPlannedShift()
    tx.one(_LOCKED, {"id": row.person_id})
    row = queries.planned_shift(tx, planned_shift_id)
    if row is None:
        raise UnknownPlannedShift()
    breaks = rules.moved(
        [(rest["starts_at"], rest["ends_at"]) for rest in queries.breaks_of(row)], starts_at, to
    )
    if breaks is None:
        raise UnknownBreak()
    if min(starts_at, to) <= tx.now:
        raise BreakPassed()
    if not rules.possible(row.starts_at, row.ends_at, breaks):
        raise ShiftImpossible(person_id=str(row.person_id), starts_at=rfc3339(row.starts_at))
    tx.update(PlannedShift, {"id": row.id}, breaks=_texts(breaks))
    _audit(tx, store_id, row.person_id, "break_moved", by, starts_at, to)
    _look_ahead(tx, row.person_id)


def unplan_shift(tx: Tx, store_id: int, planned_shift_id: int, *, by: Principal) -> None:
    """Take a shift off the roster. Raises UnknownPlannedShift."""
    row = queries.planned_shift(tx, planned_shift_id)
    if row is None or row.store_id != store_id:
        raise UnknownPlannedShift()
    tx.delete(PlannedShift, {"id": row.id})
    _audit(tx, store_id, row.person_id, "shift_unplanned", by, row.starts_at, row.ends_at)
    _look_ahead(tx, row.person_id)


def ahead(tx: Tx, person_id: int) -> dict[str, datetime | None]:
    """What lies before somebody on duty, as columns of their shift: its planned end and the next break."""
    row = queries.planned_now(tx, person_id, tx.now)
    if row is None:
        return {"ends_at": None, "break_at": None, "break_ends_at": None}
    breaks = queries.breaks_of(row)
    start, end = rules.next_break(tx.now, [(rest["starts_at"], rest["ends_at"]) for rest in breaks])
    return {"ends_at": row.ends_at, "break_at": start, "break_ends_at": end}


def pass_breaks(tx: Tx) -> None:
    """Sweep: whoever is on duty and has a planned break behind them looks forward to the next one."""
    for person_id in tx.scalars(_BREAK_OVER, {"now": tx.now}):
        _look_ahead(tx, person_id)


_BREAK_OVER = (
    select(Shift.person_id)
    .where(
        Shift.state != ShiftState.OFF, Shift.break_ends_at <= bindparam("now", type_=Shift.break_ends_at.type)
    )
    .order_by(Shift.person_id)
)
_LOCKED = select(Shift.state, Shift.store_id).where(Shift.person_id == bindparam("id")).with_for_update()


def _texts(breaks: Sequence[rules.Rest]) -> list[list[str | None]]:
    return [[rfc3339(start), rfc3339(end)] for start, end in breaks]


def _look_ahead(tx: Tx, person_id: int) -> None:
    shift = tx.one(_LOCKED, {"id": person_id})
    if shift.state != ShiftState.OFF:
        tx.update(Shift, {"person_id": person_id}, **ahead(tx, person_id))
        tx.hint(f"board:{shift.store_id}")


def _audit(
    tx: Tx, store_id: int, person_id: int, event: str, by: Principal, starts_at: datetime, ends_at: datetime
) -> None:
    moves.record(
        tx,
        store_id=store_id,
        entity="people",
        entity_id=person_id,
        event=event,
        actor=by.name,
        detail={"starts_at": rfc3339(starts_at), "ends_at": rfc3339(ends_at)},
    )
