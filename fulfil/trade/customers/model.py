"""Tables of customers: guests, members, sessions and one-time codes. Secrets are kept as hashes only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Int, Text, Utc


class Guest(Base):
    """Somebody without an account, known by a token."""

    __tablename__ = "guests"

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(Utc)


class Customer(Base):
    """A member, known by a phone number; `seen_at` is the last sign-in, None where it was not kept yet."""

    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    phone: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(Utc)
    seen_at: Mapped[datetime | None] = mapped_column(Utc)


class CustomerSession(Base):
    """A member's login on one device; it ends by logout or at `expires_at`."""

    __tablename__ = "customer_sessions"
    __table_args__ = (Index("ix_customer_sessions_customer", "customer_id"),)

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    customer_id: Mapped[int] = mapped_column(Int, ForeignKey("customers.id"))
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(Utc)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)


class LoginCode(Base):
    """The one code that a phone may use now, how often it was tried, how many were sent since `window_at`."""

    __tablename__ = "login_codes"

    phone: Mapped[str] = mapped_column(Text, primary_key=True)
    code_hash: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    tries: Mapped[int] = mapped_column(Int)
    sent: Mapped[int] = mapped_column(Int)
    window_at: Mapped[datetime] = mapped_column(Utc)
