"""What is counted of an order that is over, and what is made of the counts (docs/figures.md). Pure.

Counts are sums in nested objects, so that hours add up to days and days to any period. Times are kept as
histograms with buckets that grow by 5 %: a percentile of any period is right to some 2.5 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

Counts = dict[str, Any]

GROWTH = math.log(1.05)
IDLE_SECONDS = 180  # whoever does nothing for longer is not at work
STOCKOUTS = ("not_found", "damaged", "expired", "wrong_location")
COUNTED = ("delivered", "void")  # what the shop is measured by; a customer may cancel
STAGES = ("wait", "pick", "pack", "handover", "ride", "total")
DAYS_MAX = {"hour": 7, "day": 366}
DAYS_SHOWN = {"hour": 1, "day": 14}
PEOPLE_MIN = 3  # a spread among fewer would tell who is who
ACTIVE_SECONDS_MIN = 3600
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Line:
    """An ordered line (no substitute): pieces, or grams where `weighed`."""

    quantity: int
    picked: int
    short: int
    substituted: int
    weighed: bool


@dataclass(frozen=True)
class Step:
    """An op of a ticket: what, when by the device's clock, in which login."""

    kind: str
    at: datetime
    session_id: int


@dataclass(frozen=True)
class Ended:
    """An order that is over, as far as figures look at it.

    `picks` and `packs` are (accepted, done) of its tickets; `steps` the ops of each picking ticket in the
    order in which they came; `units` what was picked, substitutes included; `stockouts` (sku, quantity).
    """

    state: str
    opened_at: datetime
    due_at: datetime
    ready_at: datetime | None
    handed_over_at: datetime | None
    ended_at: datetime
    lines: Sequence[Line]
    units: int
    picks: Sequence[tuple[datetime, datetime]]
    packs: Sequence[tuple[datetime, datetime]]
    steps: Sequence[Sequence[Step]]
    arrived_at: datetime | None
    refused_at_door: bool
    stockouts: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class Load:
    """What one person did in one stage on one day."""

    seconds: int
    lines: int
    grams: int
    active_seconds: float


def count_order(order: Ended) -> Counts:
    """What this order adds to its hour and its day."""
    counts: Counts = {"orders": 1, order.state: 1, "stockouts": _stockouts(order.stockouts)}
    if order.state not in COUNTED:
        return counts
    filled = sum(not line.short and not line.substituted for line in order.lines)
    on_time = order.state == "delivered" and order.ended_at <= order.due_at
    perfect = on_time and filled == len(order.lines) and not order.refused_at_door
    spent = [work_time(steps) for steps in order.steps]
    return counts | {
        "on_time": int(on_time),
        "perfect": int(perfect),
        "lines": len(order.lines),
        "filled": filled,
        "units": order.units,
        **{name: round(sum(one[name] for one in spent)) for name in ("work", "search", "idle")},
        "stages": {name: {str(bucket(seconds)): 1} for name, seconds in stage_times(order).items()},
        **rider_waits(order),
    }


def stage_times(order: Ended) -> dict[str, float]:
    """Seconds of each stage that the order went through.

    `wait` is when nobody worked on it: before the first picker accepted it, and between picker and packer.
    """
    found: dict[str, float] = {}
    if order.picks:
        begun, picked = min(at for at, _ in order.picks), max(at for _, at in order.picks)
        found |= {"wait": _seconds(order.opened_at, begun), "pick": _seconds(begun, picked)}
        if order.packs and order.ready_at is not None:
            taken = max(picked, min(at for at, _ in order.packs))
            found["wait"] += _seconds(picked, taken)
            found["pack"] = _seconds(taken, order.ready_at)
    if order.ready_at is not None and order.handed_over_at is not None:
        found["handover"] = _seconds(order.ready_at, order.handed_over_at)
        found["total"] = _seconds(order.opened_at, order.handed_over_at)
        if order.state == "delivered":
            found["ride"] = _seconds(order.handed_over_at, order.ended_at)
    return found


def work_time(steps: Sequence[Step]) -> dict[str, float]:
    """Seconds of `work`, `search` and `idle` in a picking ticket, from the time between its ops.

    What ends in a report of missing goods was a search. Of a long silence the first three minutes are work; a
    pause is none. Between two logins nothing is known.
    """
    spent = {"work": 0.0, "search": 0.0, "idle": 0.0}
    for before, step in pairwise(steps):
        gap = _seconds(before.at, step.at) if before.session_id == step.session_id else 0.0
        if before.kind == "pause":
            spent["idle"] += gap
        elif step.kind == "short":
            spent["search"] += gap
        else:
            spent["work"] += min(gap, IDLE_SECONDS)
            spent["idle"] += max(0.0, gap - IDLE_SECONDS)
    return spent


def rider_waits(order: Ended) -> Counts:
    """Seconds that the rider waited for picking, packing and the counter; that the goods waited for a rider.

    `rider_met` is 1 where it is known when the rider came.
    """
    if order.arrived_at is None or order.ready_at is None or order.handed_over_at is None:
        return {}
    picked = min(order.ready_at, max((at for _, at in order.picks), default=order.ready_at))
    came = min(order.arrived_at, order.handed_over_at)
    return {
        "rider_met": 1,
        "waits": {
            "picking": round(_seconds(came, picked)),
            "packing": round(_seconds(max(came, picked), order.ready_at)),
            "counter": round(_seconds(max(came, order.ready_at), order.handed_over_at)),
            "rider": round(_seconds(order.ready_at, came)),
        },
    }


def total(counts: Iterable[Mapping[str, Any]]) -> Counts:
    """The sum of counts; what only some of them have counts as it is."""
    found: Counts = {}
    for one in counts:
        add_to(found, one)
    return found


def add_to(found: Counts, other: Mapping[str, Any]) -> None:
    """Add other counts to a sum, which grows."""
    for name, value in other.items():
        if type(value) is dict:
            add_to(found.setdefault(name, {}), value)
        else:
            found[name] = found.get(name, 0) + value


def figures(counts: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a period from its counts, JSON-ready. None: there is nothing to divide by."""
    of = counts.get
    measured = sum(of(state, 0) for state in COUNTED)
    waits = of("waits", {})
    return {
        "orders": of("orders", 0),
        "delivered": of("delivered", 0),
        "cancelled": of("cancelled", 0),
        "void": of("void", 0),
        "on_time_percent": _percent(of("on_time", 0), of("delivered", 0)),
        "perfect_percent": _percent(of("perfect", 0), measured),
        "fill_percent": _percent(of("filled", 0), of("lines", 0)),
        "units": of("units", 0),
        "units_per_hour": _ratio(3600 * of("units", 0), of("work", 0)),
        "work_minutes": _minutes(of("work", 0)),
        "search_minutes": _minutes(of("search", 0)),
        "idle_minutes": _minutes(of("idle", 0)),
        "stages": {name: _times(of("stages", {}).get(name, {})) for name in STAGES},
        "riders": of("rider_met", 0),
        "rider_wait_minutes": {
            name: _minutes(waits.get(name, 0)) for name in ("picking", "packing", "counter")
        },
        "goods_wait_minutes": _minutes(waits.get("rider", 0)),
    }


def top_stockouts(counts: Mapping[str, Any], most: int) -> list[tuple[str, int, int]]:
    """(sku, orders that lacked it, quantity), the most frequent first."""
    found = [(sku, one["reports"], one["quantity"]) for sku, one in counts.get("stockouts", {}).items()]
    return sorted(found, key=lambda one: (-one[1], -one[2], one[0]))[:most]


def bucket(seconds: float) -> int:
    """The number of a histogram's bucket."""
    return 0 if seconds < 1 else 1 + math.floor(math.log(seconds) / GROWTH)


def percentiles(histogram: Mapping[str, int], shares: Sequence[float]) -> list[int | None]:
    """Seconds that each of the growing `shares` of the values do not exceed (nearest rank), None of none."""
    many, seen = sum(histogram.values()), 0
    found: list[int | None] = []
    for number in sorted(map(int, histogram)):
        seen += histogram[str(number)]
        while len(found) < len(shares) and seen >= shares[len(found)] * many:
            found.append(0 if number == 0 else round(math.exp((number - 0.5) * GROWTH)))
    return found or [None] * len(shares)


def spread(loads: Iterable[Load]) -> dict[str, Any] | None:
    """How evenly a day's work of a stage was spread: least, mean and most an hour, and (most − least) ÷ mean.

    Per hour between somebody's first and last work, so that a short shift is none's fault. Only who worked
    for an hour counts, and below three people nothing is said: it would name them (F4).
    """
    worked = [load for load in loads if load.active_seconds >= ACTIVE_SECONDS_MIN]
    if len(worked) < PEOPLE_MIN:
        return None
    hours = [load.active_seconds / 3600 for load in worked]
    return {"people": len(worked)} | {
        name: _spread_of([value(load) / hour for load, hour in zip(worked, hours, strict=True)])
        for name, value in _MEASURES.items()
    }


_MEASURES = {
    "minutes": lambda load: load.seconds / 60,
    "lines": lambda load: load.lines,
    "kilograms": lambda load: load.grams / 1000,
}


def _spread_of(values: Sequence[float]) -> dict[str, float | None]:
    mean = sum(values) / len(values)
    return {
        "least": round(min(values), 1),
        "mean": round(mean, 1),
        "most": round(max(values), 1),
        "spread_percent": _percent(max(values) - min(values), mean),
    }


def hour_of(at: datetime, zone: ZoneInfo) -> datetime:
    """When the shop's hour began that this instant is in."""
    local = at.astimezone(zone)
    return at - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


def day_of(at: datetime, zone: ZoneInfo) -> datetime:
    """When the shop's day began that this instant is in."""
    return midnight(at.astimezone(zone).date(), zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a calendar day of the shop begins."""
    return datetime.combine(day, time.min, zone)


def safe_cell(value: object) -> object:
    """A value of a CSV file that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _stockouts(reported: Iterable[tuple[str, int]]) -> Counts:
    found: Counts = {}
    for sku, quantity in reported:
        earlier = found.get(sku, {"quantity": 0})
        found[sku] = {"reports": 1, "quantity": earlier["quantity"] + quantity}
    return found


def _times(histogram: Mapping[str, int]) -> dict[str, int | None]:
    p50, p95 = percentiles(histogram, (0.5, 0.95))
    return {"orders": sum(histogram.values()), "p50_seconds": p50, "p95_seconds": p95}


def _seconds(since: datetime, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds())


def _minutes(seconds: float) -> float:
    return round(seconds / 60, 1)


def _percent(part: float, whole: float) -> float | None:
    return _ratio(100 * part, whole)


def _ratio(part: float, whole: float) -> float | None:
    return None if not whole else round(part / whole, 1)
