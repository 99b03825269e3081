"""Creating requests that are sent twice have one effect and one answer.

The key row is inserted in the transaction of the effect, unique per principal, with a hash of the request
and, at its end, the answer. A refusal rolls the key back with everything else: a corrected request may use it
again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Database, Int, Json, Text, Tx, Utc, retryable
from fulfil.kit.errors import Conflict, Invalid

PRUNED_MAX = 2000


class IdempotencyKey(Base):
    """One key of one principal, and the answer that its request got."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (sa.UniqueConstraint("principal", "key"), sa.Index("ix_idempotency_keys_at", "at"))

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=True)
    principal: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    request_hash: Mapped[str] = mapped_column(Text)
    answer: Mapped[dict | None] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Utc)


class KeyReused(Invalid):
    code, title = "idempotency_key_reused", "This idempotency key was used for another request."


class InFlight(Conflict):
    """The first request ended between this one's two looks at the key."""

    code, title = "request_in_flight", "The same request is being worked on. Ask again soon."


class _Repeated(Exception):
    """The key is there already."""


def once(
    db: Database,
    name: str,
    principal: str,
    key: str,
    request_hash: str,
    effect: Callable[[Tx], Any],
    hidden: Mapping[str, Any] = MappingProxyType({}),
) -> Any:
    """Run `effect(tx)` in the transaction `name` if this key is new, else give its stored, JSON-ready answer.

    On PostgreSQL the effect may have begun before it shows that the key is there; then it leaves nothing.
    `hidden` stands in the stored answer in place of what may be told only once. Raises KeyReused when the
    key belongs to a different request.
    """

    def first(tx: Tx) -> Any:
        tx.must_insert(
            IdempotencyKey, _Repeated, principal=principal, key=key, at=tx.now, request_hash=request_hash
        )
        answer = _tried(tx, effect)
        stored = {**answer, **hidden} if hidden else answer
        tx.rewrite(IdempotencyKey, {"principal": principal, "key": key}, answer=stored)
        return answer

    try:
        return db.write(first, name)
    except _Repeated:
        # A write: on SQLite it comes after the commit of whoever was first.
        return db.write(lambda tx: _stored(tx, principal, key, request_hash), name, numbers=0)


def _tried(tx: Tx, effect: Callable[[Tx], Any]) -> Any:
    """Run it; what it refuses before anything was asked may be due to its having happened already."""
    try:
        return effect(tx)
    except Exception:
        try:
            tx.flush()
        except sa.exc.DBAPIError as error:
            if retryable(error):
                raise
        raise


def _stored(tx: Tx, principal: str, key: str, request_hash: str) -> Any:
    row = tx.one(_STORED, {"principal": principal, "the_key": key})
    if row is None:
        raise InFlight()
    if row.request_hash != request_hash:
        raise KeyReused()
    return row.answer


def prune(tx: Tx) -> None:
    """Forget the oldest keys that are older than `key_days`, only so many at once."""
    tx.change(_FORGET, {"until": tx.now - timedelta(days=tx.kit.config.key_days)})


_K = IdempotencyKey.__table__.c
_STORED = sa.select(_K.request_hash, _K.answer).where(
    _K.principal == sa.bindparam("principal"), _K.key == sa.bindparam("the_key")
)
_FORGET = sa.delete(IdempotencyKey.__table__).where(
    _K.id.in_(
        sa.select(_K.id)
        .where(_K.at < sa.bindparam("until", type_=_K.at.type))
        .order_by(_K.at)
        .limit(PRUNED_MAX)
    )
)
