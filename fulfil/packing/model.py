"""Tables of packing: what of each line must go into bags, and how much has."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Int, Text


class PackLine(Base):
    """打包行 — a picked line to pack. `quantity` is what was picked: pieces, or grams where `unit` is "g".

    `short` is what packing found missing and reported.
    """

    __tablename__ = "pack_lines"
    __table_args__ = (
        UniqueConstraint("ticket_id", "line_no", name="uq_pack_lines_ticket_line"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("packed >= 0 AND short >= 0", name="sums"),
        CheckConstraint("packed + short <= quantity", name="over"),
        Index("ix_pack_lines_order", "store_id", "order_no"),
        Index("ix_pack_lines_fulfilment", "fulfilment_id"),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    ticket_id: Mapped[int] = mapped_column(Int, ForeignKey("tickets.id"))
    fulfilment_id: Mapped[int] = mapped_column(Int, ForeignKey("fulfilments.id"))
    order_no: Mapped[int] = mapped_column(Int)
    line_no: Mapped[int] = mapped_column(Int)
    sku: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Int)
    unit: Mapped[str] = mapped_column(Text)
    packed: Mapped[int] = mapped_column(Int)
    short: Mapped[int] = mapped_column(Int)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
