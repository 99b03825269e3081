"""The invariants of docs/trust.md, collected from every folder; reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import sqlalchemy as sa

from fulfil.contracts.folders import FOLDERS
from fulfil.dispatch.model import Fulfilment
from fulfil.kit.checks import Violation
from fulfil.kit.db import Base, Tx
from fulfil.kit.idempotency import IdempotencyKey
from fulfil.kit.live import LiveEvent, LiveHead
from fulfil.kit.moves import History
from fulfil.kit.task_rows import DEAD, LEASED, Task
from fulfil.retention import overdue
from fulfil.retention.ageing import LONG_LIVED
from fulfil.trade.orders.model import Order
from fulfil.trade.orders.states import OrderState
from fulfil.trade.payments.model import PaymentDocument

STUCK = timedelta(minutes=10)


def violations(tx: Tx) -> list[Violation]:
    """Every violated invariant in this snapshot, in the order of their numbers."""
    found: list[Violation] = []
    for check in (
        *_of_folders(),
        _money,
        _work,
        _history,
        _tasks,
        _keys,
        _live,
        _shops,
        _database,
        overdue.violations,
    ):
        found += check(tx)
    return sorted(found, key=lambda v: (v.invariant, v.entity, v.id))


def _of_folders() -> Iterator[Callable[[Tx], Iterable[Violation]]]:
    for folder in FOLDERS:
        module = f"fulfil.{folder}.queries"
        check = getattr(import_module(module), "violations", None) if find_spec(module) else None
        if check is not None:
            yield check


def _money(tx: Tx) -> Iterator[Violation]:
    """1: an order's paid and refunded are what its payment documents captured and gave back.

    Money that went back reaches the order by a task: until that has run, the order may say less.
    """
    sums = (
        sa.select(
            PaymentDocument.order_no,
            sa.func.sum(PaymentDocument.captured).label("captured"),
            sa.func.sum(PaymentDocument.refunded).label("refunded"),
        )
        .group_by(PaymentDocument.order_no)
        .subquery()
    )
    captured, refunded = (sa.func.coalesce(column, 0) for column in (sums.c.captured, sums.c.refunded))
    wrong = sa.or_(
        Order.paid != captured,
        Order.refunded > refunded,
        sa.and_(Order.refunded < refunded, ~_is_due(Order.id)),
    )
    for row in tx.all(
        sa.select(Order.id).outerjoin(sums, sums.c.order_no == Order.id).where(Order.valid, wrong)
    ):
        yield Violation(1, "orders", str(row.id), "paid and refunded are not what its payments say")


def _work(tx: Tx) -> Iterator[Violation]:
    """6: a paid order is in fulfilment, or about to be."""
    for row in tx.all(
        sa.select(Order.id)
        .outerjoin(Fulfilment, Fulfilment.order_no == Order.id)
        .where(Order.state == OrderState.PAID, Fulfilment.id.is_(None), ~_is_due(Order.id))
    ):
        yield Violation(6, "orders", str(row.id), "is paid, and nobody fulfils it")


def _is_due(order_no: Any) -> sa.ColumnElement[bool]:
    """Whether a task of that order is still to run."""
    key = sa.literal("order:", sa.Text) + sa.cast(order_no, sa.Text)
    return sa.exists().where(Task.key == key, Task.state != DEAD)


def _history(tx: Tx) -> Iterator[Violation]:
    """11: the numbers of a row's history have no gap, and each step begins where the one before ended.

    Old steps of what lives for ever are not kept: its history begins later than at 1.
    """
    of_row = {"partition_by": (History.entity, History.entity_id), "order_by": History.seq}
    steps = (
        sa.select(
            History.entity,
            History.entity_id,
            History.seq,
            History.from_state,
            sa.func.lag(History.to_state).over(**of_row).label("before"),
            sa.func.row_number().over(**of_row).label("place"),
            sa.func.first_value(History.seq).over(**of_row).label("first"),
        )
        .where(History.seq.is_not(None))
        .subquery()
        .c
    )
    cut = sa.and_(steps.place == 1, steps.entity.in_(LONG_LIVED))
    for row in tx.all(
        sa.select(steps.entity, steps.entity_id, steps.seq).where(
            sa.or_(
                steps.seq != steps.first + steps.place - 1,
                sa.and_(steps.first != 1, steps.entity.not_in(LONG_LIVED)),
                sa.and_(steps.before.is_distinct_from(steps.from_state), ~cut),
            )
        )
    ):
        yield Violation(
            11, row.entity, str(row.entity_id), f"history step {row.seq} does not follow the step before it"
        )


def _tasks(tx: Tx) -> Iterator[Violation]:
    """14: every task is done, or due, or dead with an alarm; none is stuck."""
    for row in tx.all(
        sa.select(Task.id, Task.handler, Task.state).where(
            sa.or_(Task.state == DEAD, sa.and_(Task.state == LEASED, Task.lease_until < tx.now - STUCK))
        )
    ):
        what = "is dead" if row.state == DEAD else "holds a lease that ended long ago"
        yield Violation(14, "tasks", str(row.id), f"{row.handler} {what}")


def _keys(tx: Tx) -> Iterator[Violation]:
    """15: an idempotency key that stands has an answer."""
    for row in tx.all(sa.select(IdempotencyKey.id).where(IdempotencyKey.answer.is_(None))):
        yield Violation(15, "idempotency_keys", str(row.id), "a committed key has no answer")


def _live(tx: Tx) -> Iterator[Violation]:
    """19: the last push of a person's log is the number that its head names."""
    last = (
        sa.select(
            LiveEvent.person_id,
            sa.func.max(LiveEvent.seq).label("seq"),
            sa.func.min(LiveEvent.seq).label("first"),
            sa.func.count().label("many"),
        )
        .group_by(LiveEvent.person_id)
        .subquery()
    )
    for row in tx.all(
        sa.select(LiveHead.person_id)
        .join(last, last.c.person_id == LiveHead.person_id)
        .where(sa.or_(last.c.seq != LiveHead.seq, last.c.seq - last.c.first + 1 != last.c.many))
    ):
        yield Violation(19, "live_log", str(row.person_id), "the log has a gap or another end than its head")


def _shops(tx: Tx) -> Iterator[Violation]:
    """18: a row and the row that it refers to belong to the same shop."""
    for name, parent, strangers in _strangers():
        for row in tx.all(strangers):
            yield Violation(18, name, str(row[0]), f"is of another shop than its {parent}")


@cache
def _strangers() -> list[tuple[str, str, sa.Select]]:
    """For each reference inside a shop: table, the table referred to, and the rows that point elsewhere."""
    found = []
    for table in Base.metadata.sorted_tables:
        for reference in table.foreign_key_constraints:
            parent = reference.referred_table
            if "store_id" not in table.c or "store_id" not in parent.c:
                continue
            same = sa.and_(*(key.parent == key.column for key in reference.elements))
            key = next(iter(table.primary_key.columns))
            found.append(
                (
                    table.name,
                    parent.name,
                    sa.select(key)
                    .join_from(table, parent, same)
                    .where(table.c.store_id != parent.c.store_id),
                )
            )
    return found


def _database(tx: Tx) -> Iterator[Violation]:
    """18: the database is whole."""
    if tx.dialect != "sqlite":
        return
    for (line,) in tx.all(sa.text("PRAGMA integrity_check")):
        if line != "ok":
            yield Violation(18, "database", "file", line)
    for row in tx.all(sa.text("PRAGMA foreign_key_check")):
        yield Violation(18, row[0], str(row[1]), f"refers to a row of {row[2]} that is not there")
