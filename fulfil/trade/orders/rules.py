"""Decisions about orders: which steps accept one, what its money means, how its delivery moves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from fulfil.trade.customers.rules import phone as spelled
from fulfil.trade.orders.states import DELIVERY, OrderState

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
    ),
}
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


def actions(state: str, delivery_state: str, *, in_time: bool) -> list[str]:
    """What its owner may do with an order now; `in_time`: the time to pay has not passed."""
    may_pay = state == OrderState.PLACED and in_time
    return (["pay"] if may_pay else []) + (["cancel"] if cancellable(state, delivery_state) else [])


def cancel_ends(state: str, whole: bool) -> bool:
    """Whether the word on a refund ends the cancelling of an order: nothing of it is on the way (A7).

    What the channel refused for good stays owed; the order does not wait for it (floor rule 9).
    """
    return state == OrderState.CANCELLING and whole
