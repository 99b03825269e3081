"""What may be promised (floor rule 11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fulfil.dispatch.rules.estimates import estimate, ride_seconds
from fulfil.dispatch.rules.policy import Policy


@dataclass(frozen=True)
class Backlog:
    """Work before a new order, in seconds of one person, and people on duty by role."""

    pick_seconds: int
    pack_seconds: int
    ride_seconds: int
    people: Mapping[str, int]


def earliest(now: datetime, lines: int, metres: int, backlog: Backlog,
             policy: Policy) -> tuple[datetime, datetime]:
    """When the goods can be handed over and delivered, to the full minute.

    The slowest of picking, packing and riding decides how long the order waits. Third parties ride, too:
    without own riders nobody waits for one.
    """
    def staffed(role: str) -> int:
        people = max(1, backlog.people.get(role, 0), policy.planned.get(role, 0))
        # No more people pick than orders are let go at once.
        return min(people, policy.release_limit) if role == "picker" and policy.release_limit else people

    wait = max(backlog.pick_seconds / staffed("picker"), backlog.pack_seconds / staffed("packer"))
    if backlog.people.get("rider", 0):
        wait = max(wait, backlog.ride_seconds / staffed("rider"))
    work = sum(estimate(stage, lines, 0, policy) for stage in ("picking", "packing", "handoff"))
    hand_over = up_to_minute(now + timedelta(seconds=wait + work))
    return hand_over, up_to_minute(hand_over + timedelta(seconds=ride_seconds(metres, policy)))


def up_to_minute(instant: datetime) -> datetime:
    bare = instant.replace(second=0, microsecond=0)
    return bare if bare == instant else bare + timedelta(minutes=1)


def slots_from(first: datetime, policy: Policy) -> list[tuple[datetime, datetime]]:
    """Delivery windows that can be kept, the first one ending no earlier than `first`."""
    length = timedelta(minutes=policy.slot_minutes)
    start = first - timedelta(minutes=first.minute % policy.slot_minutes, seconds=first.second,
                              microseconds=first.microsecond)
    if start < first:
        start += length
    return [(start + n * length, start + (n + 1) * length) for n in range(policy.slots)]
