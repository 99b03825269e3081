"""Tables of delivery: the delivery document and the milestones on its way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Bool, Int, Json, Text, Utc


class Delivery(Base):
    """配送单 — one order on its way. `carrier` is own | third_party.

    `carrier_token` is the unguessable link of a third party's rider; none for own staff. `refused` are bags
    that the customer does not take, `{bags: [code], reason}`; from `recalled_at` on the customer does not
    want the order any more, and the rider may bring it back.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("ticket_id", name="uq_deliveries_ticket"),
        UniqueConstraint("carrier_token", name="uq_deliveries_carrier_token"),
        CheckConstraint("carrier IN ('own', 'third_party')", name="carrier"),
        CheckConstraint("pin_failures >= 0", name="pin_failures"),
        Index("ix_deliveries_fulfilment", "fulfilment_id"),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    ticket_id: Mapped[int] = mapped_column(Int, ForeignKey("tickets.id"))
    fulfilment_id: Mapped[int] = mapped_column(Int, ForeignKey("fulfilments.id"))
    order_no: Mapped[int] = mapped_column(Int)
    carrier: Mapped[str] = mapped_column(Text)
    carrier_token: Mapped[str | None] = mapped_column(Text)
    pin_failures: Mapped[int] = mapped_column(Int)
    proven_by_pin: Mapped[bool] = mapped_column(Bool)
    return_reason: Mapped[str | None] = mapped_column(Text)
    delivered_at: Mapped[datetime | None] = mapped_column(Utc)
    refused: Mapped[dict[str, Any] | None] = mapped_column(Json)
    recalled_at: Mapped[datetime | None] = mapped_column(Utc)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)


class Milestone(Base):
    """One point on a delivery's way, in the words of the delivery platforms, or a call to the customer
    (`called`). Only ever added to."""

    __tablename__ = "milestones"
    __table_args__ = (Index("ix_milestones_delivery", "delivery_id"),)

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=True)
    store_id: Mapped[int] = mapped_column(Int)
    delivery_id: Mapped[int] = mapped_column(Int, ForeignKey("deliveries.id"))
    order_no: Mapped[int] = mapped_column(Int)
    name: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Utc)


class Return(Base):
    """退货单 — goods that a rider brings back from the customer of an order that was delivered.

    `case_id` is the complaint that asked for it, None for bags that were refused at the door.
    """

    __tablename__ = "returns"
    __table_args__ = (
        UniqueConstraint("ticket_id", name="uq_returns_ticket"),
        Index("ix_returns_case", "case_id"),
        Index("ix_returns_fulfilment", "fulfilment_id"),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    ticket_id: Mapped[int] = mapped_column(Int, ForeignKey("tickets.id"))
    fulfilment_id: Mapped[int] = mapped_column(Int, ForeignKey("fulfilments.id"))
    order_no: Mapped[int] = mapped_column(Int)
    case_id: Mapped[int | None] = mapped_column(Int)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)


class ReturnRow(Base):
    """退货行 — so much of a line comes back, and `collected` is what the rider got. Pieces or grams."""

    __tablename__ = "return_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0 AND collected >= 0 AND collected <= quantity", name="quantities"),
    )

    return_id: Mapped[int] = mapped_column(
        Int, ForeignKey("returns.id"), primary_key=True, autoincrement=False
    )
    line_no: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    sku: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Int)
    collected: Mapped[int] = mapped_column(Int)
