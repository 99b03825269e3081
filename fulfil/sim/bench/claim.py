"""`fulfil bench claim`: tasks a second through the real engine whose handlers do nothing.

Three parts: tasks of which every tenth has a key (ten to a key); as many behind a backlog of one single key,
whose tasks may run only one after the other; and tasks that are added one by one, to see how soon each runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from fulfil.sim import children
from fulfil.sim.bench import machine
from fulfil.sim.bench.databases import Databases
from fulfil.sim.bench.progress import Tell

KEYED_EVERY, TASKS_OF_KEY = 10, 10
BACKLOG_SHARE = 10
ADDED, ADDED_RATE = 300, 100.0


class Worker:
    """A process with the engine; it waits for what it is told."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.process = children.start(
            [sys.executable, "-m", "fulfil.sim.bench.claiming"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.hear()

    def tell(self, **asked: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise OSError("a worker has ended")
        return json.loads(line)


class Workers:
    """All workers over one database."""

    def __init__(self, databases: Databases, environment: Mapping[str, str], count: int) -> None:
        self._databases = databases
        self.all = [Worker(environment) for _ in range(count)]

    def put(self, keys: Sequence[str | None]) -> None:
        self.all[0].tell(put=list(keys))
        self.all[0].hear()

    def work_off(self, keys: Sequence[str | None]) -> dict[str, Any]:
        """Put tasks there, let all work; how fast that was and what it cost."""
        self.put(keys)
        before, started = self._spent(), time.perf_counter()
        for worker in self.all:
            worker.tell()
        ended = max(worker.hear()["at"] for worker in self.all)
        server, database = self._spent()
        for_database = None if database is None else database - before[1]
        return {
            "tasks_per_second": round(len(keys) / (ended - started), 1),
            "server_cpu_ms_per_task": machine.per_ms(server - before[0], len(keys)),
            "database_cpu_ms_per_task": machine.per_ms(for_database, len(keys)),
        }

    def add_one_by_one(self) -> list[float]:
        """Seconds from the commit that adds a task until it has run, whoever runs it."""
        self.all[0].tell(add=ADDED, rate=ADDED_RATE)
        waited = self.all[0].hear()["waited"]
        for worker in self.all[1:]:
            worker.tell()
            waited += worker.hear()["waited"]
        return waited

    def _spent(self) -> tuple[float, Any]:
        return (
            sum(machine.cpu_seconds(worker.process.pid) for worker in self.all),
            self._databases.cpu_seconds(),
        )


def run(*, database: str, workers: int, tasks: int, tell: Tell) -> dict[str, Any]:
    """Measure; JSON-ready. p50 to max are of tasks that were added one by one."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="fulfil-bench-")))
        databases = opened.enter_context(Databases(database, folder))
        environment = os.environ | {
            "FULFIL_DATABASE_URL": databases.url,
            "FULFIL_LOG_LEVEL": "WARNING",
            "FULFIL_REDIS_URL": databases.redis_url,
        }
        crew = Workers(databases, environment, workers)
        opened.callback(lambda: children.end([worker.process for worker in crew.all]))
        tell("Mixed tasks", 0.1)
        mixed = crew.work_off([_key(number) for number in range(tasks)])
        tell("Behind a backlog of one key", 0.5)
        backlog = tasks // BACKLOG_SHARE
        behind = crew.work_off(["order:0"] * backlog + [None] * (tasks - backlog))
        tell("One by one", 0.9)
        waited = crew.add_one_by_one()
        return {
            "bench": "claim",
            "tasks": tasks,
            **mixed,
            **{f"backlog_{name}": value for name, value in behind.items()},
            "backlog": backlog,
            "added": len(waited),
            "added_per_second": ADDED_RATE,
            **machine.percentiles(waited),
            "generator_cpu_seconds": round(time.process_time(), 2),
            "database": database,
            "nodes": 0,
            "workers": workers,
            "server_peak_mib": round(sum(machine.peak_mib(w.process.pid) for w in crew.all), 1),
            "database_mib": databases.mib(),
            "database_size_mib": databases.size_mib(),
            "generator_peak_mib": machine.peak_mib(os.getpid()),
            "calibration": machine.calibration(),
            "versions": machine.versions() | databases.versions(),
        }


def _key(number: int) -> str | None:
    keyed = number // KEYED_EVERY
    return None if number % KEYED_EVERY else f"order:{keyed // TASKS_OF_KEY}"
