"""Tables of reports: figures by hour and day, workloads by day, and how far has been counted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Int, Json, Text, Utc


class Figure(Base):
    """指标 — what of the orders that ended in one hour or day of a shop was counted (docs/figures.md).

    `starts_at` is the beginning of that hour or day of the shop; `counts` are sums (`rules.count_order`).
    """

    __tablename__ = "figures"
    __table_args__ = (
        UniqueConstraint("store_id", "span", "starts_at", name="uq_figures_span"),
        CheckConstraint("span IN ('hour', 'day')", name="span"),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=True)
    store_id: Mapped[int] = mapped_column(Int, ForeignKey("stores.id"))
    span: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime] = mapped_column(Utc)
    counts: Mapped[dict[str, Any]] = mapped_column(Json)


class Workload(Base):
    """工作量 — what one person did in one stage on one day of the shop; only its spread is ever shown (F4).

    `seconds` are estimates, `first_at` to `last_at` is when there was work of theirs.
    """

    __tablename__ = "workloads"
    __table_args__ = (
        UniqueConstraint("store_id", "day_at", "stage", "person_id", name="uq_workloads_day"),
        CheckConstraint("seconds >= 0 AND lines >= 0 AND grams >= 0", name="sums"),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=True)
    store_id: Mapped[int] = mapped_column(Int, ForeignKey("stores.id"))
    day_at: Mapped[datetime] = mapped_column(Utc)
    stage: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int] = mapped_column(Int, ForeignKey("people.id"))
    seconds: Mapped[int] = mapped_column(Int)
    lines: Mapped[int] = mapped_column(Int)
    grams: Mapped[int] = mapped_column(Int)
    first_at: Mapped[datetime] = mapped_column(Utc)
    last_at: Mapped[datetime] = mapped_column(Utc)


class FigureMark(Base):
    """计数位置 — up to which ended fulfilment order everything is counted; one row."""

    __tablename__ = "figure_marks"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    ended_at: Mapped[datetime] = mapped_column(Utc)
    fulfilment_id: Mapped[int] = mapped_column(Int)
