"""Decisions of delivery: what may come next, and whether a PIN proves the delivery."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from fulfil.contracts.stage import FulfilmentLine
from fulfil.delivery.errors import CustomerMayCome, MilestoneUnknown, MoreThanApproved, PinLocked, PinWrong
from fulfil.delivery.states import DELIVERY, DeliveryState, ReturnState
from fulfil.kit.clock import rfc3339

PIN_TRIES_MAX = 5
ABSENT = "customer_absent"
CALLS_MIN, ABSENT_AFTER = 2, timedelta(minutes=10)
CALLS_APART = timedelta(minutes=1)
CALL = "called"  # a call stands among the milestones of its ride
# What a rider reports. The release says picked_up, `deliver` delivered, `return` failed.
REPORTED = ("arriving", "arrived", "arrived_at_customer", "returned")
ON_THE_WAY = (DeliveryState.PICKED_UP, DeliveryState.AT_CUSTOMER, DeliveryState.RETURNING)
RIDING = (DeliveryState.PICKED_UP, DeliveryState.AT_CUSTOMER)
ENDED = (DeliveryState.DELIVERED, DeliveryState.RETURNED, DeliveryState.CANCELLED)
CUSTOMERS_FAULT = (ABSENT, "customer_refused", "wrong_address")
CANCELLED = "cancelled"
RETURN_REASONS = (*CUSTOMERS_FAULT, "cancelled", "damaged", "other")
REFUSE_REASONS = ("customer_refused", "damaged", "wrong", "other")


def coming(line: FulfilmentLine, *, is_ready: bool) -> int:
    """How much of a line the rider takes along: what was picked, or before that what may still be."""
    return line.picked if is_ready else max(0, line.quantity - line.short - line.substituted)


def milestones(state: str) -> list[str]:
    """Milestones that a rider may report in this state."""
    return [name for name in REPORTED if DELIVERY.allows(state, name)]


def check_milestone(state: str, name: str) -> None:
    """Raises MilestoneUnknown when it cannot come now."""
    if name not in milestones(state):
        raise MilestoneUnknown(f"{name} cannot come in {state}.", legal=milestones(state))


def legal_delivery(state: str) -> list[str]:
    """Legal domain ops of a delivery ticket at work (`legal` in its snapshot)."""
    legal = ["milestone"] if milestones(state) else []
    if DELIVERY.allows(state, "delivered"):
        legal.append("deliver")
    if DELIVERY.allows(state, "failed"):
        legal += ["call", "return"]
    return legal


def counted(calls: Sequence[datetime]) -> list[datetime]:
    """The calls that count, of all in the order in which they were made: who calls again within a minute
    has called once.
    """
    found: list[datetime] = []
    for at in calls:
        if not found or at - found[-1] >= CALLS_APART:
            found.append(at)
    return found


def absent_from(calls: Sequence[datetime]) -> datetime | None:
    """From when on the customer counts as absent: ten minutes after the first call; None without one."""
    return calls[0] + ABSENT_AFTER if calls else None


def check_absent(reason: str, calls: Sequence[datetime], now: datetime) -> None:
    """Nobody pays for a ride to a door that was left too early (floor rule 4). Raises CustomerMayCome.

    `calls` are those that count.
    """
    if reason != ABSENT:
        return
    since = absent_from(calls)
    if len(calls) < CALLS_MIN or now < since:
        raise CustomerMayCome(left=max(0, CALLS_MIN - len(calls)), at=rfc3339(since))


def customers_fault(return_reason: str) -> bool:
    """Whether the ride was made for nothing through the customer, who then pays for it (floor rule 4)."""
    return return_reason in (*CUSTOMERS_FAULT, CANCELLED)


def collected(wanted: Mapping[int, int], said: Mapping[int, int] | None) -> dict[int, int]:
    """How much of each line the rider got: all that was `wanted`, or what was `said`.

    Raises MoreThanApproved.
    """
    if said is None:
        return dict(wanted)
    for line_no, quantity in said.items():
        if quantity > wanted.get(line_no, 0):
            raise MoreThanApproved(most=wanted.get(line_no, 0))
    return {line_no: said.get(line_no, 0) for line_no in wanted}


def legal_return(state: str) -> list[str]:
    """Legal domain ops of a return ticket at work."""
    return {ReturnState.WAITING: ["collect"], ReturnState.COLLECTED: ["bring"]}.get(state, [])


def proven(pin: str | None, expected: str, failures: int) -> bool:
    """Whether the customer's PIN was given: True right, False none given. Raises PinWrong, PinLocked."""
    if pin is None:
        return False
    if failures >= PIN_TRIES_MAX:
        raise PinLocked()
    if not hmac.compare_digest(pin.encode(), expected.encode()):
        raise PinWrong(left=PIN_TRIES_MAX - failures - 1)
    return True
