"""Tables of aftersales. Amounts are minor units of `currency`; quantities pieces or grams."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Int, Json, Text, Utc


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
    """A part of a refund. `kind` is line | difference | delivery | bags | payment; `line_no` 0: no line."""

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


class Decision(Base):
    """What the customer is asked about a line that is short, until `deadline` (F6, floor rule 6).

    `quantity` units of the line wait for the answer and `share` is what they were paid with, so both count
    as taken meanwhile. `proposals` are what was offered, best first, with what each would cost then. Silence
    does `if_silent`. `answer_sku` is what comes instead.
    """

    __tablename__ = "decisions"
    __table_args__ = (
        UniqueConstraint("case_id"),
        CheckConstraint("quantity > 0 AND share >= 0", name="amounts"),
        Index("ix_decisions_order", "order_no", "id"),
        Index("ix_decisions_pending", "deadline", sqlite_where=text("state = 'pending'"),
              postgresql_where=text("state = 'pending'")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    case_id: Mapped[int] = mapped_column(Int, ForeignKey("cases.id"))
    store_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int] = mapped_column(Int)
    report_id: Mapped[int] = mapped_column(Int)
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    line_no: Mapped[int] = mapped_column(Int)
    quantity: Mapped[int] = mapped_column(Int)
    share: Mapped[int] = mapped_column(Int)
    if_silent: Mapped[str] = mapped_column(Text)
    proposals: Mapped[list[Any]] = mapped_column(Json)
    asked_at: Mapped[datetime] = mapped_column(Utc)
    deadline: Mapped[datetime] = mapped_column(Utc)
    answer_sku: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)


class Substitution(Base):
    """Other goods that come for `quantity` missing units of a line: a further line of the order.

    `sub_line_no` numbers it, from 1001 on. The missing units were paid with `share`; the goods cost `value`:
    the customer pays `charge` of it, the shop `shop_cost`, and share − charge went back. Only ever added to.
    """

    __tablename__ = "substitutions"
    __table_args__ = (
        UniqueConstraint("case_id"),
        CheckConstraint("sub_line_no > 1000 AND quantity > 0 AND sub_quantity > 0", name="numbers"),
        CheckConstraint(
            "charge >= 0 AND charge <= share AND shop_cost >= 0 AND charge + shop_cost = value", name="money"
        ),
    )

    order_no: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    sub_line_no: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    case_id: Mapped[int] = mapped_column(Int, ForeignKey("cases.id"))
    store_id: Mapped[int] = mapped_column(Int)
    line_no: Mapped[int] = mapped_column(Int)
    sku: Mapped[str] = mapped_column(Text)
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    pack: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text)
    picture: Mapped[str] = mapped_column(Text)
    unit_price: Mapped[int] = mapped_column(Int)
    quantity: Mapped[int] = mapped_column(Int)
    sub_quantity: Mapped[int] = mapped_column(Int)
    share: Mapped[int] = mapped_column(Int)
    value: Mapped[int] = mapped_column(Int)
    charge: Mapped[int] = mapped_column(Int)
    shop_cost: Mapped[int] = mapped_column(Int)
    at: Mapped[datetime] = mapped_column(Utc)


class SubstituteCount(Base):
    """How often customers of a shop took `substitute` for `sku`, and refused it when it was offered."""

    __tablename__ = "substitute_counts"

    store_id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    sku: Mapped[str] = mapped_column(Text, primary_key=True)
    substitute: Mapped[str] = mapped_column(Text, primary_key=True)
    accepted: Mapped[int] = mapped_column(Int)
    refused: Mapped[int] = mapped_column(Int)
