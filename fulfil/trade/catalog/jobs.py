"""What the catalogue hears."""

from __future__ import annotations

from fulfil.contracts.fulfilment import StockoutReported
from fulfil.kit.base import Kit
from fulfil.trade.catalog import service


def register(kit: Kit) -> None:
    """Subscribe to what nobody finds. Stock hands in "stockouts" and hears of the same report before."""
    kit.events.subscribe(StockoutReported, "catalog.stockout", service.on_stockout)
