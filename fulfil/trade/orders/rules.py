"""Decisions about orders: which steps accept one, what its money means, how its delivery moves."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fulfil.trade.customers.rules import phone as spelled
from fulfil.trade.orders.states import DELIVERY, DeliveryState, OrderState

CHAINS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("*", "*"): (
        "saleable",
        "price",
        "promise",
        "stock",
        "order",
        "children",
        "attributes",
        "payment",
        "accept",
    )
}
GOODS = "goods"


@dataclass(frozen=True)
class FlowStep:
    """A task of a flow: its handler, how urgent it is, and the step of the flow that must have ended before.

    `in_turn`: it also waits for everything else of its order that is in turn, and what follows waits for it.
    """

    handler: str
    priority: int = 5
    after: str | None = None
    in_turn: bool = False


Flow = tuple[FlowStep, ...]
# What follows when an order of a channel is paid, for its lines of one business (O5). `*` is any channel.
FLOWS: Mapping[tuple[str, str], Flow] = {
    ("*", GOODS): (FlowStep("dispatch.order_paid", priority=2, in_turn=True),)
}
FLOW_STEP = re.compile(
    r"(?P<handler>[A-Za-z0-9._-]{1,100})(?::(?P<priority>[1-9]))?(?P<in_turn>@order)?"
    r"(?:<(?P<after>[A-Za-z0-9._-]{1,100}))?"
)
WORD = r"[a-z][a-z0-9_-]{0,31}"  # what a channel or a scene may be called
PLATFORM_FIELDS = frozenset(("items", "channel_order_no", "paid"))
ON_SHORTAGE = ("refund", "substitute", "ask", "cancel_order")
IF_SILENT = ("refund", "substitute")
SUBMISSION_LEASE = timedelta(seconds=30)
CLOSED_AFTER = timedelta(days=7)
PROMISE_KEPT = timedelta(minutes=5)
SLIP_TOLD = timedelta(minutes=10)
PAGE_MAX = 50
REFUND_STATES = ("none", "pending", "partial", "refunded", "owed")  # told by aftersales (O7)
NUMBER_CHARS_MAX = 18
FORWARD = ("prepare", "ready", "hand_over", "deliver")
STEPS_SHOWN = ("placed", "paid", "preparing", "ready", "handed_over", "delivered")


def chain_of(channel: str, scene: str) -> tuple[str, ...]:
    """The steps that accept an order of this channel and scene (O1), else the default ones."""
    return CHAINS.get((channel, scene)) or CHAINS.get((channel, "*")) or CHAINS["*", "*"]


def flows(text: str) -> dict[tuple[str, str], Flow]:
    """FLOWS, with those of a setting in their place: `channel/business=step;step`, divided by blanks.

    A step is `handler`, and if wanted `:priority` (1 first, 9 last), `@order` (in turn) and `<handler` (after
    that one). Raises ValueError, which says what is wrong.
    """
    found = dict(FLOWS)
    for part in text.split():
        owner, equals, steps = part.partition("=")
        channel, slash, business = owner.partition("/")
        if not (equals and slash and channel and business):
            raise ValueError(f"{part!r} must look like channel/business=handler:5@order;handler<handler")
        found[channel, business] = _flow(steps)
    return found


def _flow(text: str) -> Flow:
    steps: list[FlowStep] = []
    for said in text.split(";"):
        match = FLOW_STEP.fullmatch(said)
        if match is None:
            raise ValueError(f"{said!r} is no step of a flow: handler:priority@order<handler")
        before = {step.handler for step in steps}
        if match["handler"] in before:
            raise ValueError(f"{match['handler']} stands twice in a flow")
        if match["after"] is not None and match["after"] not in before:
            raise ValueError(f"{match['handler']} waits for {match['after']}, which must stand before it")
        steps.append(
            FlowStep(
                match["handler"], int(match["priority"] or 5), match["after"], match["in_turn"] is not None
            )
        )
    return tuple(steps)


def flow_of(known: Mapping[tuple[str, str], Flow], channel: str, business: str) -> Flow:
    """What follows for lines of that business: the channel's own flow, else any channel's, else nothing."""
    return known.get((channel, business)) or known.get(("*", business)) or ()


def businesses(text: str) -> dict[str, str]:
    """The business of each category that a setting names, `category=business`, divided by blanks.

    Raises ValueError, which says what is wrong.
    """
    found: dict[str, str] = {}
    for part in text.split():
        category, equals, business = part.partition("=")
        if not (equals and category and business) or category in found:
            raise ValueError(f"{part!r} must look like category=business, each category once")
        found[category] = business
    return found


def split(lines: Iterable[Any], known: Mapping[str, str]) -> dict[str, list[Any]]:
    """Lines by the business of their category, in the order in which each first appears; others are goods."""
    found: dict[str, list[Any]] = {}
    for line in lines:
        found.setdefault(known.get(line.category, GOODS), []).append(line)
    return found


def of_platform(fields: Collection[str]) -> bool:
    """Whether a request is an order that a takeaway platform took: with lines of its own, without a cart."""
    return "cart_version" not in fields and not PLATFORM_FIELDS.isdisjoint(fields)


def preferences(
    sku: str, asked: Mapping[str, Mapping[str, str]], on_shortage: str, if_silent: str
) -> tuple[str, str]:
    """What to do when a line runs short: its own wish, else the order's (floor rule 6)."""
    own = asked.get(sku, {})
    return own.get("on_shortage") or on_shortage, own.get("if_silent") or if_silent


def money_means(state: str, paid: int, captured: int, payable: int) -> str:
    """What news of money means for an order.

    "nothing": a repeat; "pays": it is paid in full now; "part": not yet in full; "unneeded": it goes back.
    """
    if captured <= paid:
        return "nothing"
    if state != OrderState.PLACED:
        return "unneeded"
    return "pays" if captured >= payable else "part"


def promise_aged(ordered_at: datetime, paid_at: datetime) -> bool:
    """Whether so much time went by before the payment that the promise is worked out again (rule 11)."""
    return paid_at - ordered_at > PROMISE_KEPT


def slipped(promised_at: datetime, again: datetime) -> bool:
    """Whether the customer has to be told of the new time; less than that is kept as it was promised."""
    return again - promised_at > SLIP_TOLD


def is_number(text: str) -> bool:
    """Whether somebody who searches gave an order's number, or its last digits."""
    return text.isascii() and text.isdigit() and len(text) < NUMBER_CHARS_MAX


def searched_name(text: str) -> str:
    """A customer's name, or how it begins, as it is searched for: no capitals, single spaces."""
    return " ".join(text.casefold().split())


def searchable(contact: Mapping[str, Any]) -> dict[str, str]:
    """Phone and name of a contact as they are searched for; both are empty once an order is nobody's."""
    phone = contact.get("phone") or ""
    return {"phone": spelled(phone) or phone, "name": searched_name(contact.get("name") or "")}


def delivery_steps(state: str, event: str) -> list[str]:
    """The events that lead a delivery from `state` through `event`, [] when the news is old.

    News may come late or leave a step out: ready before prepare implies prepare. Only forward steps are
    implied, so that a repeated event never leads a delivered order back.
    """
    if event not in FORWARD:
        return [event] if DELIVERY.allows(state, event) else []
    steps: list[str] = []
    for step in FORWARD[: FORWARD.index(event) + 1]:
        if DELIVERY.allows(state, step):
            state = DELIVERY.next(state, step)
            steps.append(step)
    return steps if steps and steps[-1] == event else []


def cancellable(state: str, delivery_state: str) -> bool:
    """Whether an order may be cancelled: unpaid at once, paid while its goods can still be stopped (F7)."""
    if state == OrderState.PLACED:
        return True
    return state == OrderState.PAID and bool(delivery_steps(delivery_state, "cancel"))


def not_begun(state: str, delivery_state: str) -> bool:
    """Whether a paid order lies in the shop as it came."""
    return state == OrderState.PAID and delivery_state == DeliveryState.NONE


def actions(state: str, delivery_state: str, *, in_time: bool, asked_to_wait: bool = False) -> list[str]:
    """What its owner may do with an order now; `in_time`: the time to pay has not passed.

    `asked_to_wait`: the shop is closed, and the customer has not said yet that they wait. `recall` is a
    cancel of what is with the rider, who is asked to bring it back.
    """
    may_pay = state == OrderState.PLACED and in_time
    offered = {
        "pay": may_pay,
        "keep": asked_to_wait,
        "cancel": cancellable(state, delivery_state),
        "recall": recallable(state, delivery_state),
        "complain": complainable(state),
    }
    return [name for name, is_offered in offered.items() if is_offered]


def complainable(state: str) -> bool:
    """Whether the customer has the goods and may still say what is wrong with them (F7)."""
    return state == OrderState.COMPLETED


def recallable(state: str, delivery_state: str) -> bool:
    """Whether the goods are with the rider, who can still be asked to bring them back (F7)."""
    return state == OrderState.PAID and delivery_state == DeliveryState.HANDED_OVER


def cancel_ends(state: str, whole: bool) -> bool:
    """Whether the word on a refund ends the cancelling of an order: nothing of it is on the way (A7).

    What the channel refused for good stays owed; the order does not wait for it (floor rule 9).
    """
    return state == OrderState.CANCELLING and whole
