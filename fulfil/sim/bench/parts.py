"""`fulfil bench parts`: where the CPU of one order goes, by its requests and the tasks that follow them.

Orders live one at a time in this process, so gevent's HTTP and the sockets are not in it, nor are PostgreSQL
and Redis. Each figure is a median of all orders, which what else the machine does moves least.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from fulfil.app import serving
from fulfil.sim.bench import machine
from fulfil.sim.bench.databases import Databases
from fulfil.sim.bench.days import Costs
from fulfil.sim.bench.flow import ITEMS
from fulfil.sim.bench.progress import Tell
from fulfil.sim.inside import CONTACT, NOTIFY, InsideShop, ask

WARM_UP_ORDERS = 30
Live = Callable[[Costs], None]


class Flow:
    """A guest, three goods, quote, order, payment; nobody is on duty."""

    def __init__(self, house: InsideShop) -> None:
        self.house = house
        self._skus = itertools.cycle([row["sku"] for row in house.access.skus if not row["weighed"]])

    def live(self, costs: Costs) -> None:
        with costs.of("guest"):
            customer = self.house.customer()
        with costs.of("goods into the cart"):
            for _ in range(ITEMS):
                customer.put(next(self._skus), 1)
        with costs.of("quote"):
            customer.quote(CONTACT)
        with costs.of("order, and its tasks"):
            order_no = customer.order(CONTACT)["order_no"]
        with costs.of("payment begun, and its tasks"):
            payment = customer.start_payment(order_no)
        called_back(self.house, payment, costs)


class Push:
    """An order of one good is paid and offered to one of many pickers, who accepts."""

    def __init__(self, house: InsideShop, pickers: int) -> None:
        self.house = house
        self._skus = itertools.cycle(
            [row["sku"] for row in house.access.skus if row["zone"] == "ambient" and not row["weighed"]]
        )
        crew = [house.staff("picker", nth=nth) for nth in range(pickers)]
        self._pickers = {int(handheld.session["person"]["id"]): handheld for handheld in crew}
        self._heard: dict[int, int] = {}
        for person_id in self._pickers:
            self._catch_up(person_id)
        self._told: set[int] = set()
        house.kit.live.on_wake(self._told.update)

    def live(self, costs: Costs) -> None:
        customer = self.house.customer()
        customer.put(next(self._skus), 1)
        payment = customer.start_payment(customer.order(CONTACT)["order_no"])
        self._told.clear()
        called_back(self.house, payment, costs)
        (person_id,) = self._told
        with costs.of("the log read for the device"), self.house.kit.db.read() as tx:
            told = self.house.kit.live.since(tx, person_id, self._heard[person_id])
        offer = next(event["offer"] for event in told or () if event["type"] == "ticket.offered")
        with costs.of("offer accepted, and its tasks"):
            self._pickers[person_id].accept(offer)
        self._catch_up(person_id)

    def _catch_up(self, person_id: int) -> None:
        with self.house.kit.db.read() as tx:
            self._heard[person_id] = self.house.kit.live.head(tx, person_id)


def called_back(house: InsideShop, payment: Mapping[str, Any], costs: Costs) -> None:
    """The customer pays; the callback and the tasks that follow it."""
    paid = house.book.pay(payment["pay_url"].rsplit("/", 1)[1], "succeeded")
    for headers, body in house.channel.callbacks(paid):
        with costs.of("callback"):
            status, answer = ask(house.app, "POST", NOTIFY, body, headers)
        if status >= 300:
            raise OSError(f"the callback was answered {status}: {answer.decode()}")
    house.book.heard(paid)
    with costs.of("its tasks"):
        house.settle()


def run(*, database: str, orders: int, pickers: int, tell: Tell) -> dict[str, Any]:
    """Measure; JSON-ready. CPU milliseconds of this process for the parts of an order."""
    flow = _measured(database, 0, orders, lambda house: Flow(house).live, tell)
    push = _measured(database, pickers, orders, lambda house: Push(house, pickers).live, tell)
    return {
        "bench": "parts",
        "database": database,
        "orders": orders,
        "pickers": pickers,
        "flow_ms": flow,
        "push_ms": push,
        "server_peak_mib": machine.peak_mib(os.getpid()),
        "calibration": machine.calibration(),
        "versions": machine.versions(),
    }


def _measured(
    database: str, pickers: int, orders: int, scene: Callable[[InsideShop], Live], tell: Tell
) -> dict[str, float]:
    """So many orders in a shop of their own: what each part took, and all together."""
    with tempfile.TemporaryDirectory(prefix="fulfil-bench-") as name, Databases(database, Path(name)) as its:
        serving.open_database(its.url)
        house = InsideShop(its.url, f"{name}/carts.db", pickers=pickers, redis_url=its.redis_url)
        live, costs = scene(house), []
        for number in range(WARM_UP_ORDERS + orders):
            costs.append(Costs())
            live(costs[-1])
            tell("Measuring", number / (WARM_UP_ORDERS + orders))
        house.kit.close()
    lives = [one.cpu for one in costs[WARM_UP_ORDERS:]]
    parts = {part: _typical_ms(life[part] for life in lives) for part in lives[0]}
    return parts | {"all": _typical_ms(sum(life.values()) for life in lives)}


def _typical_ms(seconds: Iterator[float]) -> float:
    return round(median(seconds) * 1000, 3)
