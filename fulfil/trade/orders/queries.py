"""Every select on orders. No query shows an order that is not valid (O2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.engine import Row

from fulfil.kit.checks import Violation
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.moves import History
from fulfil.kit.statements import one_of
from fulfil.trade.orders import rules
from fulfil.trade.orders.errors import UnknownOrder
from fulfil.trade.orders.model import Order, OrderDelivery, OrderItem, Submission
from fulfil.trade.orders.states import DELIVERY, ORDER, OrderState
from fulfil.trade.payments import queries as payments
from fulfil.trade.stock import queries as stock

_ORDER = select(
    *Order.__table__.columns,
    OrderDelivery.state.label("delivery_state"),
    OrderDelivery.version.label("delivery_version"),
).join(OrderDelivery, OrderDelivery.id == Order.id)


# Built once, since all that happens to an order begins with one of them. The lock holds both rows: on
# PostgreSQL a row that is only joined would be read as it was before the wait.
_VALID = _ORDER.where(Order.id == bindparam("order_no"), Order.valid)
_VALID_LOCKED = _VALID.with_for_update()
_I = OrderItem.__table__.c
_ITEMS = select(*_I).where(_I.order_no == bindparam("the_order")).order_by(_I.line_no)


def order(tx: Tx, order_no: int, *, lock: bool = False) -> Row:
    """A valid order with `delivery_state` and `delivery_version`. Raises UnknownOrder."""
    row = tx.one(_VALID_LOCKED if lock else _VALID, {"order_no": order_no})
    if row is None:
        raise UnknownOrder()
    return row


def items(tx: Tx, order_no: int) -> list[Row]:
    """An order's lines with their frozen shares, by line number."""
    return tx.all(_ITEMS, {"the_order": order_no})


def of_owner(tx: Tx, kind: str, owner_id: int, *, before: int | None, limit: int) -> list[Row]:
    """An owner's valid orders, newest first, older than the number `before`."""
    asked = _ORDER.where(Order.owner_kind == kind, Order.owner_id == owner_id, Order.valid)
    if before is not None:
        asked = asked.where(Order.id < before)
    return tx.all(asked.order_by(Order.id.desc()).limit(limit))


def order_of_cart(tx: Tx, kind: str, owner_id: int, store_id: int, cart_type: str,
                  version: int) -> int | None:
    """The order that a cart became at that version."""
    return tx.scalar(
        select(Order.id).where(
            Order.owner_kind == kind, Order.owner_id == owner_id, Order.store_id == store_id,
            Order.cart_type == cart_type, Order.cart_version == version)
    )  # fmt: skip


def order_no_of_track_token(tx: Tx, token: str) -> int | None:
    """Which order a tracking link is of."""
    return tx.scalar(select(Order.id).where(Order.track_token == token, Order.valid))


def head(row: Row) -> dict[str, Any]:
    """An order without its lines, JSON-ready."""
    return {
        "order_no": str(row.id),
        "store_id": str(row.store_id),
        "state": row.state,
        "delivery_state": row.delivery_state,
        "total": row.payable,
        "totals": {
            "goods": row.goods,
            "discount": row.discount,
            "delivery": row.delivery,
            "bags": row.bags,
            "tax_included": row.tax_included,
            "payable": row.payable,
        },
        "paid": row.paid,
        "refunded": row.refunded,
        "currency": row.currency,
        "promised_at": rfc3339(row.promised_at),
        "expires_at": rfc3339(row.expires_at),
        "created_at": rfc3339(row.created_at),
        "paid_at": rfc3339(row.paid_at),
    }


def line_view(row: Row, language: str) -> dict[str, Any]:
    """A line of an order, JSON-ready."""
    return {
        "line_no": row.line_no, "sku": row.sku, "name": row.name_zh if language == "zh" else row.name_en,
        "names": {"zh": row.name_zh, "en": row.name_en}, "pack": row.pack, "unit": row.unit,
        "quantity": row.quantity, "unit_price": row.unit_price, "amount": row.amount, "payable": row.payable,
        "on_shortage": row.on_shortage, "if_silent": row.if_silent,
        "picture": f"/ui/pictures/{row.picture}" if row.picture else None,
    }  # fmt: skip


def order_view(tx: Tx, row: Row, language: str, public_url: str) -> dict[str, Any]:
    """An order as its owner sees it, JSON-ready."""
    return {
        **head(row), **links(row.id, row.track_token, public_url), "payment_failed": _may_pay_again(tx, row),
        "delivery_pin": row.delivery_pin, "contact": row.contact, "note": row.note,
        "lines": [line_view(item, language) for item in items(tx, row.id)],
    }  # fmt: skip


def _may_pay_again(tx: Tx, row: Row) -> bool:
    """Whether a payment failed and the order still waits for another."""
    return row.state == OrderState.PLACED and payments.last_failed(tx, row.id)


def links(order_no: int, track_token: str, public_url: str) -> dict[str, str]:
    """Where the order is tracked and paid."""
    return {
        "track_url": f"{public_url}{track_path(track_token)}",
        "cashier_url": f"{public_url}/pay/{order_no}",
    }


def order_url(order_no: int, public_url: str) -> str:
    """Where the customer looks at the order and cancels it."""
    return f"{public_url}/#/order/{order_no}"


def track_path(track_token: str) -> str:
    return f"/track/{track_token}"


def tracking(tx: Tx, token: str, language: str) -> dict[str, Any]:
    """What the holder of a tracking link may see: steps and lines, no phone. Raises UnknownOrder.

    `steps` are `{name, at}` in order; `at` is null for what has not happened.
    """
    order_no = order_no_of_track_token(tx, token)
    if order_no is None:
        raise UnknownOrder()
    row = order(tx, order_no)
    reached: dict[str, datetime] = {}
    for step in tx.all(select(History.to_state, History.at).where(
        History.store_id == row.store_id, History.order_no == order_no,
        History.entity.in_((Order.__tablename__, OrderDelivery.__tablename__)),
    ).order_by(History.id)):  # fmt: skip
        reached.setdefault(step.to_state, step.at)
    ended = [state for state in ("cancelled", "expired") if row.state == state]
    steps = [name for name in rules.STEPS_SHOWN if not ended or name in reached] + ended
    return {
        **head(row), "delivery_pin": row.delivery_pin, "address": row.contact.get("address", ""),
        "payment_failed": _may_pay_again(tx, row),
        "steps": [{"name": name, "at": rfc3339(reached.get(name))} for name in steps],
        "lines": [line_view(item, language) for item in items(tx, order_no)],
    }  # fmt: skip


def submission(tx: Tx, kind: str, owner_id: int, request_key: str) -> Row | None:
    return tx.one(
        select(*Submission.__table__.columns).where(
            Submission.owner_kind == kind,
            Submission.owner_id == owner_id,
            Submission.request_key == request_key,
        )
    )


def submission_of(tx: Tx, order_no: int) -> Row | None:
    return tx.one(select(*Submission.__table__.columns).where(Submission.id == order_no))


def stranded_submissions(tx: Tx) -> list[int]:
    """Submissions whose worker has gone, by number."""
    return tx.scalars(_STRANDED, {"now": tx.now})


_STRANDED = (
    select(Submission.id)
    .where(one_of(Submission.state, "running", "undoing"), Submission.lease_until < bindparam("now"))
    .order_by(Submission.id)
)


def completed_before(tx: Tx, instant: datetime, limit: int) -> list[Row]:
    """Completed orders that ended before `instant`, oldest first."""
    return tx.all(
        _ORDER.where(Order.state == OrderState.COMPLETED, Order.ended_at < instant)
        .order_by(Order.ended_at)
        .limit(limit)
    )


def violations(tx: Tx) -> list[Violation]:
    """Invariants 1, 2, 3, 8, 11 and 18 among orders."""
    return [*_money(tx), *_lines(tx), *_holders(tx), *_history(tx), *_children(tx)]


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
    differ = tx.scalars(select(Order.id).outerjoin(sums, sums.c.order_no == Order.id).where(Order.valid, or_(
        func.coalesce(sums.c.goods, -1) != Order.goods, func.coalesce(sums.c.discount, -1) != Order.discount,
    )).order_by(Order.id))  # fmt: skip
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
