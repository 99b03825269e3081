"""What must hold among orders, for `fulfil check`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.engine import Row

from fulfil.kit.checks import Violation
from fulfil.kit.db import Tx
from fulfil.kit.moves import History
from fulfil.trade.orders import rules
from fulfil.trade.orders.model import ArchivedOrder, Order, OrderChange, OrderDelivery, OrderItem, OrderView
from fulfil.trade.orders.queries import views
from fulfil.trade.orders.states import DELIVERY, ORDER, OrderState
from fulfil.trade.stock import queries as stock


def violations(tx: Tx) -> list[Violation]:
    """Invariants 1, 2, 3, 8, 11, 18 and 22 among orders."""
    return [*_money(tx), *_lines(tx), *_holders(tx), *_history(tx), *_children(tx), *_views(tx)]


def _money(tx: Tx) -> list[Violation]:
    wrong = tx.scalars(
        select(Order.id)
        .where(
            Order.valid,
            or_(
                Order.refunded < 0,
                Order.refunded > Order.paid,
                Order.payable != Order.goods - Order.discount + Order.delivery + Order.bags,
            ),
        )
        .order_by(Order.id)
    )
    found = [Violation(1, "orders", str(no), "paid, refunded and payable do not fit") for no in wrong]
    unpaid = tx.scalars(
        select(Order.id)
        .where(
            Order.valid,
            Order.state.in_((OrderState.PAID, OrderState.COMPLETED, OrderState.CLOSED)),
            Order.paid < Order.payable,
        )
        .order_by(Order.id)
    )
    return found + [
        Violation(1, "orders", str(no), "counts as paid with less than its payable") for no in unpaid
    ]


def _lines(tx: Tx) -> list[Violation]:
    sums = (
        select(
            OrderItem.order_no,
            func.sum(OrderItem.amount).label("goods"),
            func.sum(OrderItem.discount).label("discount"),
        )
        .group_by(OrderItem.order_no)
        .subquery()
    )
    differ = tx.scalars(
        select(Order.id)
        .outerjoin(sums, sums.c.order_no == Order.id)
        .where(
            Order.valid,
            or_(
                func.coalesce(sums.c.goods, -1) != Order.goods,
                func.coalesce(sums.c.discount, -1) != Order.discount,
            ),
        )
        .order_by(Order.id)
    )
    return [Violation(3, "orders", str(no), "the lines do not sum to the order") for no in differ]


def _holders(tx: Tx) -> list[Violation]:
    over = (OrderState.COMPLETED, OrderState.CLOSED, OrderState.EXPIRED, OrderState.CANCELLED)
    holding = set(stock.holders(tx))
    ended = tx.scalars(
        select(Order.id).where(Order.id.in_(holding), Order.state.in_(over)).order_by(Order.id)
    )
    return [Violation(8, "orders", str(no), "is over and holds a reservation") for no in ended]


def _history(tx: Tx) -> list[Violation]:
    found = []
    for model, machine in ((Order, ORDER), (OrderDelivery, DELIVERY)):
        name = model.__tablename__
        last = (
            select(History.entity_id, History.seq, History.to_state).where(History.entity == name).subquery()
        )
        joined = (
            select(model.id).join(Order, Order.id == model.id) if model is not Order else select(model.id)
        )
        stale = joined.outerjoin(last, and_(last.c.entity_id == model.id, last.c.seq == model.version)).where(
            Order.valid, last.c.to_state.is_distinct_from(model.state)
        )
        found += [
            Violation(11, name, str(no), "state differs from the last history row")
            for no in tx.scalars(stale)
        ]
        steps = tx.all(
            select(History.entity_id, History.seq, History.event, History.from_state, History.to_state)
            .where(History.entity == name, History.seq.is_not(None))
            .order_by(History.entity_id, History.seq)
        )
        found += _paths(name, machine, steps)
    return found


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


def _children(tx: Tx) -> list[Violation]:
    bare = tx.scalars(
        select(Order.id).where(Order.valid, Order.id.not_in(select(OrderDelivery.id))).order_by(Order.id)
    )
    found = [Violation(18, "orders", str(no), "has no delivery row") for no in bare]
    elsewhere = tx.scalars(
        select(OrderDelivery.id)
        .join(Order, Order.id == OrderDelivery.id)
        .where(Order.store_id != OrderDelivery.store_id)
        .order_by(OrderDelivery.id)
    )
    return found + [
        Violation(18, "order_deliveries", str(no), "names another shop than its order") for no in elsewhere
    ]


def _views(tx: Tx) -> Iterator[Violation]:
    """22: a view is as its order, unless the order is marked as changed; nothing is shown that is not there.

    What is spelled for searching is compared by row, the rest by the database.
    """
    marked = (
        select(OrderChange.order_no)
        .where(OrderChange.store_id == Order.store_id, OrderChange.order_no == Order.id)
        .exists()
    )
    of_order = [
        OrderView.__table__.c[column.name].is_distinct_from(column)
        for column in Order.__table__.c
        if column.name in OrderView.__table__.c
    ]
    asked = (
        select(
            Order.id,
            Order.contact,
            OrderView.id.label("shown"),
            OrderView.phone,
            OrderView.name,
            or_(
                *of_order,
                OrderView.delivery_state.is_distinct_from(OrderDelivery.state),
                OrderView.archived_at.is_not(None),
            ).label("differs"),
        )
        .join(OrderDelivery, OrderDelivery.id == Order.id)
        .outerjoin(OrderView, OrderView.id == Order.id)
        .where(Order.valid, ~marked)
        .order_by(Order.id)
    )
    for row in tx.some(asked):
        if row.shown is None:
            yield Violation(22, "orders", str(row.id), "is not shown")
        elif row.differs or {"phone": row.phone, "name": row.name} != rules.searchable(row.contact):
            yield Violation(22, "order_views", str(row.id), "is shown otherwise than it is")
    archived = (
        select(ArchivedOrder.order_no)
        .outerjoin(OrderView, OrderView.id == ArchivedOrder.order_no)
        .where(
            or_(
                OrderView.id.is_(None),
                OrderView.state != ArchivedOrder.state,
                OrderView.archived_at.is_(None),
            ),
            ~select(OrderChange.order_no)
            .where(
                OrderChange.store_id == ArchivedOrder.store_id, OrderChange.order_no == ArchivedOrder.order_no
            )
            .exists(),
        )
    )
    for order_no in tx.scalars(archived.order_by(ArchivedOrder.order_no)):
        yield Violation(22, "archived_orders", str(order_no), "is not found, or otherwise than it is")
    for order_no in views.nobodys(tx):
        yield Violation(22, "order_views", str(order_no), "shows an order that is not there")
