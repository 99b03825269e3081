"""Orders as they were written: what everything that changes one reads, and the tracking page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Row

from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.moves import History
from fulfil.kit.statements import one_of
from fulfil.store import queries as stores
from fulfil.store.rules.hours import holds_work
from fulfil.trade.orders import rules
from fulfil.trade.orders.errors import UnknownOrder
from fulfil.trade.orders.model import Order, OrderDelivery, OrderItem, Submission
from fulfil.trade.orders.states import OrderState
from fulfil.trade.payments import queries as payments

ORDERS = select(
    *Order.__table__.columns,
    OrderDelivery.state.label("delivery_state"),
    OrderDelivery.version.label("delivery_version"),
).join(OrderDelivery, OrderDelivery.id == Order.id)


# Built once, since all that happens to an order begins with one of them. The lock holds both rows: on
# PostgreSQL a row that is only joined would be read as it was before the wait.
_VALID = ORDERS.where(Order.id == bindparam("order_no"), Order.valid)
_VALID_LOCKED = _VALID.with_for_update()
_I = OrderItem.__table__.c
_ITEMS = select(*_I).where(_I.order_no == bindparam("the_order")).order_by(_I.line_no)


def order(tx: Tx, order_no: int, *, lock: bool = False) -> Row:
    """A valid order with `delivery_state` and `delivery_version`. Raises UnknownOrder."""
    return order_later(tx, order_no, lock=lock)()


def order_later(tx: Tx, order_no: int, *, lock: bool = False) -> Callable[[], Row]:
    """The same, to be had by calling; it comes with what is asked next."""
    rows = tx.later(_VALID_LOCKED if lock else _VALID, {"order_no": order_no})

    def told() -> Row:
        for row in rows():
            return row
        raise UnknownOrder()

    return told


def items(tx: Tx, order_no: int) -> list[Row]:
    """An order's lines with their frozen shares, by line number."""
    return items_later(tx, order_no)()


def items_later(tx: Tx, order_no: int) -> Callable[[], list[Row]]:
    """The same, to be had by calling; they come with what is asked next."""
    return tx.later(_ITEMS, {"the_order": order_no})


def order_of_cart(
    tx: Tx, kind: str, owner_id: int, store_id: int, cart_type: str, version: int
) -> int | None:
    """The order that a cart became at that version."""
    return tx.scalar(
        select(Order.id).where(
            Order.owner_kind == kind,
            Order.owner_id == owner_id,
            Order.store_id == store_id,
            Order.cart_type == cart_type,
            Order.cart_version == version,
        )
    )


def order_no_of_track_token(tx: Tx, token: str) -> int | None:
    """Which order a tracking link is of."""
    return tx.scalar(select(Order.id).where(Order.track_token == token, Order.valid))


def heads(tx: Tx, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Orders without their lines, JSON-ready. How it stands with their money aftersales says (O7)."""
    states = tx.kit.services["refund_states"](tx, {row.id: row.paid for row in rows})
    return [_head(row, states[row.id]) for row in rows]


def _head(row: Row, refund_state: str) -> dict[str, Any]:
    return {
        "order_no": str(row.id),
        "store_id": str(row.store_id),
        "state": row.state,
        "delivery_state": row.delivery_state,
        "refund_state": refund_state,
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
        "line_no": row.line_no,
        "sku": row.sku,
        "name": row.name_zh if language == "zh" else row.name_en,
        "names": {"zh": row.name_zh, "en": row.name_en},
        "pack": row.pack,
        "unit": row.unit,
        "quantity": row.quantity,
        "unit_price": row.unit_price,
        "amount": row.amount,
        "payable": row.payable,
        "on_shortage": row.on_shortage,
        "if_silent": row.if_silent,
        "picture": f"/ui/pictures/{row.picture}" if row.picture else None,
    }


def may_pay_again(tx: Tx, row: Row) -> bool:
    """Whether a payment failed and the order still waits for another."""
    return row.state == OrderState.PLACED and payments.last_failed(tx, row.id)


def waits_for_shop(tx: Tx, row: Row) -> bool:
    """Whether a paid order with which nobody has begun waits for its shop to open (floor rule 10)."""
    return rules.not_begun(row.state, row.delivery_state) and holds_work(
        stores.store(tx, row.store_id), tx.now
    )


def asked_to_wait(tx: Tx, row: Row) -> datetime | None:
    """When the shop held the order back, if it still does and its customer has not said that they wait."""
    if not waits_for_shop(tx, row):
        return None
    last = tx.one(_HELD_BACK, {"store": row.store_id, "order": row.id})
    return last.at if last is not None and last.event != "kept" else None


_HELD_BACK = (
    select(History.event, History.at)
    .where(
        History.store_id == bindparam("store"),
        History.order_no == bindparam("order"),
        History.entity == Order.__tablename__,
        one_of(History.event, "held_back", "kept"),
    )
    .order_by(History.id.desc())
    .limit(1)
)


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
    for step in tx.all(
        select(History.to_state, History.at)
        .where(
            History.store_id == row.store_id,
            History.order_no == order_no,
            History.entity.in_((Order.__tablename__, OrderDelivery.__tablename__)),
        )
        .order_by(History.id)
    ):
        reached.setdefault(step.to_state, step.at)
    ended = [state for state in ("cancelled", "expired") if row.state == state]
    steps = [name for name in rules.STEPS_SHOWN if not ended or name in reached] + ended
    return {
        **heads(tx, [row])[0],
        "delivery_pin": row.delivery_pin,
        "address": row.contact.get("address", ""),
        "payment_failed": may_pay_again(tx, row),
        "steps": [{"name": name, "at": rfc3339(reached.get(name))} for name in steps],
        "lines": [line_view(item, language) for item in items(tx, order_no)],
    }


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
        ORDERS.where(Order.state == OrderState.COMPLETED, Order.ended_at < instant)
        .order_by(Order.ended_at)
        .limit(limit)
    )
