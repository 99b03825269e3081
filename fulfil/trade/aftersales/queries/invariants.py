"""Invariants 1 and 13 of the trust page, as far as aftersales keeps them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import case, func, select

from fulfil.kit.checks import Violation
from fulfil.kit.db import Tx
from fulfil.kit.money import share_of
from fulfil.trade.aftersales.model import Case, Refund, RefundItem
from fulfil.trade.aftersales.states import Kind, Part, RefundState
from fulfil.trade.orders.model import OrderItem
from fulfil.trade.payments.model import PaymentDocument, PayRefund


def violations(tx: Tx) -> list[Violation]:
    """What is broken of them."""
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
