"""Use cases of orders, one file each: quote, submission by the chain, payment, cancelling, delivery."""

from fulfil.trade.orders.service.access import accessible, lock, page
from fulfil.trade.orders.service.cancelling import (
    cancel,
    on_cancel_refused,
    on_cancelled,
    on_refunded,
    on_voided,
)
from fulfil.trade.orders.service.chain import resume
from fulfil.trade.orders.service.delivering import close_completed, on_delivered, on_progress
from fulfil.trade.orders.service.draft import OrderRequest
from fulfil.trade.orders.service.paying import expire, on_payment, to_pay
from fulfil.trade.orders.service.placing import place, place_in_steps
from fulfil.trade.orders.service.quoting import quote
from fulfil.trade.orders.service.waiting import keep

__all__ = [
    "OrderRequest",
    "accessible",
    "cancel",
    "close_completed",
    "expire",
    "keep",
    "lock",
    "on_cancel_refused",
    "on_cancelled",
    "on_delivered",
    "on_payment",
    "on_progress",
    "on_refunded",
    "on_voided",
    "page",
    "place",
    "place_in_steps",
    "quote",
    "resume",
    "to_pay",
]
