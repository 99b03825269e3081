"""What aftersales hears."""

from __future__ import annotations

from fulfil.contracts.fulfilment import (
    FulfilmentCancelled,
    FulfilmentVoided,
    GoodsBrought,
    GoodsPutBack,
    GoodsRefused,
    OrderSealed,
    StockoutReported,
)
from fulfil.contracts.trade import (
    OrderEnded,
    OrderRefunded,
    PaymentSucceeded,
    PaymentUnneeded,
    RefundSettled,
    ShortageDecided,
)
from fulfil.kit.base import Kit
from fulfil.trade.aftersales import queries, service
from fulfil.trade.aftersales.service import deadlines, decisions, telling

COLLECTED_SECONDS = 60
LAPSED_SECONDS = 3600
OVERDUE_SECONDS = 600


def register(kit: Kit) -> None:
    """Subscribe to what makes money go back, and to what the customer is told of.

    PaymentSucceeded and RefundSettled are heard inline: the money's move and what follows are one commit.
    """
    kit.services["refund_states"] = queries.refund_states
    kit.services["goods_worth"] = queries.goods_worth
    kit.events.subscribe(StockoutReported, "aftersales.shortage", service.shortage)
    kit.tasks.handler(decisions.DUE, service.on_due)
    kit.events.subscribe(OrderSealed, "aftersales.sealed", service.sealed)
    kit.events.subscribe(FulfilmentCancelled, "aftersales.cancelled", service.cancelled)
    kit.events.subscribe(FulfilmentVoided, "aftersales.voided", service.voided)
    kit.events.subscribe(GoodsRefused, "aftersales.refused", service.refused)
    kit.events.subscribe(GoodsBrought, "aftersales.brought", service.brought)
    kit.events.subscribe(GoodsPutBack, "aftersales.inspected", service.inspected)
    kit.events.subscribe(PaymentUnneeded, "aftersales.late_payment", service.late_payment)
    kit.events.subscribe(PaymentSucceeded, "aftersales.paid", service.on_paid, inline=True)
    kit.events.subscribe(RefundSettled, "aftersales.settled", service.settled, inline=True)
    kit.events.subscribe(OrderSealed, "aftersales.tell_sealed", telling.sealed)  # behind what is sealed
    kit.tasks.handler(telling.TELL, telling.on_tell)
    kit.events.subscribe(ShortageDecided, "aftersales.tell_decided", telling.decided, inline=True)
    kit.events.subscribe(OrderEnded, "aftersales.tell_ended", telling.ended, inline=True)
    kit.events.subscribe(OrderRefunded, "aftersales.tell_failed", telling.refund_failed, inline=True)
    kit.tasks.sweep("aftersales.collected", COLLECTED_SECONDS, service.send_collected)
    kit.tasks.sweep("aftersales.lapsed", LAPSED_SECONDS, service.lapse)
    kit.tasks.sweep("aftersales.overdue", OVERDUE_SECONDS, deadlines.end_overdue)
