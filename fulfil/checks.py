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
from fulfil.kit.checks import Check, Violation, broken
from fulfil.kit.db import Base, Tx
from fulfil.kit.idempotency import IdempotencyKey
from fulfil.kit.live import LiveEvent, LiveHead
from fulfil.kit.moves import History
from fulfil.kit.statements import one_of
from fulfil.kit.task_rows import DEAD, LEASED, Task
from fulfil.retention import overdue
from fulfil.retention.ageing import LONG_LIVED
from fulfil.trade.orders.model import Order
from fulfil.trade.orders.states import OrderState
from fulfil.trade.payments.model import PaymentDocument

STUCK = timedelta(minutes=10)


def violations(tx: Tx) -> list[Violation]:
    """Every violated invariant in this snapshot, in the order of their numbers."""
    found = [violation for folder in _folders() for violation in folder(tx)]
    found += broken(tx, _checks(), {"long_ago": tx.now - STUCK})
    found += [*_history(tx), *_database(tx), *overdue.violations(tx)]
    return sorted(found, key=lambda v: (v.invariant, v.entity, v.id))


@cache
def _folders() -> list[Callable[[Tx], Iterable[Violation]]]:
    queries = [import_module(name) for folder in FOLDERS if find_spec(name := f"fulfil.{folder}.queries")]
    return [module.violations for module in queries if hasattr(module, "violations")]


@cache
def _checks() -> list[Check]:
    """What spans folders, or is the kit's."""
    return [_money(), _work(), *_tasks(), _keys(), _live(), *_shops()]


def _money() -> Check:
    """An order's paid and refunded are what its payment documents captured and gave back.

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
    asked = sa.select(Order.id).outerjoin(sums, sums.c.order_no == Order.id).where(Order.valid, wrong)
    return Check(1, "orders", "paid and refunded are not what its payments say", asked)


def _work() -> Check:
    """A paid order is in fulfilment, or about to be."""
    asked = (
        sa.select(Order.id)
        .outerjoin(Fulfilment, Fulfilment.order_no == Order.id)
        .where(one_of(Order.state, OrderState.PAID), Fulfilment.id.is_(None), ~_is_due(Order.id))
    )
    return Check(6, "orders", "is paid, and nobody fulfils it", asked)


def _is_due(order_no: Any) -> sa.ColumnElement[bool]:
    """Whether a task of that order is still to run."""
    key = sa.literal("order:", sa.Text) + sa.cast(order_no, sa.Text)
    return sa.exists().where(Task.key == key, Task.state != DEAD)


def _tasks() -> Iterator[Check]:
    """Every task is done, or due, or dead with an alarm; none is stuck."""
    asked = sa.select(Task.id, Task.handler)
    yield Check(14, "tasks", "{handler} is dead", asked.where(one_of(Task.state, DEAD)))
    stuck = asked.where(one_of(Task.state, LEASED), Task.lease_until < sa.bindparam("long_ago"))
    yield Check(14, "tasks", "{handler} holds a lease that ended long ago", stuck)


def _keys() -> Check:
    """An idempotency key that stands has an answer."""
    asked = sa.select(IdempotencyKey.id).where(IdempotencyKey.answer.is_(None))
    return Check(15, "idempotency_keys", "a committed key has no answer", asked)


def _live() -> Check:
    """The last push of a person's log is the number that its head names."""
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
    wrong = sa.or_(last.c.seq != LiveHead.seq, last.c.seq - last.c.first + 1 != last.c.many)
    asked = sa.select(LiveHead.person_id).join(last, last.c.person_id == LiveHead.person_id).where(wrong)
    return Check(19, "live_log", "the log has a gap or another end than its head", asked)


def _shops() -> Iterator[Check]:
    """A row and the row that it refers to belong to the same shop."""
    for table in Base.metadata.sorted_tables:
        key = next(iter(table.primary_key.columns))
        for reference in table.foreign_key_constraints:
            parent = reference.referred_table
            if "store_id" not in table.c or "store_id" not in parent.c:
                continue
            same = sa.and_(*(one.parent == one.column for one in reference.elements))
            strangers = sa.select(key).join_from(table, parent, same)
            yield Check(
                18,
                table.name,
                f"is of another shop than its {parent.name}",
                strangers.where(table.c.store_id != parent.c.store_id),
            )


def _history(tx: Tx) -> Iterator[Violation]:
    """11: the numbers of a row's history have no gap, and each step begins where the one before ended."""
    for row in tx.all(_missteps()):
        yield Violation(
            11, row.entity, str(row.entity_id), f"history step {row.seq} does not follow the step before it"
        )


@cache
def _missteps() -> sa.Select:
    """Old steps of what lives for ever are not kept: its history begins later than at 1."""
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
    lives = one_of(steps.entity, *LONG_LIVED)
    wrong = sa.or_(
        steps.seq != steps.first + steps.place - 1,
        sa.and_(steps.first != 1, ~lives),
        sa.and_(steps.before.is_distinct_from(steps.from_state), ~sa.and_(steps.place == 1, lives)),
    )
    return sa.select(steps.entity, steps.entity_id, steps.seq).where(wrong)


def _database(tx: Tx) -> Iterator[Violation]:
    """18: the database is whole."""
    if tx.dialect != "sqlite":
        return
    for (line,) in tx.all(sa.text("PRAGMA integrity_check")):
        if line != "ok":
            yield Violation(18, "database", "file", line)
    for row in tx.all(sa.text("PRAGMA foreign_key_check")):
        yield Violation(18, row[0], str(row[1]), f"refers to a row of {row[2]} that is not there")
