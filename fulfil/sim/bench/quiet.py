"""A quiet demo shop in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from types import TracebackType
from typing import Any

from fulfil.sim import children
from fulfil.sim.clients import Http

DRAIN_SECONDS_MAX = 60.0


class QuietShop:
    """`with QuietShop() as shop:` runs `fulfil demo --quiet-shop`; `access` is its first line."""

    def __init__(self, *options: str, database_url: str | None = None) -> None:
        self._command = [sys.executable, "-m", "fulfil.cli", "demo", "--quiet-shop", "--json", "--port", "0",
                         *options, *(["--database-url", database_url] if database_url else [])]

    def __enter__(self) -> QuietShop:
        started = time.perf_counter()
        self._process = children.start(self._command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise OSError("the demo shop did not start")
        self.access: dict[str, Any] = json.loads(line)
        self.start_seconds = round(time.perf_counter() - started, 2)
        self.pid = self._process.pid
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        children.end([self._process])

    def drain(self) -> float:
        """Wait until no due task is left; gives the seconds it took."""
        http, started = Http(self.access["base_url"]), time.perf_counter()
        while time.perf_counter() - started < DRAIN_SECONDS_MAX:
            if http.call("GET", "/readyz")["tasks_due"] == 0:
                return round(time.perf_counter() - started, 3)
            time.sleep(0.05)
        raise OSError("the shop's tasks did not drain")
