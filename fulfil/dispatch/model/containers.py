"""Totes and bags, what is in them, and how long it was out of the cold."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Bool, Int, Text, Utc

ON_SHELVES = "state IN ('sealed', 'shelved', 'closed')"


class Tote(Base):
    """周转箱: free → bound → emptied, and bound again (floor rule 14). Goods of one order only.

    `quarantine` goods of a cancelled order are in it until they are put back.
    """

    __tablename__ = "totes"
    __table_args__ = (
        CheckConstraint("state IN ('free', 'bound', 'emptied')", name="state"),
        CheckConstraint("(state = 'bound') = (fulfilment_id IS NOT NULL)", name="bound"),
        Index("ix_totes_fulfilment", "fulfilment_id"),
    )

    store_id: Mapped[int] = mapped_column(Int, ForeignKey("stores.id"), primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    fulfilment_id: Mapped[int | None] = mapped_column(Int, ForeignKey("fulfilments.id"))
    order_no: Mapped[int | None] = mapped_column(Int)
    ticket_id: Mapped[int | None] = mapped_column(Int)
    zone: Mapped[str | None] = mapped_column(Text)
    place: Mapped[str | None] = mapped_column(Text)
    quarantine: Mapped[bool] = mapped_column(Bool)
    bound_at: Mapped[datetime | None] = mapped_column(Utc)


class Bag(Base):
    """包裹 — the `n`-th bag of an order, of one temperature. The code is on its label."""

    __tablename__ = "bags"
    __table_args__ = (
        UniqueConstraint("store_id", "code", name="uq_bags_code"),
        UniqueConstraint("fulfilment_id", "n", name="uq_bags_n"),
        Index(
            "ix_bags_on_shelves",
            "store_id",
            "place",
            sqlite_where=text(ON_SHELVES),
            postgresql_where=text(ON_SHELVES),
        ),
        CheckConstraint("temperature IN ('ambient', 'chilled', 'frozen')", name="temperature"),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    code: Mapped[str] = mapped_column(Text)
    fulfilment_id: Mapped[int] = mapped_column(Int, ForeignKey("fulfilments.id"))
    order_no: Mapped[int] = mapped_column(Int)
    n: Mapped[int] = mapped_column(Int)
    temperature: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    place: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(Utc)


class BagLine(Base):
    """How much of a line is in a bag: pieces, or grams for weighed goods."""

    __tablename__ = "bag_lines"
    __table_args__ = (CheckConstraint("quantity >= 0", name="quantity"),)

    bag_id: Mapped[int] = mapped_column(Int, ForeignKey("bags.id"), primary_key=True, autoincrement=False)
    line_no: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    fulfilment_id: Mapped[int] = mapped_column(Int)
    sku: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Int)


class ColdClock(Base):
    """Seconds that an order's chilled or frozen goods were out of the cold; runs while `out_since` is set."""

    __tablename__ = "cold_clocks"
    __table_args__ = (
        CheckConstraint("zone IN ('chilled', 'frozen')", name="zone"),
        CheckConstraint("seconds >= 0", name="seconds"),
    )

    fulfilment_id: Mapped[int] = mapped_column(
        Int, ForeignKey("fulfilments.id"), primary_key=True, autoincrement=False
    )
    zone: Mapped[str] = mapped_column(Text, primary_key=True)
    store_id: Mapped[int] = mapped_column(Int)
    out_since: Mapped[datetime | None] = mapped_column(Utc)
    seconds: Mapped[int] = mapped_column(Int)
