"""Tables of staff: people, devices, sessions, shifts and their roster, presence and API tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Bool, Int, Json, Text, Utc


class Person(Base):
    """Somebody who works here; `pin_hash` is argon2.

    `zones` are the temperature zones they may work in, `expert_zones` those that they know best.
    `tickets_done` counts their first tickets, while they are new (floor rule 17).
    """

    __tablename__ = "people"
    __table_args__ = (
        UniqueConstraint("store_id", "badge", name="uq_people_badge"),
        CheckConstraint("pin_failures >= 0", name="pin_failures"),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int, ForeignKey("stores.id"))
    badge: Mapped[str] = mapped_column(Text)
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    pin_hash: Mapped[str] = mapped_column(Text)
    roles: Mapped[list[str]] = mapped_column(Json)
    zones: Mapped[list[str]] = mapped_column(Json)
    expert_zones: Mapped[list[str]] = mapped_column(Json)
    locale: Mapped[str] = mapped_column(Text)
    disabled: Mapped[bool] = mapped_column(Bool)
    pin_failures: Mapped[int] = mapped_column(Int)
    pin_locked_until: Mapped[datetime | None] = mapped_column(Utc)
    created_at: Mapped[datetime] = mapped_column(Utc)
    tickets_done: Mapped[int] = mapped_column(Int)


class Device(Base):
    """An enrolled device, on which alone a PIN counts; `kind` is handheld | station | board."""

    __tablename__ = "devices"
    __table_args__ = (
        UniqueConstraint("key_hash", name="uq_devices_key_hash"),
        CheckConstraint("pin_failures >= 0", name="pin_failures"),
        Index("ix_devices_store", "store_id", "id"),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int, ForeignKey("stores.id"))
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    key_hash: Mapped[str] = mapped_column(Text)
    enrolled_at: Mapped[datetime] = mapped_column(Utc)
    revoked_at: Mapped[datetime | None] = mapped_column(Utc)
    pin_failures: Mapped[int] = mapped_column(Int)
    pin_locked_until: Mapped[datetime | None] = mapped_column(Utc)


class EnrolmentCode(Base):
    """A code that enrols one device, once, until it expires."""

    __tablename__ = "enrolment_codes"

    code_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    store_id: Mapped[int] = mapped_column(Int, ForeignKey("stores.id"))
    issued_by: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    used_at: Mapped[datetime | None] = mapped_column(Utc)
    device_id: Mapped[int | None] = mapped_column(Int)


class StaffSession(Base):
    """A login of a person on a device. One is live per person; `end_reason` says why it ended."""

    __tablename__ = "staff_sessions"
    __table_args__ = (
        UniqueConstraint("token_hash", name="uq_staff_sessions_token_hash"),
        Index(
            "uq_staff_sessions_live",
            "person_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_staff_sessions_person", "store_id", "person_id", "id"),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(Int, ForeignKey("people.id"))
    store_id: Mapped[int] = mapped_column(Int, ForeignKey("stores.id"))
    device_id: Mapped[int] = mapped_column(Int, ForeignKey("devices.id"))
    token_hash: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    end_reason: Mapped[str | None] = mapped_column(Text)


class Shift(Base):
    """A person's availability: available | break | off. `started_at` is when they last came from off.

    From the roster: when it should end, and the next break, or the one that is on.
    """

    __tablename__ = "shifts"
    __table_args__ = (
        CheckConstraint("state IN ('available', 'break', 'off')", name="state"),
        Index("ix_shifts_store", "store_id", "state"),
    )

    person_id: Mapped[int] = mapped_column(
        Int, ForeignKey("people.id"), primary_key=True, autoincrement=False
    )
    store_id: Mapped[int] = mapped_column(Int)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Int)
    since: Mapped[datetime] = mapped_column(Utc)
    started_at: Mapped[datetime | None] = mapped_column(Utc)
    session_id: Mapped[int | None] = mapped_column(Int)
    ends_at: Mapped[datetime | None] = mapped_column(Utc)
    break_at: Mapped[datetime | None] = mapped_column(Utc)
    break_ends_at: Mapped[datetime | None] = mapped_column(Utc)


class PlannedShift(Base):
    """排班 — when somebody is to work. `breaks` are pairs of instants in it, as text, in order."""

    __tablename__ = "planned_shifts"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="times"),
        Index("ix_planned_shifts_person", "person_id", "ends_at"),
        Index("ix_planned_shifts_store", "store_id", "ends_at"),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int, ForeignKey("stores.id"))
    person_id: Mapped[int] = mapped_column(Int, ForeignKey("people.id"))
    starts_at: Mapped[datetime] = mapped_column(Utc)
    ends_at: Mapped[datetime] = mapped_column(Utc)
    breaks: Mapped[list[list[str]]] = mapped_column(Json)


class PresenceRow(Base):
    """When a person was last heard of, as flushed every few seconds. `queued` ops wait on their device."""

    __tablename__ = "presence"
    __table_args__ = (Index("ix_presence_store", "store_id", "last_seen"),)

    person_id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    store_id: Mapped[int] = mapped_column(Int)
    last_seen: Mapped[datetime] = mapped_column(Utc)
    battery: Mapped[int | None] = mapped_column(Int)
    queued: Mapped[int | None] = mapped_column(Int)


class ApiToken(Base):
    """A token for programs (till, administration). `store_ids` None means every shop."""

    __tablename__ = "api_tokens"
    __table_args__ = (UniqueConstraint("token_hash", name="uq_api_tokens_token_hash"),)

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    token_hash: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    roles: Mapped[list[str]] = mapped_column(Json)
    store_ids: Mapped[list[int] | None] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Utc)
    revoked_at: Mapped[datetime | None] = mapped_column(Utc)
