"""Every select of aftersales."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Row, case, func, select

from fulfil.kit.checks import Violation
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.money import share_of
from fulfil.kit.statements import one_of
from fulfil.trade.aftersales.model import Case, Refund, RefundItem
from fulfil.trade.aftersales.rules import Given
from fulfil.trade.aftersales.states import Kind, Part, RefundState
from fulfil.trade.orders.model import OrderItem
from fulfil.trade.payments.model import PaymentDocument, PayRefund


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


def given(tx: Tx, order_no: int) -> Given:
    """What the order's refunds gave back of lines and fees; failed ones stay owed and count."""
    sums = (
        select(
            RefundItem.kind, RefundItem.line_no, func.sum(RefundItem.quantity), func.sum(RefundItem.amount)
        )
        .where(RefundItem.order_no == order_no, RefundItem.kind != Part.PAYMENT)
        .group_by(RefundItem.kind, RefundItem.line_no)
    )
    quantities, fees = {}, {}
    for kind, line_no, quantity, amount in tx.all(sums):
        if kind == Part.LINE:
            quantities[line_no] = int(quantity)
        else:
            fees[kind] = int(amount)
    return Given(quantities, fees)


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


def violations(tx: Tx) -> list[Violation]:
    """Broken invariants 1 and 13 of the trust page in aftersales."""
    return [*_item_sums(tx), *_paid_back(tx), *_above_captured(tx), *_shares(tx), *_unresolved(tx)]


def _item_sums(tx: Tx) -> list[Violation]:
    total = func.coalesce(func.sum(RefundItem.amount), 0)
    rows = tx.all(
        select(Refund.id).outerjoin(RefundItem, RefundItem.refund_id == Refund.id)
        .group_by(Refund.id, Refund.amount).having(total != Refund.amount).order_by(Refund.id)
    )  # fmt: skip
    return [Violation(1, "refund", str(row.id), "its items do not add up to its amount") for row in rows]


def _paid_back(tx: Tx) -> list[Violation]:
    def of(state: str) -> Any:
        return func.coalesce(func.sum(case((PayRefund.state == state, PayRefund.amount), else_=0)), 0)

    wrong = (
        (func.coalesce(func.sum(PayRefund.amount), 0) != Refund.amount)
        | (of("succeeded") != Refund.settled)
        | (of("failed") != Refund.failed)
    )
    rows = tx.all(
        select(Refund.id).outerjoin(PayRefund, PayRefund.refund_id == Refund.id)
        .group_by(Refund.id, Refund.amount, Refund.settled, Refund.failed).having(wrong).order_by(Refund.id)
    )  # fmt: skip
    return [Violation(1, "refund", str(row.id), "payments does not pay back what it says") for row in rows]


def _above_captured(tx: Tx) -> list[Violation]:
    alive = (
        select(Refund.order_no, func.sum(Refund.amount).label("amount"))
        .where(Refund.state != RefundState.FAILED).group_by(Refund.order_no).subquery()
    )  # fmt: skip
    came = (
        select(PaymentDocument.order_no, func.sum(PaymentDocument.captured).label("amount"))
        .group_by(PaymentDocument.order_no).subquery()
    )  # fmt: skip
    rows = tx.all(
        select(alive.c.order_no).outerjoin(came, came.c.order_no == alive.c.order_no)
        .where(alive.c.amount > func.coalesce(came.c.amount, 0)).order_by(alive.c.order_no)
    )  # fmt: skip
    return [Violation(1, "order", str(row.order_no), "more goes back than was captured") for row in rows]


def _shares(tx: Tx) -> list[Violation]:
    sums = (
        select(
            RefundItem.order_no, RefundItem.line_no, func.sum(RefundItem.quantity).label("quantity"),
            func.sum(RefundItem.amount).label("amount"),
        ).where(RefundItem.kind == Part.LINE).group_by(RefundItem.order_no, RefundItem.line_no).subquery()
    )  # fmt: skip
    same = (OrderItem.order_no == sums.c.order_no) & (OrderItem.line_no == sums.c.line_no)
    rows = tx.all(
        select(sums, OrderItem.payable, OrderItem.quantity.label("ordered"))
        .outerjoin(OrderItem, same).order_by(sums.c.order_no, sums.c.line_no)
    )  # fmt: skip
    return [
        Violation(13, "order_item", f"{row.order_no}/{row.line_no}", "its refunds are not its frozen share")
        for row in rows
        if row.ordered is None or row.quantity > row.ordered
        or row.amount != share_of(row.payable, row.ordered, 0, int(row.quantity))
    ]  # fmt: skip


def _unresolved(tx: Tx) -> list[Violation]:
    """A shortage that gave nothing back although its line had not been refunded before."""
    back = (
        select(RefundItem.order_no, RefundItem.line_no, func.sum(RefundItem.quantity).label("quantity"))
        .where(RefundItem.kind == Part.LINE).group_by(RefundItem.order_no, RefundItem.line_no).subquery()
    )  # fmt: skip
    short = (
        select(Case.order_no, Case.line_no, func.sum(Case.quantity).label("quantity"))
        .where(Case.kind == Kind.STOCKOUT).group_by(Case.order_no, Case.line_no).subquery()
    )  # fmt: skip
    same = (back.c.order_no == short.c.order_no) & (back.c.line_no == short.c.line_no)
    ordered = (OrderItem.order_no == short.c.order_no) & (OrderItem.line_no == short.c.line_no)
    owed = case((short.c.quantity > OrderItem.quantity, OrderItem.quantity), else_=short.c.quantity)
    rows = tx.all(
        select(short.c.order_no, short.c.line_no).join(OrderItem, ordered).outerjoin(back, same)
        .where(func.coalesce(back.c.quantity, 0) < owed, OrderItem.payable > 0)
        .order_by(short.c.order_no, short.c.line_no)
    )  # fmt: skip
    return [
        Violation(
            13, "order_item", f"{row.order_no}/{row.line_no}", "a shortage was reported and not refunded"
        )
        for row in rows
    ]
