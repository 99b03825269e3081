"""Use cases of stock: holding and freeing for orders, counts and movements, what fulfilment reports."""

from fulfil.trade.stock.service.books import count_shelf, counted, post_movement
from fulfil.trade.stock.service.counts import on_counted, on_not_empty
from fulfil.trade.stock.service.fulfilment import (
    on_cancelled,
    on_handed_over,
    on_put_back,
    on_quarantined,
    on_stockout,
    on_voided,
)
from fulfil.trade.stock.service.holding import ReserveLine, release, reserve

__all__ = [
    "ReserveLine",
    "count_shelf",
    "counted",
    "on_cancelled",
    "on_counted",
    "on_handed_over",
    "on_not_empty",
    "on_put_back",
    "on_quarantined",
    "on_stockout",
    "on_voided",
    "post_movement",
    "release",
    "reserve",
]
