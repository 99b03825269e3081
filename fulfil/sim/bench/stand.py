"""The shop that a yardstick measures: founded anew, served as in real life, quiet and with full shelves."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from types import TracebackType
from typing import Any

from fulfil.sim import children
from fulfil.sim.bench import machine
from fulfil.sim.bench.databases import SQLITE, Databases
from fulfil.sim.clients import Http
from fulfil.sim.demo import start_sandbox
from fulfil.sim.shop import DEMO_PIN_COST

DRAIN_SECONDS_MAX = 120.0
LOOK_SECONDS = 0.02


@dataclass(frozen=True)
class Layout:
    """Processes of a shop. Without `workers` its one node works tasks off itself."""

    database: str = SQLITE
    nodes: int = 1
    workers: int = 0

    def shown(self) -> dict[str, Any]:
        return {"database": self.database, "nodes": self.nodes, "workers": self.workers}


@dataclass(frozen=True)
class Spent:
    """CPU seconds, so far or between two moments; `database` None where its processes are not ours."""

    server: float
    database: float | None
    sandbox: float
    generator: float

    def since(self, before: Spent) -> Spent:
        return Spent(
            self.server - before.server,
            None if self.database is None or before.database is None else self.database - before.database,
            self.sandbox - before.sandbox,
            self.generator - before.generator,
        )

    def for_each(self, orders: int) -> dict[str, float | None]:
        """CPU milliseconds of an order, by who spent it."""
        database = self.database or 0.0
        everybody = self.server + database + self.sandbox + self.generator
        return {
            f"{who}_cpu_ms_per_order": machine.per_ms(seconds, orders)
            for who, seconds in (
                ("server", self.server),
                ("database", self.database),
                ("sandbox", self.sandbox),
                ("generator", self.generator),
                ("all", everybody),
            )
        }


class Stand:
    """`with Stand(layout, pickers=200) as stand:` founds and serves; `access` says how to take part.

    On SQLite what the database costs is part of the server. Raises OSError when something does not start.
    """

    def __init__(self, layout: Layout, *, pickers: int = 0) -> None:
        self.layout, self._pickers = layout, pickers
        self._open = ExitStack()
        self._serving: list[subprocess.Popen] = []
        self.node_urls: list[str] = []

    def __enter__(self) -> Stand:
        try:
            self._start()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def nodes(self) -> Iterator[str]:
        """Addresses of the nodes, one after the other without an end: whoever comes takes the next."""
        return cycle(self.node_urls)

    @property
    def server_pids(self) -> list[int]:
        """Nodes, then workers."""
        return [process.pid for process in self._serving]

    def spent(self) -> Spent:
        """CPU so far; call it before and after what is measured."""
        return Spent(
            server=sum(machine.cpu_seconds(pid) for pid in self.server_pids),
            database=self.databases.cpu_seconds(),
            sandbox=machine.cpu_seconds(self._sandbox.pid),
            generator=time.process_time(),
        )

    def drain(self) -> float:
        """Wait until no due task is left; gives the seconds it took."""
        http, started = Http(self.node_urls[0]), time.perf_counter()
        while time.perf_counter() - started < DRAIN_SECONDS_MAX:
            if http.call("GET", "/readyz")["tasks_due"] == 0:
                http.close()
                return round(time.perf_counter() - started, 3)
            time.sleep(LOOK_SECONDS)
        raise OSError("the shop's tasks did not drain")

    def surroundings(self) -> dict[str, Any]:
        """What every figure stands beside: layout, memory, database size, calibration, versions."""
        return {
            **self.layout.shown(),
            "server_peak_mib": round(sum(machine.peak_mib(pid) for pid in self.server_pids), 1),
            "database_mib": self.databases.mib(),
            "database_size_mib": self.databases.size_mib(),
            "generator_peak_mib": machine.peak_mib(os.getpid()),
            "calibration": machine.calibration(),
            "versions": machine.versions() | self.databases.versions(),
        }

    def _start(self) -> None:
        folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="fulfil-bench-")))
        self.databases = self._open.enter_context(Databases(self.layout.database, folder))
        secret = secrets.token_hex(32)
        self._sandbox, sandbox_url = start_sandbox(secret)
        self._open.callback(children.end, [self._sandbox])
        environment = self._environment(folder, sandbox_url, secret)
        self.access: dict[str, Any] = json.loads(
            self._said(environment, "-m", "fulfil.sim.bench.founding", str(self._pickers))
        )
        self.access |= {"sandbox_url": sandbox_url, "sandbox_secret": secret}
        self._open.callback(lambda: children.end(self._serving))
        apart = ["--no-tasks"] if self.layout.workers else []
        for _ in range(self.layout.nodes):
            line = self._begin(environment, "serve", "--port", "0", *apart)
            self.node_urls.append(line.rpartition(" ")[2])
        # A worker names a node where the channel shall call back.
        environment["FULFIL_PUBLIC_URL"] = self.node_urls[0]
        for _ in range(self.layout.workers):
            self._begin(environment, "worker")

    def _environment(self, folder: Path, sandbox_url: str, secret: str) -> dict[str, str]:
        settings = {
            "database_url": self.databases.url,
            "redis_url": self.databases.redis_url,
            "carts_path": f"{folder}/carts.db",
            "sandbox_url": sandbox_url,
            "sandbox_secret": secret,
            "log_level": "WARNING",
            **DEMO_PIN_COST,
        }
        return os.environ | {f"FULFIL_{name.upper()}": str(value) for name, value in settings.items()}

    def _said(self, environment: dict[str, str], *words: str) -> str:
        """The first line of a process that ends by itself."""
        ended = subprocess.run([sys.executable, *words], env=environment, stdout=subprocess.PIPE, text=True)
        if ended.returncode:
            raise OSError("the shop could not be founded")
        return ended.stdout

    def _begin(self, environment: dict[str, str], *words: str) -> str:
        """Start a process that stays; gives the line with which it says that it is there."""
        process = children.start(
            [sys.executable, "-m", "fulfil", *words], env=environment, stdout=subprocess.PIPE, text=True
        )
        self._serving.append(process)
        return children.first_line(process, f"`fulfil {words[0]}`").strip()
