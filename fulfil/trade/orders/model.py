"""Tables of orders (O2): the order with snapshots, its items and attributes, its delivery state, submissions.

An order is written with `valid` false, then its children, then `valid` true; no query shows an invalid one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy import Text as SqlText
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Bool, Bytes, Int, Json, Text, Utc

UNERASED = "erased_at IS NULL AND ended_at IS NOT NULL"
UNDER_WAY = "state IN ('running', 'undoing')"


class Order(Base):
    """An order; `id` is its number (O6). Money in minor units of `currency`; tax is included and shown.

    After acceptance only state, paid, refunded and the times of these change (F2), and `promised_at` once if
    it is paid so late that the promise cannot be kept. From `erased_at` on, nothing in it tells whose it was.
    """

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("payable = goods - discount + delivery + bags", name="payable"),
        CheckConstraint("refunded >= 0 AND refunded <= paid", name="refunded"),
        Index("ix_orders_owner", "owner_kind", "owner_id", "id"),
        # A cart as it was at one version is ordered once, however often it is submitted.
        Index(
            "uq_orders_cart", "owner_kind", "owner_id", "store_id", "cart_type", "cart_version", unique=True
        ),
        Index("ix_orders_store", "store_id", "id"),
        Index(
            "ix_orders_completed",
            "ended_at",
            sqlite_where=text("state = 'completed'"),
            postgresql_where=text("state = 'completed'"),
        ),
        Index(
            "ix_orders_unerased",
            "ended_at",
            "id",
            sqlite_where=text(UNERASED),
            postgresql_where=text(UNERASED),
        ),
        Index("ix_orders_invalid", "id", sqlite_where=text("valid = 0"), postgresql_where=text("NOT valid")),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int, ForeignKey("stores.id"))
    owner_kind: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[int] = mapped_column(Int)
    channel: Mapped[str] = mapped_column(Text)
    scene: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    valid: Mapped[bool] = mapped_column(Bool)
    goods: Mapped[int] = mapped_column(Int)
    discount: Mapped[int] = mapped_column(Int)
    delivery: Mapped[int] = mapped_column(Int)
    bags: Mapped[int] = mapped_column(Int)
    tax_included: Mapped[int] = mapped_column(Int)
    payable: Mapped[int] = mapped_column(Int)
    paid: Mapped[int] = mapped_column(Int)
    refunded: Mapped[int] = mapped_column(Int)
    currency: Mapped[str] = mapped_column(Text)
    cart_type: Mapped[str] = mapped_column(Text)
    cart_version: Mapped[int] = mapped_column(Int)
    promised_at: Mapped[datetime] = mapped_column(Utc)
    deliver_by: Mapped[datetime | None] = mapped_column(Utc)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    track_token: Mapped[str] = mapped_column(Text, unique=True)
    delivery_pin: Mapped[str] = mapped_column(Text)
    contact: Mapped[dict[str, Any]] = mapped_column(Json)
    note: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Utc)
    paid_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    erased_at: Mapped[datetime | None] = mapped_column(Utc)


class OrderItem(Base):
    """A line with snapshots of its product; `unit_price` per piece or 1000 g, `payable` the frozen share."""

    __tablename__ = "order_items"
    __table_args__ = (
        CheckConstraint("payable = amount - discount", name="payable"),
        CheckConstraint("quantity > 0", name="quantity"),
    )

    order_no: Mapped[int] = mapped_column(Int, ForeignKey("orders.id"), primary_key=True)
    line_no: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    sku: Mapped[str] = mapped_column(Text)
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    gtin: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)
    pack: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text)
    weighed: Mapped[bool] = mapped_column(Bool)
    quantity: Mapped[int] = mapped_column(Int)
    unit_price: Mapped[int] = mapped_column(Int)
    amount: Mapped[int] = mapped_column(Int)
    discount: Mapped[int] = mapped_column(Int)
    payable: Mapped[int] = mapped_column(Int)
    on_shortage: Mapped[str] = mapped_column(Text)
    if_silent: Mapped[str] = mapped_column(Text)
    picture: Mapped[str] = mapped_column(Text)


class OrderAttribute(Base):
    """A named fact of an order that needs no column of its own, such as the quote it was placed on."""

    __tablename__ = "order_attributes"

    order_no: Mapped[int] = mapped_column(Int, ForeignKey("orders.id"), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class OrderDelivery(Base):
    """The delivery state of an order (O7), driven by fulfilment; `id` is the order's number."""

    __tablename__ = "order_deliveries"

    id: Mapped[int] = mapped_column(Int, ForeignKey("orders.id"), primary_key=True)
    store_id: Mapped[int] = mapped_column(Int)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)


class Submission(Base):
    """How far a submission came whose steps commit one by one (O1); `id` is its order number.

    `done` counts the steps that are committed; `draft` is what they made, enough to go on or to undo them.
    """

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("owner_kind", "owner_id", "request_key", name="uq_submissions_request_key"),
        Index("ix_submissions_open", "id", sqlite_where=text(UNDER_WAY), postgresql_where=text(UNDER_WAY)),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    owner_kind: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[int] = mapped_column(Int)
    request_key: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    done: Mapped[int] = mapped_column(Int)
    draft: Mapped[dict[str, Any]] = mapped_column(Json)
    lease_until: Mapped[datetime] = mapped_column(Utc)
    created_at: Mapped[datetime] = mapped_column(Utc)


class OrderView(Base):
    """An order as it is shown (O4): lists, pages and searches read here. `id` is the order's number.

    A task copies it from the order after each change; until then the order has a row in `order_changes`.
    `phone` and `name` are spelled for searching, and are empty once the order is nobody's. From
    `archived_at` on it is only searched for.
    """

    __tablename__ = "order_views"
    __table_args__ = (
        Index("ix_order_views_owner", "owner_kind", "owner_id", "id"),
        Index("ix_order_views_store", "store_id", "id"),
        Index(
            "ix_order_views_phone",
            "store_id",
            "phone",
            sqlite_where=text("phone <> ''"),
            postgresql_where=text("phone <> ''"),
        ),
        Index(
            "ix_order_views_name",
            "store_id",
            "name",
            sqlite_where=text("name <> ''"),
            postgresql_where=text("name <> ''"),
        ),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    owner_kind: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[int] = mapped_column(Int)
    state: Mapped[str] = mapped_column(Text)
    delivery_state: Mapped[str] = mapped_column(Text)
    goods: Mapped[int] = mapped_column(Int)
    discount: Mapped[int] = mapped_column(Int)
    delivery: Mapped[int] = mapped_column(Int)
    bags: Mapped[int] = mapped_column(Int)
    tax_included: Mapped[int] = mapped_column(Int)
    payable: Mapped[int] = mapped_column(Int)
    paid: Mapped[int] = mapped_column(Int)
    refunded: Mapped[int] = mapped_column(Int)
    currency: Mapped[str] = mapped_column(Text)
    promised_at: Mapped[datetime] = mapped_column(Utc)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    track_token: Mapped[str] = mapped_column(Text)
    delivery_pin: Mapped[str] = mapped_column(Text)
    contact: Mapped[dict[str, Any]] = mapped_column(Json)
    note: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Utc)
    paid_at: Mapped[datetime | None] = mapped_column(Utc)
    phone: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text.with_variant(SqlText(collation="C"), "postgresql"))
    archived_at: Mapped[datetime | None] = mapped_column(Utc)


class OrderChange(Base):
    """An order that has changed since its view was copied. `at`: since when the view is behind."""

    __tablename__ = "order_changes"
    __table_args__ = (Index("ix_order_changes_owner", "owner_kind", "owner_id"),)

    store_id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    order_no: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    owner_kind: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[int] = mapped_column(Int)
    at: Mapped[datetime] = mapped_column(Utc)


class ArchivedOrder(Base):
    """An order that ended long ago, whole in one row: `document` holds its rows of every table.

    It is compressed JSON, `{table: [row, …]}`. What is looked for without opening it stands beside it.
    """

    __tablename__ = "archived_orders"
    __table_args__ = (
        Index("ix_archived_orders_owner", "owner_kind", "owner_id"),
        Index("ix_archived_orders_fulfilment", "fulfilment_id"),
        Index(
            "ix_archived_orders_unerased",
            "ended_at",
            "order_no",
            sqlite_where=text("erased_at IS NULL"),
            postgresql_where=text("erased_at IS NULL"),
        ),
    )

    order_no: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int, ForeignKey("stores.id"))
    fulfilment_id: Mapped[int | None] = mapped_column(Int)
    owner_kind: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[int] = mapped_column(Int)
    state: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime] = mapped_column(Utc)
    archived_at: Mapped[datetime] = mapped_column(Utc)
    erased_at: Mapped[datetime | None] = mapped_column(Utc)
    document: Mapped[bytes] = mapped_column(Bytes)
