"""Tables of what leaves the house."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Int, Text, Utc

_OF_ORDER = text("order_no IS NOT NULL")
_DEAD = text("state = 'dead'")


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
