"""What delivery hears from others."""

from __future__ import annotations

from fulfil.contracts.fulfilment import HandedOver
from fulfil.delivery import service
from fulfil.kit.base import Kit


def register(kit: Kit) -> None:
    """The release and the beginning of the ride are one transaction."""
    kit.events.subscribe(HandedOver, "delivery.picked_up", service.picked_up, inline=True)
