"""When money goes back, and how it stands with the money of an order (floor rule 9, O7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fulfil.trade.aftersales.states import PENDING, RefundState
from fulfil.trade.orders.states import DeliveryState, OrderState

COLLECTED_HOURS_MAX = 24
NOT_PACKED = (DeliveryState.NONE, DeliveryState.PREPARING)
OWED = (RefundState.FAILED, RefundState.OTHER_MEANS)
BACK = (RefundState.SETTLED, RefundState.PAID_TWICE)


def collects(order_state: str, delivery_state: str, policy: Mapping[str, Any], once: bool) -> bool:
    """Whether what is owed now waits for more, to go back as one refund.

    It does while the goods are still being picked and packed, unless the shop says no and no channel says
    `once`; and of an order that is being stopped it goes with the order's end.
    """
    if delivery_state not in NOT_PACKED:
        return False
    if order_state == OrderState.CANCELLING:
        return True
    return order_state == OrderState.PAID and (once or bool(policy.get("refunds_at_seal", True)))


def refund_state(paid: int, refunds: Sequence[tuple[str, int, int]]) -> str:
    """How it stands with the money of an order of which `paid` minor units came: `refunds` are of
    (state, amount, settled).

    "owed": the channel would not carry it; "pending": it is on its way; else "none", "partial" or "refunded".
    """
    states = {state for state, _, _ in refunds}
    if states & {*OWED}:
        return "owed"
    if states & {*PENDING}:
        return "pending"
    back = sum(amount if state in BACK else settled for state, amount, settled in refunds)
    return "none" if not back else "refunded" if back >= paid else "partial"
