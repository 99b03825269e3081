"""What aftersales hears."""

from __future__ import annotations

from fulfil.contracts.fulfilment import FulfilmentCancelled, FulfilmentVoided, StockoutReported
from fulfil.contracts.trade import PaymentUnneeded, RefundSettled
from fulfil.kit.base import Kit
from fulfil.trade.aftersales import service
from fulfil.trade.aftersales.service import decisions


def register(kit: Kit) -> None:
    """Subscribe to what makes money go back.

    RefundSettled is heard inline: the money's move and what the order is told of it are one commit.
    """
    kit.events.subscribe(StockoutReported, "aftersales.shortage", service.shortage)
    kit.tasks.handler(decisions.DUE, service.on_due)
    kit.events.subscribe(FulfilmentCancelled, "aftersales.withdraw", service.withdraw)
    kit.events.subscribe(FulfilmentVoided, "aftersales.withdraw_void", service.withdraw)
    kit.events.subscribe(FulfilmentCancelled, "aftersales.cancelled", service.cancelled)
    kit.events.subscribe(FulfilmentVoided, "aftersales.voided", service.voided)
    kit.events.subscribe(PaymentUnneeded, "aftersales.late_payment", service.late_payment)
    kit.events.subscribe(RefundSettled, "aftersales.settled", service.settled, inline=True)
