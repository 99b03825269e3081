"""What should have gone and has not: for `fulfil check`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache

import sqlalchemy as sa

from fulfil.dispatch.model import Fulfilment
from fulfil.kit.checks import Check, Violation, broken
from fulfil.kit.db import Tx
from fulfil.kit.idempotency import IdempotencyKey
from fulfil.kit.live import LiveEvent
from fulfil.retention.ageing import AGED, GUESTS
from fulfil.retention.final import final
from fulfil.retention.personal import NOBODY, NOWHERE, UNUSED
from fulfil.retention.walk import UNTIL
from fulfil.trade.customers.model import Customer
from fulfil.trade.orders.model import ArchivedOrder, Order

GRACE = timedelta(days=7)  # a shop may have been closed, with its server off
SHOWN_MAX = 20


def violations(tx: Tx) -> list[Violation]:
    """21: nothing stays long after its time."""
    return [found for setting, checks in _checks().items() for found in _older(tx, setting, checks)]


def _older(tx: Tx, setting: str, checks: Iterable[Check]) -> list[Violation]:
    """What breaks these, whose rows stay for so many days as the setting says."""
    days = timedelta(days=getattr(tx.kit.config, setting))
    return broken(tx, checks, {"until": tx.now - days - GRACE})


@cache
def _checks() -> dict[str, list[Check]]:
    """By the setting that says how long rows stay."""
    checks: dict[str, list[Check]] = defaultdict(list)
    for setting, check in (*_aged(), *_pushed(), *_orders(), *_personal(), _members()):
        checks[setting].append(replace(check, broken=check.broken.limit(SHOWN_MAX)))
    return checks


def _aged() -> Iterator[tuple[str, Check]]:
    """A guest's cart may be younger than the guest, which only its store knows: guests are left out."""
    for aged in AGED:
        if aged is not GUESTS:
            key, age = aged.model.__table__.c[aged.key], aged.model.__table__.c[aged.age]
            where = [] if aged.where is None else [aged.where]
            yield aged.days, _kept(aged.days, sa.select(key).where(age < UNTIL, *where).order_by(key))


def _pushed() -> Iterator[tuple[str, Check]]:
    for key, age, days in (
        (IdempotencyKey.id, IdempotencyKey.at, "key_days"),
        (LiveEvent.person_id, LiveEvent.at, "live_days"),
    ):
        yield days, _kept(days, sa.select(key).where(age < UNTIL).order_by(key).distinct())


def _orders() -> Iterator[tuple[str, Check]]:
    old = sa.select(Order.id).where(Order.created_at < UNTIL, Order.ended_at < UNTIL, final())
    yield "archive_after_days", Check(21, "orders", "belongs into the archive", old.order_by(Order.id))


def _personal() -> Iterator[tuple[str, Check]]:
    told = "still tells whose it was"
    for asked in (
        sa.select(Order.id).where(Order.erased_at.is_(None), Order.ended_at < UNTIL, final()),
        sa.select(Order.id).where(Order.erased_at.is_not(None), Order.contact != NOBODY),
        sa.select(Order.id)
        .join(Fulfilment, Fulfilment.order_no == Order.id)
        .where(Order.erased_at.is_not(None), Fulfilment.contact != NOBODY | NOWHERE),
    ):
        yield "personal_days", Check(21, "orders", told, asked.order_by(Order.id))
    archived = sa.select(ArchivedOrder.order_no).where(
        ArchivedOrder.erased_at.is_(None), ArchivedOrder.ended_at < UNTIL
    )
    yield "personal_days", Check(21, "archived_orders", told, archived)


def _members() -> tuple[str, Check]:
    under_way = sa.exists().where(
        Order.owner_kind == "customer", Order.owner_id == Customer.id, Order.erased_at.is_(None)
    )
    unused = sa.select(Customer.id).where(UNUSED, ~under_way).order_by(Customer.id)
    return "member_days", _kept("member_days", unused)


def _kept(setting: str, asked: sa.Select) -> Check:
    [table] = {column.table for column in asked.selected_columns}
    return Check(21, table.name, f"is kept longer than {setting}", asked)
