"""Decisions of the shop: is it open, how far is somebody, what does delivery cost, what was scanned."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Protocol
from zoneinfo import ZoneInfo

EARTH_RADIUS_M = 6_371_008.8
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS_AHEAD = 8
ZONES = ("ambient", "chilled", "frozen")


class StoreRow(Protocol):
    """What these rules read of a shop's row."""

    tz: str
    lat: float
    lng: float
    radius_m: int
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


def in_area(store: StoreRow, lat: float, lng: float) -> bool:
    """Whether the shop delivers to that point."""
    return metres(store.lat, store.lng, lat, lng) <= store.radius_m


def delivery_fee(store: StoreRow, goods: int) -> int:
    """Fee in minor units for goods of that worth; none from `free_delivery_from` on, where that is set."""
    return 0 if 0 < store.free_delivery_from <= goods else store.delivery_fee


def state_at(store: StoreRow, t: datetime) -> str:
    """The shop's state at `t`: a lock or closing that has an end is over when the end has come."""
    return "open" if store.state_until is not None and t >= store.state_until else store.state


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


# ---------------------------------------------------------------- what a scanner read

KINDS = {"LOC": "location", "TOTE": "tote", "BAG": "bag", "ORD": "order", "CMD": "command", "BADGE": "badge"}
_PREFIXED = re.compile(r"(LOC|TOTE|BAG|ORD|CMD|BADGE)-(.+)", re.IGNORECASE)
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9]")
_GS1_SYMBOLOGIES = ("]C1", "]d2", "]Q3", "]e0", "]J1")
_GROUP_SEPARATOR = "\x1d"
# Application identifier → field, fixed length (None: up to the group separator), longest.
_IDENTIFIERS: dict[str, tuple[str, int | None, int]] = {
    "01": ("gtin", 14, 14), "10": ("lot", None, 20), "11": ("produced", 6, 6), "13": ("packed", 6, 6),
    "15": ("best_before", 6, 6), "17": ("expiry", 6, 6), "21": ("serial", None, 20),
    "30": ("count", None, 8), "37": ("count", None, 8),
}  # fmt: skip


@dataclass(frozen=True)
class Scan:
    """The meaning of a code. `kind`: location tote bag order command badge scale gtin gs1 unknown.

    `value` is the code without its prefix, or the grams or minor units (`unit`) of a scale label; `gtin` has
    14 digits; dates are `YYYY-MM-DD`; `reason` of an unknown code is format, check_digit or empty.
    """

    kind: str
    code: str
    value: str | int | None = None
    reason: str | None = None
    item: str | None = None
    sku: str | None = None
    unit: str | None = None
    gtin: str | None = None
    lot: str | None = None
    serial: str | None = None
    produced: str | None = None
    packed: str | None = None
    best_before: str | None = None
    expiry: str | None = None
    count: int | None = None
    grams: int | None = None
    minor: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Only what the code said."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def check_digit(digits: str) -> str:
    """The GS1 mod-10 digit that belongs behind `digits`."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def checks(digits: str) -> bool:
    """Whether the last digit is the right check digit of the others."""
    return check_digit(digits[:-1]) == digits[-1]


def parse_scan(raw: str, scale_rules: Sequence[Mapping[str, str]] = ()) -> Scan:
    """What a scanned or typed code means; the same as the terminal's parser, by the same vectors.

    Order: internal prefix, the shop's scale rules, trade item number, GS1 element string, unknown. A scale
    rule is `{regex with groups item, value, check?; unit "g" | "minor"; sku_prefix?}`.
    """
    code = raw.strip()
    if not code:
        return Scan("unknown", code, reason="empty")
    if prefixed := _PREFIXED.fullmatch(code):
        return Scan(KINDS[prefixed[1].upper()], code.upper(), value=prefixed[2].upper())
    symbology = code[:3] if _SYMBOLOGY.match(code) else ""
    body = code[len(symbology) :]
    if symbology in _GS1_SYMBOLOGIES or _GROUP_SEPARATOR in body:
        return _elements(code, body)
    return _scale_label(body, scale_rules) or _trade_item(body)


def _scale_label(code: str, scale_rules: Sequence[Mapping[str, str]]) -> Scan | None:
    for rule in scale_rules:
        match = re.fullmatch(rule["regex"], code, re.ASCII)
        if match is None:
            continue
        found = match.groupdict()
        if found.get("check") and not checks(code):
            return Scan("unknown", code, reason="check_digit")
        sku = rule.get("sku_prefix", "") + found["item"]
        return Scan("scale", code, value=int(found["value"]), item=found["item"], sku=sku, unit=rule["unit"])
    return None


def _trade_item(code: str) -> Scan:
    if not re.fullmatch(r"[0-9]+", code) or len(code) not in (8, 12, 13, 14):
        return Scan("unknown", code, reason="format")
    if not checks(code):
        return Scan("unknown", code, reason="check_digit")
    return Scan("gtin", code, gtin=code.zfill(14))


def _elements(code: str, body: str) -> Scan:
    found: dict[str, Any] = {}
    rest = body
    while rest:
        if rest[0] == _GROUP_SEPARATOR:
            rest = rest[1:]
            continue
        read = _element(rest)
        if read is None:
            return Scan("unknown", code, reason="format")
        name, value, length = read
        if name == "gtin" and not checks(value):
            return Scan("unknown", code, reason="check_digit")
        found[name] = value
        rest = rest[length:]
    return Scan("gs1", code, **found)


def _element(rest: str) -> tuple[str, Any, int] | None:
    """Field, value and length of the element that `rest` begins with; None when it is malformed."""
    if scaled := re.match(r"(310|392)([0-5])", rest):
        name, fixed, longest = ("grams", 6, 6) if scaled[1] == "310" else ("minor", None, 15)
        head, decimals = 4, int(scaled[2])
    elif field := _IDENTIFIERS.get(rest[:2]):
        (name, fixed, longest), head, decimals = field, 2, 0
    else:
        return None
    separator = rest.find(_GROUP_SEPARATOR, head)
    end = head + fixed if fixed else (separator if separator >= 0 else len(rest))
    if end > len(rest) or end == head or end - head > longest:
        return None
    value = _meaning(name, rest[head:end], decimals)
    return None if value is None else (name, value, end)


def _meaning(name: str, text: str, decimals: int) -> str | int | None:
    if name in ("lot", "serial"):
        return text
    if not re.fullmatch(r"[0-9]+", text):
        return None
    if name == "gtin":
        return text
    if name == "count":
        return int(text)
    if name in ("grams", "minor"):
        return _scaled(int(text), (3 if name == "grams" else 2) - decimals)
    return _calendar_date(text)


def _scaled(number: int, power: int) -> int:
    """`number` × 10^`power`, rounded half up."""
    return number * 10**power if power >= 0 else (number + 10**-power // 2) // 10**-power


def _calendar_date(text: str) -> str | None:
    """YYMMDD. Goods on a shelf carry no date of the last century; day 00 means the month's last day."""
    year, month, day = 2000 + int(text[:2]), int(text[2:4]), int(text[4:6])
    if not 1 <= month <= 12:
        return None
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return None if day > last else f"{year}-{month:02}-{day or last:02}"
