"""Tables of what leaves the house."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Int, Json, Text, Utc

_OF_ORDER = text("order_no IS NOT NULL")
_DEAD = text("state = 'dead'")
_NOT_OVER = text("ended_at IS NULL")


class Message(Base):
    """A message to one person (M2). `key` makes it one however often it is asked for.

    After `expires_at` it is not sent any more. `store_id` is null for what belongs to no shop; `error` is the
    name of the last failure.
    """

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint("channel IN ('sms', 'email')", name="channel"),
        Index("uq_messages_key", "key", unique=True),
        Index("ix_messages_store", "store_id", "id"),
        Index("ix_messages_order", "order_no", sqlite_where=_OF_ORDER, postgresql_where=_OF_ORDER),
        Index("ix_messages_dead", "ended_at", sqlite_where=_DEAD, postgresql_where=_DEAD),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int | None] = mapped_column(Int, ForeignKey("stores.id"))
    order_no: Mapped[int | None] = mapped_column(Int)
    kind: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    attempts: Mapped[int] = mapped_column(Int)
    next_at: Mapped[datetime | None] = mapped_column(Utc)
    error: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    created_at: Mapped[datetime] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)


class Webhook(Base):
    """A program that is told of events (M4). `store_id` null: of all shops; `types` []: of all types.

    `secrets` has the newest first; the one before counts until `previous_until`. `failing_since` is the first
    failure that no success has followed.
    """

    __tablename__ = "webhooks"
    __table_args__ = (Index("ix_webhooks_store", "store_id"),)

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int | None] = mapped_column(Int, ForeignKey("stores.id"))
    url: Mapped[str] = mapped_column(Text)
    types: Mapped[list[str]] = mapped_column(Json)
    description: Mapped[str] = mapped_column(Text)
    secrets: Mapped[list[str]] = mapped_column(Json)
    previous_until: Mapped[datetime | None] = mapped_column(Utc)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    disabled_for: Mapped[str] = mapped_column(Text)
    failing_since: Mapped[datetime | None] = mapped_column(Utc)
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Utc)


class WebhookDelivery(Base):
    """One event for one webhook. `body` is sent as it is; `status` is the receiver's last answer.

    `error` names what went wrong the last time: http_500, timeout, private_address and so on.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("ix_webhook_deliveries_webhook", "webhook_id", "id"),
        Index("ix_webhook_deliveries_dead", "ended_at", sqlite_where=_DEAD, postgresql_where=_DEAD),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    webhook_id: Mapped[int] = mapped_column(Int, ForeignKey("webhooks.id"))
    store_id: Mapped[int | None] = mapped_column(Int, ForeignKey("stores.id"))
    order_no: Mapped[int | None] = mapped_column(Int)
    type: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    attempts: Mapped[int] = mapped_column(Int)
    next_at: Mapped[datetime | None] = mapped_column(Utc)
    status: Mapped[int | None] = mapped_column(Int)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)


class Alarm(Base):
    """Something that is wrong, until it is over (M2). `key` names its kind, shop and subject.

    `count` is how many checks in a row found it, `told` how often a person was told, `amount` how many things
    it is at the moment.
    """

    __tablename__ = "alarms"
    __table_args__ = (
        Index("uq_alarms_key", "key", unique=True, sqlite_where=_NOT_OVER, postgresql_where=_NOT_OVER),
        Index("ix_alarms_store", "store_id", "id"),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int | None] = mapped_column(Int, ForeignKey("stores.id"))
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(Int)
    count: Mapped[int] = mapped_column(Int)
    told: Mapped[int] = mapped_column(Int)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    since: Mapped[datetime] = mapped_column(Utc)
    counted_at: Mapped[datetime] = mapped_column(Utc)
    acknowledged_by: Mapped[str | None] = mapped_column(Text)
    acknowledged_at: Mapped[datetime | None] = mapped_column(Utc)
    note: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
