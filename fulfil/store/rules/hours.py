"""Is the shop open, how far is somebody, what does delivery cost."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

EARTH_RADIUS_M = 6_371_008.8
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS_AHEAD = 8
ZONES = ("ambient", "chilled", "frozen")


class StoreRow(Protocol):
    """What these rules read of a shop's row."""

    tz: str
    opening: Mapping[str, Sequence[Sequence[str]]]
    delivery_fee: int
    free_delivery_from: int
    state: str
    state_until: datetime | None


def metres(lat1: float, lng1: float, lat2: float, lng2: float) -> int:
    """Great-circle distance of two points in degrees (haversine)."""
    a, b = math.radians(lat1), math.radians(lat2)
    half_lat, half_lng = (b - a) / 2, math.radians(lng2 - lng1) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(a) * math.cos(b) * math.sin(half_lng) ** 2
    return round(2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(chord))))


def delivery_fee(store: StoreRow, goods: int) -> int:
    """Fee in minor units for goods of that worth; none from `free_delivery_from` on, where that is set."""
    return 0 if 0 < store.free_delivery_from <= goods else store.delivery_fee


def state_at(store: StoreRow, t: datetime) -> str:
    """The shop's state at `t`: a lock or closing that has an end is over when the end has come."""
    return "open" if store.state_until is not None and t >= store.state_until else store.state


def holds_work(store: StoreRow, t: datetime) -> bool:
    """Whether unstarted orders are held at `t`: somebody closed the shop or put it to sleep (floor rule 10).

    The end of opening hours alone holds nothing: what was promised for today is finished.
    """
    return state_at(store, t) in ("closed", "asleep")


def shown_at(store: StoreRow, t: datetime) -> str:
    """The shop's state at `t` as everybody sees it: outside of its hours an open shop is asleep."""
    state = state_at(store, t)
    return "asleep" if state == "open" and not open_at(store, t) else state


def wakes_at(store: StoreRow, t: datetime) -> datetime | None:
    """When opening hours begin next after `t`, whatever its state says; None: it has none."""
    local_day = t.astimezone(ZoneInfo(store.tz)).date()
    starts = (start for start, _ in _spans(store, local_day, days=DAYS_AHEAD + 1))
    return min((start for start in starts if start > t), default=None)


def open_at(store: StoreRow, t: datetime) -> bool:
    """Whether the shop takes orders at `t`: its state is open and its hours, in its own time zone, say so."""
    if state_at(store, t) != "open":
        return False
    local_day = t.astimezone(ZoneInfo(store.tz)).date()
    return any(start <= t < end for start, end in _spans(store, local_day - timedelta(days=1), days=2))


def opens_next(store: StoreRow, t: datetime) -> datetime | None:
    """The first instant at or after `t` when the shop is open; None when no end of a closing is known."""
    if state_at(store, t) != "open":
        if store.state_until is None:
            return None
        t = store.state_until
    local_day = t.astimezone(ZoneInfo(store.tz)).date()
    spans = _spans(store, local_day - timedelta(days=1), days=DAYS_AHEAD + 1)
    return min((max(start, t) for start, end in spans if t < end), default=None)


def _spans(store: StoreRow, first: date, days: int) -> Iterator[tuple[datetime, datetime]]:
    """Opening spans in UTC that begin on `days` days of the shop's calendar."""
    for day in (first + timedelta(days=n) for n in range(days)):
        for start, end in store.opening.get(WEEKDAYS[day.weekday()], ()):
            yield _span(day, start, end, store.tz)


@lru_cache(maxsize=4096)  # every order asks some twenty times, of the same few days
def _span(day: date, start: str, end: str, tz: str) -> tuple[datetime, datetime]:
    # A span that ends where it begins or earlier runs past midnight; 24:00 is the next midnight.
    ends_on = day if _clock_time(end) > _clock_time(start) else day + timedelta(days=1)
    return _instant(day, start, tz), _instant(ends_on, end, tz)


def _clock_time(text: str) -> time:
    hours, minutes = text.split(":")
    return time(int(hours) % 24, int(minutes))


def _instant(day: date, clock: str, tz: str) -> datetime:
    return datetime.combine(day, _clock_time(clock), ZoneInfo(tz)).astimezone(UTC)


def wrong_opening(opening: object) -> str | None:
    """What is wrong with opening hours, None when nothing is. Shape: `{"mon": [["07:00", "23:00"]], …}`."""
    if not isinstance(opening, Mapping):
        return "not an object"
    for day, spans in opening.items():
        if day not in WEEKDAYS:
            return f"{day}: not one of {', '.join(WEEKDAYS)}"
        for span in spans:
            if len(span) != 2 or not all(re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d|24:00", end) for end in span):
                return f"{day}: {span} is not a span of two clock times"
    return None
