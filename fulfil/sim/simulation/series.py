"""One simulation, or one seed after the other with a file of totals, so that a long run can be resumed."""

from __future__ import annotations

import gc
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from fulfil import migrations
from fulfil.kit.checks import Violation
from fulfil.kit.config import Config
from fulfil.sim.bench.progress import Tell
from fulfil.sim.simulation.days import Simulation
from fulfil.sim.simulation.plan import Outcome, Plan

FAST = "synchronous=OFF"  # the file is thrown away with the run; what was committed outlives a crash anyway
IN_MEMORY = Path("/dev/shm")
GARBAGE_THRESHOLDS = 50_000, 20, 100  # looking for garbage as often as usual takes a sixth of a day's time
SUMMED = (
    "days",
    "visits",
    "orders",
    "delivered",
    "cancelled",
    "expired",
    "refunded",
    "shortages",
    "asked",
    "replaced",
    "extras",
    "refunds_failed",
    "crashes",
    "dropped",
    "doubled",
    "violations",
    "overdue_cases",
    "lived_twice_the_same",
    "seconds",
)


def simulate(plan: Plan, tell: Tell, *, database_url: str | None = None) -> Outcome:
    """Run a plan over a fresh SQLite file of its own, or over the empty database at `database_url`."""
    place = str(IN_MEMORY) if IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="fulfil-simulate-", dir=place) as folder, seldom_collected():
        url = database_url or f"sqlite:///{folder}/shop.db"
        if database_url:
            migrations.upgrade(url)
        else:
            Path(folder, "shop.db").write_bytes(_empty())
        pragmas = f"{'' if database_url else FAST} {Config.load().sqlite_pragmas}"
        return Simulation(plan, url, f"{folder}/carts.db", pragmas=pragmas).run(tell)


@cache
def _empty() -> bytes:
    """A migrated SQLite database with nothing in it: to migrate one costs as much as some orders do."""
    with tempfile.TemporaryDirectory(prefix="fulfil-simulate-") as folder:
        migrations.upgrade(f"sqlite:///{folder}/empty.db")
        with closing(sqlite3.connect(f"{folder}/empty.db")) as connection:
            return connection.serialize()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """While a world is lived: what was there before is left alone, what has gone is looked for seldom."""
    before = gc.get_threshold()
    gc.collect()  # the world of the seed before: once frozen it would stay for ever
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def lived_again(outcome: Outcome) -> Outcome:
    """The outcome, with a violation if another process gets another history of the same plan.

    There texts hash otherwise, and SQLite gives rows that nobody sorted in reverse.
    """
    words = [sys.executable, "-m", "fulfil", *outcome.plan.command().split()[1:], "--json"]
    pragmas = f"{os.environ.get('FULFIL_SQLITE_PRAGMAS', '')} reverse_unordered_selects=ON".strip()
    hashes = "1" if os.environ.get("PYTHONHASHSEED") == "2" else "2"
    told = subprocess.run(
        words,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        env={**os.environ, "PYTHONHASHSEED": hashes, "FULFIL_SQLITE_PRAGMAS": pragmas},
    ).stdout
    digest = json.loads(told)["digest"]
    same = digest == outcome.figures["digest"]
    found = [] if same else [Violation(0, "simulation", outcome.plan.seed, f"lived again it is {digest}")]
    return replace(
        outcome,
        figures={**outcome.figures, "lived_twice_the_same": int(same)},
        violations=[*outcome.violations, *found],
    )


def run(
    plan: Plan, seeds: Sequence[int], totals: Path | None, tell: Tell, *, twice: bool = False
) -> Iterator[Outcome]:
    """One outcome a seed. Seeds whose line stands in `totals` for the same plan are not run again."""
    done = {line["seed"] for line in lines(totals, plan)} if totals else set()
    for n, seed in enumerate(seeds):
        if str(seed) in done:
            continue
        one = replace(plan, seed=str(seed))
        outcome = simulate(
            one, lambda step, share, n=n, seed=seed: tell(f"Seed {seed}, {step}", (n + share) / len(seeds))
        )
        if twice:
            outcome = lived_again(outcome)
        if totals:
            _append(totals, {"plan": _key(plan), **outcome.shown()})
        yield outcome


def lines(totals: Path, plan: Plan) -> list[dict[str, Any]]:
    """What a file of totals holds of a plan; a last line that was cut off does not count."""
    found = map(json.loads, _complete(totals).splitlines())
    return [line for line in found if line["plan"] == _key(plan)]


def _append(totals: Path, line: Mapping[str, Any]) -> None:
    """Add a line after the last complete one."""
    totals.write_text(_complete(totals) + json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")


def _complete(totals: Path) -> str:
    text = totals.read_text(encoding="utf-8") if totals.exists() else ""
    return text[: text.rfind("\n") + 1]


def summed(shown: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The sums of several runs, and how those with violations are replayed."""
    sums: Counter[str] = Counter()
    injected: Counter[str] = Counter()
    for one in shown:
        sums.update({name: one.get(name, 0) for name in SUMMED})
        injected.update(one.get("faults_injected", {}))
    return {
        "runs": len(shown),
        **{name: round(sums[name], 2) for name in SUMMED},
        "faults_injected": dict(sorted(injected.items())),
        "replay": [one["replay"] for one in shown if one["violations"]],
    }


def _key(plan: Plan) -> str:
    return replace(plan, seed="SEED").command()
