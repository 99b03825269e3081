"""Which stages an order goes through, what a ticket allows, what a shortage means there (F3, F6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from fulfil.contracts.fulfilment import WeighedLine
from fulfil.dispatch.rules.policy import Policy
from fulfil.dispatch.states import LIVE_TICKET

ZONE_ORDER = {"ambient": 0, "chilled": 1, "frozen": 2, "all": 3}
# A stage opens when every ticket of the stages it waits for has ended; they open in this order.
FLOW: Mapping[str, tuple[str, ...]] = {
    "picking": (),
    "prep": (),
    "packing": ("picking", "prep"),
    "handoff": ("packing",),
    "delivery": ("packing",),
}
WORK, PUT_BACK, RETURN, COUNT, LOOK = "work", "put_back", "return", "count", "second_look"
OUTLIVING = (PUT_BACK, RETURN, COUNT)  # tickets that an ended order may still have (floor rules 6, 8)
# An order waits no longer than this for a decision whose time is over: nobody is there to take it.
DECISION_GRACE = timedelta(seconds=60)
# What a shortage's reason says about the shelf: available 0, on hand less the quantity, or nothing (F6).
# Goods that got warm are quarantined, and leave the books with their put-back.
SHELF_EFFECT: Mapping[str, str] = {
    "not_found": "empty",
    "damaged": "minus",
    "expired": "minus",
    "wrong_location": "minus",
    "short_weight": "none",
    "only_heavier": "none",
    "only_lighter": "none",
    "too_late": "none",
    "missing": "minus",
    "missing_bag": "minus",
    "cold_overrun": "none",
}


def next_stages(
    opened: frozenset[str], live: frozenset[str], *, known: Collection[str] = FLOW, deciding: bool = False
) -> list[str]:
    """Stages to open now: not opened yet, and all they wait for was opened and has no live ticket.

    A stage that is not `known` here takes no part, and nobody waits for it.
    While somebody is `deciding` what comes instead of missing goods, picking is not over (floor rule 6).
    """
    over = opened - live - ({"picking"} if deciding else set())
    return [
        stage
        for stage, before in FLOW.items()
        if stage in known and stage not in opened and all(one in over for one in before if one in known)
    ]


def sealed_otherwise(lines: Sequence[Any]) -> tuple[WeighedLine, ...] | None:
    """What of an order's lines was weighed, when it is packed; None when all is as it was ordered."""
    found = [
        WeighedLine(
            line.line_no,
            line.sku,
            line.quantity,
            line.picked,
            max(0, line.quantity - line.picked - line.short - line.substituted),
        )
        for line in lines
        if line.unit == "g" and line.short + line.substituted < line.quantity
    ]
    changed = any(line.short or line.substituted for line in lines) or any(line.missing for line in found)
    return tuple(found) if changed else None


def legal(state: str, paused: bool, inside: Sequence[str]) -> list[str]:
    """The ops a ticket allows now; `inside` are those that its stage allows."""
    if state == "offered":
        return ["accept", "decline"]
    if state not in ("accepted", "working"):
        return []
    if paused:
        return ["resume", "give_back"]
    common = ["start"] if state == "accepted" else []
    return list(dict.fromkeys([*common, *inside, "give_back", "pause"]))


def replaceable(stage: str, on_shortage: str, reason: str) -> bool:
    """Whether other goods may come for what is missing: while it is picked, as the customer wishes.

    What weighs a little less is not replaced.
    """
    return stage == "picking" and on_shortage in ("substitute", "ask") and reason != "short_weight"


def decide_by(now: datetime, due_at: datetime, after_seconds: int, policy: Policy) -> datetime:
    """Until when the customer may decide, never so long that the order would be late by it (floor rule 6)."""
    return max(
        now, min(now + timedelta(seconds=policy.ask_seconds), due_at - timedelta(seconds=after_seconds))
    )


def out_of_cold(seconds: int, out_since: datetime | None, now: datetime) -> int:
    """Cumulative seconds out of the cold, the running stretch included (floor rule 3)."""
    running = 0 if out_since is None else max(0, round((now - out_since).total_seconds()))
    return seconds + running


def steerable(state: str, carrier: str | None) -> bool:
    """Whether a supervisor may still say who does a ticket: it is live, and no third party has it."""
    return state in LIVE_TICKET and carrier is None


def ticket_actions(state: str, carrier: str | None, held: bool, roles: Collection[str]) -> list[str]:
    """What somebody with these roles may do to a ticket now."""
    if not steerable(state, carrier) or not {"supervisor", "admin"} & set(roles):
        return []
    return ["reassign", "priority", "hold", *(["unhold"] if held else [])]
