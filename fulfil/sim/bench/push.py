"""`fulfil bench push`: from a payment's callback to the picker's device, and back to the accepted ticket.

Orders are placed and their payments started beforehand. Then signed callbacks are sent at a fixed rate,
whatever the server answers (an open loop), and every device accepts what it is offered. Import after
`monkey.patch_all()`.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import gevent
from gevent.pool import Pool
from gevent.queue import LifoQueue

from fulfil.kit.clock import SystemClock
from fulfil.kit.config import Config
from fulfil.sim.bench import crew, machine
from fulfil.sim.bench.device import Device
from fulfil.sim.bench.flow import CONTACT
from fulfil.sim.bench.progress import Tell
from fulfil.sim.bench.stand import Layout, Stand
from fulfil.sim.bench.wire import WireHttp
from fulfil.sim.clients import Customer, Refused
from fulfil.sim.sandbox.book import SUCCEEDED, Transaction
from fulfil.trade.payments import rules as payment_rules

NOTIFY = "/api/v1/payments/notify/sandbox"
AT_ONCE = 8
CONNECTIONS = 64
CONNECTIONS_OF_DEVICE = 2
WARM_UP_SECONDS = 1.0
LATE_SECONDS = 0.005
SILENCE_SECONDS_MAX = 20.0


@dataclass
class Passage:
    """One order on its way; instants by `time.perf_counter`, None until it got there."""

    order_no: str
    body: bytes
    sent: float | None = None
    late: bool = False
    offered: float | None = None
    accepted: float | None = None


@dataclass
class Measured:
    """What the devices saw of all orders."""

    passages: dict[str, Passage] = field(default_factory=dict)
    refused: int = 0  # offers that came too late to be accepted

    def offer(self, device: Device, offer: Mapping[str, Any], arrived: float) -> None:
        """A device got an offer: note when, accept it, note when that was acknowledged."""
        passage = self.passages[offer["ticket"]["order_no"]]
        passage.offered = passage.offered or arrived
        try:
            device.handheld.accept(offer)
        except Refused:
            self.refused += 1
        else:
            passage.accepted = time.perf_counter()

    def left(self) -> int:
        return sum(passage.accepted is None for passage in self.passages.values())


def run(*, layout: Layout, devices: int, rate: int, seconds: float, tell: Tell) -> dict[str, Any]:
    """Measure; JSON-ready. Times are from the sending of the callback."""
    machine.allow_connections(CONNECTIONS_OF_DEVICE * devices)
    with Stand(layout, pickers=devices) as stand:
        measured = Measured()
        present = crew.sign_in(stand, devices, measured.offer, tell)
        signs = gevent.spawn(crew.beat, present)
        passages = place(stand, int(rate * (WARM_UP_SECONDS + seconds)), tell)
        measured.passages = {passage.order_no: passage for passage in passages}
        stand.drain()
        warm_up = int(rate * WARM_UP_SECONDS)
        send(stand, passages[:warm_up], rate, lambda share: tell("Warming up", share))
        before = stand.spent()
        send(stand, passages[warm_up:], rate, lambda share: tell("Measuring", share))
        rest(measured)
        spent = stand.spent().since(before)
        figures = _figures(passages[warm_up:], measured, present)
        signs.kill()
        for device in present:
            device.close()
        return {
            "bench": "push",
            "devices": devices,
            "rate": rate,
            "seconds": seconds,
            **figures,
            **spent.for_each(len(passages) - warm_up),
            **stand.surroundings(),
        }


def place(stand: Stand, count: int, tell: Tell, **wishes: str) -> list[Passage]:
    """So many orders of one line in one zone whose payments are started; `wishes` as an order has them."""
    skus = itertools.cycle(
        [row["sku"] for row in stand.access["skus"] if row["zone"] == "ambient" and not row["weighed"]]
    )
    numbers, done, nodes = iter(range(count)), itertools.count(1), stand.nodes()

    def lane(_: int) -> list[Passage]:
        placed = []
        customer = Customer(WireHttp(next(nodes)), stand.access["store_id"])
        for _number in numbers:
            customer.put(next(skus), 1)
            order_no = customer.order(CONTACT, **wishes)["order_no"]
            placed.append(Passage(order_no, _callback(customer.start_payment(order_no))))
            tell("Placing orders", next(done) / count)
        customer.http.close()
        return placed

    return [passage for placed in Pool(AT_ONCE).map(lane, range(AT_ONCE)) for passage in placed]


def _callback(payment: Mapping[str, Any]) -> bytes:
    """What the channel would say once this payment is made."""
    paid = Transaction(
        serial_no=payment["serial_no"],
        amount=payment["amount"],
        currency=payment["currency"],
        account=payment_rules.accounts(Config.receiving_accounts)[0].account,
        notify_url="",
        return_url="",
        pay_token="",
        state=SUCCEEDED,
        charged=payment["amount"],
        channel_txn=f"bench-{payment['serial_no']}",
    )
    return json.dumps(paid.notice()).encode()


def send(stand: Stand, passages: Sequence[Passage], rate: int, tell: Callable[[float], None]) -> None:
    """Send the callbacks of these orders, `rate` a second, without waiting for answers."""
    connections: LifoQueue = LifoQueue()
    for node in itertools.islice(stand.nodes(), CONNECTIONS):
        connections.put(WireHttp(node))
    signed = _signed(stand.access["sandbox_secret"], passages)
    sending, started = Pool(), time.perf_counter() + 0.1
    for number, (passage, headers) in enumerate(signed):
        due = started + number / rate
        gevent.sleep(max(0.0, due - time.perf_counter()))
        sending.spawn(_send_one, connections, passage, headers, due)
        if number % rate == 0:
            tell(number / len(passages))
    sending.join(raise_error=True)
    while not connections.empty():
        connections.get().close()


def _signed(secret: str, passages: Sequence[Passage]) -> list[tuple[Passage, dict[str, str]]]:
    """Every callback with its headers, made beforehand: while measuring they are only sent."""
    now = SystemClock().now()
    return [
        (passage, payment_rules.signed_headers(secret, f"{passage.order_no:0>32}", passage.body, now))
        for passage in passages
    ]


def _send_one(connections: LifoQueue, passage: Passage, headers: Mapping[str, str], due: float) -> None:
    passage.sent = time.perf_counter()
    passage.late = passage.sent - due > LATE_SECONDS
    http = connections.get()
    try:
        status = http.post(NOTIFY, passage.body, headers)
    finally:
        connections.put(http)
    if status >= 300:
        raise OSError(f"a callback was answered {status}")


def rest(measured: Measured) -> None:
    """Wait for the last tickets: until all are accepted, or nothing has come for a while."""
    left, since = measured.left(), time.perf_counter()
    while left and time.perf_counter() - since < SILENCE_SECONDS_MAX:
        gevent.sleep(0.05)
        if measured.left() < left:
            left, since = measured.left(), time.perf_counter()


def _figures(passages: Sequence[Passage], measured: Measured, present: Sequence[Device]) -> dict[str, Any]:
    sent = [passage for passage in passages if passage.sent is not None]
    offers = [p.offered - p.sent for p in sent if p.offered is not None and p.sent is not None]
    accepts = [p.accepted - p.sent for p in sent if p.accepted is not None and p.sent is not None]
    if not accepts:
        raise OSError("no order reached a device")
    offer = {f"offer_{name}": value for name, value in machine.percentiles(offers).items()}
    return {
        "orders": len(passages),
        "acknowledged": len(accepts),
        **machine.percentiles(accepts),
        **offer,
        "lost": len(passages) - len(offers) + sum(device.gaps + device.doubled for device in present),
        "missed": len(passages) - len(accepts) + measured.refused,
        "late_sends": sum(passage.late for passage in passages),
    }
