"""Complaints and goods that come back: their lines, their photos, what is taken of an order's lines."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Row, bindparam, func, select

from fulfil.kit.db import Tx
from fulfil.kit.moves import History
from fulfil.kit.statements import among, one_of
from fulfil.trade.aftersales.model import Case, CaseLine, CasePhoto, RefundItem
from fulfil.trade.aftersales.states import CaseState, Kind

_C, _L, _P = Case.__table__.c, CaseLine.__table__.c, CasePhoto.__table__.c
_I = RefundItem.__table__.c
_LINES = select(*_L).where(_L.case_id == bindparam("the_case")).order_by(_L.line_no)
_TAKEN = (
    select(_L.line_no, func.sum(func.coalesce(_L.approved, _L.quantity)).label("quantity"))
    .select_from(_L.case_id.table.join(_C.id.table, _C.id == _L.case_id))
    .where(
        _L.order_no == bindparam("the_order"),
        _L.case_id != bindparam("but"),
        one_of(_C.state, CaseState.AUDIT, CaseState.RETURNING, CaseState.APPROVED),
    )
    .group_by(_L.line_no)
)
_PROMISED = (
    select(_L.line_no, func.sum(_L.approved).label("quantity"))
    .select_from(_L.case_id.table.join(_C.id.table, _C.id == _L.case_id))
    .where(
        _L.order_no == bindparam("the_order"),
        _L.case_id != bindparam("but"),
        one_of(_C.kind, Kind.COMPLAINT),
        one_of(_C.state, CaseState.RETURNING, CaseState.APPROVED),
    )
    .group_by(_L.line_no)
)
_LAST = History.__table__.c
_WAITING = (
    select(*_C, _LAST.at.label("since"))
    .select_from(
        _C.id.table.join(
            _LAST.at.table,
            one_of(_LAST.entity, Case.__tablename__) & (_LAST.entity_id == _C.id) & (_LAST.seq == _C.version),
        )
    )
    .where(
        one_of(_C.state, CaseState.AUDIT, CaseState.APPROVED, CaseState.RETURNING, CaseState.FAILED),
        _LAST.at < bindparam("instant", type_=_LAST.at.type),
    )
    .order_by(_C.store_id, _C.id)
)
_AT_COUNTER = select(*_L).where(
    _L.put_back_ticket == bindparam("the_ticket"), _L.line_no == bindparam("the_line")
)
_STRAYS = (
    select(_P.id)
    .where(
        _P.order_no == bindparam("the_order"), _P.case_id.is_(None), _P.key.is_(None), among(_P.id, "photos")
    )
    .order_by(_P.id)
)
_PHOTOS_OF_ORDER = (
    select(func.count())
    .select_from(_P.id.table)
    .where(_P.order_no == bindparam("the_order"), _P.key.is_not(None) == bindparam("of_shelves"))
)
_PHOTO = select(*_P).where(_P.id == bindparam("the_photo"))
_SHELF_PHOTO = select(*_P).where(_P.order_no == bindparam("the_order"), _P.key == bindparam("the_key"))
_PHOTO_IDS = (
    select(_P.id)
    .where(_P.order_no == bindparam("the_order"), _P.case_id == bindparam("the_case"))
    .order_by(_P.id)
)
_COMPLAINTS = (
    select(func.count())
    .select_from(_C.id.table)
    .where(_C.order_no == bindparam("the_order"), one_of(_C.kind, Kind.COMPLAINT))
)
_GIVEN = (
    select(func.coalesce(func.sum(_I.amount), 0))
    .select_from(_I.amount.table.join(_C.id.table, _C.id == _I.case_id))
    .where(_I.order_no == bindparam("the_order"), one_of(_C.kind, Kind.COMPLAINT))
)
_UNTOLD = (
    select(*_C)
    .where(
        _C.order_no == bindparam("the_order"),
        one_of(_C.kind, Kind.STOCKOUT),
        _C.told_at.is_(None),
        _C.state != CaseState.OPEN,
    )
    .order_by(_C.id)
)
_CASE = select(*_C).where(_C.id == bindparam("the_case"))
_STEP = select(_LAST.at).where(
    _LAST.entity == Case.__tablename__,
    _LAST.entity_id == bindparam("the_case"),
    _LAST.seq == bindparam("version"),
)


def case_seen(tx: Tx, case_id: int) -> Row | None:
    """A case as it is now, not locked."""
    return tx.one(_CASE, {"the_case": case_id})


def untold(tx: Tx, order_no: int) -> list[Row]:
    """Stock-outs of an order that are decided and that its customer has not been told of."""
    return tx.all(_UNTOLD, {"the_order": order_no})


def case_lines(tx: Tx, case_id: int) -> list[Row]:
    """What a complaint or a refusal is about, by line."""
    return tx.all(_LINES, {"the_case": case_id})


def taken(tx: Tx, order_no: int, *, but: int = 0) -> dict[int, int]:
    """How much of each line is spoken of in complaints without a refund yet, but for one of them."""
    rows = tx.all(_TAKEN, {"the_order": order_no, "but": but})
    return {row.line_no: int(row.quantity) for row in rows}


def promised(tx: Tx, order_no: int, *, but: int = 0) -> dict[int, int]:
    """How much of each line complaints were granted for which nothing has gone back yet, but for one."""
    rows = tx.all(_PROMISED, {"the_order": order_no, "but": but})
    return {row.line_no: int(row.quantity) for row in rows}


def last_step_at(tx: Tx, case: Row) -> datetime:
    """When a case came to the state in which it is."""
    return tx.scalar(_STEP, {"the_case": case.id, "version": case.version})


def waiting_since(tx: Tx, instant: datetime) -> list[Row]:
    """Cases of all shops that have waited for somebody since before `instant`; `since` says how long."""
    return tx.all(_WAITING, {"instant": instant})


def complaints_of(tx: Tx, order_no: int) -> int:
    """How often a customer has complained of an order, whatever became of it."""
    return tx.scalar(_COMPLAINTS, {"the_order": order_no})


def given_for_complaints(tx: Tx, order_no: int) -> int:
    """What an order's complaints have given back so far, minor units."""
    return int(tx.scalar(_GIVEN, {"the_order": order_no}))


def inspected_on(tx: Tx, ticket_id: int, line_no: int) -> Row | None:
    """The line of a case whose goods this put-back ticket inspects."""
    return tx.one(_AT_COUNTER, {"the_ticket": ticket_id, "the_line": line_no})


def stray_photos(tx: Tx, order_no: int, photos: list[int]) -> list[int]:
    """Those of the photos that the order's customer took and that are of no case yet."""
    return tx.scalars(_STRAYS, {"the_order": order_no, "photos": photos})


def shelf_photo(tx: Tx, order_no: int, key: str) -> Row | None:
    """The picture of a shelf that a picker's handheld named so."""
    return tx.one(_SHELF_PHOTO, {"the_order": order_no, "the_key": key})


def photos_of_order(tx: Tx, order_no: int, *, of_shelves: bool) -> int:
    """How many pictures an order has: of shelves, from pickers, or from its customer."""
    return tx.scalar(_PHOTOS_OF_ORDER, {"the_order": order_no, "of_shelves": of_shelves})


def photo(tx: Tx, photo_id: int) -> Row | None:
    return tx.one(_PHOTO, {"the_photo": photo_id})


def photo_ids(tx: Tx, order_no: int, case_id: int) -> list[int]:
    return tx.scalars(_PHOTO_IDS, {"the_order": order_no, "the_case": case_id})
