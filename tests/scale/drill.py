"""A shop at work while everything under it dies in turn: `python -m tests.scale.drill --seconds 120`.

Two nodes, two workers, PostgreSQL and Redis; shoppers order and pay through both nodes, the shop's whole
staff works. Each few seconds one of them is killed with kill -9, PostgreSQL restarts, Redis is flushed or
killed. Then everything drains, and what shoppers and devices wrote down for themselves must stand in the
books: every acknowledged order delivered or refunded and paid for once, every push on its device once.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import redis
from sqlalchemy import select

from fulfil.sim import back_office
from fulfil.sim.actors import Colleague, Office, live
from fulfil.sim.clients import Customer, Http, Refused
from fulfil.sim.servers import PostgresProcess, RedisProcess
from fulfil.trade.payments.model import PaymentDocument
from tests.house import API, CONTACT
from tests.scale.cluster import Cluster
from tests.scale.device import Follower
from tests.servers import PostgresDatabases

T = TypeVar("T")
SPEED = 30.0  # how much faster than people the staff works
PAUSE_SECONDS = 2.0, 5.0  # between two faults
AWAY_SECONDS = 3.0  # how long Redis is dead
AGAIN_SECONDS = 0.2
SHOP_SECONDS = 1.0  # between two orders of a shopper: the staff keeps up, so that faults meet every stage
STILL_SECONDS_MAX = 90  # a call whose worker died is repeated after a minute
ARRIVE_SECONDS_MAX = 15
SKUS, PIECES = 12, 5000
GONE = (OSError, http.client.HTTPException)
ENDED = ("completed", "closed", "cancelled")


class Worker(Colleague):
    """A colleague whose device also follows its log; each session's follower is kept."""

    def __init__(
        self,
        cluster: Cluster,
        person: dict[str, Any],
        nodes: list[str],
        rng: random.Random,
        totes: Iterator[str],
    ) -> None:
        office = Http(nodes[0])
        office.headers["Authorization"] = f"Bearer {cluster.access.admin_token}"
        super().__init__(
            Http(nodes[0], random_ids=rng),
            Office(office, cluster.store_id),
            cluster.enrolment_code(),
            person,
            rng,
            totes,
        )
        self._cluster, self._nodes = cluster, nodes
        self.followers: list[Follower] = []

    @property
    def person_id(self) -> int:
        return int(self._handheld.session["person"]["id"])

    def look_at_socket(self) -> None:
        """Follow the session that is there now."""
        session = self._handheld.session if self._handheld else {}
        if session and (not self.followers or self.followers[-1].session != session["session_id"]):
            self.followers.append(self._cluster.follow(self._handheld, *self._nodes))


class Shopper:
    """Orders again and again through one node after the other; `log` is what was acknowledged."""

    def __init__(self, nodes: list[str], store_id: str, skus: list[str], rng: random.Random) -> None:
        self._nodes, self._store_id, self._skus = itertools.cycle(nodes), store_id, skus
        self._rng = rng
        self.log: list[tuple[Http, str]] = []
        self.repeated = self.lost_carts = 0
        self.errors: list[str] = []

    def shop(self) -> None:
        """One order, from the first tap to the payment."""
        customer = self._patiently(lambda: Customer(Http(next(self._nodes)), self._store_id))
        while (placed := self._place(customer)) is None:
            self.lost_carts += 1
        order_no = placed["order_no"]
        self.log.append((customer.http, order_no))
        key = customer.http.uuid()
        body = {"method": "platform", "channel": "sandbox"}
        path = f"{API}/orders/{order_no}/payments"
        [payment] = self._patiently(lambda: customer.http.call("POST", path, body, key=key))["payments"]
        where, _, pay_path = payment["pay_url"].partition("/cashier")
        Http(where).call("POST", f"/cashier{pay_path}/pay", {"outcome": "succeeded", "notify": {"copies": 2}})

    def _place(self, customer: Customer) -> dict[str, Any] | None:
        """None when the cart was lost on the way."""
        self._patiently(lambda: customer.put(self._rng.choice(self._skus), self._rng.randint(1, 3)))
        body, key = customer.order_body(CONTACT), customer.http.uuid()
        try:
            return self._patiently(lambda: customer.http.call("POST", f"{API}/orders", body, key=key))
        except Refused as refused:
            if not (refused.code or "").startswith("cart_"):
                raise
            customer.cart = self._patiently(
                lambda: customer.http.call("GET", f"{API}/stores/{self._store_id}/carts/online")
            )
            return None

    def _patiently(self, ask: Callable[[], T]) -> T:
        while True:
            try:
                return ask()
            except Refused as refused:
                if refused.status != 503:
                    raise
            except GONE:
                pass
            self.repeated += 1
            time.sleep(AGAIN_SECONDS)


class Faults:
    """What can happen to this shop, each in its turn and in an order of the seed's."""

    def __init__(
        self, cluster: Cluster, postgres: PostgresProcess, redis_process: RedisProcess, rng: random.Random
    ) -> None:
        self._cluster, self._postgres, self._redis, self._rng = cluster, postgres, redis_process, rng
        self.counts = dict.fromkeys(("node", "other", "first", "second", "postgres", "flush", "redis"), 0)

    def until(self, deadline: float) -> None:
        while time.monotonic() < deadline:
            for what in self._rng.sample(sorted(self.counts), len(self.counts)):
                if time.monotonic() < deadline:
                    time.sleep(self._rng.uniform(*PAUSE_SECONDS))
                    self._happen(what)
                    self.counts[what] += 1

    def _happen(self, what: str) -> None:
        if what == "node":
            self._cluster.kill()
            self._cluster.start()
        elif what == "postgres":
            self._postgres.restart()
        elif what == "flush":
            with redis.Redis.from_url(self._redis.url) as client:
                client.flushall()
        elif what == "redis":
            self._redis.kill()
            time.sleep(AWAY_SECONDS)
            self._redis.start()
        else:
            self._cluster.kill_one(what)
            self._cluster.begin(what)


def run(seconds: float, seed: int, shoppers: int) -> dict[str, Any]:
    """Drill; what was counted, and everything that is wrong."""
    postgres, redis_process = PostgresProcess(), RedisProcess()
    try:
        url = PostgresDatabases(postgres.start()).fresh()
        with tempfile.TemporaryDirectory(prefix="fulfil-drill-") as folder:
            cluster = Cluster(Path(folder), url, redis_process.start())
            cluster.start_all("first", "second")
            try:
                return _drill(cluster, postgres, redis_process, seconds, random.Random(seed), shoppers)
            finally:
                cluster.close()
    finally:
        redis_process.stop()
        postgres.stop()


def _drill(
    cluster: Cluster,
    postgres: PostgresProcess,
    redis_process: RedisProcess,
    seconds: float,
    rng: random.Random,
    count: int,
) -> dict[str, Any]:
    nodes = [cluster.base_url, cluster.other_url]
    skus = [cluster.fresh_sku(PIECES) for _ in range(SKUS)]
    closing, closed = threading.Event(), threading.Event()
    totes = (f"TOTE-{n:04}" for n in itertools.count(1))
    lock = threading.Lock()

    def next_tote() -> Iterator[str]:
        while True:
            with lock:
                tote = next(totes)
            yield tote

    staff = [
        Worker(cluster, person, nodes[n % 2 :] + nodes[: n % 2], _own(rng), next_tote())
        for n, person in enumerate(cluster.access.staff)
        if person["roles"] != ["supervisor"]
    ]
    buyers = [
        Shopper(nodes[n % 2 :] + nodes[: n % 2], cluster.store_id, skus, _own(rng)) for n in range(count)
    ]
    office = Office(cluster.operator(), cluster.store_id)
    threads = [_thread(_work, worker, closed) for worker in staff]
    threads.append(
        _thread(
            live,
            lambda: back_office.keep(office, cluster.store_id, _own(rng)),
            lambda pause: _sleep(pause, closed),
        )
    )
    shopping = [_thread(_shop, buyer, closing) for buyer in buyers]
    faults = Faults(cluster, postgres, redis_process, rng)
    faults.until(time.monotonic() + seconds)
    closing.set()
    for thread in shopping:
        thread.join()
    log = [entry for buyer in buyers for entry in buyer.log]
    began = time.monotonic()
    open_orders = _drained(log)
    drained_seconds = round(time.monotonic() - began, 1)
    closed.set()
    for thread in threads:
        thread.join()
    return {
        "seconds": seconds,
        "drained_seconds": drained_seconds,
        "faults": faults.counts,
        "orders_acknowledged": len(log),
        "requests_repeated": sum(buyer.repeated for buyer in buyers),
        "carts_lost": sum(buyer.lost_carts for buyer in buyers),
        "connections": sum(f.connections for worker in staff for f in worker.followers),
        "pushes": sum(len(f.pushes) for worker in staff for f in worker.followers),
        "wrong": {
            "errors": [error for buyer in buyers for error in buyer.errors],
            "bugs": cluster.bugs(),
            "orders_open": open_orders,
            "charges": _charges(cluster, log),
            "pushes": _pushes(cluster, staff),
            "violations": cluster.violations(),
        },
    }


def _shop(buyer: Shopper, closing: threading.Event) -> None:
    while not closing.wait(SHOP_SECONDS):
        try:
            buyer.shop()
        except Refused as refused:  # 503 is patience's, a lost cart is a lost cart: all else is wrong
            buyer.errors.append(str(refused))


def _work(worker: Worker, closed: threading.Event) -> None:
    def sleep(seconds: float) -> None:
        worker.look_at_socket()
        _sleep(seconds, closed)

    live(worker.work, sleep)


def _sleep(seconds: float, closed: threading.Event) -> None:
    if closed.wait(seconds / SPEED):
        raise SystemExit  # the end of this thread


def _drained(log: list[tuple[Http, str]]) -> list[str]:
    """Wait until every order has ended; those left when none has ended for STILL_SECONDS_MAX."""
    left, deadline = list(log), time.monotonic() + STILL_SECONDS_MAX
    while left and time.monotonic() < deadline:
        still = [
            (http, no) for http, no in left if http.call("GET", f"{API}/orders/{no}")["state"] not in ENDED
        ]
        if len(still) < len(left):
            left, deadline = still, time.monotonic() + STILL_SECONDS_MAX
        time.sleep(AGAIN_SECONDS)
    return [no for _, no in left]


def _charges(cluster: Cluster, log: list[tuple[Http, str]]) -> list[str]:
    """Acknowledged orders that the channel did not charge once."""
    charges = Counter(str(charge["serial_no"]) for charge in cluster.charges())
    by_order: Counter[int] = Counter()
    with cluster.reading() as tx:
        for row in tx.all(select(PaymentDocument.order_no, PaymentDocument.serial_no)):
            by_order[row.order_no] += charges[str(row.serial_no)]
    return [f"{no}: {by_order[int(no)]} charges" for _, no in log if by_order[int(no)] != 1]


def _pushes(cluster: Cluster, staff: list[Worker]) -> list[str]:
    """Devices that got something twice, or not at all."""
    deadline = time.monotonic() + ARRIVE_SECONDS_MAX
    while (behind := _behind(cluster, staff)) and time.monotonic() < deadline:
        time.sleep(AGAIN_SECONDS)
    followers = [follower for worker in staff for follower in worker.followers]
    return behind + [
        f"doubled {f.doubled} lost {f.lost} resets {f.resets}"
        for f in followers
        if f.doubled or f.lost or f.resets
    ]


def _behind(cluster: Cluster, staff: list[Worker]) -> list[str]:
    with cluster.reading() as tx:
        heads = tx.kit.live.heads(tx, {worker.person_id for worker in staff})
    last = {worker.person_id: worker.followers[-1].last for worker in staff}
    return [f"{person}: {last[person]} of {head}" for person, head in heads.items() if last[person] != head]


def _own(rng: random.Random) -> random.Random:
    return random.Random(rng.random())


def _thread(work: Callable[..., None], *arguments: Any) -> threading.Thread:
    thread = threading.Thread(target=work, args=arguments, daemon=True)
    thread.start()
    return thread


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shoppers", type=int, default=2)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started ends with it
    told = run(given.seconds, given.seed, given.shoppers)
    print(json.dumps(told, ensure_ascii=False))
    sys.exit(any(told["wrong"].values()))


if __name__ == "__main__":
    main()
