"""What preparation hears from others, and when it plans again."""

from __future__ import annotations

from fulfil.contracts.fulfilment import FulfilmentCancelled, ToteSeen
from fulfil.kit.base import Kit
from fulfil.prep import service

PLAN_SECONDS = 15


def register(kit: Kit) -> None:
    """Subscribe to totes that are packed and to cancels; plan the starts again and again."""
    kit.events.subscribe(ToteSeen, "prep.tote_seen", service.on_tote_seen, inline=True)
    kit.events.subscribe(FulfilmentCancelled, "prep.cancelled", service.on_cancelled, inline=True)
    kit.tasks.sweep("prep.plan_again", PLAN_SECONDS, service.plan_again)
