"""Fulfilment orders with their lines, what of them is missing, and when they will be ready."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Int, Json, Text, Utc

PICKUP = "state IN ('open', 'working', 'ready')"
ENDED = "ended_at IS NOT NULL"


class Fulfilment(Base):
    """履约单 — what the shop must do for one paid order. `due_at` is when the customer was promised it.

    `pickup_code` is what a third party's rider says at the counter, unique among a shop's waiting orders;
    `ride_seconds` the estimated ride; `stages` those that were opened so far.
    """

    __tablename__ = "fulfilments"
    __table_args__ = (
        UniqueConstraint("order_no", name="uq_fulfilments_order_no"),
        Index("ix_fulfilments_store", "store_id", "state", "due_at"),
        Index(
            "uq_fulfilments_pickup_code",
            "store_id",
            "pickup_code",
            unique=True,
            sqlite_where=text(PICKUP),
            postgresql_where=text(PICKUP),
        ),
        # What is over is counted in the order in which it ended.
        Index(
            "ix_fulfilments_ended", "ended_at", "id", sqlite_where=text(ENDED), postgresql_where=text(ENDED)
        ),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int, ForeignKey("stores.id"))
    order_no: Mapped[int] = mapped_column(Int)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    due_at: Mapped[datetime] = mapped_column(Utc)
    ride_seconds: Mapped[int] = mapped_column(Int)
    stages: Mapped[list[str]] = mapped_column(Json)
    contact: Mapped[dict[str, Any]] = mapped_column(Json)
    note: Mapped[str] = mapped_column(Text)
    delivery_pin: Mapped[str] = mapped_column(Text)
    pickup_code: Mapped[str] = mapped_column(Text)
    carrier: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(Utc)
    ready_at: Mapped[datetime | None] = mapped_column(Utc)
    handed_over_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)


class FulfilmentLineRow(Base):
    """A line and what became of it: pieces, or grams where `unit` is "g"; `grams` weighs the whole line.

    `substitutes` is the line for which these goods come; `prep` how the shop makes them.
    """

    __tablename__ = "fulfilment_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("picked >= 0 AND short >= 0 AND substituted >= 0", name="sums"),
        CheckConstraint("short + substituted <= quantity", name="over"),
    )

    fulfilment_id: Mapped[int] = mapped_column(
        Int, ForeignKey("fulfilments.id"), primary_key=True, autoincrement=False
    )
    line_no: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int] = mapped_column(Int)
    sku: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Int)
    unit: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)
    location: Mapped[str] = mapped_column(Text)
    grams: Mapped[int] = mapped_column(Int)
    picked: Mapped[int] = mapped_column(Int)
    short: Mapped[int] = mapped_column(Int)
    substituted: Mapped[int] = mapped_column(Int)
    on_shortage: Mapped[str] = mapped_column(Text)
    if_silent: Mapped[str] = mapped_column(Text)
    substitutes: Mapped[int | None] = mapped_column(Int)
    prep: Mapped[str | None] = mapped_column(Text)


class StockoutReport(Base):
    """缺货单 (F6) — what of a line is missing and why.

    `outcome` is None while nobody has decided; `amount`, minor units, is what goes back. Until `decide_by`
    other goods may come instead; None: only money.
    """

    __tablename__ = "stockout_reports"
    __table_args__ = (
        UniqueConstraint("op_id", "line_no", name="uq_stockout_reports_op"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("outcome IN ('refund', 'substitute', 'cancel_order')", name="outcome"),
        Index("ix_stockout_reports_fulfilment", "fulfilment_id", "line_no"),
        Index("ix_stockout_reports_ticket", "ticket_id"),
        Index("ix_stockout_reports_store", "store_id", "at"),
        Index(
            "ix_stockout_reports_undecided",
            "store_id",
            "at",
            sqlite_where=text("outcome IS NULL"),
            postgresql_where=text("outcome IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int] = mapped_column(Int)
    fulfilment_id: Mapped[int] = mapped_column(Int, ForeignKey("fulfilments.id"))
    ticket_id: Mapped[int] = mapped_column(Int, ForeignKey("tickets.id"))
    line_no: Mapped[int] = mapped_column(Int)
    sku: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Int)
    reason: Mapped[str] = mapped_column(Text)
    op_id: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Utc)
    decide_by: Mapped[datetime | None] = mapped_column(Utc)
    outcome: Mapped[str | None] = mapped_column(Text)
    amount: Mapped[int | None] = mapped_column(Int)
    decided_at: Mapped[datetime | None] = mapped_column(Utc)


class Prediction(Base):
    """预计 — when an order will be ready and delivered, as foreseen at `at`; its last one stays with it.

    `late_since`: since then it counts as late; `told_at`: the customer was told.
    """

    __tablename__ = "predictions"

    fulfilment_id: Mapped[int] = mapped_column(
        Int, ForeignKey("fulfilments.id"), primary_key=True, autoincrement=False
    )
    store_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int] = mapped_column(Int)
    ready_at: Mapped[datetime] = mapped_column(Utc)
    deliver_at: Mapped[datetime] = mapped_column(Utc)
    at: Mapped[datetime] = mapped_column(Utc)
    late_since: Mapped[datetime | None] = mapped_column(Utc)
    told_at: Mapped[datetime | None] = mapped_column(Utc)
