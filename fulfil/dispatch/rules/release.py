"""What of the waiting work may begin, and who is in touch to do it (floor rules 1, 3, 11)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from fulfil.dispatch.rules.policy import Policy


def pick_released(unpacked: int, packers: int, policy: Policy) -> bool:
    """Picking pauses while the packers have more orders before them than they can take (floor rule 11)."""
    return unpacked < policy.unpacked_per_packer * max(1, packers)


def cold_may_start(ambient_seconds_left: int | None, policy: Policy) -> bool:
    """Whether a cold ticket may be offered (floor rule 3). None: ambient work that nobody has begun."""
    return ambient_seconds_left is not None and ambient_seconds_left <= policy.cold_lead_seconds


def within_limit(waiting: Sequence[tuple[int, int]], in_flight: Collection[int], limit: int) -> set[int]:
    """Which picking tickets may begin with at most `limit` orders in work: so many less those in flight.

    `waiting` are (ticket, order), the most urgent first. An order that has begun goes on.
    """
    begun, free = set(in_flight), set()
    for ticket_id, order in waiting:
        if order in begun or len(begun) < limit:
            begun.add(order)
            free.add(ticket_id)
    return free


def contact(now: datetime, last_seen: datetime | None, policy: Policy) -> str:
    """here | away (not offered anything) | gone (their work is taken over)."""
    silent = None if last_seen is None else (now - last_seen).total_seconds()
    if silent is None or silent > policy.takeover_seconds:
        return "gone"
    return "away" if silent > policy.away_seconds else "here"
