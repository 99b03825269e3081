"""Cases, refunds and what they gave back."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Row, func, select

from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.statements import one_of
from fulfil.trade.aftersales.model import Case, Refund, RefundItem
from fulfil.trade.aftersales.queries.loop import decisions, substitutions
from fulfil.trade.aftersales.rules import Given, Line
from fulfil.trade.aftersales.states import DecisionState, Part, RefundState
from fulfil.trade.orders import queries as orders
from fulfil.trade.payments.model import PayRefund

FEES = (Part.DELIVERY, Part.BAGS)


def known(tx: Tx, source_ref: str) -> bool:
    """Whether a case was made of this source before."""
    return tx.scalar(select(Case.id).where(Case.source_ref == source_ref)) is not None


def case_row(tx: Tx, case_id: int) -> Row | None:
    return tx.lock(select(*Case.__table__.c).where(Case.id == case_id))


def failed_refunds(tx: Tx, store_id: int, *, limit: int) -> list[Row]:
    """Refunds of a shop that their channels refused for good, newest first.

    `amount` is what the customer still has to get, `reason` the case's, `at` the channel's last word.
    """
    told = (
        select(func.max(PayRefund.settled_at)).where(PayRefund.refund_id == Refund.id).scalar_subquery()
    )
    asked = (
        select(Refund.id, Refund.store_id, Refund.order_no, Refund.failed.label("amount"), Refund.currency,
               Case.reason,
               func.coalesce(told, Refund.created_at, type_=Refund.created_at.type).label("at"))
        .join(Case, Case.id == Refund.case_id)
        .where(Refund.store_id == store_id, one_of(Refund.state, RefundState.FAILED))
    )  # fmt: skip
    return tx.all(asked.order_by(Refund.id.desc()).limit(limit))


def refund_row(tx: Tx, refund_id: int) -> Row | None:
    """A refund, locked until the end."""
    return tx.lock(select(*Refund.__table__.c).where(Refund.id == refund_id))


def lines_of(tx: Tx, order_no: int) -> list[Line]:
    """The order's lines as they were paid; goods that come instead of others with what is paid for them."""
    return [
        *(Line(row.line_no, row.quantity, row.payable) for row in orders.items(tx, order_no)),
        *(Line(row.sub_line_no, row.sub_quantity, row.charge) for row in substitutions(tx, order_no)),
    ]


def given(tx: Tx, order_no: int) -> Given:
    """What is taken of the order: what refunds gave back (failed ones stay owed and count), and units that
    other goods come for or that the customer is asked about.
    """
    sums = (
        select(
            RefundItem.kind, RefundItem.line_no, func.sum(RefundItem.quantity), func.sum(RefundItem.amount)
        )
        .where(RefundItem.order_no == order_no, RefundItem.kind.in_((Part.LINE, *FEES)))
        .group_by(RefundItem.kind, RefundItem.line_no)
    )
    quantities: dict[int, int] = defaultdict(int)
    fees: dict[str, int] = defaultdict(int)
    for kind, line_no, quantity, amount in tx.all(sums):
        if kind == Part.LINE:
            quantities[line_no] += int(quantity)
        else:
            fees[kind] += int(amount)
    for row in substitutions(tx, order_no):
        quantities[row.line_no] += row.quantity
    for row in decisions(tx, order_no):
        if row.state == DecisionState.PENDING:
            quantities[row.line_no] += row.quantity
    return Given(dict(quantities), dict(fees))


def cases_of(tx: Tx, order_no: int) -> list[dict[str, Any]]:
    """An order's cases with their refunds, oldest first, for its page and the timeline."""
    rows = tx.all(
        select(
            Case.id, Case.kind, Case.state, Case.reason, Case.line_no, Case.quantity, Case.created_at,
            Refund.id.label("refund_id"), Refund.amount, Refund.currency, Refund.state.label("refund_state"),
            Refund.settled,
        ).outerjoin(Refund, Refund.case_id == Case.id).where(Case.order_no == order_no).order_by(Case.id)
    )  # fmt: skip
    items = _items_of(tx, order_no)
    return [
        {
            "case_id": str(row.id), "kind": row.kind, "state": row.state, "reason": row.reason,
            "line_no": row.line_no, "quantity": row.quantity, "created_at": rfc3339(row.created_at),
            "refund": _refund_view(row, items) if row.refund_id is not None else None,
        }
        for row in rows
    ]  # fmt: skip


def _refund_view(row: Row, items: dict[int, list[dict[str, Any]]]) -> dict[str, Any]:
    return {
        "refund_id": str(row.refund_id), "amount": row.amount, "currency": row.currency,
        "state": row.refund_state, "settled": row.settled, "items": items[row.refund_id],
    }  # fmt: skip


def _items_of(tx: Tx, order_no: int) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    columns = (
        RefundItem.refund_id,
        RefundItem.kind,
        RefundItem.line_no,
        RefundItem.quantity,
        RefundItem.amount,
    )
    ordered = select(*columns).where(RefundItem.order_no == order_no).order_by(*columns[:3])
    for row in tx.all(ordered):
        found[row.refund_id].append(
            {"kind": row.kind, "line_no": row.line_no, "quantity": row.quantity, "amount": row.amount}
        )
    return found
