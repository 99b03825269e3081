"""What is wrong in trade and on the floor, for the alarms; each source is one statement or few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from fulfil.app import tasks
from fulfil.dispatch.model import Ticket
from fulfil.dispatch.states import TicketState
from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.kit.statements import one_of
from fulfil.messages.rules.alarms import Wrong
from fulfil.store import queries as stores
from fulfil.store.model import Store
from fulfil.trade.aftersales import queries as aftersales
from fulfil.trade.aftersales.model import Refund
from fulfil.trade.aftersales.rules import alarm_after
from fulfil.trade.aftersales.states import CaseState, RefundState
from fulfil.trade.payments.model import PayNotice, PayRefund, PayTransaction

TASKS_MAX = 500
NOTICE_OPEN = timedelta(hours=1)
REFUND_WAITS = timedelta(hours=24)
WAITING_POLICY, WAITING_MINUTES = "alarm_waiting_minutes", 10
CASES_ASKED = timedelta(hours=1)  # no shop's policy goes below it
SOON = timedelta(hours=1)  # what is due later may wait
_FAILED = (
    sa.select(Refund.store_id, sa.func.count().label("amount"))
    .where(one_of(Refund.state, RefundState.FAILED))
    .group_by(Refund.store_id)
    .order_by(Refund.store_id)
)
_SLOW = (
    sa.select(PayRefund.store_id, sa.func.count().label("amount"))
    .where(
        PayRefund.next_poll_at.is_not(None),
        PayRefund.created_at < sa.bindparam("before", type_=PayRefund.created_at.type),
    )
    .group_by(PayRefund.store_id)
    .order_by(PayRefund.store_id)
)
# In the words of the index of those that wait for somebody.
_UNSETTLED = (
    sa.select(Refund.store_id, Refund.state, sa.func.count().label("amount"))
    .where(
        one_of(
            Refund.state,
            RefundState.AUDIT,
            RefundState.FAILED,
            RefundState.OTHER_MEANS,
            RefundState.PAID_TWICE,
        ),
        Refund.state.in_((RefundState.OTHER_MEANS, RefundState.PAID_TWICE)),
        Refund.created_at < sa.bindparam("before", type_=Refund.created_at.type),
    )
    .group_by(Refund.store_id, Refund.state)
    .order_by(Refund.store_id, Refund.state)
)
_NOTICES = (
    sa.select(PayTransaction.store_id, sa.func.count().label("amount"))
    .select_from(PayNotice)
    .outerjoin(PayTransaction, PayTransaction.id == PayNotice.serial_no)
    .where(PayNotice.resolved_at.is_(None), PayNotice.at < sa.bindparam("before", type_=PayNotice.at.type))
    .group_by(PayTransaction.store_id)
    .order_by(PayTransaction.store_id)
)
_WAITING = (
    sa.select(Ticket.store_id, Ticket.stage, sa.func.count().label("amount"))
    .where(
        one_of(Ticket.state, TicketState.QUEUED),
        Ticket.held == sa.false(),
        Ticket.due_at < sa.bindparam("soon", type_=Ticket.due_at.type),
        Ticket.queued_at < sa.bindparam("before", type_=Ticket.queued_at.type),
    )
    .group_by(Ticket.store_id, Ticket.stage)
    .order_by(Ticket.store_id, Ticket.stage)
)
_WAITING_IN = _WAITING.where(Ticket.store_id == sa.bindparam("store"))
_OWN_MINUTES = (
    sa.select(Store.id, Store.policy)
    .where(sa.cast(Store.policy, sa.Text).contains(WAITING_POLICY))
    .order_by(Store.id)
)


def register(kit: Kit) -> None:
    """Let the alarms ask trade and dispatch, too."""
    kit.services["alarm_sources"] += [
        dead_tasks,
        failed_refunds,
        waiting_refunds,
        open_notices,
        waiting_cases,
        waiting_tickets,
    ]


def dead_tasks(tx: Tx) -> Iterator[Wrong]:
    """Tasks that gave up, by shop and handler."""
    rows = tx.kit.tasks.dead(tx, TASKS_MAX)
    owners = tasks.subjects(tx, rows)
    found = Counter((owners[row.id][0], row.handler) for row in rows)
    for (store_id, handler), amount in found.items():
        yield Wrong("dead_tasks", store_id, handler, amount)


def failed_refunds(tx: Tx) -> Iterator[Wrong]:
    """Refunds that their channels refused."""
    for row in tx.all(_FAILED):
        yield Wrong("failed_refunds", row.store_id, "", row.amount)


def waiting_refunds(tx: Tx) -> Iterator[Wrong]:
    """Money that has waited for a day: for its channel's word, for a second person, or that came twice."""
    before = {"before": tx.now - REFUND_WAITS}
    for row in tx.all(_SLOW, before):
        yield Wrong("waiting_refunds", row.store_id, RefundState.REQUESTED, row.amount)
    for row in tx.all(_UNSETTLED, before):
        yield Wrong("waiting_refunds", row.store_id, row.state, row.amount)


def open_notices(tx: Tx) -> Iterator[Wrong]:
    """Payment notices that nobody has resolved for an hour."""
    for row in tx.all(_NOTICES, {"before": tx.now - NOTICE_OPEN}):
        yield Wrong("open_notices", row.store_id, "", row.amount)


def waiting_cases(tx: Tx) -> Iterator[Wrong]:
    """Complaints, second persons and returns that nobody attends to, by shop and state (floor rule 9)."""
    found = Counter(
        (row.store_id, row.state)
        for row in aftersales.waiting_since(tx, tx.now - CASES_ASKED)
        if row.state != CaseState.FAILED
        and row.since <= tx.now - alarm_after(stores.store(tx, row.store_id).policy)
    )
    for (store_id, state), amount in found.items():
        yield Wrong("waiting_cases", store_id, state, amount)


def waiting_tickets(tx: Tx) -> Iterator[Wrong]:
    """Tickets due soon that nobody takes for `alarm_waiting_minutes` of the shop's policy, by stage."""
    own = {row.id: row.policy[WAITING_POLICY] for row in tx.all(_OWN_MINUTES)}
    found = [row for row in tx.all(_WAITING, _since(tx, WAITING_MINUTES)) if row.store_id not in own]
    for store_id, minutes in own.items():
        found += tx.all(_WAITING_IN, _since(tx, minutes) | {"store": store_id})
    for row in found:
        yield Wrong("waiting_tickets", row.store_id, row.stage, row.amount)


def _since(tx: Tx, minutes: float) -> dict[str, datetime]:
    return {"before": tx.now - timedelta(minutes=minutes), "soon": tx.now + SOON}
