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


def changes_yet(order_state: str, delivery_state: str) -> bool:
    """Whether the order's goods are still being picked and packed, so that more of it may change."""
    return order_state == OrderState.PAID and delivery_state in NOT_PACKED


def at_seal(policy: Mapping[str, Any]) -> bool:
    """Whether all changes of an order go back as one refund at the seal: they do unless the shop says no."""
    return bool(policy.get("refunds_at_seal", True))


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
