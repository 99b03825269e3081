"""A whole shop in one process on a virtual clock: the real application, no socket, no sleeping."""

from __future__ import annotations

import io
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from flask import Flask

from fulfil import checks
from fulfil.app.wiring import create_app, wire
from fulfil.kit.base import Kit
from fulfil.kit.clock import VirtualClock
from fulfil.messages.service.console import EMAIL, SMS, Console
from fulfil.sim import shop
from fulfil.sim.clients import Customer, Handheld, Http
from fulfil.sim.sandbox.book import Book
from fulfil.sim.sandbox.inside import InsideChannel
from fulfil.sim.sandbox.outbox import Delivery
from fulfil.trade.payments import rules as payment_rules

MORNING = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # ten in Shanghai
CONTACT = {
    "name": "王芳",
    "phone": "13900000001",
    "address": "南京西路 1 号 302",
    "lat": 31.2310,
    "lng": 121.4740,
}
NOTIFY = "/api/v1/payments/notify/sandbox"
STEPS_MAX = 10_000


def ask(app: Flask, method: str, path: str, raw: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Status and body of the application's answer to one request of JSON."""
    place, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(place),
        "QUERY_STRING": query,
        "SERVER_NAME": "inside",
        "SERVER_PORT": "80",
        "HTTP_HOST": "inside",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(raw),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(raw)),
        **{
            f"HTTP_{name.upper().replace('-', '_')}": value
            for name, value in headers.items()
            if name != "Content-Type"
        },
    }
    status: list[str] = []

    def start(line: str, _headers: list[tuple[str, str]], _error: Any = None) -> Any:
        status.append(line)
        return io.BytesIO().write

    answer = app.wsgi_app(environ, start)
    try:
        body = b"".join(answer)
    finally:
        answer.close()
    return int(status[-1].split()[0]), body


class InsideHttp(Http):
    """Calls the Flask application directly; after each call what is due is worked off."""

    def __init__(self, house: InsideShop) -> None:
        super().__init__("http://inside", random_ids=house.kit.random)
        self._house = house

    def carry(self, method: str, path: str, raw: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        answered = ask(self._house.app, method, path, raw, headers)
        self._house.settle()
        return answered


class Unread(io.TextIOBase):
    """The phones and letter boxes of a shop whose customers nobody plays: what comes there is not kept."""

    def write(self, text: str) -> int:
        return len(text)


class InsideShop:
    """The demo shop over `database_url`, with its payment channel inside.

    With `pickers` it is a yardstick's: quiet, with full shelves, and so many more of them.
    """

    def __init__(
        self,
        database_url: str,
        carts_path: str,
        *,
        seed: int = 1,
        pickers: int | None = None,
        **settings: Any,
    ) -> None:
        self.clock = VirtualClock(MORNING)
        config = shop.demo_config(
            database_url=database_url,
            carts_path=carts_path,
            public_url="http://inside",
            sandbox_url="http://sandbox.invalid",
            sandbox_secret="a secret of the sandbox channel",
            **settings,
        )
        self.kit = Kit(config, clock=self.clock, rng=random.Random(seed))
        self.book = Book(self.clock, str(seed))
        accounts = payment_rules.accounts(config.receiving_accounts)
        self.channel = InsideChannel(self.kit, accounts, self.book)
        self.kit.services["channels"] = {"sandbox": self.channel}
        self.kit.services |= {name: Console(self.kit.gateway, Unread(), name) for name in (SMS, EMAIL)}
        wire(self.kit)
        self.app = create_app(self.kit)
        self.access = shop.found(self.kit, quiet=pickers is not None, plenty=pickers)
        self.store_id = str(self.access.store_id)
        self._codes = iter(self.access.enrolment_codes)
        self.present: set[int] = set()
        self._swept: dict[str, datetime] = {}  # when each sweep ran last, by its name
        self.totes = (f"TOTE-{n:04}" for n in range(1, 10_000))

    def customer(self) -> Customer:
        return Customer(InsideHttp(self), self.store_id)

    def staff(self, role: str, *, nth: int = 0) -> Handheld:
        """Somebody of that role, signed in on a device of their own and on duty."""
        person = [p for p in self.access.staff if role in p["roles"]][nth]
        handheld = Handheld(InsideHttp(self), next(self._codes))
        handheld.sign_in(person["badge"], person["pin"])
        handheld.shift("available")
        self.present.add(int(handheld.session["person"]["id"]))
        return handheld

    def operator(self) -> InsideHttp:
        """HTTP as the shop's administrator."""
        http = InsideHttp(self)
        http.headers["Authorization"] = f"Bearer {self.access.admin_token}"
        return http

    def pay(self, customer: Customer, order_no: str, **delivery: Any) -> None:
        """The customer pays at the channel and its callbacks arrive."""
        payment = customer.start_payment(order_no)
        token = payment["pay_url"].rsplit("/", 1)[1]
        self.deliver_callbacks(self.book.pay(token, "succeeded"), Delivery(**delivery))

    def deliver_callbacks(self, row: Any, delivery: Delivery | None = None) -> None:
        for headers, body in self.channel.callbacks(row, delivery):
            status, answer = ask(self.app, "POST", NOTIFY, body, headers)
            if status >= 300:
                raise OSError(f"the callback was answered {status}: {answer.decode()}")
        self.book.heard(row)
        self.settle()

    def settle(self) -> None:
        """Run what is due now; refunds that the channel settled meanwhile are called back."""
        for _ in range(STEPS_MAX):
            if not self.kit.tasks.run_until_idle() and not self._refund_callbacks():
                return
        raise AssertionError("the shop does not come to rest")

    def advance(self, seconds: float) -> None:
        """Let time pass: timers run on the way, sweeps when they are due and all at its end, and the
        devices of those `present` give a sign.
        """
        until = self.clock.now() + timedelta(seconds=seconds)
        while (now := self.clock.now()) < until:
            self.clock.advance(min(10.0, (until - now).total_seconds()))
            for person_id in self.present:
                self.kit.services["presence"].beat(person_id)
            if self.clock.now() < until:
                self._sweep_due()
            else:
                self.sweep()

    def sweep(self) -> None:
        """Everything wakes once that wakes by itself, and what follows from it is done."""
        for sweep in self.kit.tasks.sweeps:
            self._swept[sweep.name] = self.clock.now()
            self.kit.db.write(sweep.run, f"sweep-{sweep.name}")
        self.settle()

    def _sweep_due(self) -> None:
        """The same, of those that a server would wake by now."""
        now = self.clock.now()
        for sweep in self.kit.tasks.sweeps:
            if (now - self._swept.get(sweep.name, MORNING)).total_seconds() >= sweep.seconds:
                self._swept[sweep.name] = now
                self.kit.db.write(sweep.run, f"sweep-{sweep.name}")
        self.settle()

    def violations(self) -> list[Any]:
        with self.kit.db.read() as tx:
            return checks.violations(tx)

    def _refund_callbacks(self) -> int:
        """The channel settles the refunds that it was asked for and calls back."""
        under_way = self.book.under_way()
        for refund in under_way:
            self.deliver_callbacks(self.book.settle_refund(refund))
        return len(under_way)
