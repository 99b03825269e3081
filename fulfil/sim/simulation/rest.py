"""Whether a day has come to its end, and what must then be true of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import sqlalchemy as sa

from fulfil.dispatch.model import StockoutReport, Ticket
from fulfil.dispatch.states import LIVE_TICKET
from fulfil.kit.checks import Check, Violation, broken
from fulfil.kit.db import Tx
from fulfil.kit.statements import one_of
from fulfil.kit.task_rows import Task
from fulfil.sim.clients import Refused
from fulfil.sim.simulation.terminal import Terminal
from fulfil.trade.aftersales.model import Case, Decision, Refund
from fulfil.trade.aftersales.states import DecisionState, RefundState
from fulfil.trade.orders.model import Order, OrderDelivery
from fulfil.trade.orders.states import OrderState
from fulfil.trade.payments.model import PayNotice, PayRefund

ENDED = (OrderState.COMPLETED, OrderState.CLOSED, OrderState.EXPIRED, OrderState.CANCELLED)
UNENDED_SHOWN = 20


def unended(tx: Tx) -> list[Violation]:
    """What still waits for somebody: orders, tickets, refunds, tasks. A dead letter waits for ever.

    An order whose refund the channel refused for good ends all the same: the money is shown as owed.
    """
    return broken(tx, _checks(), {"now": tx.now})[:UNENDED_SHOWN]


@cache
def _checks() -> tuple[Check, ...]:
    orders = (
        sa.select(Order.id, Order.state, OrderDelivery.state.label("delivery"))
        .outerjoin(OrderDelivery, OrderDelivery.id == Order.id)
        .where(Order.valid, ~one_of(Order.state, *ENDED))
    )
    tickets = sa.select(Ticket.id, Ticket.stage, Ticket.kind, Ticket.state, Ticket.order_no).where(
        one_of(Ticket.state, *LIVE_TICKET)
    )
    refunds = sa.select(PayRefund.id, PayRefund.state, PayRefund.order_no).where(
        ~one_of(PayRefund.state, "succeeded", "failed")
    )
    tasks = sa.select(Task.id, Task.handler, Task.attempts).where(Task.run_at <= sa.bindparam("now"))
    return (
        Check(6, "orders", "does not end: {state}, {delivery}", orders.order_by(Order.id)),
        Check(
            8, "tickets", "does not end: {stage} {kind} {state} of {order_no}", tickets.order_by(Ticket.id)
        ),
        Check(1, "pay_refunds", "does not end: {state} of {order_no}", refunds.order_by(PayRefund.id)),
        Check(14, "tasks", "does not end: {handler} after {attempts} attempts", tasks.order_by(Task.id)),
    )


def refunds_failed(tx: Tx) -> int:
    """Refunds that their channel refused for good; each is an exception that is shown."""
    return count(tx, Refund, Refund.state == RefundState.FAILED)


def overdue_cases(tx: Tx) -> int:
    """Cases, questions, shortages and notices that nobody has settled when the day has come to rest."""
    return (
        count(tx, Case, Case.state.in_(("open", "refunding")))
        + count(tx, Decision, Decision.state == DecisionState.PENDING)
        + count(tx, StockoutReport, StockoutReport.outcome.is_(None))
        + count(tx, Refund, Refund.state == "requested")
        + count(tx, PayNotice, PayNotice.resolved_at.is_(None))
    )


def count(tx: Tx, model: type, *where: sa.ColumnElement[bool]) -> int:
    """How many rows there are of which all this is true."""
    return tx.scalar(sa.select(sa.func.count()).select_from(model).where(*where))


def devices(terminals: Iterable[Terminal]) -> Iterator[Violation]:
    """19: what a device at rest shows is what the database says."""
    for terminal in terminals:
        if terminal.handheld is None or not terminal.signed_in or not terminal.connected:
            continue
        try:
            work = terminal.handheld.work()
        except (Refused, OSError):
            continue
        shown = {(ticket["id"], ticket["epoch"], ticket["state"]) for ticket in terminal.tickets.values()}
        stored = {(ticket["id"], ticket["epoch"], ticket["state"]) for ticket in work["tickets"]}
        if shown != stored:
            yield Violation(19, "devices", terminal.person["badge"], f"shows {shown}, stored is {stored}")
