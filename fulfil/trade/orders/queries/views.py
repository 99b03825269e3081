"""Orders as they are shown: lists, pages and searches, from the copies that tasks keep (O4).

An order that has changed since it was copied has a row in `order_changes`. Its owner's lists and pages read
it from the order itself, so that nobody is shown older data than what they were answered.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, literal, null, or_, select, union_all
from sqlalchemy.engine import Row

from fulfil.kit.db import Int, Text, Tx
from fulfil.kit.statements import among
from fulfil.kit.task_rows import Task
from fulfil.trade.customers.rules import phone as spelled
from fulfil.trade.orders import rules
from fulfil.trade.orders.errors import UnknownOrder
from fulfil.trade.orders.model import ArchivedOrder, Order, OrderChange, OrderDelivery, OrderView
from fulfil.trade.orders.queries.documents import (
    ORDERS,
    asked_to_wait,
    heads,
    items,
    line_view,
    links,
    may_pay_again,
    order,
)

RECENT = 5000  # orders of a shop among which last digits are looked for
FOUND_MAX = 20
LAST = "\U0010ffff"  # behind every name that begins with what is asked for

_V = OrderView.__table__.c
_STORE, _ID = bindparam("the_store"), bindparam("the_order")
_CHANGED = and_(OrderChange.store_id == _V.store_id, OrderChange.order_no == _V.id)
_VIEWS = select(*_V, OrderChange.order_no.label("changed")).outerjoin(OrderChange, _CHANGED)
_PAGE = _VIEWS.where(_V.id == _ID, _V.archived_at.is_(None))
_OF_OWNER = (
    _VIEWS.where(
        _V.owner_kind == bindparam("kind"),
        _V.owner_id == bindparam("owner"),
        _V.id < bindparam("before"),
        _V.archived_at.is_(None),
    )
    .order_by(_V.id.desc())
    .limit(bindparam("most"))
)
_BEHIND_OF_OWNER = ORDERS.join(
    OrderChange, and_(OrderChange.store_id == Order.store_id, OrderChange.order_no == Order.id)
).where(
    OrderChange.owner_kind == bindparam("kind"),
    OrderChange.owner_id == bindparam("owner"),
    Order.id < bindparam("before"),
    Order.valid,
)
_FOUND = select(*_V, ArchivedOrder.fulfilment_id.label("archived_fulfilment")).outerjoin(
    ArchivedOrder, ArchivedOrder.order_no == _V.id
)
_NEWEST = _FOUND.order_by(_V.id.desc()).limit(FOUND_MAX)
_recent = select(_V.id).where(_V.store_id == _STORE).order_by(_V.id.desc()).limit(RECENT).subquery()
_DIGITS = bindparam("digits", type_=Int)
_BY_ID = _FOUND.where(_V.id == _ID, _V.store_id == _STORE)
# Valid since a moment ago: not copied yet, and asked for by its number.
_UNCOPIED = (
    select(
        *Order.__table__.c,
        OrderDelivery.state.label("delivery_state"),
        literal("").label("name"),
        null().label("archived_at"),
        null().label("archived_fulfilment"),
    )
    .join(OrderDelivery, OrderDelivery.id == Order.id)
    .where(Order.id == _ID, Order.store_id == _STORE, Order.valid)
)
_BY_PHONE = _NEWEST.where(_V.store_id == _STORE, _V.phone == bindparam("the_phone"), _V.phone != "")
_BY_NAME = _NEWEST.where(
    _V.store_id == _STORE,
    _V.name >= bindparam("low", type_=Text),
    _V.name < bindparam("high", type_=Text),
    _V.name != "",
)
_BY_TAIL = _NEWEST.where(
    _V.id.in_(select(_recent.c.id)),
    or_(_V.id % bindparam("power", type_=Int) == _DIGITS, _V.phone.like(bindparam("tail", type_=Text))),
)
_MARKED = (
    select(OrderChange.order_no)
    .where(OrderChange.store_id == _STORE)
    .order_by(OrderChange.order_no)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_STORES_BEHIND = select(OrderChange.store_id).distinct()
_WITH_KEY = select(Task.id).where(Task.key == bindparam("the_key")).limit(1)
_BEHIND_SINCE = select(func.min(OrderChange.at, type_=OrderChange.at.type))
_VALID_AMONG = ORDERS.where(among(Order.id, "numbers"), Order.valid).order_by(Order.id)
_ARCHIVED_AMONG = (
    select(ArchivedOrder.order_no)
    .where(among(ArchivedOrder.order_no, "numbers"))
    .order_by(ArchivedOrder.order_no)
)
_NUMBERS = (
    union_all(
        select(Order.id.label("order_no"), Order.store_id, Order.owner_kind, Order.owner_id).where(
            Order.valid, Order.id > bindparam("after", type_=Int)
        ),
        select(
            ArchivedOrder.order_no, ArchivedOrder.store_id, ArchivedOrder.owner_kind, ArchivedOrder.owner_id
        ).where(ArchivedOrder.order_no > bindparam("after", type_=Int)),
    )
    .order_by("order_no")
    .limit(bindparam("most"))
)
_NOBODYS = select(_V.id).where(
    ~select(Order.id).where(Order.id == _V.id).exists(),
    ~select(ArchivedOrder.order_no).where(ArchivedOrder.order_no == _V.id).exists(),
)


def of_owner(tx: Tx, kind: str, owner_id: int, *, before: int | None, limit: int) -> list[Row]:
    """An owner's orders, newest first, older than the number `before`; what is behind is read anew."""
    asked = {"kind": kind, "owner": owner_id, "before": 2**63 - 1 if before is None else before}
    rows = tx.all(_OF_OWNER, asked | {"most": limit})
    behind = tx.all(_BEHIND_OF_OWNER, asked)
    if not behind:
        return rows
    fresh = {row.id: row for row in rows} | {row.id: row for row in behind}
    return sorted(fresh.values(), key=lambda row: -row.id)[:limit]


def shown(tx: Tx, kind: str, owner_id: int, order_no: int) -> Row:
    """An owner's order as it is shown, never older than its last change.

    Raises UnknownOrder, for another's as for one that does not exist.
    """
    row = tx.one(_PAGE, {"the_order": order_no})
    if row is None or row.changed is not None:
        row = order(tx, order_no)
    if (row.owner_kind, row.owner_id) != (kind, owner_id):
        raise UnknownOrder()
    return row


def order_view(tx: Tx, row: Row, language: str, public_url: str) -> dict[str, Any]:
    """An order, or its view, as its owner sees it, JSON-ready."""
    return {
        **heads(tx, [row])[0],
        **links(row.id, row.track_token, public_url),
        "payment_failed": may_pay_again(tx, row),
        "delivery_pin": row.delivery_pin,
        "contact": row.contact,
        "note": row.note,
        "lines": [line_view(item, language) for item in items(tx, row.id)],
        "actions": rules.actions(
            row.state,
            row.delivery_state,
            in_time=tx.now < row.expires_at,
            asked_to_wait=asked_to_wait(tx, row) is not None,
        ),
    }


def search(tx: Tx, store_id: int, text: str, bag: int | None) -> list[Row]:
    """A shop's orders that somebody means, newest first, FOUND_MAX at most, archived ones among them.

    `text` is an order's number, its last digits or those of a phone (among the newest RECENT orders), a phone
    number, or how the customer's name begins; `bag` is the order that a bag's code names. A number finds an
    order at once, everything else as soon as it has been copied.
    """
    where = {"the_store": store_id}
    number = bag if bag is not None else int(text) if rules.is_number(text) else None
    if number is not None and (row := _of_number(tx, store_id, number)):
        return [row]
    if bag is not None:
        return []
    if phone := spelled(text):
        return tx.all(_BY_PHONE, where | {"the_phone": phone})
    if number is not None:
        return tx.all(_BY_TAIL, where | {"digits": number, "power": 10 ** len(text), "tail": f"%{text}"})
    low = rules.searched_name(text)
    return tx.all(_BY_NAME, where | {"low": low, "high": low + LAST}) if low else []


def _of_number(tx: Tx, store_id: int, number: int) -> Row | None:
    row = tx.one(_BY_ID, {"the_store": store_id, "the_order": number})
    if row is not None:
        return row
    return tx.one(_UNCOPIED, {"the_store": store_id, "the_order": number})


def marked(tx: Tx, store_id: int, limit: int) -> list[int]:
    """Orders of a shop that have changed since they were copied, locked; what is changing now is left."""
    return tx.scalars(_MARKED, {"the_store": store_id, "most": limit})


def stores_behind(tx: Tx) -> list[int]:
    """Shops of which some view is behind."""
    return tx.scalars(_STORES_BEHIND)


def is_copying(tx: Tx, key: str) -> bool:
    """Whether a task of this key is to run, runs, or is dead."""
    return tx.scalar(_WITH_KEY, {"the_key": key}) is not None


def behind_since(tx: Tx) -> datetime | None:
    """Since when the oldest view is behind, None when all are as their orders."""
    return tx.scalar(_BEHIND_SINCE)


def valid_among(tx: Tx, numbers: Iterable[int]) -> list[Row]:
    """The valid orders of these numbers."""
    return tx.all(_VALID_AMONG, {"numbers": list(numbers)})


def archived_among(tx: Tx, numbers: Iterable[int]) -> list[int]:
    """Which of these numbers are in the archive."""
    return tx.scalars(_ARCHIVED_AMONG, {"numbers": list(numbers)})


def numbers_after(tx: Tx, after: int, limit: int) -> list[Row]:
    """Numbers, shops and owners of the next orders, archived ones among them."""
    return tx.all(_NUMBERS, {"after": after, "most": limit})


def nobodys(tx: Tx) -> list[int]:
    """Views of which there is no order any more."""
    return tx.scalars(_NOBODYS)
