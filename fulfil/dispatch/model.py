"""Tables of dispatch: fulfilment orders, tickets, tours, offers, reports, containers, capacity and ops."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Bool, Int, Json, Real, Text, Utc

LIVE = "state IN ('queued', 'offered', 'accepted', 'working')"
QUEUED = "state = 'queued'"
WALKING = "state = 'walking'"
TOURED = "tour_id IS NOT NULL"
PICKUP = "state IN ('open', 'working', 'ready')"
ENDED = "ended_at IS NOT NULL"
ON_SHELVES = "state IN ('sealed', 'shelved', 'closed')"


class Fulfilment(Base):
    """履约单 — what the shop must do for one paid order. `due_at` is when the customer was promised it.

    `pickup_code` is what a third party's rider says at the counter, unique among a shop's waiting orders;
    `ride_seconds` the estimated ride; `stages` those that were opened so far.
    """

    __tablename__ = "fulfilments"
    __table_args__ = (
        UniqueConstraint("order_no", name="uq_fulfilments_order_no"),
        Index("ix_fulfilments_store", "store_id", "state", "due_at"),
        Index("uq_fulfilments_pickup_code", "store_id", "pickup_code", unique=True,
              sqlite_where=text(PICKUP), postgresql_where=text(PICKUP)),
        # What is over is counted in the order in which it ended.
        Index("ix_fulfilments_ended", "ended_at", "id", sqlite_where=text(ENDED),
              postgresql_where=text(ENDED)),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int, ForeignKey("stores.id"))
    order_no: Mapped[int] = mapped_column(Int)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    due_at: Mapped[datetime] = mapped_column(Utc)
    ride_seconds: Mapped[int] = mapped_column(Int)
    stages: Mapped[list[str]] = mapped_column(Json)
    contact: Mapped[dict[str, Any]] = mapped_column(Json)
    note: Mapped[str] = mapped_column(Text)
    delivery_pin: Mapped[str] = mapped_column(Text)
    pickup_code: Mapped[str] = mapped_column(Text)
    carrier: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(Utc)
    ready_at: Mapped[datetime | None] = mapped_column(Utc)
    handed_over_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)


class FulfilmentLineRow(Base):
    """A line and what became of it: pieces, or grams where `unit` is "g"; `grams` weighs the whole line.

    `substitutes` is the line for which these goods come; `prep` how the shop makes them.
    """

    __tablename__ = "fulfilment_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("picked >= 0 AND short >= 0 AND substituted >= 0", name="sums"),
        CheckConstraint("short + substituted <= quantity", name="over"),
    )

    fulfilment_id: Mapped[int] = mapped_column(Int, ForeignKey("fulfilments.id"), primary_key=True,
                                               autoincrement=False)
    line_no: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int] = mapped_column(Int)
    sku: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Int)
    unit: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)
    location: Mapped[str] = mapped_column(Text)
    grams: Mapped[int] = mapped_column(Int)
    picked: Mapped[int] = mapped_column(Int)
    short: Mapped[int] = mapped_column(Int)
    substituted: Mapped[int] = mapped_column(Int)
    on_shortage: Mapped[str] = mapped_column(Text)
    if_silent: Mapped[str] = mapped_column(Text)
    substitutes: Mapped[int | None] = mapped_column(Int)
    prep: Mapped[str | None] = mapped_column(Text)


class Ticket(Base):
    """任务单 — one piece of work for one person. The epoch grows with every takeover (floor rules 1, 12).

    `tried` counts the offers of this stay in the queue that nobody took; `carrier` is "third_party" when a
    rider of somebody else does it. `version` numbers the moves and `touched` counts other changes: together
    they are the version that screens see. `metres` is its own walk, None where the floor has no plan;
    `tour_sequence` its slot on the cart of the tour that it is picked in.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        Index("uq_tickets_live", "fulfilment_id", "stage", "kind", "zone", "part", unique=True,
              sqlite_where=text(LIVE), postgresql_where=text(LIVE)),
        Index("ix_tickets_live", "store_id", "state", "due_at", sqlite_where=text(LIVE),
              postgresql_where=text(LIVE)),
        Index("ix_tickets_queue", "store_id", "stage", text("priority DESC"), "due_at",
              sqlite_where=text(QUEUED), postgresql_where=text(QUEUED)),
        Index("ix_tickets_assignee", "assignee_id", sqlite_where=text(LIVE), postgresql_where=text(LIVE)),
        Index("ix_tickets_fulfilment", "fulfilment_id", "id"),
        Index("ix_tickets_tour", "tour_id", "id", sqlite_where=text(TOURED), postgresql_where=text(TOURED)),
        Index("ix_tickets_session", "session_id"),
        CheckConstraint("epoch > 0 AND part > 0 AND tried >= 0", name="numbers"),
        CheckConstraint("zone IN ('ambient', 'chilled', 'frozen', 'all')", name="zone"),
        CheckConstraint(
            "state NOT IN ('accepted', 'working') OR assignee_id IS NOT NULL OR carrier IS NOT NULL",
            name="assignee"),
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
        Index("ix_tours_walking", "store_id", "id", sqlite_where=text(WALKING),
              postgresql_where=text(WALKING)),
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
        Index("uq_offers_pending", "ticket_id", unique=True,
              sqlite_where=text("state = 'pending'"), postgresql_where=text("state = 'pending'")),
        Index("ix_offers_person", "person_id",
              sqlite_where=text("state = 'pending'"), postgresql_where=text("state = 'pending'")),
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


class StockoutReport(Base):
    """缺货单 (F6) — what of a line is missing and why.

    `outcome` is None while nobody has decided; `amount`, minor units, is what goes back. Until `decide_by`
    other goods may come instead; None: only money.
    """

    __tablename__ = "stockout_reports"
    __table_args__ = (
        UniqueConstraint("op_id", "line_no", name="uq_stockout_reports_op"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("outcome IN ('refund', 'substitute', 'cancel_order')", name="outcome"),
        Index("ix_stockout_reports_fulfilment", "fulfilment_id", "line_no"),
        Index("ix_stockout_reports_ticket", "ticket_id"),
        Index("ix_stockout_reports_store", "store_id", "at"),
        Index("ix_stockout_reports_undecided", "store_id", "at", sqlite_where=text("outcome IS NULL"),
              postgresql_where=text("outcome IS NULL")),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int] = mapped_column(Int)
    fulfilment_id: Mapped[int] = mapped_column(Int, ForeignKey("fulfilments.id"))
    ticket_id: Mapped[int] = mapped_column(Int, ForeignKey("tickets.id"))
    line_no: Mapped[int] = mapped_column(Int)
    sku: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Int)
    reason: Mapped[str] = mapped_column(Text)
    op_id: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Utc)
    decide_by: Mapped[datetime | None] = mapped_column(Utc)
    outcome: Mapped[str | None] = mapped_column(Text)
    amount: Mapped[int | None] = mapped_column(Int)
    decided_at: Mapped[datetime | None] = mapped_column(Utc)


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

    store_id: Mapped[int] = mapped_column(Int, ForeignKey("stores.id"), primary_key=True,
                                          autoincrement=False)
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
        Index("ix_bags_on_shelves", "store_id", "place", sqlite_where=text(ON_SHELVES),
              postgresql_where=text(ON_SHELVES)),
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

    fulfilment_id: Mapped[int] = mapped_column(Int, ForeignKey("fulfilments.id"), primary_key=True,
                                               autoincrement=False)
    zone: Mapped[str] = mapped_column(Text, primary_key=True)
    store_id: Mapped[int] = mapped_column(Int)
    out_since: Mapped[datetime | None] = mapped_column(Utc)
    seconds: Mapped[int] = mapped_column(Int)


class CapacityHold(Base):
    """Work promised to an order that is not paid yet, until then or `until` (floor rule 11)."""

    __tablename__ = "capacity_holds"
    __table_args__ = (Index("ix_capacity_holds_store", "store_id", "until"),)

    order_no: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    lines: Mapped[int] = mapped_column(Int)
    hand_over_at: Mapped[datetime] = mapped_column(Utc)
    until: Mapped[datetime] = mapped_column(Utc)


class Prediction(Base):
    """预计 — when an order will be ready and delivered, as foreseen at `at`; its last one stays with it.

    `late_since`: since then it counts as late; `told_at`: the customer was told.
    """

    __tablename__ = "predictions"

    fulfilment_id: Mapped[int] = mapped_column(Int, ForeignKey("fulfilments.id"), primary_key=True,
                                               autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int] = mapped_column(Int)
    ready_at: Mapped[datetime] = mapped_column(Utc)
    deliver_at: Mapped[datetime] = mapped_column(Utc)
    at: Mapped[datetime] = mapped_column(Utc)
    late_since: Mapped[datetime | None] = mapped_column(Utc)
    told_at: Mapped[datetime | None] = mapped_column(Utc)


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


class WorkerLoad(Base):
    """Of somebody on duty: seconds, lines and grams of the work they were given, offers missed in a row.

    They count from what the least loaded of the crew had when they came (decision 0015).
    """

    __tablename__ = "worker_loads"
    __table_args__ = (
        CheckConstraint("seconds >= 0 AND missed >= 0", name="numbers"),
        CheckConstraint("lines >= 0 AND grams >= 0", name="amounts"),
        Index("ix_worker_loads_least", "store_id", "seconds", "person_id"),
    )

    person_id: Mapped[int] = mapped_column(Int, ForeignKey("people.id"), primary_key=True,
                                           autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    seconds: Mapped[int] = mapped_column(Int)
    missed: Mapped[int] = mapped_column(Int)
    lines: Mapped[int] = mapped_column(Int)
    grams: Mapped[int] = mapped_column(Int)


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
