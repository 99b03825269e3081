"""What should have gone and has not: for `fulfil check`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa

from fulfil.dispatch.model import Fulfilment
from fulfil.kit.checks import Violation
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
    return [*_aged(tx), *_pushed(tx), *_orders(tx), *_personal(tx)]


def _aged(tx: Tx) -> Iterator[Violation]:
    """A guest's cart may be younger than the guest, which only its store knows: guests are left out."""
    for aged in AGED:
        if aged is GUESTS:
            continue
        until = aged.until(tx) - GRACE
        key, age = aged.model.__table__.c[aged.key], aged.model.__table__.c[aged.age]
        asked = sa.select(key).where(age < UNTIL, *([] if aged.where is None else [aged.where]))
        for found in tx.scalars(asked.order_by(key).limit(SHOWN_MAX), {"until": until}):
            yield Violation(21, key.table.name, str(found), f"is kept longer than {aged.days}")


def _pushed(tx: Tx) -> Iterator[Violation]:
    for key, age, setting in (
        (IdempotencyKey.id, IdempotencyKey.at, "key_days"),
        (LiveEvent.person_id, LiveEvent.at, "live_days"),
    ):
        until = tx.now - timedelta(days=getattr(tx.kit.config, setting)) - GRACE
        for found in tx.scalars(sa.select(key).where(age < until).order_by(key).distinct().limit(SHOWN_MAX)):
            yield Violation(21, key.class_.__tablename__, str(found), f"is kept longer than {setting}")


def _orders(tx: Tx) -> Iterator[Violation]:
    until = tx.now - timedelta(days=tx.kit.config.archive_after_days) - GRACE
    for order_no in tx.scalars(
        sa.select(Order.id)
        .where(Order.created_at < until, Order.ended_at < until, final())
        .order_by(Order.id)
        .limit(SHOWN_MAX)
    ):
        yield Violation(21, "orders", str(order_no), "belongs into the archive")


def _personal(tx: Tx) -> Iterator[Violation]:
    until = tx.now - timedelta(days=tx.kit.config.personal_days) - GRACE
    told = "still tells whose it was"
    asked = (
        sa.select(Order.id).where(Order.erased_at.is_(None), Order.ended_at < until, final()),
        sa.select(Order.id).where(Order.erased_at.is_not(None), Order.contact != NOBODY),
        sa.select(Order.id)
        .join(Fulfilment, Fulfilment.order_no == Order.id)
        .where(Order.erased_at.is_not(None), Fulfilment.contact != NOBODY | NOWHERE),
    )
    for one in asked:
        for order_no in tx.scalars(one.order_by(Order.id).limit(SHOWN_MAX)):
            yield Violation(21, "orders", str(order_no), told)
    for order_no in tx.scalars(
        sa.select(ArchivedOrder.order_no)
        .where(ArchivedOrder.erased_at.is_(None), ArchivedOrder.ended_at < until)
        .limit(SHOWN_MAX)
    ):
        yield Violation(21, "archived_orders", str(order_no), told)
    until = tx.now - timedelta(days=tx.kit.config.member_days) - GRACE
    under_way = sa.exists().where(
        Order.owner_kind == "customer", Order.owner_id == Customer.id, Order.erased_at.is_(None)
    )
    for customer_id in tx.scalars(
        sa.select(Customer.id).where(UNUSED, ~under_way).order_by(Customer.id).limit(SHOWN_MAX),
        {"until": until},
    ):
        yield Violation(21, "customers", str(customer_id), "is kept longer than member_days")
