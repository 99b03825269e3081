"""The days of a simulated shop, one after the other, each until it has come to rest; its figures."""

from __future__ import annotations

import csv
import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from fulfil import checks
from fulfil.app import owner
from fulfil.app.wiring import wire
from fulfil.dispatch.model import StockoutReport
from fulfil.kit.base import Kit
from fulfil.kit.checks import Violation
from fulfil.kit.clock import VirtualClock
from fulfil.kit.db import Tx
from fulfil.sim import shop
from fulfil.sim.actors import Office
from fulfil.sim.bench.progress import Tell
from fulfil.sim.clients import Http
from fulfil.sim.sandbox.book import Book
from fulfil.sim.shoppers import contact_of
from fulfil.sim.simulation import customers, desk, digest, rest, supervisors, trail
from fulfil.sim.simulation.agenda import Agenda
from fulfil.sim.simulation.channel import Bank
from fulfil.sim.simulation.colleagues import Colleague, Floor
from fulfil.sim.simulation.faults import LEVELS
from fulfil.sim.simulation.logbook import Logbook, money
from fulfil.sim.simulation.network import Line, Network
from fulfil.sim.simulation.node import Node
from fulfil.sim.simulation.phones import Phones
from fulfil.sim.simulation.plan import Outcome, Plan
from fulfil.trade.aftersales.model import Decision, Substitution
from fulfil.trade.orders.model import Order, OrderDelivery

MIDNIGHT = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)  # in Shanghai
EARLIER = timedelta(minutes=30)  # people come before the first shopper
DRAIN, STEP = timedelta(hours=9), timedelta(minutes=2)
CHECK_EACH = timedelta(hours=4)
SECRET = "a secret of the sandbox channel"


class Simulation:
    """A founded shop with its people, on a virtual clock, over an empty migrated database."""

    def __init__(self, plan: Plan, database_url: str, carts_path: str, *, pragmas: str = "") -> None:
        self.plan = plan
        faults, self._agenda = LEVELS[plan.faults], Agenda(VirtualClock(MIDNIGHT))
        config = shop.demo_config(
            database_url=database_url,
            carts_path=carts_path,
            public_url="http://inside",
            sandbox_url="http://sandbox.invalid",
            sandbox_secret=SECRET,
            sqlite_pragmas=pragmas,
            pin_memory_kib=8,
            pin_time_cost=1,
            log_level="ERROR",
        )
        founding = Kit(config, clock=self._agenda.clock, rng=self._rng("founding"))
        self._access = _founded(founding)
        self._store_id = str(self._access.store_id)
        book = Book(self._agenda.clock, plan.seed)
        self._bank = Bank(book, self._agenda, faults, SECRET, plan.seed)
        self._node = Node(config, self._agenda, self._bank, faults, plan.seed)
        self._network = Network(self._agenda, self._node, faults, plan.seed)
        self._logbook = Logbook()
        self._codes = iter(self._access.enrolment_codes)
        self._floor = Floor(
            self._agenda,
            self._network,
            self._logbook,
            faults,
            Office(self._office_http(), self._store_id),
            plan.seed,
            plan.shortage,
            self._access.skus,
            self._code,
        )
        self._node.on_wake, self._node.phones = self._floor.wake, Phones(self._floor, self._bank)
        self._contacts = self._read_contacts()
        self._visits = 0
        self.violations: list[Violation] = []

    def run(self, tell: Tell) -> Outcome:
        """Live the days; the first day with a violation is the last."""
        started = time.perf_counter()
        with noted(self._agenda):
            return self._run(tell, started)

    def _run(self, tell: Tell, started: float) -> Outcome:
        self._node.start()
        self._people()
        day = 0
        while day < self.plan.days and not self.violations:
            self._day(
                MIDNIGHT + timedelta(days=day),
                lambda share, day=day: tell(f"Day {day + 1}", (day + share) / self.plan.days),
            )
            day += 1
        figures, steps = self._figures(day, time.perf_counter() - started), self._last_steps()
        self._node.stop()
        return Outcome(self.plan, figures, self.violations, steps)

    def _people(self) -> None:
        for person in self._access.staff:
            if person["roles"][0] in ("picker", "packer", "counter", "rider"):
                Colleague(self._floor, person)
        self._agenda.live(supervisors.supervise(self._floor, self._store_id))
        self._agenda.live(desk.Desk(self._floor, self._store_id, self._code).live())

    def _day(self, midnight: datetime, tell: Callable[[float], None]) -> None:
        first, last = self.plan.hours
        until = midnight + timedelta(hours=first) - EARLIER
        closes = midnight + timedelta(hours=last + 1)
        self._agenda.run_until(until)
        self._node.night, self._floor.open = False, True
        for instant in customers.arrivals(
            self._rng(f"arrivals/{midnight}"), midnight, self.plan.orders, first, last
        ):
            self._agenda.at(instant, self._visit)
        while until < closes and not self.violations:
            until = min(closes, until + CHECK_EACH)
            self._agenda.run_until(until)
            tell((until - midnight) / timedelta(days=1))
            self._check()
        while until < closes + DRAIN and not self.violations:
            until += STEP
            self._agenda.run_until(until)
            if self._at_rest():
                break
        self._end_day(until)

    def _end_day(self, until: datetime) -> None:
        """Everybody rests: devices are compared, people go home, all books are checked."""
        if self._node.up and not self.violations:
            with self._node.kit.db.read() as tx:
                self.violations += rest.unended(tx)
            self.violations += rest.devices(self._floor.terminals)
        self._floor.open = False
        self._agenda.run_until(until + timedelta(minutes=30))
        self._check()
        self._node.night = True
        self._agenda.live(supervisors.receive(self._floor, self._store_id))

    def _at_rest(self) -> bool:
        return (
            self._node.up
            and not self._bank.book.under_way()
            and not any(terminal.outbox for terminal in self._floor.terminals)
            and not self._node.read(lambda tx: rest.unended(tx) or money(tx, self._bank.book))
        )

    def _check(self) -> None:
        """Every invariant, and what clients were told; the online check holds at any moment."""
        while not self._node.up:
            self._agenda.run_until(self._agenda.clock.now() + STEP)
        self.violations += self._node.read(checks.violations)
        if not self._floor.open:
            self.violations += self._node.read(lambda tx: self._logbook.violations(tx, self._bank.book))
        self.violations += [Violation(0, "server", "bug", text) for text in self._node.bugs]
        self._node.bugs.clear()

    def _visit(self) -> None:
        self._visits += 1
        name = f"shopper {self._visits}"
        rng = self._rng(f"{name}/contact")
        contact = contact_of(rng.choice(self._contacts), rng)
        visit = customers.Visit(self._floor, self._bank, self._store_id, name, contact, self._access.skus)
        self._agenda.live(visit.live())

    def _figures(self, days: int, seconds: float) -> dict[str, Any]:
        while not self._node.up:
            self._agenda.run_until(self._agenda.clock.now() + STEP)
        figures = self._node.read(_counts)
        return {
            "seed": self.plan.seed,
            "days": days,
            "faults": self.plan.faults,
            "visits": self._visits,
            **figures,
            "crashes": self._node.crashes,
            "dropped": self._network.dropped,
            "doubled": self._network.doubled + self._bank.doubled,
            "faults_injected": dict(sorted(self._agenda.mishaps.items())),
            "steps": self._agenda.taken,
            "digest": self._node.read(digest.of),
            "seconds": round(seconds, 2),
            "orders_per_second": round(figures["orders"] / seconds, 1),
        }

    def _last_steps(self) -> list[str]:
        """The last steps of all; before them those that name the first violation's row, order or tickets."""
        if not self.violations:
            return []
        first, steps = self.violations[0], self._agenda.steps()
        names = self._node.read(lambda tx: trail.names(tx, first))
        return trail.cut(steps, names | trail.tickets_in(steps, first.id))

    def _office_http(self) -> Http:
        http = Line(self._network, "office", self._rng("office"))
        http.headers["Authorization"] = f"Bearer {self._access.admin_token}"
        return http

    def _code(self) -> str:
        """An enrolment code: the founder's, then such as a supervisor gives out."""
        code = next(self._codes, None)
        if code is not None:
            return code
        answer = self._floor.office.http.call(
            "POST", "/api/v1/staff/enrolment-codes", {"store_id": self._store_id}
        )
        return answer["code"]

    def _read_contacts(self) -> list[dict[str, str]]:
        with (shop.DATA / "shoppers.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def _rng(self, name: str) -> random.Random:
        return random.Random(f"{self.plan.seed}/{name}")


def _founded(kit: Kit) -> shop.Access:
    try:
        access = shop.found(wire(kit))
        for person in desk.PEOPLE:
            owner.staff_add(kit, **person, store=access.store_id)
        return access
    finally:
        kit.close()


def _counts(tx: Tx) -> dict[str, int]:
    """What became of the orders."""
    return {
        "orders": rest.count(tx, Order, Order.valid),
        "delivered": rest.count(tx, OrderDelivery, OrderDelivery.state == "delivered"),
        "cancelled": rest.count(tx, Order, Order.valid, Order.state == "cancelled"),
        "expired": rest.count(tx, Order, Order.valid, Order.state == "expired"),
        "refunded": rest.count(tx, Order, Order.valid, Order.refunded > 0),
        "shortages": rest.count(tx, StockoutReport),
        "asked": rest.count(tx, Decision),
        "replaced": rest.count(tx, Substitution),
        "extras": rest.count(tx, Substitution, Substitution.extra > 0),
        "refunds_failed": rest.refunds_failed(tx),
        "overdue_cases": rest.overdue_cases(tx),
    }


@contextmanager
def noted(agenda: Agenda) -> Iterator[None]:
    """While it lasts, what the shop logs becomes steps of the agenda and goes nowhere else."""
    log, handler = logging.getLogger("fulfil"), Noted(agenda)
    before = log.propagate
    log.addHandler(handler)
    log.propagate = False
    try:
        yield
    finally:
        log.propagate = before
        log.removeHandler(handler)


class Noted(logging.Handler):
    """Failures that the shop logs become steps."""

    def __init__(self, agenda: Agenda) -> None:
        super().__init__(logging.WARNING)
        self._agenda = agenda

    def emit(self, record: logging.LogRecord) -> None:
        error = f": {record.exc_info[1]!r}" if record.exc_info else ""
        self._agenda.note(f"log {record.name}: {record.getMessage()}{error}"[:400])
