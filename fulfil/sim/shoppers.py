"""The demo's shoppers: each fills a cart, asks for the promise, orders, pays, and may change their mind."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from fulfil.kit.clock import Clock
from fulfil.sim.actors import Actor
from fulfil.sim.clients import Customer, Refused

log = logging.getLogger("fulfil.sim")

LINES = (1, 6)
PIECES = (1, 3)
GRAMS = (300, 1500)
CANCELS, IN_ENGLISH, HUNGRY = 0.03, 0.3, 0.25
FIRST_SECONDS, FIRST_SHOPPERS = 4.0, 5
WAIT_MAX = timedelta(minutes=75)
# What an average order costs one person of each role, seconds; three rides go together.
WORK_SECONDS = {"picker": 45.0, "packer": 15.0, "counter": 15.0, "rider": 30.0}
BUSY = 0.65  # share of their time that people shall be at work: above it, queues grow


def pace(staff: Sequence[Mapping[str, Any]]) -> float:
    """Seconds between two orders that keep these people busy, and no queue growing."""
    slowest = 0.0
    for role, seconds in WORK_SECONDS.items():
        people = sum(role in person["roles"] for person in staff)
        slowest = max(slowest, seconds / max(people, 1))
    return slowest / BUSY


def gaps(rng: random.Random, mean_seconds: float) -> Iterator[float]:
    """Seconds until the next shopper comes: the first few soon, so that the shop is at work at once."""
    for _ in range(FIRST_SHOPPERS):
        yield FIRST_SECONDS
    while True:
        yield mean_seconds * rng.uniform(0.5, 1.5)


def visit(
    enter: Callable[[], Customer],
    clock: Clock,
    contact: Mapping[str, Any],
    skus: Sequence[Mapping[str, Any]],
    rng: random.Random,
) -> Actor:
    """One shopper from the first look to the paid order. Who is refused, or had to wait long, goes."""
    try:
        yield from _shop(enter(), clock, contact, skus, rng)
    except (Refused, OSError) as trouble:
        log.info("a shopper gave up: %s", trouble)


def _shop(
    customer: Customer,
    clock: Clock,
    contact: Mapping[str, Any],
    skus: Sequence[Mapping[str, Any]],
    rng: random.Random,
) -> Actor:
    for product in _basket(skus, rng):
        quantity = rng.randrange(*GRAMS, 100) if product["weighed"] else rng.randint(*PIECES)
        customer.put(product["sku"], quantity)
        yield rng.uniform(0.5, 3)
    quote = customer.quote(contact)
    if not quote["ok"] or datetime.fromisoformat(quote["deliver_at"]) - clock.now() > WAIT_MAX:
        log.info("a shopper did not want to wait: %s", quote["why_not"] or quote["deliver_at"])
        return
    order_no = customer.order(contact)["order_no"]
    yield rng.uniform(1, 4)
    customer.pay(order_no)
    if rng.random() < CANCELS:
        yield rng.uniform(5, 60)
        customer.cancel(order_no)


def _basket(skus: Sequence[Mapping[str, Any]], rng: random.Random) -> list[Mapping[str, Any]]:
    """Some goods, and for who is hungry something from the kitchen, if the shop has one."""
    shelves = [product for product in skus if not product["cooked"]]
    meals = [product for product in skus if product["cooked"]]
    hungry = bool(meals) and rng.random() < HUNGRY
    return [*rng.sample(shelves, rng.randint(*LINES)), *([rng.choice(meals)] if hungry else [])]


def contact_of(row: Mapping[str, str], rng: random.Random) -> dict[str, Any]:
    """A row of shoppers.csv as the contact of an order, in one of the two languages."""
    language = "en" if rng.random() < IN_ENGLISH else "zh"
    return {
        "name": row[f"name_{language}"],
        "phone": row["phone"],
        "address": row[f"address_{language}"],
        "lat": float(row["lat"]),
        "lng": float(row["lng"]),
    }
