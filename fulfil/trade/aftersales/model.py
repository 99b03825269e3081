"""Tables of aftersales. Amounts are minor units of `currency`; quantities pieces or grams."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Int, Text, Utc


class Case(Base):
    """Why an order needs care after it was paid; made once per `source_ref` ("report:12", "cancel:7").

    `kind` is stockout | cancel | void | late_payment | return. For a stock-out, `line_no` and `quantity`
    are what was reported missing.
    """

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("source_ref"),
        Index("ix_cases_order", "order_no"),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int] = mapped_column(Int)
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    source_ref: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    line_no: Mapped[int | None] = mapped_column(Int)
    quantity: Mapped[int | None] = mapped_column(Int)
    created_at: Mapped[datetime] = mapped_column(Utc)


class Refund(Base):
    """Money that a case gives back. `settled` and `failed` are what the channel has said of `amount`."""

    __tablename__ = "refunds"
    __table_args__ = (
        UniqueConstraint("case_id"),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("settled >= 0 AND failed >= 0 AND settled + failed <= amount", name="settled"),
        Index("ix_refunds_order", "order_no"),
        Index(
            "ix_refunds_failed",
            "store_id",
            "id",
            sqlite_where=text("state = 'failed'"),
            postgresql_where=text("state = 'failed'"),
        ),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    case_id: Mapped[int] = mapped_column(Int, ForeignKey("cases.id"))
    store_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int] = mapped_column(Int)
    amount: Mapped[int] = mapped_column(Int)
    currency: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    settled: Mapped[int] = mapped_column(Int, default=0)
    failed: Mapped[int] = mapped_column(Int, default=0)
    created_at: Mapped[datetime] = mapped_column(Utc)


class RefundItem(Base):
    """A part of a refund. `kind` is line | delivery | bags | payment; `line_no` is 0 without a line."""

    __tablename__ = "refund_items"
    __table_args__ = (
        CheckConstraint("amount >= 0 AND quantity >= 0", name="amount"),
        Index("ix_refund_items_order", "order_no", "kind", "line_no"),
    )

    refund_id: Mapped[int] = mapped_column(Int, ForeignKey("refunds.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    line_no: Mapped[int] = mapped_column(Int, primary_key=True)
    store_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int] = mapped_column(Int)
    quantity: Mapped[int] = mapped_column(Int)
    amount: Mapped[int] = mapped_column(Int)
