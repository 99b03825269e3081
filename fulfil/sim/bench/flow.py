"""`fulfil bench flow`: complete shopping flows a second, until all tasks are done.

Closed loop: so many buyers, each begins anew when it has ended. Open loop: flows begin at a fixed rate,
however long those before them take, and count from the instant when they should have begun. Import after
`monkey.patch_all()`.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import gevent
from gevent.pool import Pool

from fulfil.sim.bench import machine
from fulfil.sim.bench.progress import Tell
from fulfil.sim.bench.stand import Layout, Stand
from fulfil.sim.bench.wire import WireHttp
from fulfil.sim.clients import Customer, Refused

CONTACT = {"name": "王芳", "phone": "13900000001", "address": "南京西路 1 号", "lat": 31.231, "lng": 121.474}
ITEMS = 3
WARM_UP_SECONDS = 1.0


class Buyer:
    """One after the other a new guest of this node, over the same two connections."""

    def __init__(self, node_url: str, sandbox_url: str, store_id: str, next_sku: Callable[[], str]) -> None:
        self._http, self._cashier = WireHttp(node_url), WireHttp(sandbox_url)
        self._store_id, self._next_sku = store_id, next_sku

    def flow(self) -> None:
        """Guest, three items, quote, order, payment. Raises Refused."""
        self._http.headers.pop("Authorization", None)
        customer = Customer(self._http, self._store_id)
        for _ in range(ITEMS):
            customer.put(self._next_sku(), 1)
        customer.quote(CONTACT)
        payment = customer.start_payment(customer.order(CONTACT)["order_no"])
        self._cashier.call("POST", f"{urlsplit(payment['pay_url']).path}/pay", {"outcome": "succeeded"})

    def close(self) -> None:
        self._http.close()
        self._cashier.close()


class Crowd:
    """Buyers of a shop, and what they saw. `times` are seconds of each flow that ended."""

    def __init__(self, stand: Stand, tell: Tell) -> None:
        access = stand.access
        skus = itertools.cycle([row["sku"] for row in access["skus"] if not row["weighed"]])
        nodes = stand.nodes()
        self._new_buyer = lambda: Buyer(
            next(nodes), access["sandbox_url"], access["store_id"], lambda: next(skus)
        )
        self._tell = tell
        self.times: list[float] = []
        self.refusals: Counter[str] = Counter()
        self.under_way_max = 0

    def closed(self, buyers: int, seconds: float) -> None:
        """So many buyers shop again and again until the time is up."""
        until = time.perf_counter() + seconds

        def shop() -> None:
            buyer = self._new_buyer()
            while (started := time.perf_counter()) < until:
                self._one(buyer, started)
                self._tell("Shopping", 1 - (until - time.perf_counter()) / seconds)
            buyer.close()

        gevent.joinall([gevent.spawn(shop) for _ in range(buyers)], raise_error=True)
        self.under_way_max = buyers

    def open(self, rate: float, seconds: float) -> None:
        """Flows begin at that rate; each takes a buyer who is idle, or a new one."""
        idle: list[Buyer] = []
        under_way, started = Pool(), time.perf_counter()

        def shop(due: float) -> None:
            buyer = idle.pop() if idle else self._new_buyer()
            self._one(buyer, due)
            idle.append(buyer)

        for number in range(int(rate * seconds)):
            due = started + number / rate
            gevent.sleep(max(0.0, due - time.perf_counter()))
            under_way.add(gevent.spawn(shop, due))
            self.under_way_max = max(self.under_way_max, len(under_way))
            self._tell("Shopping", (due - started) / seconds)
        under_way.join(raise_error=True)
        for buyer in idle:
            buyer.close()

    def _one(self, buyer: Buyer, since: float) -> None:
        try:
            buyer.flow()
        except Refused as refused:
            self.refusals[str(refused.code)] += 1
        else:
            self.times.append(time.perf_counter() - since)


def run(*, layout: Layout, buyers: int, rate: float | None, seconds: float, tell: Tell) -> dict[str, Any]:
    """Measure; JSON-ready. Rates count flows whose money has come and whose tasks are done."""
    with Stand(layout) as stand:
        Crowd(stand, tell).closed(buyers, WARM_UP_SECONDS)
        stand.drain()
        before, started = stand.spent(), time.perf_counter()
        crowd = Crowd(stand, tell)
        if rate is None:
            crowd.closed(buyers, seconds)
        else:
            crowd.open(rate, seconds)
        drained = stand.drain()
        elapsed, spent = time.perf_counter() - started, stand.spent().since(before)
        flows = len(crowd.times)
        if not flows:
            raise OSError(f"no flow ended; refused: {dict(crowd.refusals)}")
        loop = {"loop": "closed", "buyers": buyers} if rate is None else {"loop": "open", "rate": rate}
        return {
            "bench": "flow",
            **loop,
            "flows": flows,
            "seconds": round(elapsed, 2),
            "flows_per_second": round(flows / elapsed, 1),
            **machine.percentiles(crowd.times),
            "under_way_max": crowd.under_way_max,
            "drain_seconds": drained,
            "refusals": dict(crowd.refusals),
            **spent.for_each(flows),
            **stand.surroundings(),
        }
