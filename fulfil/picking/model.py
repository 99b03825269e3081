"""Tables of picking: the pick list of a ticket, its lines, every pick made, and lines to put back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Bool, Int, Json, Text, Utc


class PickList(Base):
    """拣货单 — the picking document of one ticket (`id` is the ticket's).

    `recount` lists the totes whose content must be counted before anyone goes on (floor rule 1).
    """

    __tablename__ = "pick_lists"
    __table_args__ = (Index("ix_pick_lists_fulfilment", "fulfilment_id"),)

    id: Mapped[int] = mapped_column(Int, ForeignKey("tickets.id"), primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    fulfilment_id: Mapped[int] = mapped_column(Int, ForeignKey("fulfilments.id"))
    order_no: Mapped[int] = mapped_column(Int)
    kind: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)
    recount: Mapped[list[str]] = mapped_column(Json)
    staged_place: Mapped[str | None] = mapped_column(Text)
    staged_at: Mapped[datetime | None] = mapped_column(Utc)


class PickLine(Base):
    """拣货行 — one order line to pick. Quantities are pieces, or grams where `unit` is "g".

    `substitutes` is the line for which these goods come; `warning` that they were reported short elsewhere.
    Weighed goods are whole from `least` grams on; None: only all of it is. `left_empty` is whether its picker
    saw the shelf empty afterwards, where the books say so; None: nobody was asked. `looking` is how much of
    it experts look for again, and nobody picks meanwhile.
    """

    __tablename__ = "pick_lines"
    __table_args__ = (
        UniqueConstraint("ticket_id", "line_no", name="uq_pick_lines_ticket_line"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("picked >= 0 AND short >= 0 AND substituted >= 0", name="sums"),
        CheckConstraint("weighed OR picked + short + substituted <= quantity", name="over"),
        Index("ix_pick_lines_order", "store_id", "order_no"),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    ticket_id: Mapped[int] = mapped_column(Int, ForeignKey("pick_lists.id"))
    fulfilment_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int] = mapped_column(Int)
    line_no: Mapped[int] = mapped_column(Int)
    position: Mapped[int] = mapped_column(Int)
    sku: Mapped[str] = mapped_column(Text)
    location: Mapped[str] = mapped_column(Text)
    found_at: Mapped[str | None] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Int)
    unit: Mapped[str] = mapped_column(Text)
    weighed: Mapped[bool] = mapped_column(Bool)
    picked: Mapped[int] = mapped_column(Int)
    short: Mapped[int] = mapped_column(Int)
    substituted: Mapped[int] = mapped_column(Int)
    looking: Mapped[int] = mapped_column(Int)
    tote: Mapped[str | None] = mapped_column(Text)
    on_shortage: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    substitutes: Mapped[int | None] = mapped_column(Int)
    warning: Mapped[str | None] = mapped_column(Text)
    least: Mapped[int | None] = mapped_column(Int)
    left_empty: Mapped[bool | None] = mapped_column(Bool)


class Pick(Base):
    """Something put into a tote (or taken out: negative), who did it and by which op. Only ever added to.

    `kind` is pick | unpick | recount.
    """

    __tablename__ = "picks"
    __table_args__ = (Index("ix_picks_line", "pick_line_id"),)

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=True)
    store_id: Mapped[int] = mapped_column(Int)
    pick_line_id: Mapped[int] = mapped_column(Int, ForeignKey("pick_lines.id"))
    kind: Mapped[str] = mapped_column(Text)
    tote: Mapped[str] = mapped_column(Text)
    delta: Mapped[int] = mapped_column(Int)
    person_id: Mapped[int] = mapped_column(Int)
    op_id: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Utc)


class CountLine(Base):
    """盘点行 — a shelf to count for stock's task `count_id`; the `second` count decides.

    `counted` are pieces or grams, None until somebody has.
    """

    __tablename__ = "count_lines"
    __table_args__ = (
        CheckConstraint("counted >= 0", name="counted"),
        Index("ix_count_lines_ticket", "ticket_id"),
        Index("ix_count_lines_count", "store_id", "count_id"),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    ticket_id: Mapped[int] = mapped_column(Int, ForeignKey("pick_lists.id"))
    order_no: Mapped[int] = mapped_column(Int)
    count_id: Mapped[int] = mapped_column(Int)
    second: Mapped[bool] = mapped_column(Bool)
    sku: Mapped[str] = mapped_column(Text)
    location: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text)
    counted: Mapped[int | None] = mapped_column(Int)


class SecondLook(Base):
    """复核 — a line that an expert looks for again before it counts as missing (`id` is the ticket's).

    `asked_ticket` is the ticket of the line; reason, photo and op are those of its picker `asked_by`.
    `outcome` is found | not_found | silent, None until then.
    """

    __tablename__ = "second_looks"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("outcome IN ('found', 'not_found', 'silent')", name="outcome"),
        Index("ix_second_looks_line", "pick_line_id"),
    )

    id: Mapped[int] = mapped_column(Int, ForeignKey("pick_lists.id"), primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int] = mapped_column(Int)
    pick_line_id: Mapped[int] = mapped_column(Int, ForeignKey("pick_lines.id"))
    asked_ticket: Mapped[int] = mapped_column(Int)
    quantity: Mapped[int] = mapped_column(Int)
    reason: Mapped[str] = mapped_column(Text)
    photo: Mapped[str | None] = mapped_column(Text)
    op_id: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[int] = mapped_column(Int)
    outcome: Mapped[str | None] = mapped_column(Text)


class PutBackLine(Base):
    """Goods in quarantine that end on the shelf (`restocked`) or written off (`wasted`); floor rule 8."""

    __tablename__ = "put_back_lines"
    __table_args__ = (
        UniqueConstraint("ticket_id", "line_no", name="uq_put_back_lines_ticket_line"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("restocked >= 0 AND wasted >= 0", name="sums"),
        CheckConstraint("restocked + wasted <= quantity", name="over"),
        Index("ix_put_back_lines_order", "store_id", "order_no"),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    ticket_id: Mapped[int] = mapped_column(Int, ForeignKey("pick_lists.id"))
    fulfilment_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int] = mapped_column(Int)
    line_no: Mapped[int] = mapped_column(Int)
    position: Mapped[int] = mapped_column(Int)
    sku: Mapped[str] = mapped_column(Text)
    location: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Int)
    unit: Mapped[str] = mapped_column(Text)
    restocked: Mapped[int] = mapped_column(Int)
    wasted: Mapped[int] = mapped_column(Int)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
