"""`fulfil bench growth`: what the hot paths cost after a long past, against what they cost after a short one.

Two shops get their past (`past.py`); then orders live their whole lives in both, by turns, in this process,
so that whatever else the machine does meets both alike. Costs are CPU of this process and of the database.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fulfil.app import serving
from fulfil.sim.bench import machine
from fulfil.sim.bench.databases import POSTGRESQL, Databases
from fulfil.sim.bench.days import Costs, Day, live_many
from fulfil.sim.bench.past import SPREAD, Past
from fulfil.sim.bench.progress import Tell
from fulfil.sim.inside import InsideShop
from fulfil.sim.shop import fill_shelves
from fulfil.trade.orders.model import Order
from fulfil.trade.orders.rules import CLOSED_AFTER

FEW = 1000
REAL_ORDERS = 200
ROUNDS, ORDERS_A_ROUND = 12, 5
SINCE_CLOSED = CLOSED_AFTER + timedelta(days=1)
HOT = ("order", "pay", "pick", "pack", "hand over", "deliver", "look", "sweeps")


class Aged:
    """A shop with so many past orders, and what one more costs there."""

    def __init__(self, databases: Databases, folder: Path, orders: int, real_orders: int, tell: Tell) -> None:
        self.databases = databases
        started = time.perf_counter()
        serving.open_database(databases.url)
        self.house = InsideShop(databases.url, f"{folder}/carts.db")
        fill_shelves(self.house.kit, int(self.house.store_id))
        tell("Living real orders", 0.0)
        live_many(self.house, real_orders)
        self._pass(SINCE_CLOSED)
        Past(self.house.kit, real_orders, orders).make(tell)
        databases.tidy()
        self._pass(SPREAD)
        self.past_orders = self._orders_there()
        self.made_seconds = round(time.perf_counter() - started, 1)
        self.day, self.costs = Day(self.house), Costs()
        self.database_seconds = 0.0
        self.lives: list[float] = []

    def live(self, count: int) -> None:
        """So many orders are delivered, then everything wakes once that wakes by itself."""
        before = self.databases.cpu_seconds()
        for _ in range(count):
            started = time.perf_counter()
            self.day.live("delivered", self.costs)
            self.lives.append(time.perf_counter() - started)
        self.day.sweep(self.costs)
        if before is not None:
            self.database_seconds += (self.databases.cpu_seconds() or 0.0) - before

    def forget_costs(self) -> None:
        """Begin to measure: what came before has warmed everything up."""
        self.costs, self.database_seconds, self.lives = Costs(), 0.0, []

    def cost_ms(self, part: str) -> float:
        """CPU of this process for a part of an order, milliseconds."""
        return self.costs.cpu[part] * 1000 / len(self.lives)

    def close(self) -> None:
        self.house.kit.close()

    def _orders_there(self) -> int:
        with self.house.kit.db.read() as tx:
            return int(tx.scalar(sa.select(sa.func.count()).select_from(Order)))

    def _pass(self, time_passed: timedelta) -> None:
        """Time passes, and what has become due meanwhile happens."""
        self.house.clock.advance(time_passed.total_seconds())
        self.house.sweep()


def run(
    *,
    database: str,
    orders: int,
    tell: Tell,
    few: int = FEW,
    real_orders: int = REAL_ORDERS,
    rounds: int = ROUNDS,
) -> dict[str, Any]:
    """Measure; JSON-ready. Ratios are of CPU: with many past orders to with few."""
    with ExitStack() as opened:
        shops = []
        for count in (few, orders):
            folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="fulfil-bench-")))
            databases = opened.enter_context(Databases(database, folder))
            shops.append(Aged(databases, folder, count, real_orders, tell))
            opened.callback(shops[-1].close)
        for turn in range(rounds + 1):
            for shop in shops if turn % 2 else reversed(shops):
                shop.live(ORDERS_A_ROUND)
                if turn == 0:
                    shop.forget_costs()
            tell("Measuring", turn / rounds)
        return _figures(shops[0], shops[1])


def _figures(short: Aged, long: Aged) -> dict[str, Any]:
    paths = {part: _compared(short.cost_ms(part), long.cost_ms(part)) for part in HOT}
    count = len(long.lives)
    if short.databases.kind == POSTGRESQL:
        paths["database"] = _compared(
            short.database_seconds * 1000 / count, long.database_seconds * 1000 / count
        )
    together = {name: sum(path[name] for path in paths.values()) for name in ("few_ms", "many_ms")}
    return {
        "bench": "growth",
        "orders": long.past_orders,
        "few": short.past_orders,
        "paths": paths,
        "ratio": round(together["many_ms"] / together["few_ms"], 3),
        "few_cpu_ms_per_order": round(together["few_ms"], 2),
        "many_cpu_ms_per_order": round(together["many_ms"], 2),
        "lives": count,
        "lives_per_second": round(count / sum(long.lives), 1),
        **machine.percentiles(long.lives),
        "made_seconds": long.made_seconds,
        "database_size_mib": long.databases.size_mib(),
        "few_database_size_mib": short.databases.size_mib(),
        "database": long.databases.kind,
        "nodes": 0,
        "workers": 0,
        "database_mib": long.databases.mib(),
        "server_peak_mib": machine.peak_mib(os.getpid()),
        "generator_peak_mib": machine.peak_mib(os.getpid()),
        "calibration": machine.calibration(),
        "versions": machine.versions() | long.databases.versions(),
    }


def _compared(few_ms: float, many_ms: float) -> Mapping[str, float]:
    """CPU milliseconds of an order's part in both shops, and their ratio."""
    return {
        "few_ms": round(few_ms, 2),
        "many_ms": round(many_ms, 2),
        "ratio": round(many_ms / few_ms, 3) if few_ms else 1.0,
    }
