"""What people were given and how fast they work; capacity that is promised."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Int, Json, Real, Text, Utc


class CapacityHold(Base):
    """Work promised to an order that is not paid yet, until then or `until` (floor rule 11).

    `picked` are its lines on shelves by zone, `{zone: [lines, grams]}`; the rest of `lines` the shop makes,
    at `stations` for so many seconds. None, as the version before wrote it: nobody knows.
    """

    __tablename__ = "capacity_holds"
    __table_args__ = (Index("ix_capacity_holds_store", "store_id", "until"),)

    order_no: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    lines: Mapped[int] = mapped_column(Int)
    picked: Mapped[dict[str, list[int]] | None] = mapped_column(Json)
    stations: Mapped[dict[str, float] | None] = mapped_column(Json)
    hand_over_at: Mapped[datetime] = mapped_column(Utc)
    until: Mapped[datetime] = mapped_column(Utc)


class WorkSpeed(Base):
    """速度 — seconds that somebody's work took, and that were estimated of it; old work fades.

    It serves plans alone, and nobody sees it (F4).
    """

    __tablename__ = "work_speeds"
    __table_args__ = (
        UniqueConstraint("person_id", "stage", "zone", name="uq_work_speeds_place"),
        CheckConstraint("worked >= 0 AND estimated > 0", name="numbers"),
        Index("ix_work_speeds_store", "store_id", "id"),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    person_id: Mapped[int] = mapped_column(Int, ForeignKey("people.id"))
    stage: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)
    worked: Mapped[float] = mapped_column(Real)
    estimated: Mapped[float] = mapped_column(Real)
    at: Mapped[datetime] = mapped_column(Utc)


class PromiseMargin(Base):
    """承诺余量 — seconds that a shop promises more than it predicts, learned from what came late."""

    __tablename__ = "promise_margins"
    __table_args__ = (CheckConstraint("seconds >= 0", name="seconds"),)

    store_id: Mapped[int] = mapped_column(Int, ForeignKey("stores.id"), primary_key=True, autoincrement=False)
    seconds: Mapped[float] = mapped_column(Real)
    at: Mapped[datetime] = mapped_column(Utc)


class WorkerLoad(Base):
    """Of somebody on duty: seconds, lines and grams of the work they were given, offers missed in a row.

    They count from what the least loaded of the crew had when they came (decision 0015). `x` and `y` are
    where their last walk ended, metres on the floor plan; None while nobody knows where they are.
    """

    __tablename__ = "worker_loads"
    __table_args__ = (
        CheckConstraint("seconds >= 0 AND missed >= 0", name="numbers"),
        CheckConstraint("lines >= 0 AND grams >= 0", name="amounts"),
        Index("ix_worker_loads_least", "store_id", "seconds", "person_id"),
    )

    person_id: Mapped[int] = mapped_column(
        Int, ForeignKey("people.id"), primary_key=True, autoincrement=False
    )
    store_id: Mapped[int] = mapped_column(Int)
    seconds: Mapped[int] = mapped_column(Int)
    missed: Mapped[int] = mapped_column(Int)
    lines: Mapped[int] = mapped_column(Int)
    grams: Mapped[int] = mapped_column(Int)
    x: Mapped[float | None] = mapped_column(Real)
    y: Mapped[float | None] = mapped_column(Real)
