"""What a day brings: a shop's floor, its orders by the hour, its people and their shifts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from fulfil.contracts.stage import FulfilmentLine
from fulfil.dispatch.rules import Policy, ride_seconds
from fulfil.store.rules import Floor, floor_of

MIDNIGHT = datetime(2026, 6, 1, tzinfo=UTC)
OPENS, CLOSES = 8, 22
# How busy each hour is against the others: lunch, and the long evening.
HOURS = {8: 4, 9: 5, 10: 8, 11: 11, 12: 8, 13: 5, 14: 4, 15: 5, 16: 7, 17: 12, 18: 13, 19: 9, 20: 6, 21: 3}
MINUTES_PROMISED = 45
LATER_SHARE, LATER_MINUTES = 0.25, (75, 150)  # some choose a later slot
LINES_MEAN, LINES_MAX = 8, 40
METRES_MAX = 3_000
ZONE_SHARE = {"ambient": 0.70, "chilled": 0.20, "frozen": 0.10}
SHELVES = 4
FLOOR = {
    "blocks": [
        {
            "zone": "ambient",
            "aisles": [f"A{n:02d}" for n in range(1, 15)],
            "bays": 12,
            "x": 0,
            "y": 0,
            "pitch": 3.2,
            "bay": 1.3,
            "end": 1.5,
            "start": "A07",
        },
        {
            "zone": "chilled",
            "aisles": [f"C{n:02d}" for n in range(1, 5)],
            "bays": 12,
            "x": 48,
            "y": 0,
            "pitch": 3.2,
            "bay": 1.3,
            "end": 1.5,
            "start": "C01",
        },
        {
            "zone": "frozen",
            "aisles": [f"F{n:02d}" for n in range(1, 4)],
            "bays": 12,
            "x": 63,
            "y": 0,
            "pitch": 3.2,
            "bay": 1.3,
            "end": 1.5,
            "start": "F01",
        },
    ]
}


@dataclass(frozen=True)
class DayOrder:
    """A paid order; `due_at` is when the customer was promised it, the ride included."""

    no: int
    paid_at: datetime
    due_at: datetime
    ride_seconds: int
    lines: tuple[FulfilmentLine, ...]


@dataclass(frozen=True)
class DayPerson:
    """Somebody with a shift. `pace` is what their work takes against the mean, `zones` where they work."""

    id: int
    role: str
    zones: frozenset[str]
    pace: float
    comes_at: datetime
    goes_at: datetime


@dataclass(frozen=True)
class Day:
    floor: Floor
    policy: Policy
    orders: tuple[DayOrder, ...]
    people: tuple[DayPerson, ...]


def day_of(orders: int, pickers: int, packers: int, policy: Policy, seed: str) -> Day:
    """A day of so many orders, and so many people at work when it is busiest. One seed gives one day."""
    random = Random(f"{seed}/{orders}")
    goods = _goods(random)
    return Day(
        floor_of(FLOOR),
        policy,
        tuple(_orders(random, orders, goods, policy)),
        tuple(_people(random, pickers, packers)),
    )


def at(hour: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


def _goods(random: Random) -> dict[str, list[str]]:
    """Locations by zone, the most wanted first."""
    found: dict[str, list[str]] = {}
    for block in FLOOR["blocks"]:
        places = [
            f"{aisle}-{bay:02d}-{shelf}"
            for aisle in block["aisles"]
            for bay in range(1, block["bays"] + 1)
            for shelf in range(1, SHELVES + 1)
        ]
        random.shuffle(places)
        found[block["zone"]] = places
    return found


def _orders(random: Random, count: int, goods: dict[str, list[str]], policy: Policy) -> list[DayOrder]:
    hours, weights = list(HOURS), list(HOURS.values())
    paid = sorted(at(random.choices(hours, weights)[0] + random.random()) for _ in range(count))
    found = []
    for no, paid_at in enumerate(paid, start=1):
        ride = ride_seconds(round(METRES_MAX * math.sqrt(random.random())), policy)
        later = random.random() < LATER_SHARE
        minutes = random.uniform(*LATER_MINUTES) if later else MINUTES_PROMISED
        found.append(
            DayOrder(no, paid_at, paid_at + timedelta(minutes=minutes), ride, tuple(_lines(random, goods)))
        )
    return found


def _lines(random: Random, goods: dict[str, list[str]]) -> list[FulfilmentLine]:
    count = min(LINES_MAX, 1 + int(random.expovariate(1 / (LINES_MEAN - 0.5))))
    wanted: dict[str, str] = {}
    while len(wanted) < count:
        zone = random.choices(list(ZONE_SHARE), list(ZONE_SHARE.values()))[0]
        # Few goods are most of the sales.
        wanted[goods[zone][int(len(goods[zone]) * random.random() ** 2.5)]] = zone
    found = []
    for line_no, (shelf, zone) in enumerate(wanted.items(), start=1):
        quantity = random.choice((1, 1, 1, 2, 2, 3))
        found.append(
            FulfilmentLine(
                line_no,
                shelf,
                quantity,
                "piece",
                zone,
                shelf,
                quantity * random.choice((150, 300, 500, 1000)),
                0,
                0,
                0,
                "refund",
            )
        )
    return found


def _people(random: Random, pickers: int, packers: int) -> list[DayPerson]:
    """Every second picker may work in the cold."""
    found: list[DayPerson] = []
    for role, most in (("picker", pickers), ("packer", packers)):
        for number, (comes, goes) in enumerate(_shifts(most)):
            zones = frozenset(ZONE_SHARE) if number % 2 == 0 else frozenset({"ambient"})
            found.append(
                DayPerson(len(found) + 1, role, zones, random.uniform(0.85, 1.15), at(comes), at(goes))
            )
    return found


def _shifts(most: int) -> Sequence[tuple[float, float]]:
    """Early, across the day, and late: `most` people when it is busy, half at the ends."""
    early = math.ceil(most / 2)
    return [(OPENS, 16)] * early + [(10.5, 19.5)] * (most - early) + [(16, CLOSES + 2)] * early
