"""When money goes back, and how it stands with the money of an order (floor rule 9, O7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fulfil.trade.aftersales.states import PENDING, REFUND, RefundState
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


def heard(state: str, amount: int, settled: int, done: int, failed: int) -> str | None:
    """What the channel's word does to a refund of `amount`: it has paid `done` by now, `settled` before, and
    given up `failed`, all minor units. The event of its machine, None while nothing follows.

    A part that comes after all was that went back by other means has come twice. One that comes while other
    means are proposed makes the proposal wrong: less is owed than it says.
    """
    if done == amount and REFUND.allows(state, "succeed"):
        return "succeed"
    if done > settled and state == RefundState.SETTLED:
        return "succeed"
    if done > settled and state == RefundState.OTHER_MEANS:
        return "refuse"
    return "fail" if done + failed == amount and state == RefundState.REQUESTED else None


def resolved(amount: int, settled: int) -> str:
    """How a refund that came twice goes on once that was put right: all of it is the channel's, or a part."""
    return "resolve" if settled == amount else "resolve_part"


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
