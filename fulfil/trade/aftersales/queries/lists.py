"""What the office sees: cases and refunds by shop, a case with its lines, its money and its photos."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select

from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.statements import one_of
from fulfil.store import queries as stores
from fulfil.trade.aftersales import rules
from fulfil.trade.aftersales.model import Case, Refund
from fulfil.trade.aftersales.queries.complaints import (
    case_lines,
    given_for_complaints,
    last_step_at,
    photo_ids,
    taken,
)
from fulfil.trade.aftersales.queries.documents import cases_of, given, lines_of
from fulfil.trade.aftersales.queries.loop import substitutions
from fulfil.trade.aftersales.states import CaseState, RefundState
from fulfil.trade.orders import queries as orders

# In the order of the indexes' conditions.
CASES_WAITING = (CaseState.AUDIT, CaseState.APPROVED, CaseState.RETURNING, CaseState.FAILED)
REFUNDS_WAITING = (RefundState.AUDIT, RefundState.FAILED, RefundState.OTHER_MEANS, RefundState.PAID_TWICE)
_CASES, _REFUNDS = select(*Case.__table__.c), select(*Refund.__table__.c)


def cases(
    tx: Tx, store_id: int, *, state: str | None, kind: str | None, before: int | None, limit: int
) -> list[Row]:
    """A shop's cases, newest first, older than `before`: those that wait for somebody, or all of a state."""
    asked = _page(_CASES, Case, store_id, before, limit)
    asked = asked.where(_waits(Case.state, CASES_WAITING, state))
    return tx.all(asked.where(Case.kind == kind) if kind else asked)


def refunds(tx: Tx, store_id: int, *, state: str | None, before: int | None, limit: int) -> list[Row]:
    """A shop's refunds, newest first, as `cases`."""
    asked = _page(_REFUNDS, Refund, store_id, before, limit)
    return tx.all(asked.where(_waits(Refund.state, REFUNDS_WAITING, state)))


def _page(asked: Select, model: Any, store_id: int, before: int | None, limit: int) -> Select:
    asked = asked.where(model.store_id == store_id).order_by(model.id.desc()).limit(limit)
    return asked if before is None else asked.where(model.id < before)


def _waits(column: Any, waiting: tuple[str, ...], state: str | None) -> ColumnElement[bool]:
    """The words of the partial index, too, where the state is one of them."""
    if state is None:
        return one_of(column, *waiting)
    return one_of(column, *waiting) & (column == state) if state in waiting else column == state


def case_head(row: Row) -> dict[str, Any]:
    """A case in a list, JSON-ready."""
    return {
        "case_id": str(row.id),
        "order_no": str(row.order_no),
        "store_id": str(row.store_id),
        "kind": row.kind,
        "state": row.state,
        "reason": row.reason,
        "note": row.note,
        "line_no": row.line_no,
        "quantity": row.quantity,
        "created_at": rfc3339(row.created_at),
        "decided_by": row.decided_by,
        "decided_at": rfc3339(row.decided_at),
        "decision_note": row.decision_note,
    }


def case_view(tx: Tx, row: Row) -> dict[str, Any]:
    """A case with what it is about, what it gives back and its photos, JSON-ready."""
    [told] = [case for case in cases_of(tx, row.order_no) if case["case_id"] == str(row.id)]
    return {
        **case_head(row),
        "refund": told["refund"],
        "photos": _photos(tx, row),
        "lines": _lines(tx, row),
        "currency": orders.order(tx, row.order_no).currency,
        "granted_at": rfc3339(granted_at(tx, row)),
        "limit": rules.audit_minor(stores.store(tx, row.store_id).policy),
    }


def _photos(tx: Tx, case: Row) -> list[str]:
    return [str(photo_id) for photo_id in photo_ids(tx, case.order_no, case.id)]


def granted_at(tx: Tx, row: Row) -> datetime | None:
    """When a complaint that nobody decides is granted as it was brought.

    None where it was decided, and where all that the order's complaints speak of may need two people.
    """
    if row.state != CaseState.AUDIT:
        return None
    policy, before = stores.store(tx, row.store_id).policy, given(tx, row.order_no)
    spoken = taken(tx, row.order_no)
    worth = sum(
        rules.shortage(line, spoken.get(line.line_no, 0), before).amount
        for line in lines_of(tx, row.order_no)
    )
    if rules.needs_two(worth + given_for_complaints(tx, row.order_no), policy):
        return None
    return last_step_at(tx, row) + rules.default_after(policy)


def customers_view(tx: Tx, order_no: int) -> list[dict[str, Any]]:
    """What an order's owner may know of its cases, oldest first, JSON-ready."""
    told = {case["case_id"]: case for case in cases_of(tx, order_no)}
    rows = tx.all(_CASES.where(Case.order_no == order_no).order_by(Case.id))
    return [
        {
            **told[str(row.id)],
            "note": row.note,
            "decision_note": row.decision_note,
            "lines": [{name: line[name] for name in CUSTOMERS} for line in _lines(tx, row)],
            "granted_at": rfc3339(granted_at(tx, row)),
            "photos": len(photo_ids(tx, order_no, row.id)),
        }
        for row in rows
    ]


CUSTOMERS = ("line_no", "names", "unit", "quantity", "reason", "wants", "approved", "returned")


def _lines(tx: Tx, row: Row) -> list[dict[str, Any]]:
    lines = case_lines(tx, row.id)
    if not lines:
        return []
    goods = {item.line_no: item for item in orders.items(tx, row.order_no)}
    goods |= {item.sub_line_no: item for item in substitutions(tx, row.order_no)}
    paid, before = {line.line_no: line for line in lines_of(tx, row.order_no)}, given(tx, row.order_no)
    return [
        {
            "line_no": line.line_no,
            "sku": goods[line.line_no].sku,
            "unit": goods[line.line_no].unit,
            "names": {"zh": goods[line.line_no].name_zh, "en": goods[line.line_no].name_en},
            "paid_quantity": paid[line.line_no].quantity,
            "payable": paid[line.line_no].payable,
            "left": before.left(paid[line.line_no]),
            "quantity": line.quantity,
            "reason": line.reason,
            "worth": rules.shortage(paid[line.line_no], line.quantity, before).amount,
            "wants": line.wants,
            "approved": line.approved,
            "returned": line.returned,
            "inspected": line.inspected,
        }
        for line in lines
    ]


def refund_view(tx: Tx, row: Row) -> dict[str, Any]:
    """A refund as who settles it sees it, JSON-ready; `owed` is what the channel would not carry."""
    sharing = tx.all(_CASES.where(Case.order_no == row.order_no, Case.refund_id == row.id).order_by(Case.id))
    return {
        "refund_id": str(row.id),
        "order_no": str(row.order_no),
        "store_id": str(row.store_id),
        "state": row.state,
        "amount": row.amount,
        "settled": row.settled,
        "owed": row.failed,
        "currency": row.currency,
        "created_at": rfc3339(row.created_at),
        "asked_by": row.asked_by,
        "asked_note": row.asked_note,
        "answered_by": row.answered_by,
        "answer_note": row.answer_note,
        "reference": row.reference,
        "cases": [{**case_head(case), "photos": _photos(tx, case)} for case in sharing],
    }
