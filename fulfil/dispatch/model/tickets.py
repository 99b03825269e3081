"""Tickets, the tours that they are walked in, offers, holds, and the ops of devices."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Bool, Int, Json, Real, Text, Utc

LIVE = "state IN ('queued', 'offered', 'accepted', 'working')"
QUEUED = "state = 'queued'"
WALKING = "state = 'walking'"
TOURED = "tour_id IS NOT NULL"


class Ticket(Base):
    """任务单 — one piece of work for one person. The epoch grows with every takeover (floor rules 1, 12).

    `tried` counts the offers of this stay in the queue that nobody took; `carrier` is "third_party" when a
    rider of somebody else does it. `version` numbers the moves and `touched` counts other changes: together
    they are the version that screens see. `metres` is its own walk, which begins and ends at the point
    (`begins_x`, `begins_y`) of the floor plan; None where there is none. `tour_sequence` is its slot on the
    cart of the tour that it is picked in.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        Index(
            "uq_tickets_live",
            "fulfilment_id",
            "stage",
            "kind",
            "zone",
            "part",
            unique=True,
            sqlite_where=text(LIVE),
            postgresql_where=text(LIVE),
        ),
        Index(
            "ix_tickets_live",
            "store_id",
            "state",
            "due_at",
            sqlite_where=text(LIVE),
            postgresql_where=text(LIVE),
        ),
        Index(
            "ix_tickets_queue",
            "store_id",
            "stage",
            text("priority DESC"),
            "due_at",
            sqlite_where=text(QUEUED),
            postgresql_where=text(QUEUED),
        ),
        Index("ix_tickets_assignee", "assignee_id", sqlite_where=text(LIVE), postgresql_where=text(LIVE)),
        Index("ix_tickets_fulfilment", "fulfilment_id", "id"),
        Index("ix_tickets_tour", "tour_id", "id", sqlite_where=text(TOURED), postgresql_where=text(TOURED)),
        Index("ix_tickets_session", "session_id"),
        CheckConstraint("epoch > 0 AND part > 0 AND tried >= 0", name="numbers"),
        CheckConstraint("zone IN ('ambient', 'chilled', 'frozen', 'all')", name="zone"),
        CheckConstraint(
            "state NOT IN ('accepted', 'working') OR assignee_id IS NOT NULL OR carrier IS NOT NULL",
            name="assignee",
        ),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int, ForeignKey("stores.id"))
    fulfilment_id: Mapped[int] = mapped_column(Int, ForeignKey("fulfilments.id"))
    order_no: Mapped[int] = mapped_column(Int)
    stage: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)
    part: Mapped[int] = mapped_column(Int)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    epoch: Mapped[int] = mapped_column(Int)
    assignee_id: Mapped[int | None] = mapped_column(Int, ForeignKey("people.id"))
    session_id: Mapped[int | None] = mapped_column(Int, ForeignKey("staff_sessions.id"))
    carrier: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(Utc)
    priority: Mapped[int] = mapped_column(Int)
    lines: Mapped[int] = mapped_column(Int)
    grams: Mapped[int] = mapped_column(Int)
    volume_ml: Mapped[int] = mapped_column(Int)
    estimate_seconds: Mapped[int] = mapped_column(Int)
    held: Mapped[bool] = mapped_column(Bool)
    paused: Mapped[bool] = mapped_column(Bool)
    tried: Mapped[int] = mapped_column(Int)
    touched: Mapped[int] = mapped_column(Int)
    queued_at: Mapped[datetime] = mapped_column(Utc)
    offered_at: Mapped[datetime | None] = mapped_column(Utc)
    accepted_at: Mapped[datetime | None] = mapped_column(Utc)
    done_at: Mapped[datetime | None] = mapped_column(Utc)
    metres: Mapped[int | None] = mapped_column(Int)
    begins_x: Mapped[float | None] = mapped_column(Real)
    begins_y: Mapped[float | None] = mapped_column(Real)
    tour_id: Mapped[int | None] = mapped_column(Int)
    tour_sequence: Mapped[int | None] = mapped_column(Int)


class Tour(Base):
    """拣货波次 — tickets of several orders that one person picks in one walk, each in its slot of the cart.

    `orders` counts those that were ever in it, `metres` is the walk past what all of them lack, and `ends_at`
    when that should be over.
    """

    __tablename__ = "tours"
    __table_args__ = (
        CheckConstraint("orders > 0 AND metres >= 0", name="numbers"),
        Index(
            "ix_tours_walking", "store_id", "id", sqlite_where=text(WALKING), postgresql_where=text(WALKING)
        ),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int, ForeignKey("stores.id"))
    person_id: Mapped[int] = mapped_column(Int, ForeignKey("people.id"))
    zone: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    orders: Mapped[int] = mapped_column(Int)
    metres: Mapped[int] = mapped_column(Int)
    offered_at: Mapped[datetime] = mapped_column(Utc)
    walking_at: Mapped[datetime | None] = mapped_column(Utc)
    ends_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)


class Offer(Base):
    """派单 — a ticket shown to one person until `expires_at`. One is pending per ticket."""

    __tablename__ = "offers"
    __table_args__ = (
        Index(
            "uq_offers_pending",
            "ticket_id",
            unique=True,
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "ix_offers_person",
            "person_id",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_offers_ticket", "ticket_id", "id"),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int] = mapped_column(Int)
    ticket_id: Mapped[int] = mapped_column(Int, ForeignKey("tickets.id"))
    person_id: Mapped[int] = mapped_column(Int, ForeignKey("people.id"))
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    offered_at: Mapped[datetime] = mapped_column(Utc)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)


class Hold(Base):
    """挂起 — a reason not to work on a ticket now. The ticket is workable when none is left."""

    __tablename__ = "holds"
    __table_args__ = (Index("ix_holds_ticket", "ticket_id", "id"),)

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    ticket_id: Mapped[int] = mapped_column(Int, ForeignKey("tickets.id"))
    reason: Mapped[str] = mapped_column(Text)
    placed_by: Mapped[str] = mapped_column(Text)
    placed_at: Mapped[datetime] = mapped_column(Utc)
    released_by: Mapped[str | None] = mapped_column(Text)
    released_at: Mapped[datetime | None] = mapped_column(Utc)


class TerminalOp(Base):
    """One op of a handheld and its answer: the same id gets the same answer, rejections included."""

    __tablename__ = "ops"
    __table_args__ = (
        CheckConstraint("status IN ('applied', 'rejected')", name="status"),
        Index("ix_ops_ticket", "ticket_id", "received_at"),
        Index("ix_ops_received", "received_at"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    store_id: Mapped[int] = mapped_column(Int)
    person_id: Mapped[int] = mapped_column(Int)
    session_id: Mapped[int] = mapped_column(Int)
    ticket_id: Mapped[int] = mapped_column(Int)
    type: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    hash: Mapped[str] = mapped_column(Text)
    epoch: Mapped[int] = mapped_column(Int)
    seq: Mapped[int] = mapped_column(Int)
    status: Mapped[str] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(Text)
    message: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime | None] = mapped_column(Utc)
    received_at: Mapped[datetime] = mapped_column(Utc)
