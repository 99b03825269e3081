"""What fails under the server: the process dies at a failpoint, the disk is full, the clock is set wrong."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa

from fulfil.kit.failpoints import Failpoints
from fulfil.sim.simulation.agenda import Actor, Agenda
from fulfil.sim.simulation.faults import Faults

SWEEPS_COUNTED = 0.1  # of the failpoints in sweeps, which would else take most of the crashes
FULL_SECONDS, WRONG_SECONDS = (5.0, 180.0), (30.0, 540.0)
APART_SECONDS = 900.0  # between two of the same kind at least
JUMPS = (timedelta(days=1), timedelta(days=-1), timedelta(minutes=20), timedelta(minutes=-20))
FULL = sqlite3.SQLITE_FULL, "database or disk is full"
BROKEN = sqlite3.SQLITE_IOERR_FSYNC, "disk I/O error"


class Crash(BaseException):
    """The process dies here. Nothing but the simulation may catch it."""


class Dying(Failpoints):
    """Counts the failpoints that are passed, dies at one of them, and lets the disk refuse commits."""

    def __init__(self, rng: random.Random, mean_hits: int, disk: Disk) -> None:
        super().__init__()
        self._rng, self._disk = rng, disk
        self._left = rng.expovariate(1 / mean_hits) if mean_hits else float("inf")

    def hit(self, name: str) -> None:
        if name.endswith(":before-commit"):
            self._disk.take(name)
        if name.startswith("sweep-") and self._rng.random() > SWEEPS_COUNTED:
            return
        self._left -= 1
        if self._left <= 0:
            self._left = float("inf")
            raise Crash(name)


class Disk:
    """Full for a while now and then, or failing at one commit."""

    def __init__(self, agenda: Agenda, faults: Faults, rng: random.Random) -> None:
        self._agenda, self._faults, self._rng = agenda, faults, rng
        self._full = False
        if faults.disk_full_every:
            agenda.live(_now_and_then(rng, faults.disk_full_every, FULL_SECONDS, self._fill, self._empty))

    def take(self, name: str) -> None:
        """What is committed there. Raises what SQLAlchemy raises when SQLite cannot write."""
        if self._full:
            self._agenda.mishap("commit_refused", f"disk full at {name}")
            raise _refused(*FULL)
        if self._rng.random() < self._faults.io_error:
            self._agenda.mishap("io_error", f"disk fails at {name}")
            raise _refused(*BROKEN)

    def _fill(self) -> None:
        self._full = True
        self._agenda.mishap("disk_full", "the disk is full")

    def _empty(self) -> None:
        self._full = False
        self._agenda.note("there is room on the disk")


class WallClock:
    """The clock of the server's machine, which somebody sets wrong and right again."""

    def __init__(self, agenda: Agenda, faults: Faults, rng: random.Random) -> None:
        self._agenda, self._rng = agenda, rng
        self._began, self._wrong = agenda.clock.now(), timedelta(0)
        if faults.clock_jump_every:
            agenda.live(_now_and_then(rng, faults.clock_jump_every, WRONG_SECONDS, self._jump, self.correct))

    def now(self) -> datetime:
        return self._agenda.clock.now() + self._wrong

    def steady(self) -> timedelta:
        """What nobody can set."""
        return self._agenda.clock.now() - self._began

    def correct(self) -> None:
        self._wrong = timedelta(0)

    def _jump(self) -> None:
        self._wrong = self._rng.choice(JUMPS)
        hours = self._wrong.total_seconds() / 3600
        self._agenda.mishap("clock_jump", f"the server's clock is set by {hours:+.1f} h")


def _now_and_then(
    rng: random.Random,
    mean_seconds: float,
    lasting: tuple[float, float],
    begin: Callable[[], None],
    end: Callable[[], None],
) -> Actor:
    while True:
        yield APART_SECONDS + rng.expovariate(1 / mean_seconds)
        begin()
        yield rng.uniform(*lasting)
        end()


def _refused(code: int, message: str) -> sa.exc.OperationalError:
    error = sqlite3.OperationalError(message)
    error.sqlite_errorcode = code
    return sa.exc.OperationalError("COMMIT", None, error)
