"""What stock hears of fulfilment, and what it hands to folders that may not import it."""

from __future__ import annotations

from fulfil.contracts import fulfilment
from fulfil.kit.base import Kit
from fulfil.trade.stock import queries, service


def register(kit: Kit) -> None:
    """Subscribe to what happens to goods; offer what the books know to others."""
    for event, name, handle in (
        (fulfilment.StockoutReported, "stock.stockout", service.on_stockout),
        (fulfilment.FulfilmentCancelled, "stock.cancelled", service.on_cancelled),
        (fulfilment.FulfilmentVoided, "stock.voided", service.on_voided),
        (fulfilment.HandedOver, "stock.handed_over", service.on_handed_over),
        (fulfilment.GoodsQuarantined, "stock.quarantined", service.on_quarantined),
        (fulfilment.GoodsPutBack, "stock.put_back", service.on_put_back),
        (fulfilment.ShelfNotEmpty, "stock.not_empty", service.on_not_empty),
        (fulfilment.ShelfCounted, "stock.shelf_counted", service.on_counted),
    ):
        kit.events.subscribe(event, name, handle)
    kit.services["availability"] = queries.available
    kit.services["emptied"] = queries.emptied
    kit.services["stock_held"] = queries.held
    kit.services["stockouts"] = queries.stockouts
    kit.services["stock_counted"] = service.counted
    kit.services.setdefault("picked", lambda tx, store_id, sku: {})
