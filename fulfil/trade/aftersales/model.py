"""Tables of aftersales. Amounts are minor units of `currency`; quantities pieces or grams."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Bytes, Int, Json, Text, Utc

CASES_WAITING = "state IN ('audit', 'approved', 'returning', 'failed')"
REFUNDS_WAITING = "state IN ('audit', 'failed', 'other_means', 'paid_twice')"


class Case(Base):
    """Why an order needs care after it was paid; made once per `source_ref` ("report:12", "cancel:7").

    `kind` is stockout | weight | cancel | void | late_payment | return | refused | complaint. For a stock-out
    or a weight, `line_no` and `quantity` are what is missing. `refund_id` is the refund that gives back its
    money, which other cases of the order may share. `note` is what the customer wrote, `decided_by` whoever
    decided a complaint, and `decision_note` why. Of a stock-out the customer was told at `told_at`.
    """

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("source_ref"),
        Index("ix_cases_order", "order_no"),
        Index("ix_cases_store", "store_id", "id"),
        Index(
            "ix_cases_waiting",
            "store_id",
            "id",
            sqlite_where=text(CASES_WAITING),
            postgresql_where=text(CASES_WAITING),
        ),
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
    refund_id: Mapped[int | None] = mapped_column(Int)
    note: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(Utc)
    decision_note: Mapped[str | None] = mapped_column(Text)
    told_at: Mapped[datetime | None] = mapped_column(Utc)


class CaseLine(Base):
    """What of an order line a complaint or a refusal is about: pieces or grams.

    `wants` is refund | return; `approved` what was granted, None while nobody has decided. Of goods that come
    back, `returned` is how much reached the counter and `put_back_ticket` where it is inspected; `inspected`
    how much of it was restocked or written off.
    """

    __tablename__ = "case_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0 AND approved >= 0 AND approved <= quantity", name="quantities"),
        CheckConstraint("returned >= 0 AND inspected >= 0 AND inspected <= returned", name="returned"),
        Index("ix_case_lines_order", "order_no"),
        Index(
            "ix_case_lines_ticket",
            "put_back_ticket",
            sqlite_where=text("put_back_ticket IS NOT NULL"),
            postgresql_where=text("put_back_ticket IS NOT NULL"),
        ),
    )

    case_id: Mapped[int] = mapped_column(Int, ForeignKey("cases.id"), primary_key=True, autoincrement=False)
    line_no: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int] = mapped_column(Int)
    quantity: Mapped[int] = mapped_column(Int)
    reason: Mapped[str] = mapped_column(Text)
    wants: Mapped[str] = mapped_column(Text)
    approved: Mapped[int | None] = mapped_column(Int)
    returned: Mapped[int] = mapped_column(Int)
    inspected: Mapped[int] = mapped_column(Int)
    put_back_ticket: Mapped[int | None] = mapped_column(Int)


class CasePhoto(Base):
    """A picture that a customer took of an order's goods; `case_id` is None until a complaint names it.

    `key` names a picture of a shelf that a picker's handheld took before its report.
    """

    __tablename__ = "case_photos"
    __table_args__ = (
        Index("ix_case_photos_order", "order_no"),
        Index("uq_case_photos_key", "order_no", "key", unique=True),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int] = mapped_column(Int)
    case_id: Mapped[int | None] = mapped_column(Int)
    key: Mapped[str | None] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(Bytes)
    created_at: Mapped[datetime] = mapped_column(Utc)


class Refund(Base):
    """Money that cases of an order give back together; `case_id` is the first of them.

    `settled` and `failed` are what the channel has said of `amount`. Where two people decide, `asked_by` and
    `asked_note` are the one's, `answered_by` and `answer_note` the other's; `reference` tells how money went
    back that the channel would not carry.
    """

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
        Index(
            "ix_refunds_collecting",
            "created_at",
            sqlite_where=text("state = 'collecting'"),
            postgresql_where=text("state = 'collecting'"),
        ),
        Index(
            "ix_refunds_waiting",
            "store_id",
            "id",
            sqlite_where=text(REFUNDS_WAITING),
            postgresql_where=text(REFUNDS_WAITING),
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
    asked_by: Mapped[str | None] = mapped_column(Text)
    asked_note: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[str | None] = mapped_column(Text)
    answer_note: Mapped[str | None] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)


class RefundItem(Base):
    """What a case gives back of a line or a fee, a part of its refund.

    `kind` is line | difference | delivery | bags | payment; `line_no` is 0 of no line.
    """

    __tablename__ = "refund_items"
    __table_args__ = (
        CheckConstraint("amount >= 0 AND quantity >= 0", name="amount"),
        Index("ix_refund_items_order", "order_no", "kind", "line_no"),
    )

    refund_id: Mapped[int] = mapped_column(Int, ForeignKey("refunds.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(Int, primary_key=True, server_default="0")
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
    does `if_silent`. `chosen_sku` is what the customer wants and has still to pay an extra for; `answer_sku`
    what comes instead.
    """

    __tablename__ = "decisions"
    __table_args__ = (
        UniqueConstraint("case_id"),
        CheckConstraint("quantity > 0 AND share >= 0", name="amounts"),
        Index("ix_decisions_order", "order_no", "id"),
        Index(
            "ix_decisions_pending",
            "deadline",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )

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
    chosen_sku: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(Utc)
    deadline: Mapped[datetime] = mapped_column(Utc)
    answer_sku: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)


class Substitution(Base):
    """Other goods that come for `quantity` missing units of a line: a further line of the order.

    `sub_line_no` numbers it, from 1001 on. The missing units were paid with `share`; the goods cost `value`:
    the customer pays `charge` of it, the shop `shop_cost`. `extra` was paid on top of the share; what of both
    is more than the charge went back. Only ever added to.
    """

    __tablename__ = "substitutions"
    __table_args__ = (
        UniqueConstraint("case_id"),
        CheckConstraint("sub_line_no > 1000 AND quantity > 0 AND sub_quantity > 0", name="numbers"),
        CheckConstraint(
            "extra >= 0 AND charge >= 0 AND charge <= share + extra AND shop_cost >= 0 "
            "AND charge + shop_cost = value",
            name="money",
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
    extra: Mapped[int] = mapped_column(Int, server_default="0")
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
