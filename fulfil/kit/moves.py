"""Moving a row from state to state: one guarded UPDATE and its history row, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit import statements
from fulfil.kit.db import Base, Int, Json, Text, Utc
from fulfil.kit.errors import StaleRow
from fulfil.kit.states import Machine

if TYPE_CHECKING:
    from fulfil.kit.db import Tx


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


def begin(
    tx: Tx,
    model: Any,
    machine: Machine,
    row_id: int,
    *,
    store_id: int,
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
    row_id: int,
    event: str,
    *,
    state: str,
    version: int,
    store_id: int,
    order_no: int | None = None,
    actor: str = "system",
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
    **changes: Any,
) -> str:
    """Take the row from `state` (as read, at `version`) by `event`; `changes` are further columns to set.

    Returns the new state; the row's version is then `version + 1`. Raises IllegalMove when the machine has
    no such step and StaleRow when somebody else moved the row first, on PostgreSQL with the next answer.
    """
    target = machine.next(state, event)
    found = {statements.key_of(model): row_id, "state": state, "version": version}
    tx.must_update(model, found, StaleRow, state=target, version=version + 1, **changes)
    _write(
        tx,
        model.__tablename__,
        row_id,
        seq=version + 1,
        event=event,
        from_state=state,
        to_state=target,
        store_id=store_id,
        order_no=order_no,
        actor=actor,
        reason=reason,
        detail=detail,
    )
    return target


def record(
    tx: Tx,
    *,
    store_id: int,
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


def _write(tx: Tx, entity: str, entity_id: int, **values: Any) -> None:
    detail = values.pop("detail")
    tx.insert(
        History,
        entity=entity,
        entity_id=entity_id,
        at=tx.now,
        detail=None if detail is None else dict(detail),
        **values,
    )
