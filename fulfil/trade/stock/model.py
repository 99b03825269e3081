"""Tables of stock. Quantities are pieces, or grams of weighed goods.

on_hand is the sum of all movements; reserved the sum of live reservations; quarantine is what stands in the
shop but may not be sold. A picked piece is on hand until it is shipped (floor rule 7).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Int, Text, Utc


class Stock(Base):
    """What a shop has of one sku; `buffer` is kept back from online sale."""

    __tablename__ = "stock"
    __table_args__ = (
        CheckConstraint("on_hand >= 0", name="on_hand"),
        CheckConstraint("reserved >= 0", name="reserved"),
        CheckConstraint("quarantine >= 0 AND buffer >= 0", name="held_back"),
    )

    store_id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    sku: Mapped[str] = mapped_column(Text, primary_key=True)
    on_hand: Mapped[int] = mapped_column(Int)
    reserved: Mapped[int] = mapped_column(Int)
    quarantine: Mapped[int] = mapped_column(Int)
    buffer: Mapped[int] = mapped_column(Int)
    version: Mapped[int] = mapped_column(Int)


class Reservation(Base):
    """What one order line holds. `quantity` is what it holds now; it is 0 unless the state is live."""

    __tablename__ = "reservations"
    __table_args__ = (
        CheckConstraint("quantity >= 0 AND (state = 'live' OR quantity = 0)", name="quantity"),
        CheckConstraint("state IN ('live', 'short', 'released', 'shipped')", name="state"),
        Index(
            "ix_reservations_live",
            "store_id",
            "sku",
            "due_at",
            sqlite_where=text("state = 'live'"),
            postgresql_where=text("state = 'live'"),
        ),
    )

    order_no: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    line_no: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    sku: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Int)
    state: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(Utc)


class StockMovement(Base):
    """A change of on_hand. `source_ref` names its cause once per shop: the same cause never counts twice.

    `asked` differs from `delta` only where a till sold more than the books had; then delta ends at 0 on hand.
    """

    __tablename__ = "stock_movements"
    __table_args__ = (
        UniqueConstraint("store_id", "source_ref", name="uq_stock_movements_source_ref"),
        Index("ix_stock_movements_sku", "store_id", "sku", "id"),
        Index(
            "ix_stock_movements_order",
            "order_no",
            sqlite_where=text("order_no IS NOT NULL"),
            postgresql_where=text("order_no IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=True)
    store_id: Mapped[int] = mapped_column(Int)
    sku: Mapped[str] = mapped_column(Text)
    delta: Mapped[int] = mapped_column(Int)
    asked: Mapped[int] = mapped_column(Int)
    kind: Mapped[str] = mapped_column(Text)
    source_ref: Mapped[str] = mapped_column(Text)
    order_no: Mapped[int | None] = mapped_column(Int)
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Utc)


class StockShortage(Base):
    """A reservation that the shelf no longer covers (floor rule 7), open until it ends or goods come."""

    __tablename__ = "stock_shortages"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("state IN ('open', 'closed')", name="state"),
        Index("ix_stock_shortages_order", "order_no"),
        Index(
            "ix_stock_shortages_open",
            "store_id",
            "sku",
            "order_no",
            "line_no",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=True)
    store_id: Mapped[int] = mapped_column(Int)
    sku: Mapped[str] = mapped_column(Text)
    order_no: Mapped[int] = mapped_column(Int)
    line_no: Mapped[int] = mapped_column(Int)
    quantity: Mapped[int] = mapped_column(Int)
    state: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(Utc)
    closed_at: Mapped[datetime | None] = mapped_column(Utc)


class StockCount(Base):
    """盘点任务 — a shelf to count, one open for each sku: it did not hold what the books say.

    `first` is a count that was too far from the books to be believed alone.
    """

    __tablename__ = "stock_counts"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'counted')", name="state"),
        Index(
            "uq_stock_counts_open",
            "store_id",
            "sku",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    sku: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    first: Mapped[int | None] = mapped_column(Int)
    opened_at: Mapped[datetime] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
