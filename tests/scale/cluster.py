"""A shop on PostgreSQL and Redis: two nodes that serve, and workers, each a process that may be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from fulfil.sim import children
from fulfil.sim.clients import Handheld, Http
from tests.house import House, free_port
from tests.scale.device import Follower

END_SECONDS = 30
GIVEN = ("database_url", "redis_url", "public_url")  # by option


class Cluster(House):
    """The first node is the house's own process; the second node and the workers are beside it."""

    OPTIONS = ("--no-tasks",)

    def __init__(self, folder: Path, database_url: str, redis_url: str) -> None:
        super().__init__(folder, database_url, redis_url=redis_url)
        self.other_url = f"http://127.0.0.1:{free_port()}"
        self.beside: dict[str, subprocess.Popen] = {}
        self.health_urls: dict[str, str] = {}
        self._followers: list[Follower] = []

    def start_all(self, *workers: str) -> None:
        """Serve on both nodes; begin these workers."""
        for name in ("other", *workers):
            self._begin(name)
        self.start()
        for name in ("other", *workers):
            self._await(name)

    def begin(self, name: str) -> None:
        """Start the other node (`other`) or a worker, also again after `kill_one`."""
        self._begin(name)
        self._await(name)

    def kill_one(self, name: str) -> None:
        """kill -9."""
        process = self.beside.pop(name)
        process.kill()
        process.wait(END_SECONDS)
        process.stdout.close()

    def end_one(self, name: str) -> int:
        """SIGTERM; gives the exit status."""
        process = self.beside.pop(name)
        process.send_signal(signal.SIGTERM)
        status = process.wait(END_SECONDS)
        process.stdout.close()
        return status

    def close(self) -> None:
        for follower in self._followers:
            follower.close()
        ended = {name: self.end_one(name) for name in list(self.beside)}
        super().close()
        assert not any(ended.values()), f"they did not stop cleanly: {ended} {self.log_tail()}"

    def other_http(self) -> Http:
        """A client of the second node."""
        return Http(self.other_url)

    def bugs(self) -> list[str]:
        """What the processes logged as a request that met a bug."""
        return [line for line in self._log.read_text("utf-8").splitlines() if '"a bug answered' in line]

    def follow(self, handheld: Handheld, *nodes: str, **options: Any) -> Follower:
        """Follow this handheld's log through the first of the nodes that answers."""
        follower = Follower(handheld, nodes, options=options)
        self._followers.append(follower)
        assert follower.connected.wait(END_SECONDS), "the socket does not open"
        return follower

    def _begin(self, name: str) -> None:
        what = (
            [
                "serve",
                "--no-tasks",
                "--port",
                self.other_url.rpartition(":")[2],
                "--public-url",
                self.base_url,
            ]
            if name == "other"
            else ["worker", "--health-port", "0"]
        )
        shared = ["--database-url", self.config.database_url, "--redis-url", self.config.redis_url]
        with self._log.open("a", encoding="utf-8") as log:
            self.beside[name] = children.start(
                [sys.executable, "-m", "fulfil", *what, *shared],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=os.environ | self._settings(),
            )

    def _await(self, name: str) -> None:
        line = self.beside[name].stdout.readline().strip()
        assert line.startswith(("Serving", "Working")), f"{name} did not start: {line} {self.log_tail()}"
        self.health_urls[name] = line.rpartition(" ")[2].removesuffix("/health")

    def _settings(self) -> dict[str, str]:
        return {
            f"FULFIL_{field.name.upper()}": str(getattr(self.config, field.name))
            for field in fields(self.config)
            if field.name not in GIVEN
        }
