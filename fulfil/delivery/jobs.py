"""What delivery hears from others."""

from __future__ import annotations

from fulfil.contracts.fulfilment import HandedOver
from fulfil.contracts.trade import OrderRecallRequested, ReturnApproved, ReturnCalledOff
from fulfil.delivery import service
from fulfil.kit.base import Kit


def register(kit: Kit) -> None:
    """The release and the beginning of the ride are one transaction; what trade asks for comes later."""
    kit.events.subscribe(HandedOver, "delivery.picked_up", service.picked_up, inline=True)
    kit.events.subscribe(ReturnApproved, "delivery.fetch", service.fetch)
    kit.events.subscribe(ReturnCalledOff, "delivery.call_off", service.call_off)
    kit.events.subscribe(OrderRecallRequested, "delivery.recalled", service.recalled)
