"""Moving a row from state to state: one guarded UPDATE and its history row, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit import statements
from fulfil.kit.db import Base, Int, Json, Text, Utc
from fulfil.kit.errors import StaleRow
from fulfil.kit.states import Machine

if TYPE_CHECKING:
    from fulfil.kit.db import Tx

# What belongs to no shop stands under this number.
NO_STORE = 0


class History(Base):
    """Every step of every document, in order; one timeline per order. `seq` is the row's version after it."""

    __tablename__ = "history"
    __table_args__ = (
        sa.Index("ix_history_order", "store_id", "order_no", "id"),
        sa.Index(
            "uq_history_entity",
            "entity",
            "entity_id",
            "seq",
            unique=True,
            sqlite_where=sa.text("seq IS NOT NULL"),
            postgresql_where=sa.text("seq IS NOT NULL"),
        ),
        # The board asks for them again and again, and payments' steps name no order either.
        sa.Index(
            "ix_history_second_logins",
            "store_id",
            "id",
            sqlite_where=sa.text("event = 'second_login'"),
            postgresql_where=sa.text("event = 'second_login'"),
        ),
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=True)
    store_id: Mapped[int] = mapped_column(Int)
    order_no: Mapped[int | None] = mapped_column(Int)
    entity: Mapped[str] = mapped_column(Text)
    entity_id: Mapped[int] = mapped_column(Int)
    seq: Mapped[int | None] = mapped_column(Int)
    event: Mapped[str] = mapped_column(Text)
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str | None] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict | None] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Utc)


class Movable(Protocol):
    """A row that moves by a machine, as it was read: its key column beside its state and version."""

    @property
    def state(self) -> str: ...

    @property
    def version(self) -> int: ...


def begin(
    tx: Tx,
    model: Any,
    machine: Machine,
    row_id: int,
    *,
    store_id: int | None,
    order_no: int | None = None,
    actor: str = "system",
    event: str = "create",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write the first history row of a row just inserted with `machine.initial` and version 1."""
    _write(
        tx,
        model.__tablename__,
        row_id,
        seq=1,
        event=event,
        from_state=None,
        to_state=machine.initial,
        store_id=store_id,
        order_no=order_no,
        actor=actor,
        reason="",
        detail=detail,
    )


def begin_many(
    tx: Tx,
    model: Any,
    machine: Machine,
    row_ids: Iterable[int],
    *,
    store_id: int,
    order_no: int | None = None,
) -> None:
    """As `begin` for several rows, in their order."""
    tx.insert_many(
        History,
        [
            {
                "entity": model.__tablename__,
                "entity_id": row_id,
                "seq": 1,
                "event": "create",
                "from_state": None,
                "to_state": machine.initial,
                "store_id": store_id,
                "order_no": order_no,
                "actor": "system",
                "reason": "",
                "detail": None,
                "at": tx.now,
            }
            for row_id in row_ids
        ],
    )


def move(
    tx: Tx,
    model: Any,
    machine: Machine,
    row: Movable,
    event: str,
    *,
    store_id: int | None = None,
    order_no: int | None = None,
    actor: str = "system",
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
    **changes: Any,
) -> str:
    """Take `row`, as it was read, by `event` to its next state; `changes` are further columns to set.

    The timeline shows it under the shop and the order that the row names; `store_id` and `order_no` are for
    a row that names none, as a shop and an order themselves do not.

    Returns the new state; the row's version is then one higher. Raises IllegalMove when the machine has
    no such step and StaleRow when somebody else moved the row first, on PostgreSQL with the next answer.
    """
    target = machine.next(row.state, event)
    key = statements.key_of(model)
    row_id, version = getattr(row, key), row.version + 1
    found = {key: row_id, "state": row.state, "version": row.version}
    tx.must_update(model, found, StaleRow, state=target, version=version, **changes)
    _write(
        tx,
        model.__tablename__,
        row_id,
        seq=version,
        event=event,
        from_state=row.state,
        to_state=target,
        store_id=store_id or getattr(row, "store_id", None),
        actor=actor,
        reason=reason,
        detail=detail,
        order_no=order_no or getattr(row, "order_no", None),
    )
    return target


def record(
    tx: Tx,
    *,
    store_id: int | None,
    entity: str,
    entity_id: int,
    event: str,
    order_no: int | None = None,
    actor: str = "system",
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write a fact that moves no state into the timeline."""
    _write(
        tx,
        entity,
        entity_id,
        seq=None,
        event=event,
        from_state=None,
        to_state=None,
        store_id=store_id,
        order_no=order_no,
        actor=actor,
        reason=reason,
        detail=detail,
    )


def _write(
    tx: Tx,
    entity: str,
    entity_id: int,
    *,
    store_id: int | None,
    detail: Mapping[str, Any] | None,
    **values: Any,
) -> None:
    tx.insert(
        History,
        entity=entity,
        entity_id=entity_id,
        store_id=store_id or NO_STORE,
        at=tx.now,
        detail=None if detail is None else dict(detail),
        **values,
    )
