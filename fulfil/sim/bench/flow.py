"""`fulfil bench flow`: complete shopping flows a second, until all tasks are done."""

from __future__ import annotations

import itertools
import os
import threading
import time
from typing import Any

from fulfil.sim.bench import machine
from fulfil.sim.bench.progress import Tell
from fulfil.sim.bench.quiet import QuietShop
from fulfil.sim.clients import Customer, Http, Refused

CONTACT = {"name": "王芳", "phone": "13900000001", "address": "南京西路 1 号", "lat": 31.231, "lng": 121.474}
ITEMS = 3
WARM_UP_SECONDS = 1.0


class Buyers:
    """So many buyers, each in a thread, one flow after the other until the time is up."""

    def __init__(self, access: dict[str, Any], count: int, seconds: float, tell: Tell) -> None:
        self._access, self._seconds, self._tell = access, seconds, tell
        self._until = time.perf_counter() + seconds
        self._skus = itertools.cycle([row["sku"] for row in access["skus"] if not row["weighed"]])
        self._lock = threading.Lock()
        self.times: list[float] = []
        self.refusals: dict[str, int] = {}
        self._threads = [threading.Thread(target=self._buy) for _ in range(count)]

    def run(self) -> None:
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join()

    def _buy(self) -> None:
        http = Http(self._access["base_url"])
        while time.perf_counter() < self._until:
            started = time.perf_counter()
            try:
                self._flow(http)
            except Refused as refused:
                with self._lock:
                    self.refusals[str(refused.code)] = self.refusals.get(str(refused.code), 0) + 1
                continue
            with self._lock:
                self.times.append(time.perf_counter() - started)
            self._tell("Shopping", 1 - (self._until - time.perf_counter()) / self._seconds)
        http.close()

    def _flow(self, http: Http) -> None:
        http.headers.pop("Authorization", None)
        customer = Customer(http, self._access["store_id"])
        with self._lock:
            skus = [next(self._skus) for _ in range(ITEMS)]
        for sku in skus:
            customer.put(sku, 1)
        customer.quote(CONTACT)
        customer.pay(customer.order(CONTACT)["order_no"])


def run(*, buyers: int, seconds: float, tell: Tell, database_url: str | None = None) -> dict[str, Any]:
    """Measure; JSON-ready. Rates count flows whose money has come and whose tasks are done."""
    with QuietShop("--plenty", database_url=database_url) as shop:
        Buyers(shop.access, buyers, WARM_UP_SECONDS, tell).run()
        shop.drain()
        server, own, sandbox = machine.cpu_seconds(shop.pid), time.process_time(), _sandbox_cpu(shop.pid)
        started = time.perf_counter()
        crowd = Buyers(shop.access, buyers, seconds, tell)
        crowd.run()
        drained = shop.drain()
        elapsed = time.perf_counter() - started
        flows = len(crowd.times)
        if not flows:
            raise OSError(f"no flow ended; refused: {crowd.refusals}")
        return {
            "bench": "flow", "buyers": buyers, "flows": flows, "seconds": round(elapsed, 2),
            "flows_per_second": round(flows / elapsed, 1), **machine.percentiles(crowd.times),
            "drain_seconds": drained, "refusals": crowd.refusals,
            "server_cpu_ms_per_order": _per(machine.cpu_seconds(shop.pid) - server, flows),
            "generator_cpu_ms_per_order": _per(time.process_time() - own, flows),
            "sandbox_cpu_ms_per_order": _per(_sandbox_cpu(shop.pid) - sandbox, flows),
            "server_peak_mib": machine.peak_mib(shop.pid), "database": database_url or "sqlite",
            "calibration": machine.calibration(), "versions": machine.versions(),
        }


def _per(seconds: float, flows: int) -> float:
    return round(seconds * 1000 / max(flows, 1), 2)


def _sandbox_cpu(server_pid: int) -> float:
    """CPU of the server's children: the sandbox channel."""
    children = [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and _parent(int(pid)) == server_pid]
    return sum(machine.cpu_seconds(pid) for pid in children)


def _parent(pid: int) -> int | None:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        return None
