"""The shop's server as something that can die: a kit and its application, dropped and built anew."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Flask

from fulfil.app.wiring import create_app, wire
from fulfil.kit.base import Kit
from fulfil.kit.clock import SystemClock
from fulfil.kit.config import Config
from fulfil.kit.outages import is_storage
from fulfil.kit.tasks import LEASE, POLL_SECONDS
from fulfil.sim import inside
from fulfil.sim.simulation.agenda import Agenda
from fulfil.sim.simulation.channel import Bank, FaultyChannel
from fulfil.sim.simulation.failing import Crash, Disk, Dying, WallClock
from fulfil.sim.simulation.faults import Faults
from fulfil.trade.payments import rules as payment_rules

UNAVAILABLE = 503
WORK_SECONDS = (0.005, 0.1)
STALL_SECONDS = (5.0, 90.0)
DOWN_SECONDS = (2.0, 60.0)
# A sweep may come late: nothing depends on its second, and a day has 86 400 of them.
SWEEP_STRETCH, NIGHT_SECONDS = 12.0, 900.0


class Node:
    """One server process after the other on the same database, its worker and its sweeps.

    `phones` get its short messages. `bugs` are answers and sweeps that failed as nothing should; `on_wake`
    hears whose log has grown, `on_up` that the server is there again.
    """

    def __init__(self, config: Config, agenda: Agenda, bank: Bank, faults: Faults, seed: str) -> None:
        self._config, self._agenda, self._bank, self._faults, self._seed = config, agenda, bank, faults, seed
        bank.node = self
        self._rng = random.Random(f"{seed}/node")
        self._accounts = payment_rules.accounts(config.receiving_accounts)
        self.on_wake: Callable[[set[int]], None] = lambda people: None
        self.on_up: Callable[[], None] = lambda: None
        self.phones: Any = None
        self.bugs: list[str] = []
        self.crashes = self.processes = 0
        self.kit: Kit | None = None
        self.night = True
        self._app: Flask | None = None
        self._next_work: datetime | None = None
        self._wall = WallClock(agenda, faults, random.Random(f"{seed}/clock"))
        self._disk = Disk(agenda, faults, random.Random(f"{seed}/disk"))
        self._outlasting = False

    @property
    def up(self) -> bool:
        return self.kit is not None

    def start(self) -> None:
        """Begin a process: nothing is left of the one before but the database."""
        self.processes += 1
        again = self.processes > 1 and self._rng.random() < self._faults.crash_again
        self._wall.correct()  # a machine that starts has asked somebody for the time
        kit = Kit(
            self._config,
            clock=SystemClock(self._wall.now, self._wall.steady),
            rng=random.Random(f"{self._seed}/process/{self.processes}"),
        )
        kit.db.failpoints = Dying(self._rng, 20 if again else self._faults.hits_to_crash, self._disk)
        kit.services["channels"] = {"sandbox": FaultyChannel(kit, self._accounts, self._bank)}
        kit.services["sms"] = self.phones
        wire(kit)
        self._app = create_app(kit)
        kit.live.on_wake(lambda people: self.on_wake(people))
        self.kit = kit
        self._next_work = None
        for sweep in kit.tasks.sweeps:
            self._agenda.after(self._rng.uniform(0, sweep.seconds), partial(self._sweep, kit, sweep))
        self._work_at(self._agenda.clock.now())
        self.on_up()

    def stop(self) -> None:
        """End the process as a kill does: connections close, nothing is tidied up."""
        if self.kit is not None:
            self.kit.close()
            self.kit.services["carts"].close()
        self.kit = self._app = None

    def handle(self, method: str, path: str, raw: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body of an answer. Raises OSError when nobody answers, or dies while at it."""
        if self._app is None:
            raise ConnectionRefusedError("the server is down")
        try:
            status, body = inside.ask(self._app, method, path, raw, headers)
        except Crash as crash:
            self._fall(crash)
            raise ConnectionResetError("the server died") from None
        if status >= 500 and status != UNAVAILABLE:
            self.bugs.append(f"{method} {path} was answered {status}")
        self._look_for_work()
        return status, body

    def nested(self, method: str, path: str, raw: bytes, headers: Mapping[str, str]) -> int:
        """A request that arrives while the server is in the middle of another one. A crash goes on up."""
        assert self._app is not None
        return inside.ask(self._app, method, path, raw, headers)[0]

    def read(self, ask: Callable[[Any], Any]) -> Any:
        """What a socket of this process reads."""
        assert self.kit is not None
        with self.kit.db.read() as tx:
            return ask(tx)

    def die(self, where: str) -> None:
        """Die here, in the middle of something outside the database."""
        raise Crash(where)

    def outlast_lease(self, call: str) -> None:
        """The worker stands still in a call until its lease is over, and another one does the same work."""
        if self._outlasting:
            return
        assert self.kit is not None
        self._outlasting = True
        self._agenda.mishap("worker_paused", f"the worker stands still in {call}")
        self._agenda.clock.advance(LEASE.total_seconds() + 1)
        try:
            with suppress(sa.exc.OperationalError):  # the other worker meets a full disk
                self.kit.db.write(self.kit.tasks.free_expired_leases, "sweep-kit.leases")
                self.kit.tasks.run_once()
        finally:
            self._outlasting = False

    def _fall(self, crash: Crash) -> None:
        self.crashes += 1
        self._agenda.note(f"server dies at {crash}")
        self.stop()
        self._agenda.after(self._rng.uniform(*DOWN_SECONDS), self._recover)

    def _recover(self) -> None:
        self._agenda.note("server starts again")
        self.start()

    def _sweep(self, kit: Kit, sweep: Any) -> None:
        if kit is not self.kit:
            return
        floor = NIGHT_SECONDS if self.night else min(SWEEP_STRETCH * sweep.seconds, NIGHT_SECONDS)
        self._agenda.after(max(sweep.seconds, floor), partial(self._sweep, kit, sweep))
        self._alive(lambda: kit.db.write(sweep.run, f"sweep-{sweep.name}"), f"the sweep {sweep.name}")
        self._look_for_work()

    def _look_for_work(self) -> None:
        if self.kit is not None and self.kit.tasks.take_wake():
            stalls = self._rng.random() < self._faults.stall
            seconds = self._rng.uniform(*(STALL_SECONDS if stalls else WORK_SECONDS))
            self._work_at(self._agenda.clock.now() + timedelta(seconds=seconds))

    def _work_at(self, instant: datetime) -> None:
        """Let the worker look then, unless it looks before."""
        if self._next_work is None or instant < self._next_work:
            self._next_work = instant
            self._agenda.at(instant, partial(self._work, self.kit, instant))

    def _work(self, kit: Kit | None, planned: datetime) -> None:
        if kit is None or kit is not self.kit or planned != self._next_work:
            return
        self._next_work = None
        did = self._alive(kit.tasks.run_once, "the worker")
        if did is None:
            return
        kit.tasks.take_wake()
        now = self._agenda.clock.now()
        if did:
            self._work_at(now + timedelta(seconds=self._rng.uniform(*WORK_SECONDS)))
        elif (due := self.read(kit.tasks.next_due)) is not None:
            self._work_at(max(due, now + timedelta(seconds=POLL_SECONDS)))

    def _alive(self, act: Callable[[], Any], who: str) -> Any:
        """What the act gives; None after a crash or a failure, which is a bug of the shop."""
        try:
            return act()
        except Crash as crash:
            self._fall(crash)
        except Exception as error:
            if isinstance(error, sa.exc.DBAPIError) and is_storage(error):
                return None
            logging.getLogger("fulfil.sim").exception("%s failed", who)
            self.bugs.append(f"{who} failed: {type(error).__name__}: {error}")
        return None
