"""What must hold among orders, for `fulfil check`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, exists, func, or_, select
from sqlalchemy.engine import Row

from fulfil.kit.checks import Check, Violation, broken, off_history
from fulfil.kit.db import Tx
from fulfil.kit.moves import History
from fulfil.kit.statements import one_of
from fulfil.trade.orders import rules
from fulfil.trade.orders.model import ArchivedOrder, Order, OrderChange, OrderDelivery, OrderItem, OrderView
from fulfil.trade.orders.queries import views
from fulfil.trade.orders.states import DELIVERY, ORDER, OrderState
from fulfil.trade.stock import queries as stock

MACHINES: dict[Any, Any] = {Order: ORDER, OrderDelivery: DELIVERY}


def violations(tx: Tx) -> list[Violation]:
    """Invariants 1, 2, 3, 8, 11, 18 and 22 among orders."""
    return [*broken(tx, _checks()), *_history(tx), *_views(tx)]


@cache
def _checks() -> tuple[Check, ...]:
    return *_money(), _lines(), _holders(), *_children(), *_states()


def _money() -> Iterator[Check]:
    differs = or_(
        Order.refunded < 0,
        Order.refunded > Order.paid,
        Order.payable != Order.goods - Order.discount + Order.delivery + Order.bags,
    )
    yield Check(1, "orders", "paid, refunded and payable do not fit", _orders(differs))
    unpaid = one_of(Order.state, OrderState.PAID, OrderState.COMPLETED, OrderState.CLOSED)
    yield Check(
        1, "orders", "counts as paid with less than its payable", _orders(unpaid, Order.paid < Order.payable)
    )


def _lines() -> Check:
    sums = (
        select(
            OrderItem.order_no,
            func.sum(OrderItem.amount).label("goods"),
            func.sum(OrderItem.discount).label("discount"),
        )
        .group_by(OrderItem.order_no)
        .subquery()
    )
    differ = or_(
        func.coalesce(sums.c.goods, -1) != Order.goods, func.coalesce(sums.c.discount, -1) != Order.discount
    )
    asked = _orders(differ).outerjoin(sums, sums.c.order_no == Order.id)
    return Check(3, "orders", "the lines do not sum to the order", asked)


def _holders() -> Check:
    over = one_of(
        Order.state, OrderState.COMPLETED, OrderState.CLOSED, OrderState.EXPIRED, OrderState.CANCELLED
    )
    asked = select(Order.id).where(over, Order.id.in_(stock.HOLDERS)).order_by(Order.id)
    return Check(8, "orders", "is over and holds a reservation", asked)


def _children() -> Iterator[Check]:
    bare = _orders(Order.id.not_in(select(OrderDelivery.id)))
    yield Check(18, "orders", "has no delivery row", bare)
    elsewhere = (
        select(OrderDelivery.id)
        .join(Order, Order.id == OrderDelivery.id)
        .where(Order.store_id != OrderDelivery.store_id)
        .order_by(OrderDelivery.id)
    )
    yield Check(18, "order_deliveries", "names another shop than its order", elsewhere)


def _states() -> Iterator[Check]:
    """Of an order that is not valid nothing is known but its number."""
    of_order, of_delivery = off_history(Order), off_history(OrderDelivery)
    yield replace(of_order, broken=of_order.broken.where(Order.valid))
    with_order = of_delivery.broken.join(Order, Order.id == OrderDelivery.id)
    yield replace(of_delivery, broken=with_order.where(Order.valid))


def _orders(*where: Any) -> Select:
    return select(Order.id).where(Order.valid, *where).order_by(Order.id)


def _history(tx: Tx) -> Iterator[Violation]:
    for model, machine in MACHINES.items():
        yield from _paths(model.__tablename__, machine, tx.all(_steps(), {"entity": model.__tablename__}))


@cache
def _steps() -> Select:
    return (
        select(History.entity_id, History.seq, History.event, History.from_state, History.to_state)
        .where(History.entity == bindparam("entity"), History.seq.is_not(None))
        .order_by(History.entity_id, History.seq)
    )


def _paths(name: str, machine: Any, steps: list[Row]) -> list[Violation]:
    found, entity, seq, state = [], None, 0, None
    for step in steps:
        if step.entity_id != entity:
            entity, seq, state = step.entity_id, 0, None
        right = (
            step.to_state == machine.initial
            if seq == 0
            else (
                step.from_state == state and machine.table[step.from_state].get(step.event) == step.to_state
            )
        )
        if step.seq != seq + 1 or not right:
            found.append(
                Violation(11, name, str(entity), f"step {step.seq} ({step.event}) is no step of the machine")
            )
        seq, state = step.seq, step.to_state
    return found


def _views(tx: Tx) -> Iterator[Violation]:
    """22: a view is as its order, unless the order is marked as changed; nothing is shown that is not there.

    What is spelled for searching is compared by row, the rest by the database.
    """
    for row in tx.some(_shown()):
        if row.shown is None:
            yield Violation(22, "orders", str(row.id), "is not shown")
        elif row.differs or {"phone": row.phone, "name": row.name} != rules.searchable(row.contact):
            yield Violation(22, "order_views", str(row.id), "is shown otherwise than it is")
    for order_no in tx.scalars(_archived_otherwise()):
        yield Violation(22, "archived_orders", str(order_no), "is not found, or otherwise than it is")
    for order_no in views.nobodys(tx):
        yield Violation(22, "order_views", str(order_no), "shows an order that is not there")


@cache
def _shown() -> Select:
    """Orders that nobody has marked as changed, each with its view."""
    of_order = [
        OrderView.__table__.c[column.name].is_distinct_from(column)
        for column in Order.__table__.c
        if column.name in OrderView.__table__.c
    ]
    differs = or_(
        *of_order,
        OrderView.delivery_state.is_distinct_from(OrderDelivery.state),
        OrderView.archived_at.is_not(None),
    )
    return (
        select(
            Order.id,
            Order.contact,
            OrderView.id.label("shown"),
            OrderView.phone,
            OrderView.name,
            differs.label("differs"),
        )
        .join(OrderDelivery, OrderDelivery.id == Order.id)
        .outerjoin(OrderView, OrderView.id == Order.id)
        .where(Order.valid, ~_marked(Order.store_id, Order.id))
        .order_by(Order.id)
    )


@cache
def _archived_otherwise() -> Select:
    return (
        select(ArchivedOrder.order_no)
        .outerjoin(OrderView, OrderView.id == ArchivedOrder.order_no)
        .where(
            or_(
                OrderView.id.is_(None),
                OrderView.state != ArchivedOrder.state,
                OrderView.archived_at.is_(None),
            ),
            ~_marked(ArchivedOrder.store_id, ArchivedOrder.order_no),
        )
        .order_by(ArchivedOrder.order_no)
    )


def _marked(store_id: Any, order_no: Any) -> Any:
    """Whether the order is marked as changed."""
    return exists().where(OrderChange.store_id == store_id, OrderChange.order_no == order_no)
