"""What picking hears from others."""

from __future__ import annotations

from fulfil.contracts.fulfilment import StockoutReported
from fulfil.contracts.trade import ShortageDecided
from fulfil.kit.base import Kit
from fulfil.picking import service


def register(kit: Kit) -> None:
    """Subscribe to the customer's answers (floor rule 6), and to what others could not find."""
    kit.events.subscribe(StockoutReported, "picking.warn_others", service.warn_others)
    kit.events.subscribe(ShortageDecided, "picking.customer_decided", service.customer_decided)
