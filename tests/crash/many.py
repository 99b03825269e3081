"""kill -9 under load: shoppers, a picker and a device that listens, while the server dies again and again.

The seed decides where: at the n-th failpoint that is passed, whatever it is (small n: while it recovers), or
after some milliseconds of work, wherever it is.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event, Thread

import sqlalchemy as sa

from fulfil.kit.live import LiveHead
from fulfil.sim.clients import Customer, Handheld
from tests.crash.books import faults
from tests.crash.follower import Follower
from tests.crash.life import PIECES, Life
from tests.crash.mortal import Mortal
from tests.house import House

SHOPPERS = 3
LOOK_SECONDS = 0.01
FAILPOINTS_MAX = 80
LIFE_SECONDS_MAX = 0.2  # of CPU
BY_THE_CLOCK = "timer"


@dataclass(frozen=True)
class Outcome:
    """What a stretch of load came to: its deaths by failpoint, and what was wrong at its end."""

    kills: int
    died_at: Counter[str]
    orders: int
    faults: list[str]


def load(house: House, *, seed: int, kills: int) -> Outcome:
    """Order, pay and pick until the server has died so often; then all must be whole."""
    rng = random.Random(f"crash/{seed}")
    house.start()
    picker = house.staff("picker")
    house.kill()
    server = Mortal(house, _failpoints(rng, kills))
    life, follower, over = Life(house, server), Follower(house, picker.session["token"]), Event()
    orders: dict[str, Customer] = {}
    clock = Thread(target=_strike, args=(house, server, kills, over, rng.random()))
    clock.start()
    try:
        while server.deaths < kills:
            orders |= _round(house, server, life, picker)
        server.until(lambda: house.http().call("GET", "/readyz")["tasks_due"] == 0)
        over.set()
        clock.join()
        follower.catch_up(_head(house, picker))
    finally:
        over.set()
        follower.end()
    found = faults(house, life.acknowledged, orders) + follower.missed
    died_at = Counter(server.died_at)
    died_at[BY_THE_CLOCK] = server.deaths - sum(died_at.values())
    house.kill()
    return Outcome(server.deaths, died_at, len(orders), found)


def _failpoints(rng: random.Random, kills: int) -> Iterator[str]:
    """For each life but the last: the n-th failpoint kills it, or (every third) the clock will."""
    for number in range(kills):
        yield "" if number % 3 == 2 else f"*@{int(FAILPOINTS_MAX ** rng.uniform(0.1, 1))}"


def _strike(house: House, server: Mortal, kills: int, over: Event, seed: float) -> None:
    """Kill each life without a failpoint after some CPU time of serving, however busy the machine is."""
    rng, seen, until = random.Random(seed), 0, 0.0
    while not over.wait(LOOK_SECONDS):
        if 0 < server.life != seen:
            seen, until = server.life, house.cpu_seconds() + rng.uniform(0, LIFE_SECONDS_MAX)
        by_clock = server.life == seen and not server.failpoint
        if by_clock and server.deaths < kills and house.cpu_seconds() > until:
            house.strike()


def _round(house: House, server: Mortal, life: Life, picker: Handheld) -> dict[str, Customer]:
    """Some shop at once; the picker picks what they ordered."""
    skus = [server.patiently(lambda: house.fresh_sku(100)) for _ in range(SHOPPERS)]
    with ThreadPoolExecutor(SHOPPERS) as pool:
        shopped = dict(pool.map(lambda sku: _shop(house, server, life, sku), skus))
    for order_no in shopped:
        life.pick(picker, order_no)
    return shopped


def _shop(house: House, server: Mortal, life: Life, sku: str) -> tuple[str, Customer]:
    customer = server.patiently(house.customer)
    server.patiently(lambda: customer.put(sku, PIECES, "set"))
    order_no = life.order(customer)
    life.pay(customer, order_no)
    return order_no, customer


def _head(house: House, picker: Handheld) -> int:
    with house.reading() as tx:
        return tx.scalar(
            sa.select(LiveHead.seq).where(LiveHead.person_id == int(picker.session["person"]["id"]))
        )
