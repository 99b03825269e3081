"""Invariants 1 and 13 of the trust page, as far as aftersales keeps them."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Text, bindparam, case, cast, exists, func, literal, select, union_all

from fulfil.kit.checks import Check, Violation, broken
from fulfil.kit.db import Tx
from fulfil.kit.money import share_of
from fulfil.kit.statements import one_of
from fulfil.trade.aftersales import rules
from fulfil.trade.aftersales.model import Case, Decision, Refund, RefundItem, Substitution
from fulfil.trade.aftersales.states import CaseState, DecisionState, Kind, Part, RefundState
from fulfil.trade.orders.model import OrderItem
from fulfil.trade.payments.model import PaymentDocument, PayRefund
from fulfil.trade.payments.states import DocumentState

# Refunds whose items are not written: nobody has agreed to them, or their goods are not back.
UNWRITTEN = (RefundState.AUDIT, RefundState.AGREED, RefundState.REFUSED)
COLLECTED_LONG = timedelta(hours=rules.COLLECTED_HOURS_MAX + 1)
Taken = dict[tuple[int, int], tuple[int, int]]


def violations(tx: Tx) -> list[Violation]:
    """What is broken of them."""
    late, taken = {"late": tx.now - COLLECTED_LONG}, _taken(tx)
    return [
        *broken(tx, _checks()),
        *broken(tx, [_collected()], late),
        *_shares(tx, taken),
        *_unresolved(tx, taken),
        *_extras(tx),
    ]


@cache
def _checks() -> tuple[Check, ...]:
    return (
        _item_sums(),
        _paid_back(),
        _above_captured(),
        _differences(),
        _unasked(),
        _strangers(),
        _unwanted(),
    )


def _item_sums() -> Check:
    total = func.coalesce(func.sum(RefundItem.amount), 0)
    asked = (
        select(Refund.id)
        .outerjoin(RefundItem, RefundItem.refund_id == Refund.id)
        .where(~one_of(Refund.state, *UNWRITTEN))
        .group_by(Refund.id, Refund.amount)
        .having(total != Refund.amount)
        .order_by(Refund.id)
    )
    return Check(1, "refund", "its items do not add up to its amount", asked)


def _paid_back() -> Check:
    def of(state: str) -> Any:
        return func.coalesce(func.sum(case((PayRefund.state == state, PayRefund.amount), else_=0)), 0)

    wrong = (
        ((Refund.state == RefundState.SUCCEEDED) & (Refund.settled != Refund.amount))
        | (func.coalesce(func.sum(PayRefund.amount), 0) != Refund.amount)
        | (of("succeeded") != Refund.settled)
        | (of("failed") != Refund.failed)
    )
    asked = (
        select(Refund.id)
        .outerjoin(PayRefund, PayRefund.refund_id == Refund.id)
        .where(~one_of(Refund.state, *UNWRITTEN, RefundState.COLLECTING))
        .group_by(Refund.id, Refund.state, Refund.amount, Refund.settled, Refund.failed)
        .having(wrong)
        .order_by(Refund.id)
    )
    return Check(1, "refund", "payments does not pay back what it says", asked)


def _above_captured() -> Check:
    alive = (
        select(Refund.order_no, func.sum(Refund.amount).label("amount"))
        .where(~one_of(Refund.state, *rules.OWED, *rules.BACK, *UNWRITTEN))
        .group_by(Refund.order_no)
        .subquery()
    )
    came = (
        select(PaymentDocument.order_no, func.sum(PaymentDocument.captured).label("amount"))
        .group_by(PaymentDocument.order_no)
        .subquery()
    )
    asked = (
        select(alive.c.order_no)
        .outerjoin(came, came.c.order_no == alive.c.order_no)
        .where(alive.c.amount > func.coalesce(came.c.amount, 0))
        .order_by(alive.c.order_no)
    )
    return Check(1, "order", "more goes back than was captured", asked)


def _strangers() -> Check:
    """A case and the refund that it shares belong to one order, and say the same of the end."""
    same = (Refund.id == Case.refund_id) & (Refund.order_no == Case.order_no)
    asked = (
        select(Case.id)
        .outerjoin(Refund, same)
        .where(
            Case.refund_id.is_not(None),
            Refund.id.is_(None)
            | ((Refund.state == RefundState.SUCCEEDED) & (Case.state != CaseState.CLOSED))
            | ((Refund.state == RefundState.FAILED) & (Case.state != CaseState.FAILED)),
        )
        .order_by(Case.id)
    )
    return Check(1, "case", "does not end as its refund does", asked)


@cache
def _collected() -> Check:
    """What an order owes is not kept back once its time to go has come."""
    asked = (
        select(Refund.id)
        .where(one_of(Refund.state, RefundState.COLLECTING), Refund.created_at < bindparam("late"))
        .order_by(Refund.id)
    )
    return Check(1, "refund", "still collects what should long have gone", asked)


def _shares(tx: Tx, taken: Taken) -> list[Violation]:
    """Whatever was taken of a line, in whatever sequence, was taken by its frozen share."""
    lines = {(row.order_no, row.line_no): row for row in tx.all(_lines_of_orders(_TAKEN))}
    found = []
    for (order_no, line_no), (quantity, amount) in sorted(taken.items()):
        line = lines.get((order_no, line_no))
        if (
            line is None
            or quantity > line.quantity
            or amount != share_of(line.payable, line.quantity, 0, quantity)
        ):
            found.append(
                Violation(13, "order_item", f"{order_no}/{line_no}", "its refunds are not its frozen share")
            )
    return found


def _taken(tx: Tx) -> Taken:
    """Units and their shares by order and line: refunded, replaced by other goods, or asked about."""
    taken: Taken = defaultdict(lambda: (0, 0))
    for row in tx.all(_TAKEN):
        quantity, amount = taken[row[0], row[1]]
        taken[row[0], row[1]] = quantity + int(row[2]), amount + int(row[3])
    return taken


_TAKEN = union_all(
    select(RefundItem.order_no, RefundItem.line_no, RefundItem.quantity, RefundItem.amount).where(
        RefundItem.kind == Part.LINE
    ),
    select(Substitution.order_no, Substitution.line_no, Substitution.quantity, Substitution.share),
    select(Decision.order_no, Decision.line_no, Decision.quantity, Decision.share).where(
        Decision.state == DecisionState.PENDING
    ),
)
_REPORTED = select(Case.order_no, Case.line_no, Case.quantity).where(Case.kind == Kind.STOCKOUT)


@cache
def _lines_of_orders(told: Any) -> Any:
    """Lines of these orders as they were paid, and goods that come instead with what is paid for them."""
    orders = select(told.subquery().c.order_no)
    return union_all(
        select(OrderItem.order_no, OrderItem.line_no, OrderItem.quantity, OrderItem.payable).where(
            OrderItem.order_no.in_(orders)
        ),
        select(
            Substitution.order_no, Substitution.sub_line_no, Substitution.sub_quantity, Substitution.charge
        ).where(Substitution.order_no.in_(orders)),
    )


def _differences() -> Check:
    """What goes back for cheaper goods is what was paid for the missing units less what the goods cost."""
    back = (
        select(RefundItem.case_id, func.sum(RefundItem.amount).label("amount"))
        .where(RefundItem.kind == Part.DIFFERENCE)
        .group_by(RefundItem.case_id)
        .subquery()
    )
    owed = func.coalesce(Substitution.share + Substitution.extra - Substitution.charge, 0)
    asked = (
        select(func.coalesce(back.c.case_id, Substitution.case_id).label("case_id"))
        .select_from(Substitution)
        .outerjoin(back, back.c.case_id == Substitution.case_id, full=True)
        .where(func.coalesce(back.c.amount, 0) != owed)
        .order_by("case_id")
    )
    return Check(13, "case", "the difference to the substitute is not what went back", asked)


def _unresolved(tx: Tx, taken: Taken) -> list[Violation]:
    """A shortage that ended without its share back or goods instead."""
    reported: dict[tuple[int, int], int] = defaultdict(int)
    for row in tx.all(_REPORTED):
        reported[row.order_no, row.line_no] += row.quantity
    found = []
    for row in tx.all(_lines_of_orders(_REPORTED)):
        key = (row.order_no, row.line_no)
        if row.payable and key in reported and taken.get(key, (0, 0))[0] < min(reported[key], row.quantity):
            found.append(
                Violation(
                    13,
                    "order_item",
                    f"{row.order_no}/{row.line_no}",
                    "a shortage was reported and not refunded",
                )
            )
    return sorted(found, key=lambda one: one.id)


def _unasked() -> Check:
    """A shortage that waits without a question."""
    pending = exists().where(Decision.case_id == Case.id, Decision.state == DecisionState.PENDING)
    waiting = (Case.kind == Kind.STOCKOUT, Case.state == CaseState.OPEN)
    asked = select(Case.id).where(*waiting, ~pending).order_by(Case.id)
    return Check(13, "case", "waits for nobody's answer", asked)


def _extras(tx: Tx) -> list[Violation]:
    """1: an extra that came is what was paid for goods that come instead, or goes back; so is no other."""
    money: dict[int, int] = defaultdict(int)
    for row in tx.all(_EXTRA_MONEY):
        money[row[0]] += int(row[1])
    return [
        Violation(1, "decision", str(decision_id), "its extra payments are not what came of them")
        for decision_id, left in sorted(money.items())
        if left
    ]


_EXTRA_MONEY = union_all(
    select(PaymentDocument.extra_for, PaymentDocument.captured).where(PaymentDocument.extra_for.is_not(None)),
    select(PaymentDocument.extra_for, -RefundItem.amount)
    .join(Case, Case.order_no == PaymentDocument.order_no)
    .join(RefundItem, RefundItem.case_id == Case.id)
    .where(
        PaymentDocument.extra_for.is_not(None),
        RefundItem.kind == Part.PAYMENT,
        Case.source_ref == literal("payment:", Text) + cast(PaymentDocument.id, Text),
    ),
    select(Decision.id, -Substitution.extra).join(Substitution, Substitution.case_id == Decision.case_id),
)


def _unwanted() -> Check:
    """Nobody is asked for an extra once the question is over."""
    waits = (Decision.state == DecisionState.PENDING) & Decision.chosen_sku.is_not(None)
    asked = (
        select(PaymentDocument.id)
        .join(Decision, Decision.id == PaymentDocument.extra_for)
        .where(PaymentDocument.state == DocumentState.OPEN, ~waits)
        .order_by(PaymentDocument.id)
    )
    return Check(13, "payment_document", "asks for an extra that nobody waits for", asked)
