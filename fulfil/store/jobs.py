"""The shop's timer: a lock that has an end opens again."""

from __future__ import annotations

from fulfil.kit.base import Kit
from fulfil.store import service


def register(kit: Kit) -> None:
    """Tell the ground floor about the shop's handlers."""
    kit.tasks.handler(
        service.REOPEN, lambda tx, payload: service.reopen(tx, payload["store_id"], payload["version"])
    )
