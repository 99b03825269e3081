"""What picking hears from others."""

from __future__ import annotations

from fulfil.contracts.fulfilment import StockoutReported
from fulfil.contracts.trade import ShelfCountEnded, ShelfToCount, ShortageDecided
from fulfil.kit.base import Kit
from fulfil.picking import service


def register(kit: Kit) -> None:
    """Subscribe to the customer's answers (floor rule 6), to what others could not find, to shelves to count.

    Stock says which shelves become empty, orders what a line is worth; without them none do, and nothing.
    """
    kit.events.subscribe(StockoutReported, "picking.warn_others", service.warn_others)
    kit.events.subscribe(ShortageDecided, "picking.customer_decided", service.customer_decided)
    kit.events.subscribe(ShelfToCount, "picking.shelf_to_count", service.let_count)
    kit.events.subscribe(ShelfCountEnded, "picking.shelf_counted", service.count_ended)
    kit.tasks.handler(service.OVER, service.look_over)
    kit.services.setdefault("goods_worth", lambda tx, order_no, line_no, quantity: 0)
    kit.services.setdefault("emptied", lambda tx, store_id, wanted: set())
