"""`fulfil bench day`: whole days by the rules of dispatch, against first come and what is possible.

Each day is lived several times with the same orders, people and luck: by our rules, by our rules with one
part taken away, first come – nearest free with one order a tour, and with tours chosen by somebody who knows
the whole day (F4, F5).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fulfil.sim.bench import machine
from fulfil.sim.bench.progress import Tell
from fulfil.sim.day import ways
from fulfil.sim.day.chart import gantt
from fulfil.sim.day.clairvoyant import WINDOWS, Clairvoyant
from fulfil.sim.day.drawing import drawn
from fulfil.sim.day.figures import figures
from fulfil.sim.day.orders import Day, day_of
from fulfil.sim.day.world import Way, World

# Pickers and packers when it is busiest: enough for tours, too few for one order at a time.
STAFF: Mapping[int, tuple[int, int]] = {400: (4, 2), 1500: (12, 7), 4000: (32, 18)}
ORDERS_A_PICKER, ORDERS_A_PACKER = 125, 220
ON_TIME_PERCENT = 99.0
AS_SOON_MINUTES = 1.0  # by which a twentieth of the orders may leave later than by our rules, and are as soon


def run(
    *, orders: Sequence[int], seed: str, chart: Path | None, tour: Path | None, tell: Tell
) -> dict[str, Any]:
    """Figures of each way by number of orders, and how ours compare.

    `chart` gets the first day as a Gantt chart, `tour` its longest tour on the floor plan.
    """
    calibration, days = machine.calibration(), {}
    for at, count in enumerate(orders):

        def told(step: str, at: int = at, count: int = count) -> None:
            tell(f"{count} orders, {step}", at / len(orders))

        days[str(count)], ours = _day(count, seed, told)
        if at == 0:
            _draw(ours, count, chart, tour)
    return {"seed": seed, "days": days, "calibration": calibration, "versions": machine.versions()}


def _draw(world: World, count: int, chart: Path | None, tour: Path | None) -> None:
    if chart is not None:
        chart.write_text(gantt(world, f"{count} orders on one day"), "utf-8")
    if tour is not None:
        longest = max(world.walked, key=lambda walked: (len(walked), sum(ticket.lines for ticket in walked)))
        tour.write_text(drawn(world.day.floor, {one.order.no: one.stops for one in longest}), "utf-8")


def _day(count: int, seed: str, tell: Callable[[str], None]) -> tuple[dict[str, Any], World]:
    """The figures, and the day as it was lived by our rules."""
    pickers, packers = STAFF.get(count) or (
        max(2, -(-count // ORDERS_A_PICKER)),
        max(1, -(-count // ORDERS_A_PACKER)),
    )
    day = day_of(count, pickers, packers, ways.POLICY, seed)
    found: dict[str, Any] = {}
    for name, way in ways.all_ways().items():
        tell(name)
        started = time.process_time()
        world = _lived(day, way, seed)
        found[name] = {**figures(world), "cpu_seconds": round(time.process_time() - started, 1)}
        if name == "fulfil":
            by_our_rules = world
    tell("clairvoyant")
    ours = found["fulfil"]
    best, as_soon = _clairvoyants(day, seed, ours["p95_minutes"] + AS_SOON_MINUTES)
    found |= {"clairvoyant": best, "clairvoyant_as_soon": as_soon}
    told = {
        "pickers": pickers,
        "packers": packers,
        "ways": found,
        **{
            f"metres_to_{name}": round(ours["metres_an_order"] / found[name]["metres_an_order"], 3)
            for name in ("clairvoyant", "clairvoyant_as_soon")
        },
    }
    return told, by_our_rules


def _lived(day: Day, way: Way, seed: str) -> World:
    world = World(day, way, seed)
    world.run()
    return world


def _clairvoyants(day: Day, seed: str, p95_minutes: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """With the longest span in which orders may wait for one another and are in time: it walks least.

    And with the longest in which a twentieth of them leave no later than so, too; where no span is short
    enough, with the shortest.
    """
    tried: list[dict[str, Any]] = []
    in_time: list[dict[str, Any]] = []
    for minutes in WINDOWS:
        one = {**figures(_lived(day, Clairvoyant(day, minutes), seed)), "window_minutes": minutes}
        tried.append(one)
        if one["on_time_percent"] >= ON_TIME_PERCENT:
            in_time.append(one)
            if one["p95_minutes"] <= p95_minutes:
                break
    best = in_time[0] if in_time else max(tried, key=lambda one: one["on_time_percent"])
    return best, tried[-1]
