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

from fulfil.kit.db import Base, Int, Json, Text, Tx, Utc
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


def once(
    tx: Tx,
    principal: str,
    key: str,
    request_hash: str,
    effect: Callable[[Tx], Any],
    hidden: Mapping[str, Any] = MappingProxyType({}),
) -> Any:
    """Run `effect(tx)` if this key is new, else give its stored answer (JSON-ready).

    `hidden` stands in the stored answer in place of what may be told only once. Raises KeyReused when the
    key belongs to a different request.
    """
    row_id = tx.insert_new(IdempotencyKey, principal=principal, key=key, at=tx.now, request_hash=request_hash)
    if row_id is not None:
        answer = effect(tx)
        tx.rewrite(IdempotencyKey, {"id": row_id}, answer={**answer, **hidden} if hidden else answer)
        return answer
    stored = tx.one(
        sa.select(IdempotencyKey.request_hash, IdempotencyKey.answer).where(
            IdempotencyKey.principal == principal, IdempotencyKey.key == key
        )
    )
    if stored is None:
        raise InFlight()
    if stored.request_hash != request_hash:
        raise KeyReused()
    return stored.answer


def prune(tx: Tx) -> None:
    """Forget the oldest keys that are older than `key_days`, only so many at once."""
    tx.change(_FORGET, {"until": tx.now - timedelta(days=tx.kit.config.key_days)})


_K = IdempotencyKey.__table__.c
_FORGET = sa.delete(IdempotencyKey.__table__).where(
    _K.id.in_(
        sa.select(_K.id)
        .where(_K.at < sa.bindparam("until", type_=_K.at.type))
        .order_by(_K.at)
        .limit(PRUNED_MAX)
    )
)
