"""Tables of handoff: the handover document, its bags, and riders who came."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Int, Text, Utc


class Handover(Base):
    """交接单 — one order's goods go from the counter to a rider. `id` is its own number.

    `carrier` is own | third_party, set when the rider arrives; `rider_id` is a person of ours.
    """

    __tablename__ = "handovers"
    __table_args__ = (
        UniqueConstraint("ticket_id", name="uq_handovers_ticket"),
        CheckConstraint("carrier IN ('own', 'third_party')", name="carrier"),
        Index("ix_handovers_fulfilment", "fulfilment_id"),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    ticket_id: Mapped[int] = mapped_column(Int, ForeignKey("tickets.id"))
    fulfilment_id: Mapped[int] = mapped_column(Int, ForeignKey("fulfilments.id"))
    order_no: Mapped[int] = mapped_column(Int)
    carrier: Mapped[str | None] = mapped_column(Text)
    rider_id: Mapped[int | None] = mapped_column(Int)
    ready_at: Mapped[datetime] = mapped_column(Utc)
    arrived_at: Mapped[datetime | None] = mapped_column(Utc)
    released_at: Mapped[datetime | None] = mapped_column(Utc)
    without_allowed_by: Mapped[int | None] = mapped_column(Int)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)


class HandoverBag(Base):
    """A bag of a handover: expected | scanned | missing | left_out (the order leaves without it).

    A bag is left out when nobody finds it, or when it got too warm (floor rules 3, 5).
    """

    __tablename__ = "handover_bags"
    __table_args__ = (
        CheckConstraint("state IN ('expected', 'scanned', 'missing', 'left_out')", name="state"),
        Index("ix_handover_bags_bag", "bag_id"),
    )

    handover_id: Mapped[int] = mapped_column(
        Int, ForeignKey("handovers.id"), primary_key=True, autoincrement=False
    )
    bag_id: Mapped[int] = mapped_column(Int, ForeignKey("bags.id"), primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    code: Mapped[str] = mapped_column(Text)
    n: Mapped[int] = mapped_column(Int)
    state: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Utc)
    person_id: Mapped[int | None] = mapped_column(Int)


class Arrival(Base):
    """A rider came to the counter: `rider_id` for own staff, else a third party's with a pickup code."""

    __tablename__ = "arrivals"
    __table_args__ = (Index("ix_arrivals_store", "store_id", "at"),)

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    carrier: Mapped[str] = mapped_column(Text)
    rider_id: Mapped[int | None] = mapped_column(Int)
    counter_id: Mapped[int] = mapped_column(Int)
    orders: Mapped[int] = mapped_column(Int)
    at: Mapped[datetime] = mapped_column(Utc)
