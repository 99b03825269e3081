"""Tables of preparation: what one station makes for an order, and its lines."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Int, Text, Utc

WAITING = "state = 'waiting'"


class PrepOrder(Base):
    """制作单 — what one station of the kitchen makes for an order (`id` is the ticket's).

    `label` is the code on it once it is made; `seconds` the work at the station; it begins at `start_at`, so
    that it is ready when the rest of the order is.
    """

    __tablename__ = "prep_orders"
    __table_args__ = (
        Index("ix_prep_orders_fulfilment", "fulfilment_id"),
        Index("uq_prep_orders_label", "store_id", "label", unique=True),
        CheckConstraint("seconds > 0", name="seconds"),
    )

    id: Mapped[int] = mapped_column(Int, ForeignKey("tickets.id"), primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    fulfilment_id: Mapped[int] = mapped_column(Int, ForeignKey("fulfilments.id"))
    order_no: Mapped[int] = mapped_column(Int)
    station: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    seconds: Mapped[int] = mapped_column(Int)
    start_at: Mapped[datetime] = mapped_column(Utc)


class PrepLine(Base):
    """制作行 — portions of one line to make. `short` is what could not be made and was reported."""

    __tablename__ = "prep_lines"
    __table_args__ = (
        UniqueConstraint("ticket_id", "line_no", name="uq_prep_lines_ticket_line"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("short >= 0 AND short <= quantity", name="short"),
        Index("ix_prep_lines_order", "store_id", "order_no"),
        Index(
            "ix_prep_lines_waiting", "ticket_id", sqlite_where=text(WAITING), postgresql_where=text(WAITING)
        ),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    ticket_id: Mapped[int] = mapped_column(Int, ForeignKey("prep_orders.id"))
    fulfilment_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int] = mapped_column(Int)
    line_no: Mapped[int] = mapped_column(Int)
    sku: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Int)
    short: Mapped[int] = mapped_column(Int)
    batch: Mapped[int] = mapped_column(Int)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    cooking_at: Mapped[datetime | None] = mapped_column(Utc)
    ready_at: Mapped[datetime | None] = mapped_column(Utc)
