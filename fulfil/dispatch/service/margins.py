"""The margin of a shop's promises: learned when deliveries are counted, added to what is predicted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from fulfil.dispatch.model import PromiseMargin
from fulfil.dispatch.queries import speeds as queries
from fulfil.dispatch.rules.margin import margin_after
from fulfil.kit.db import Tx


def of(tx: Tx, store_id: int) -> timedelta:
    """How much later than predicted the shop promises."""
    return timedelta(seconds=queries.margin(tx, store_id) or 0.0)


def learn(tx: Tx, store_id: int, deliveries: Sequence[bool]) -> None:
    """Learn from deliveries, once each and in their order: whether each was late."""
    known = queries.margin(tx, store_id)
    seconds = margin_after(known or 0.0, deliveries)
    if known is None:
        tx.insert(PromiseMargin, store_id=store_id, seconds=seconds, at=tx.now)
    elif seconds != known:
        tx.rewrite(PromiseMargin, {"store_id": store_id}, seconds=seconds, at=tx.now)
