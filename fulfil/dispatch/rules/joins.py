"""Whether a ticket joins a tour that is being walked already (F5).

It does where that breaks no promise, neither its own nor of an order in the tour, and it is picked sooner so
than by whoever else has a hand free next. The way on is measured as the shortest round from where the picker
is; the cart must have room for it. What would take too long to measure waits for the next look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fulfil.dispatch.rules.assign import slack
from fulfil.dispatch.rules.estimates import estimate
from fulfil.dispatch.rules.policy import Policy
from fulfil.dispatch.rules.tours import Load, fits, spare, stays_cold
from fulfil.dispatch.rules.tours import Tour as Loads
from fulfil.store.rules import Floor, Stops, effort, length, together

# Walks that one look measures: of each tour without a ticket and with it, 4 ms in all. Through an irregular
# area they take longer and are fewer (`effort`).
MEASURED_MAX = 100


@dataclass(frozen=True)
class Walked:
    """A tour on its way. `loads` are its tickets that are not done, as they were when it began.

    `left` lines stand at `stops`, where its picker is included; `begun` orders were ever in it. Its picker
    leaves or rests at `until`; None: nothing is planned.
    """

    tour_id: int
    person_id: int
    loads: tuple[Load, ...]
    left: int
    stops: Stops
    begun: int
    until: datetime | None = None

    @property
    def zone(self) -> str:
        return self.loads[0].work.zone


@dataclass(frozen=True)
class Join:
    """This ticket goes into this tour, which should then be over in so many seconds."""

    ticket_id: int
    tour_id: int
    seconds: int


def join(
    now: datetime,
    loads: Sequence[Load],
    walked: Sequence[Walked],
    floor: Floor,
    policy: Policy,
    free_in: float | None,
) -> Join | None:
    """The first of these tickets, in this order, that may join a tour, and the tour that is longest by least.

    `free_in`: seconds until somebody else has a hand free; None: nobody will.
    """
    apart = {one.tour_id: _seconds(one, floor, policy) for one in walked}
    left = MEASURED_MAX - sum(effort(floor, one.stops) for one in walked)
    for load in loads:
        with_room = [one for one in walked if _room(one, load, now, policy)]
        left -= sum(effort(floor, one.stops) for one in with_room)
        if left < 0:
            return None
        ways = [
            (joined - apart[one.tour_id], joined, one.tour_id)
            for one in with_room
            for joined in [_seconds_with(one, load, floor, policy)]
            if _holds(now, one, load, joined, policy)
            and (free_in is None or joined <= free_in + load.work.estimate_seconds)
        ]
        if ways:
            _, joined, tour_id = min(ways)
            return Join(load.work.id, tour_id, joined)
    return None


def _room(one: Walked, load: Load, now: datetime, policy: Policy) -> bool:
    """Whether it fits on the cart, and its picker has not just declined it."""
    refused_until = load.work.refused_by.get(one.person_id)
    return (
        load.work.zone == one.zone
        and one.begun < policy.tour_orders_max
        and (refused_until is None or refused_until <= now)
        and fits(Loads(one.loads, 0.0, one.stops), load, policy)
    )


def _seconds(one: Walked, floor: Floor, policy: Policy) -> int:
    """How long the rest of the tour takes."""
    return estimate("picking", one.left, 0, policy, length(floor, one.stops))


def _seconds_with(one: Walked, load: Load, floor: Floor, policy: Policy) -> int:
    """How long the rest of the tour takes with the ticket in it."""
    metres = length(floor, together(one.stops, load.stops))
    return estimate("picking", one.left + load.lines, load.grams, policy, metres)


def _holds(now: datetime, one: Walked, load: Load, joined: int, policy: Policy) -> bool:
    """Whether every promise that holds still does, with the margin of a tour."""
    if one.until is not None and joined > (one.until - now).total_seconds():
        return False
    if not stays_cold((load, *one.loads), joined, policy):
        return False
    margin = policy.tour_margin_seconds
    own = slack(load.work, now) < 0 or spare(load.work, now) >= joined + margin
    return own and all(spare(other.work, now) >= joined + margin for other in one.loads)
