"""A shop served as in real life: `fulfil serve` and the sandbox channel, each in a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any, TypeVar
from urllib.parse import urlsplit

from fulfil.app import inspection, wiring
from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.sim import demo, shop
from fulfil.sim.clients import Customer, Handheld, Http
from fulfil.sim.inside import CONTACT
from fulfil.sim.workers import next_act
from fulfil.store import queries as stores
from fulfil.store.model import Store
from fulfil.trade.payments.rules import signed_headers
from tests.nursery import Parent, nursery
from tests.servers import SqliteDatabases, redis_of

T = TypeVar("T")
API = "/api/v1"
SERVE = "tests.preloaded"
UNTIL_SECONDS_MAX = 30
START_SECONDS_MAX = 120  # of the run's first shop: a busy machine loads the whole program meanwhile
LOOK_SECONDS, LOOK_SECONDS_MAX, LOOK_GROWTH = 0.01, 0.05, 1.5  # who looks takes the server's time


class House:
    """A founded shop over one database. After `kill` it may `start` again: same address, same books."""

    OPTIONS: tuple[str, ...] = ()  # of `fulfil serve`

    def __init__(self, folder: Path, database_url: str, *, program: str = SERVE, **settings: object) -> None:
        settings = {"redis_url": redis_of(database_url), **settings}
        self._log = folder / "server.log"
        self._secret = secrets.token_hex(32)
        self._sandbox, sandbox_url = demo.start_sandbox(self._secret)
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.config = shop.demo_config(
            database_url=database_url,
            carts_path=f"{folder}/carts.db",
            sandbox_url=sandbox_url,
            sandbox_secret=self._secret,
            public_url=self.base_url,
            log_level="WARNING",
            **settings,
        )
        kit = wiring.wire(Kit(self.config))
        self.clock = kit.clock
        self.access = shop.found(kit, quiet=True)
        kit.close()
        self.store_id = str(self.access.store_id)
        # Nobody packs in many a test: however much waits for it, what is ordered shall be picked.
        # And nobody is new here: offers are short, and for everybody.
        self.set_policy(unpacked_per_packer=1_000_000, newcomer_tickets=0)
        self._parent, self._pid = self._preload(program), None
        self._told: Queue[str] = Queue()
        self._ear = Thread(target=self._listen, daemon=True)
        self._ear.start()
        self._codes = iter(self.access.enrolment_codes)
        self._skus = cycle(
            [row["sku"] for row in self.access.skus if row["zone"] == "ambient" and not row["weighed"]]
        )
        self.totes = (f"TOTE-{n:04}" for n in range(1, 10_000))
        self._staff: dict[tuple[str, int], Handheld] = {}

    def set_policy(self, **changes: int) -> None:
        """Change the shop's policy from now on, as its file would."""
        kit = Kit(self.config)

        def change(tx: Tx) -> None:
            policy = stores.store(tx, self.access.store_id).policy
            tx.update(Store, {"id": self.access.store_id}, policy={**policy, **changes})

        kit.db.write(change, "policy")
        kit.close()

    # The processes

    def start(self, failpoint: str = "", *, may_die: bool = False) -> bool:
        """Serve until `kill` or `close`; at `failpoint` (`name:before-commit@n`) the process kills itself.

        Whether it serves: False only where it `may_die` on its way up.
        """
        assert self._pid is None, "it serves already: kill it first"
        environment = {"FULFIL_FAILPOINT": failpoint} | {
            f"FULFIL_{name.upper()}": str(getattr(self.config, name))
            for name in (
                "carts_path",
                "sandbox_url",
                "sandbox_secret",
                "pin_memory_kib",
                "pin_time_cost",
                "log_level",
                "chain_commit_each_step",
                "redis_url",
            )
        }
        self._parent.stdin.write(json.dumps(environment) + "\n")
        self._parent.stdin.flush()
        told: list[str] = []
        while len(told) < 2:  # parent and child speak at the same time
            told.append(self._line(START_SECONDS_MAX))
            if self._pid is None and told[-1].isdigit():
                self._pid = int(told[-1])
        numbers = [line for line in told if line.isdigit()]
        if may_die and len(numbers) == 2 and os.WIFSIGNALED(int(numbers[1])):
            self._pid = None
            return False
        assert len(numbers) == 1, f"the server did not start: {told} {self.log_tail()}"
        return True

    def cpu_seconds(self) -> float:
        """What the server has worked so far; 0 when it is gone."""
        with suppress(OSError):
            return int(Path(f"/proc/{self._pid}/schedstat").read_text().split()[0]) / 1e9
        return 0.0

    def strike(self) -> None:
        """kill -9, if it lives; `wait_for_death` is for others to call."""
        if self._pid is not None:
            with suppress(ProcessLookupError):  # it has killed itself, and nobody has noticed yet
                os.kill(self._pid, signal.SIGKILL)

    def kill(self) -> None:
        """kill -9; `start` may follow."""
        self.strike()
        self.wait_for_death()

    def wait_for_death(self) -> None:
        """Wait until the server, which has killed itself, is gone."""
        status = int(self._line())
        assert os.WIFSIGNALED(status), f"it ended by itself: {self.log_tail()}"
        self._pid = None

    def close(self) -> None:
        """End all processes; a server that is still there ends by SIGTERM, and must end well."""
        if self._pid is not None:
            os.kill(self._pid, signal.SIGTERM)
            assert int(self._line()) == 0, f"it did not stop cleanly: {self.log_tail()}"
            self._pid = None
        self.close_after_death()

    def close_after_death(self) -> None:
        """End what is left when the server has been killed, or never said that it serves."""
        self.strike()
        self._sandbox.terminate()
        self._parent.stdin.close()
        self._sandbox.wait(20)
        self._ear.join(20)
        self._parent.stdout.close()
        self._sandbox.stdout.close()

    def log(self) -> str:
        """What the servers wrote to standard error."""
        return self._log.read_text("utf-8")

    def log_tail(self) -> str:
        return self.log()[-3000:]

    def _preload(self, program: str) -> Parent:
        return nursery().parent(
            program,
            [
                "serve",
                "--database-url",
                self.config.database_url,
                "--port",
                str(self.port),
                "--public-url",
                self.base_url,
                *self.OPTIONS,
            ],
            self._log,
        )

    def _listen(self) -> None:
        for line in self._parent.stdout:
            self._told.put(line.strip())

    def _line(self, seconds: float = UNTIL_SECONDS_MAX) -> str:
        try:
            return self._told.get(timeout=seconds)
        except Empty as silence:
            raise AssertionError(f"the server says nothing: {self._where_it_is()}") from silence

    def _where_it_is(self) -> str:
        """What a server that hangs is doing."""
        if self._pid is not None:
            for number in (signal.SIGUSR1, signal.SIGUSR2):
                os.kill(self._pid, number)
                time.sleep(0.5)
        return self.log()[-20_000:]

    # The people

    def http(self) -> Http:
        return Http(self.base_url)

    def customer(self) -> Customer:
        return Customer(self.http(), self.store_id)

    def operator(self) -> Http:
        http = self.http()
        http.headers["Authorization"] = f"Bearer {self.access.admin_token}"
        return http

    def staff(self, role: str, *, nth: int = 0) -> Handheld:
        """Somebody of that role, on duty since they were first asked for."""
        if (role, nth) not in self._staff:
            person = [p for p in self.access.staff if p["roles"] == [role]][nth]
            self._staff[role, nth] = handheld = self.another_device()
            handheld.sign_in(person["badge"], person["pin"])
            handheld.shift("available")
        return self._staff[role, nth]

    def enrolment_code(self) -> str:
        """A code that enrols one more device."""
        code = next(self._codes, "")
        return (
            code
            or self.operator().call("POST", f"{API}/staff/enrolment-codes", {"store_id": self.store_id})[
                "code"
            ]
        )

    def another_device(self) -> Handheld:
        return Handheld(self.http(), self.enrolment_code())

    def fresh_sku(self, available: int) -> str:
        """A product that no other test uses now, with so many pieces for sale."""
        sku, operator = next(self._skus), self.operator()
        path = f"{API}/stores/{self.store_id}/stock/{sku}"
        before = operator.call("GET", path)
        counted = operator.call(
            "PUT", path, {"shelf": available + before["buffer"] + before["reserved"] - before["picked"]}
        )
        assert counted["available"] == available
        return sku

    def tap(self, pay_url: str, **how: Any) -> None:
        """Pay at the channel's cashier; `amount` pays a wrong sum."""
        where, body = urlsplit(pay_url), {"outcome": "succeeded"} | how
        Http(f"{where.scheme}://{where.netloc}").call("POST", f"{where.path}/pay", body)

    def charges(self) -> list[dict[str, Any]]:
        """Every charge that the channel knows."""
        return Http(self.config.sandbox_url).call("GET", "/charges")["charges"]

    # What happens

    def paid(self, pieces: int = 1) -> tuple[Customer, str]:
        """A paid order of a product of its own."""
        customer = self.customer()
        customer.put(self.fresh_sku(pieces + 10), pieces)
        order_no = customer.order(CONTACT)["order_no"]
        customer.pay(order_no)
        self.until(lambda: customer.order_view(order_no)["state"] == "paid")
        return customer, order_no

    def take(self, role: str, order_no: str, stage: str, *, nth: int = 0) -> dict[str, Any]:
        """The accepted ticket of that order.

        What else the person is given on the way is worked off, but no ride: it would wait for the counter.
        Who missed offers meanwhile says that they are here, or they would be asked no more (floor rule 17).
        """
        handheld = self.staff(role, nth=nth)

        def look() -> dict[str, Any] | None:
            work = handheld.work()
            if work["shift"]["paused"]:
                handheld.shift("available")
            for offer in work["offers"]:
                if offer["ticket"]["order_no"] == order_no or role != "rider":
                    work["tickets"].append(handheld.accept(offer))
                else:
                    handheld.do(offer["ticket"], "decline", {"offer": offer["id"], "reason": "other ride"})
            for ticket in work["tickets"]:
                if (ticket["order_no"], ticket["stage"]) == (order_no, stage):
                    return ticket
                self.act(handheld, ticket)
            return None

        return self.until(look)

    def act(self, handheld: Handheld, ticket: Mapping[str, Any]) -> dict[str, Any] | None:
        """The next op of a ticket, as a colleague would do it; the fresh ticket."""
        act = next_act(ticket, self.totes)
        return None if act is None else handheld.do(ticket, *act)

    def finish(self, role: str, order_no: str, stage: str, *, nth: int = 0) -> None:
        """Work a ticket off to its end."""
        handheld, ticket = self.staff(role, nth=nth), self.take(role, order_no, stage, nth=nth)
        while ticket is not None and ticket["state"] != "done":
            ticket = self.act(handheld, ticket)

    def callback(self, serial_no: str) -> tuple[dict[str, str], bytes]:
        """A callback as the channel would sign it now, about what it knows of this payment."""
        where = urlsplit(self.config.sandbox_url)
        connection = http.client.HTTPConnection(where.hostname, where.port)
        connection.request("GET", f"/transactions/{serial_no}", headers=self.signed(b""))
        body = connection.getresponse().read()
        connection.close()
        return self.signed(body), body

    def signed(self, body: bytes, nonce: str = "") -> dict[str, str]:
        """Headers of a callback that the channel signed."""
        return signed_headers(self._secret, nonce or secrets.token_hex(16), body, self.clock.now())

    def until(self, look: Callable[[], T]) -> T:
        """Look until there is something to see. Fails after UNTIL_SECONDS_MAX."""
        deadline, pause = time.monotonic() + UNTIL_SECONDS_MAX, LOOK_SECONDS
        while not (seen := look()):
            assert time.monotonic() < deadline, f"it does not happen: {self.log_tail()}"
            time.sleep(pause)
            pause = min(pause * LOOK_GROWTH, LOOK_SECONDS_MAX)
        return seen

    def at_rest(self) -> None:
        """Wait until no task is due."""
        http = self.http()
        self.until(lambda: http.call("GET", "/readyz")["tasks_due"] == 0)
        http.close()

    def violations(self) -> list[dict[str, Any]]:
        """What `fulfil check` finds."""
        return inspection.violations(replace(self.config, database_pool=2))

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """The database itself, read only."""
        kit = Kit(self.config)
        try:
            with kit.db.read() as tx:
                yield tx
        finally:
            kit.close()


def free_port() -> int:
    """A port that is free now. It is fixed so that a restarted server has the same address.

    The system gives none of these to whoever connects, which it might do before the server is there.
    """
    while True:
        with socket.socket() as probe, suppress(OSError):
            port = 20_000 + secrets.randbelow(12_000)
            probe.bind(("127.0.0.1", port))
            return port


def raw_post(house: House, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, Any]:
    """Post bytes as they are."""
    connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=30)
    connection.request("POST", path, body, dict(headers))
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    return response.status, answer


@contextmanager
def served(databases: SqliteDatabases, folder: Path, **options: Any) -> Iterator[House]:
    """A house on a fresh database, served until the end."""
    made = House(folder, databases.fresh(folder), **options)
    try:
        made.start()
        yield made
    finally:
        made.close()
