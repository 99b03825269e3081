"""`fulfil bench batching`: how near tours that are found at leisure come to proven optima, in a given time.

Reads instances of joint order batching and picker routing as they are published with branch-price-and-cut
work: text in Latin-1, one block of parallel aisles, cell 0 nearest the top. `published.csv` beside them gives
the optima.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from fulfil.sim.bench import machine
from fulfil.sim.bench.progress import Tell
from fulfil.sim.tours.batches import batch
from fulfil.sim.tours.block import Block
from fulfil.sim.tours.search import Problem

PUBLISHED = "published.csv"
SOLVED_PERCENT = 0.05  # published lengths are rounded


class NoInstances(ValueError):
    """The directory holds no instances, or one that cannot be read."""


@dataclass(frozen=True)
class Instance:
    """One published problem; `optimum` is the length of the best plan there is."""

    family: str
    name: str
    path: Path
    optimum: float


def run(*, data: Path, seconds: float, limit: int | None, tell: Tell) -> dict[str, Any]:
    """Gaps to the optimum in percent, over all instances and by family; `solved` are the optimal ones.

    Raises NoInstances.
    """
    chosen = instances(data, limit)
    calibration, found = machine.calibration(), []
    for at, instance in enumerate(chosen):
        tell(instance.name, at / len(chosen))
        found.append((instance, *_gap(instance, seconds)))
    families = {
        name: _figures([one for one in found if one[0].family == name])
        for name in sorted({instance.family for instance in chosen})
    }
    return {
        "seconds": seconds,
        **_figures(found),
        "families": families,
        "calibration": calibration,
        "versions": machine.versions(),
    }


def instances(data: Path, limit: int | None) -> list[Instance]:
    """Those with a published optimum, or `limit` of each family, spread evenly. Raises NoInstances."""
    index = next(iter(sorted(data.rglob(PUBLISHED))), None)
    if index is None:
        raise NoInstances(f"There is no {PUBLISHED} in {data}.")
    with index.open(encoding="latin-1", newline="") as file:
        rows = [row for row in csv.DictReader(file) if (index.parent / row["file"]).is_file()]
    by_family: dict[str, list[Instance]] = {}
    for row in rows:
        path = Path(row["file"])
        one = Instance(path.parts[0], path.name, index.parent / path, float(row["optimum_lower"]))
        by_family.setdefault(one.family, []).append(one)
    if not by_family:
        raise NoInstances(f"{index} names no file that is there.")
    return [one for family in by_family.values() for one in _spread(family, limit)]


def read(path: Path) -> Problem:
    """The problem in a file. Raises NoInstances when it is not in the published form."""
    try:
        head, weights, places, orders = _sections(path.read_text("latin-1"))
        ends = float(head["DISTANCE_TOP_TO_CELL"]), float(head["DISTANCE_BOTTOM_TO_CELL"])
        turned = {"bottom": False, "top": True}[head["DEPOT_LOCATION"]]  # a depot at the top: upside down
        top, bottom = ends[::-1] if turned else ends
        block = Block(
            aisles=int(head["NUM_AISLES"]),
            cells=int(head["NUM_CELLS"]),
            depot=int(head["DEPOT_AISLE"]),
            cell=float(head["DISTANCE_CELL_TO_CELL"]),
            top=top,
            bottom=bottom,
            pitch=float(head["DISTANCE_AISLE_TO_AISLE"]),
        )
        masks = np.zeros((len(orders), block.aisles), np.uint64)
        for number, order in enumerate(orders):
            for article in order:
                aisle, cell = places[article]
                masks[number, aisle] |= np.uint64(1 << (block.cells - 1 - cell if turned else cell))
        sizes = np.array(
            [sum(weights[article] * pieces for article, pieces in order.items()) for order in orders]
        )
        return Problem(block, masks, sizes, float(head["PICKER_CAPACITY"]))
    except (KeyError, IndexError, ValueError) as error:
        raise NoInstances(f"{path} cannot be read: {type(error).__name__} {error}") from error


def _sections(
    text: str,
) -> tuple[dict[str, str], dict[int, float], dict[int, tuple[int, int]], list[dict[int, float]]]:
    """Head, weight of each article, its aisle and cell, and the pieces of each article in each order."""
    head: dict[str, str] = {}
    weights: dict[int, float] = {}
    places: dict[int, tuple[int, int]] = {}
    orders: list[dict[int, float]] = []
    section = ""
    for words in (line.split() for line in text.splitlines()):
        if words and words[0].endswith("_SECTION"):
            section = words[0]
        elif section == "ORDER_SECTION" and words[:1] == ["NUM_ARTICLES_IN_ORDER"]:
            orders.append({})
        elif words[:1] == ["ID"]:
            number = int(words[1])
            if section == "ARTICLE_SECTION":
                weights[number] = float(words[3])
            elif section == "SKU_SECTION":
                places.setdefault(number, (int(words[3]), int(words[5])))
            elif section == "ORDER_SECTION":
                orders[-1][number] = orders[-1].get(number, 0) + float(words[3])
        elif not section and len(words) > 2:
            head[words[0]] = words[2]
    return head, weights, places, orders


def _gap(instance: Instance, seconds: float) -> tuple[float, float]:
    """How much longer the plan is than the optimum, in percent, and how long it took."""
    problem = read(instance.path)
    started = time.perf_counter()
    plan = batch(problem, seconds)
    return 100 * (plan.length / instance.optimum - 1), time.perf_counter() - started


def _figures(found: list[tuple[Instance, float, float]]) -> Mapping[str, Any]:
    gaps = [gap for _, gap, _ in found]
    worst = max(found, key=lambda one: one[1])
    return {
        "instances": len(found),
        "mean_gap_percent": round(fmean(gaps), 4),
        "max_gap_percent": round(worst[1], 4),
        "worst": worst[0].name,
        "solved": sum(gap <= SOLVED_PERCENT for gap in gaps),
        "mean_seconds": round(fmean(took for _, _, took in found), 3),
    }


def _spread(family: list[Instance], limit: int | None) -> Iterator[Instance]:
    count = len(family) if limit is None else min(limit, len(family))
    for at in range(count):
        yield family[at * len(family) // count]
