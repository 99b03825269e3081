"""Tables of the payment centre. Amounts are minor units of `currency`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Int, Json, Text, Utc


class PaymentDocument(Base):
    """What an order asks to be paid, one row per attempt (P1, P2).

    `extra_for` is the question to the customer whose answer costs so much more; None: the order itself.
    `serial_no` names the transaction once the channel is asked. `refunding` is reserved by refunds that
    have no last word yet; captured ≥ refunded + refunding always.
    """

    __tablename__ = "payment_documents"
    __table_args__ = (
        UniqueConstraint("order_no", "pay_seq"),
        UniqueConstraint("serial_no"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(
            "refunded >= 0 AND refunding >= 0 AND refunded + refunding <= captured", name="refunds"
        ),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int] = mapped_column(Int)
    pay_seq: Mapped[int] = mapped_column(Int)
    extra_for: Mapped[int | None] = mapped_column(Int)
    amount: Mapped[int] = mapped_column(Int)
    currency: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    serial_no: Mapped[int | None] = mapped_column(Int, ForeignKey("pay_transactions.id"))
    captured: Mapped[int] = mapped_column(Int, default=0)
    refunding: Mapped[int] = mapped_column(Int, default=0)
    refunded: Mapped[int] = mapped_column(Int, default=0)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    created_at: Mapped[datetime] = mapped_column(Utc)


class PayTransaction(Base):
    """One payment at a channel; `id` is its serial number. It never sees the order (P1).

    `account` is the receiving account stamped when it was made; the callback is checked against the stamp
    (P4). `next_poll_at` is when the channel is asked again if it stays silent (P10).
    """

    __tablename__ = "pay_transactions"
    __table_args__ = (
        UniqueConstraint("channel", "channel_txn"),
        UniqueConstraint("token"),
        CheckConstraint("amount > 0", name="amount"),
        Index(
            "ix_pay_transactions_poll",
            "next_poll_at",
            sqlite_where=text("next_poll_at IS NOT NULL"),
            postgresql_where=text("next_poll_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    token: Mapped[str] = mapped_column(Text)
    method: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    account: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(Int)
    currency: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    pay_token: Mapped[str | None] = mapped_column(Text)
    pay_url: Mapped[str | None] = mapped_column(Text)
    channel_txn: Mapped[str | None] = mapped_column(Text)
    polls: Mapped[int] = mapped_column(Int, default=0)
    next_poll_at: Mapped[datetime | None] = mapped_column(Utc)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    created_at: Mapped[datetime] = mapped_column(Utc)
    settled_at: Mapped[datetime | None] = mapped_column(Utc)


class PayRefund(Base):
    """Money on its way back through the channel that took it; `id` is the number the channel knows.

    `refund_id` is the aftersales refund that asked; it may be spread over several payment documents.
    """

    __tablename__ = "pay_refunds"
    __table_args__ = (
        UniqueConstraint("refund_id", "payment_id"),
        CheckConstraint("amount > 0", name="amount"),
        Index("ix_pay_refunds_payment", "payment_id"),
        Index("ix_pay_refunds_order", "order_no"),
        Index("ix_pay_refunds_serial", "serial_no"),
        Index(
            "ix_pay_refunds_poll",
            "next_poll_at",
            sqlite_where=text("next_poll_at IS NOT NULL"),
            postgresql_where=text("next_poll_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int] = mapped_column(Int)
    refund_id: Mapped[int] = mapped_column(Int)
    payment_id: Mapped[int] = mapped_column(Int, ForeignKey("payment_documents.id"))
    serial_no: Mapped[int] = mapped_column(Int, ForeignKey("pay_transactions.id"))
    channel: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(Int)
    currency: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    attempts: Mapped[int] = mapped_column(Int, default=0)
    channel_refund: Mapped[str | None] = mapped_column(Text)
    polls: Mapped[int] = mapped_column(Int, default=0)
    next_poll_at: Mapped[datetime | None] = mapped_column(Utc)
    created_at: Mapped[datetime] = mapped_column(Utc)
    settled_at: Mapped[datetime | None] = mapped_column(Utc)


class PayNotice(Base):
    """Something a channel said that does not fit our books, held for a person (P8, trust invariant 5).

    `kind` names the misfit; `digest` makes any number of repeats one row; `body` is what was said. It is
    open until somebody resolves it and says by a note how: `resolved_by` is an actor as in history.
    """

    __tablename__ = "pay_notices"
    __table_args__ = (
        UniqueConstraint("channel", "kind", "digest"),
        CheckConstraint(
            "(resolved_at IS NULL) = (resolved_by IS NULL) AND (resolved_at IS NULL) = (note IS NULL)",
            name="resolved",
        ),
        Index("ix_pay_notices_serial", "serial_no"),
        Index(
            "ix_pay_notices_open",
            "id",
            sqlite_where=text("resolved_at IS NULL"),
            postgresql_where=text("resolved_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=True)
    channel: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)
    serial_no: Mapped[int | None] = mapped_column(Int)
    amount: Mapped[int | None] = mapped_column(Int)
    body: Mapped[dict] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Utc)
    resolved_at: Mapped[datetime | None] = mapped_column(Utc)
    resolved_by: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)


class PayNonce(Base):
    """A callback that was accepted: its nonce is remembered for longer than its signature is valid (P8)."""

    __tablename__ = "pay_nonces"
    __table_args__ = (Index("ix_pay_nonces_at", "at"),)

    channel: Mapped[str] = mapped_column(Text, primary_key=True)
    nonce: Mapped[str] = mapped_column(Text, primary_key=True)
    digest: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Utc)
