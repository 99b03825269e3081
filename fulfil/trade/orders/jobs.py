"""What orders hear, and their timers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fulfil.contracts import fulfilment, trade
from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.trade.cart import service as carts
from fulfil.trade.cart.service.carts import CartKey
from fulfil.trade.orders import service
from fulfil.trade.orders.service import chain, intake, showing, slipping, steps, waiting

RESUME_SECONDS = 15
VIEWS_SECONDS = 1
CLOSE_SECONDS = 60


def register(kit: Kit) -> None:
    """Subscribe to payments, fulfilment and refunds; register timers and sweeps."""
    kit.events.subscribe(trade.PaymentSucceeded, "orders.payment", service.on_payment, inline=True)
    for event, name, handle in (
        (fulfilment.FulfilmentProgressed, "orders.progress", service.on_progress),
        (fulfilment.DelayPredicted, "orders.delay_predicted", slipping.tell_delay),
        (fulfilment.OrderHeldBack, "orders.held_back", waiting.ask),
        (fulfilment.Delivered, "orders.delivered", service.on_delivered),
        (fulfilment.CancelRefused, "orders.cancel_refused", service.on_cancel_refused),
        (fulfilment.FulfilmentCancelled, "orders.cancelled", service.on_cancelled),
        (fulfilment.FulfilmentVoided, "orders.voided", service.on_voided),
        (trade.OrderRefunded, "orders.refunded", service.on_refunded),
    ):
        kit.events.subscribe(event, name, handle)
    kit.tasks.handler(steps.EXPIRE, lambda tx, payload: service.expire(tx, payload["order_no"]))
    kit.tasks.handler(steps.EMPTY_CART, _empty_cart)
    kit.tasks.handler(
        chain.RESUME, lambda kit, payload, _: service.resume(kit, payload["order_no"]), kind="call"
    )
    kit.tasks.handler(slipping.TELL, slipping.tell)
    kit.tasks.handler(waiting.GIVE_UP, waiting.give_up)
    kit.tasks.handler(showing.TASK, showing.copy_marked, coalesce=True)
    kit.tasks.sweep("orders.views", VIEWS_SECONDS, showing.wake)
    kit.tasks.sweep("orders.resume", RESUME_SECONDS, chain.resume_stranded)
    kit.tasks.sweep("orders.close", CLOSE_SECONDS, service.close_completed)
    intake.register(kit)
    kit.services["order_page"] = service.page


def _empty_cart(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Once more, where the store was away or the server died before it emptied the cart. Safe to repeat."""
    carts.empty(tx, CartKey(payload["owner"], payload["store_id"], payload["cart_type"]), payload["version"])
