"""Decisions of handoff: may these bags leave, with whom, and what is legal now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fulfil.handoff.errors import BagsMissing, ColdOverrun, NothingToRelease, SearchFirst, SupervisorNeeded
from fulfil.handoff.states import BagCheck

SEARCH_SECONDS = 180
WARNING_PERCENT = 80
THIRD_PARTY = "third_party"
OWN = "own"
SUPERVISORS = frozenset({"supervisor", "admin"})
HERE = (BagCheck.EXPECTED, BagCheck.SCANNED)  # on its shelf, or on the counter


@dataclass(frozen=True)
class Check:
    """A bag of the list: its state and since when."""

    code: str
    state: str
    at: datetime


def may_release(now: datetime, checks: Sequence[Check], *, without_allowed: bool) -> None:
    """Every bag is scanned, or searched for and given up by a supervisor (floor rule 5).

    Where nobody finds a single bag, what is released is an order without goods: it is void.

    Raises BagsMissing, SearchFirst, SupervisorNeeded, NothingToRelease.
    """
    expected = [check.code for check in checks if check.state == BagCheck.EXPECTED]
    missing = [check for check in checks if check.state == BagCheck.MISSING]
    if expected:
        raise BagsMissing(bags=expected, missing=[check.code for check in missing])
    if not missing:
        if not any(check.state == BagCheck.SCANNED for check in checks):
            raise NothingToRelease()
        return
    left = max(search_seconds_left(now, check.at) for check in missing)
    if left:
        raise SearchFirst(seconds=left, missing=[check.code for check in missing])
    if not without_allowed:
        raise SupervisorNeeded(missing=[check.code for check in missing])


def search_seconds_left(now: datetime, missing_since: datetime) -> int:
    """How long the search for a bag still lasts."""
    until = missing_since + timedelta(seconds=SEARCH_SECONDS)
    return max(0, round((until - now).total_seconds()))


def check_cold(seconds: Mapping[str, int], limits: Mapping[str, int | None]) -> None:
    """Cold time is real time: an overrun is never handed out (floor rule 3). Raises ColdOverrun."""
    for zone in sorted(seconds):
        if too_warm(seconds[zone], limits.get(zone)):
            raise ColdOverrun(zone=zone, seconds=seconds[zone], limit=limits[zone])


def too_warm(seconds: int, limit: int | None) -> bool:
    """Whether goods were out of the cold for longer than they may; ambient goods have no limit."""
    return limit is not None and seconds > limit


def cold_warning(seconds: int, limit: int) -> bool:
    """Whether the screen warns: 80 % of the time is gone."""
    return seconds * 100 >= limit * WARNING_PERCENT


def to_report(ordered: int, picked: int, short: int, missing: int) -> int:
    """What of `missing` the customer goes without: weighed goods above the order were the shop's gift."""
    return max(0, min(missing, ordered - short - (picked - missing)))


def may_ride(roles: Iterable[str], *, disabled: bool) -> bool:
    """Whether a person of ours may take an order out of the shop."""
    return not disabled and "rider" in roles


def badge_of(code: str) -> str:
    """A badge without the prefix of its bar code."""
    return code.strip().upper().removeprefix("BADGE-")


def legal_handoff(states: Sequence[str], *, warm: bool) -> list[str]:
    """Legal domain ops of a handoff ticket at work (`legal` in its snapshot). `warm`: a bag is too warm."""
    legal = ["scan", "bag_scan"]
    if BagCheck.SCANNED in states:
        legal.append("no_show")
    if warm:
        legal.append("refuse")
    if BagCheck.EXPECTED in states:
        return [*legal, "bag_missing"]
    return [*legal, "release"] if {BagCheck.SCANNED, BagCheck.MISSING} & {*states} else legal
