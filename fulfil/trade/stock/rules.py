"""Decisions about stock. Quantities are pieces or grams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

QUANTITY_MAX = 1_000_000_000
BUFFER_PIECES = 1
BUFFER_GRAMS = 500
COUNT_OVER, COUNT_OVER_GRAMS = 3, 1000


def available(on_hand: int, reserved: int, quarantine: int, buffer: int) -> int:
    """What may still be sold online."""
    return max(0, on_hand - reserved - quarantine - buffer)


def buffer(policy: Mapping[str, Any], weighed: bool) -> int:
    """What a shop keeps back from online sale of each sku (floor rule 7): pieces, or grams of weighed."""
    if weighed:
        return int(policy.get("online_buffer_grams", BUFFER_GRAMS))
    return int(policy.get("online_buffer", BUFFER_PIECES))


def count_again(counted: int, booked: int, policy: Mapping[str, Any], *, weighed: bool) -> bool:
    """Whether a count is so far from the books that a second one decides."""
    key, default = ("count_over_grams", COUNT_OVER_GRAMS) if weighed else ("count_over", COUNT_OVER)
    return abs(counted - booked) > int(policy.get(key, default))


def on_hand_of_count(shelf: int, picked: int, quarantine: int) -> int:
    """A count means the shelf; what is picked and not shipped, or in quarantine, is on hand beside it."""
    return shelf + picked + quarantine


def posted(on_hand: int, delta: int) -> int:
    """What a movement changes: a till sale always posts, but nothing falls below an empty shelf."""
    return max(delta, -on_hand)


def stockout_delta(shelf_effect: str, on_hand: int, reserved: int, quarantine: int, quantity: int) -> int:
    """How a stock-out report corrects on_hand; `reserved` is already without the reported quantity.

    "empty": nothing is left to sell beside what orders hold; "minus": the missing quantity is gone.
    """
    if shelf_effect == "empty":
        return min(0, reserved + quarantine - on_hand)
    return posted(on_hand, -quantity) if shelf_effect == "minus" else 0


@dataclass(frozen=True)
class Held:
    """A live reservation: `unpicked` is what still has to come from the shelf."""

    order_no: int
    line_no: int
    unpicked: int
    due_at: datetime


def short_lines(deficit: int, reservations: Sequence[Held]) -> dict[tuple[int, int], int]:
    """Which reservations the shelf does not cover when `deficit` is missing: the latest due first.

    Returns quantities by (order_no, line_no). What is picked is never short (floor rule 7).
    """
    short: dict[tuple[int, int], int] = {}
    for held in sorted(reservations, key=lambda h: (h.due_at, h.order_no, h.line_no), reverse=True):
        if deficit <= 0:
            break
        if take := min(deficit, held.unpicked):
            short[held.order_no, held.line_no] = take
            deficit -= take
    return short
