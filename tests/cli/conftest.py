"""A folder in which commands run, and a served shop."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.cli.loaded import WAIT_SECONDS, Loaded

ALONE = {"serve", "worker"}  # they change the whole process first of all


@dataclass
class Place:
    """Runs `fulfil` in a folder with a database of its own; nothing of the machine's settings gets in."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("FULFIL_")}
        return inherited | {"FULFIL_PIN_MEMORY_KIB": "64", "FULFIL_PIN_TIME_COST": "1", "NO_COLOR": "1"}

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess:
        """One command until its end. `settings` become FULFIL_… variables."""
        given = self.environment | {f"FULFIL_{name.upper()}": value for name, value in settings.items()}
        if arguments[0] not in ALONE:
            return loaded().run(arguments, self.folder, given)
        return subprocess.run(
            [sys.executable, "-m", "fulfil", *arguments],
            cwd=self.folder,
            text=True,
            env=given,
            capture_output=True,
            timeout=WAIT_SECONDS,
        )

    def json(self, *arguments: str) -> Any:
        """What a command that must succeed prints with --json."""
        ended = self.run(*arguments, "--json")
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    def init(self) -> dict[str, Any]:
        return self.json(
            "init", "--name-zh", "静安店", "--name-en", "Jing'an", "--lat", "31.2", "--lng", "121.4"
        )

    def serve(self, *options: str) -> "Served":
        return Served(self, *options)


class Served:
    """`fulfil serve` with `options` at `url`, until `stop`."""

    def __init__(self, place: Place, *options: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fulfil", "serve", "--port", "0", *options],
            cwd=place.folder,
            text=True,
            env=place.environment | {"FULFIL_LOG_LEVEL": "WARNING"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.url = self._process.stdout.readline().strip().rpartition(" ")[2]

    def stop(self) -> tuple[int, str]:
        """Exit code and all that it logged."""
        self._process.terminate()
        _, logged = self._process.communicate(timeout=WAIT_SECONDS)
        return self._process.returncode, logged


@cache
def loaded() -> Loaded:
    """Where commands come from."""
    return Loaded()


@pytest.fixture(scope="session", autouse=True)
def _unloaded() -> Iterator[None]:
    yield
    if loaded.cache_info().currsize:
        loaded().close()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty folder to run commands in."""
    return Place(tmp_path)


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A folder with a founded shop that no test changes."""
    place = Place(tmp_path_factory.mktemp("founded"))
    place.init()
    return place


@pytest.fixture(scope="module")
def served(founded: Place) -> Iterator[Place]:
    """The founded shop while it is served."""
    server = founded.serve()
    yield founded
    server.stop()
