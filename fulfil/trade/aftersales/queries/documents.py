"""Cases, refunds and what they gave back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.moves import History
from fulfil.kit.statements import among, one_of
from fulfil.trade.aftersales import rules
from fulfil.trade.aftersales.model import Case, Refund, RefundItem
from fulfil.trade.aftersales.queries.loop import decisions, substitutions
from fulfil.trade.aftersales.rules import Given, Line
from fulfil.trade.aftersales.states import ENDING, PENDING, DecisionState, Part, RefundState
from fulfil.trade.orders import queries as orders
from fulfil.trade.payments.model import PayRefund

FEES = (Part.DELIVERY, Part.BAGS)
_R, _C = Refund.__table__.c, Case.__table__.c
_COLLECTING = (
    select(*_R)
    .where(_R.order_no == bindparam("the_order"), one_of(_R.state, RefundState.COLLECTING))
    .with_for_update()
)
_COLLECTED = (
    select(_R.order_no)
    .where(one_of(_R.state, RefundState.COLLECTING), _R.created_at < bindparam("instant"))
    .order_by(_R.created_at)
    .limit(bindparam("most"))
)
_FAILED_LONG = (
    select(_R.id, _R.order_no)
    .where(one_of(_R.state, RefundState.FAILED), _R.created_at < bindparam("instant"))
    .order_by(_R.store_id, _R.id)
    .limit(bindparam("most"))
)  # as the index of the failed goes
_SHARING = (
    select(*_C)
    .where(_C.order_no == bindparam("the_order"), _C.refund_id == bindparam("the_refund"))
    .order_by(_C.id)
    .with_for_update()
)
_ANSWER = (
    select(History.event)
    .where(
        History.entity == Refund.__tablename__,
        History.entity_id == bindparam("the_refund"),
        History.seq.is_not(None),
        History.actor == bindparam("person"),
        History.event.in_(("approve", "agree", "refuse")),
    )
    .order_by(History.seq.desc())
    .limit(1)
)
_STOPPED = select(_C.id).where(_C.order_no == bindparam("the_order"), one_of(_C.kind, *ENDING)).limit(1)
_ON_THE_WAY = select(_R.id).where(_R.order_no == bindparam("the_order"), one_of(_R.state, *PENDING)).limit(1)
_STATES = select(_R.order_no, _R.state, _R.amount, _R.settled).where(among(_R.order_no, "orders"))


def known(tx: Tx, source_ref: str) -> bool:
    """Whether a case was made of this source before."""
    return tx.scalar(select(Case.id).where(Case.source_ref == source_ref)) is not None


def case_of(tx: Tx, source_ref: str) -> int | None:
    """The case that was made of this source."""
    return tx.scalar(select(Case.id).where(Case.source_ref == source_ref))


def case_row(tx: Tx, case_id: int) -> Row | None:
    return tx.lock(select(*Case.__table__.c).where(Case.id == case_id))


def collecting(tx: Tx, order_no: int) -> Row | None:
    """The refund that still collects what the order owes, locked until the end."""
    return tx.one(_COLLECTING, {"the_order": order_no})


def collected_before(tx: Tx, instant: datetime, limit: int) -> list[int]:
    """Orders whose refund has collected since before `instant`, oldest first."""
    return tx.scalars(_COLLECTED, {"instant": instant, "most": limit})


def cases_of_refund(tx: Tx, refund: Row) -> list[Row]:
    """The cases that share a refund, oldest first, locked until the end."""
    return tx.all(_SHARING, {"the_order": refund.order_no, "the_refund": refund.id})


def over(tx: Tx, order_no: int) -> bool:
    """Whether the order was stopped and none of its money is on the way any more."""
    return (
        tx.scalar(_STOPPED, {"the_order": order_no}) is not None
        and tx.scalar(_ON_THE_WAY, {"the_order": order_no}) is None
    )


def refund_states(tx: Tx, orders_paid: Mapping[int, int]) -> dict[int, str]:
    """What has become of the money of orders, of which so much was paid (O7): see `rules.refund_state`."""
    found: dict[int, list[tuple[str, int, int]]] = defaultdict(list)
    for row in tx.all(_STATES, {"orders": sorted(orders_paid)}):
        found[row.order_no].append((row.state, row.amount, row.settled))
    return {order_no: rules.refund_state(paid, found[order_no]) for order_no, paid in orders_paid.items()}


def agreed(tx: Tx, refund: Row) -> bool:
    """Whether the second person of a refund, `answered_by`, agreed to it, whatever the channel said since."""
    return tx.scalar(_ANSWER, {"the_refund": refund.id, "person": refund.answered_by}) != "refuse"


def failed_refunds(tx: Tx, store_id: int, *, limit: int) -> list[Row]:
    """Refunds of a shop that their channels refused for good, newest first.

    `amount` is what the customer still has to get, `reason` the case's, `at` the channel's last word.
    """
    told = select(func.max(PayRefund.settled_at)).where(PayRefund.refund_id == Refund.id).scalar_subquery()
    asked = (
        select(
            Refund.id,
            Refund.store_id,
            Refund.order_no,
            Refund.failed.label("amount"),
            Refund.currency,
            Case.reason,
            func.coalesce(told, Refund.created_at, type_=Refund.created_at.type).label("at"),
        )
        .join(Case, Case.id == Refund.case_id)
        .where(Refund.store_id == store_id, one_of(Refund.state, RefundState.FAILED))
    )
    return tx.all(asked.order_by(Refund.id.desc()).limit(limit))


def failed_before(tx: Tx, instant: datetime, limit: int) -> list[Row]:
    """Refunds that failed and were asked for before `instant`: id and order_no."""
    return tx.all(_FAILED_LONG, {"instant": instant, "most": limit})


def refund_seen(tx: Tx, refund_id: int) -> Row | None:
    """A refund as it is now, not locked."""
    return tx.one(select(*_R).where(_R.id == refund_id))


def refund_row(tx: Tx, refund_id: int) -> Row | None:
    """A refund, locked until the end."""
    return tx.lock(select(*Refund.__table__.c).where(Refund.id == refund_id))


def lines_of(tx: Tx, order_no: int) -> list[Line]:
    """The order's lines as they were paid; goods that come instead of others with what is paid for them."""
    return [
        *(Line(row.line_no, row.quantity, row.payable) for row in orders.items(tx, order_no)),
        *(Line(row.sub_line_no, row.sub_quantity, row.charge) for row in substitutions(tx, order_no)),
    ]


def goods_worth(tx: Tx, order_no: int, line_no: int, quantity: int) -> int:
    """What was paid for so much of a line, minor units, whether it was ordered or comes instead of another.

    0 for a line that the order does not have.
    """
    line = next((line for line in lines_of(tx, order_no) if line.line_no == line_no), None)
    return 0 if line is None else line.payable * quantity // line.quantity


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
    """An order's cases, oldest first, each with what it gives back of its refund, for pages and the timeline.

    From the first moment on it says what will go back, also while it is still collected.
    """
    rows = tx.all(
        select(
            Case.id,
            Case.kind,
            Case.state,
            Case.reason,
            Case.line_no,
            Case.quantity,
            Case.created_at,
            Case.refund_id,
            Refund.amount,
            Refund.currency,
            Refund.state.label("refund_state"),
            Refund.settled,
        )
        .outerjoin(Refund, Refund.id == Case.refund_id)
        .where(Case.order_no == order_no)
        .order_by(Case.id)
    )
    items = _items_of(tx, order_no)
    return [
        {
            "case_id": str(row.id),
            "kind": row.kind,
            "state": row.state,
            "reason": row.reason,
            "line_no": row.line_no,
            "quantity": row.quantity,
            "created_at": rfc3339(row.created_at),
            "refund": _refund_view(row, items) if row.refund_id is not None else None,
        }
        for row in rows
    ]


def _refund_view(row: Row, items: dict[int, list[dict[str, Any]]]) -> dict[str, Any]:
    """The case's part of its refund. A refund that waits for a second person has no items yet."""
    mine = items[row.id]
    part = sum(item["amount"] for item in mine) if mine else row.amount
    whole = row.refund_state in (RefundState.SUCCEEDED, RefundState.SETTLED, RefundState.PAID_TWICE)
    return {
        "refund_id": str(row.refund_id),
        "amount": part,
        "currency": row.currency,
        "state": row.refund_state,
        "settled": part if whole else min(part, row.settled),
        "items": mine,
    }


def _items_of(tx: Tx, order_no: int) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    columns = (
        RefundItem.case_id,
        RefundItem.kind,
        RefundItem.line_no,
        RefundItem.quantity,
        RefundItem.amount,
    )
    ordered = select(*columns).where(RefundItem.order_no == order_no).order_by(*columns[:3])
    for row in tx.all(ordered):
        found[row.case_id].append(
            {"kind": row.kind, "line_no": row.line_no, "quantity": row.quantity, "amount": row.amount}
        )
    return found
