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
from fulfil.sim.bench import machine
from fulfil.sim.bench.device import Device
from fulfil.sim.bench.flow import CONTACT
from fulfil.sim.bench.progress import Tell
from fulfil.sim.bench.quiet import QuietShop
from fulfil.sim.clients import Customer, Handheld, Http, Refused
from fulfil.sim.sandbox.book import SUCCEEDED, Transaction
from fulfil.sim.sandbox.outbox import signed_headers
from fulfil.trade.payments import rules as payment_rules

NOTIFY = "/api/v1/payments/notify/sandbox"
AT_ONCE = 8
CONNECTIONS = 64
BEAT_SECONDS = 15.0
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


def run(*, devices: int, rate: int, seconds: float, tell: Tell,
        database_url: str | None = None) -> dict[str, Any]:
    """Measure; JSON-ready. Times are from the sending of the callback."""
    with QuietShop("--plenty", database_url=database_url) as shop:
        measured = Measured()
        present = _sign_in(shop.access, devices, measured, tell)
        signs = gevent.spawn(_beat, present)
        passages = _orders(shop.access, int(rate * (WARM_UP_SECONDS + seconds)), tell)
        measured.passages = {passage.order_no: passage for passage in passages}
        shop.drain()
        warm_up = int(rate * WARM_UP_SECONDS)
        _send(shop.access, passages[:warm_up], rate, lambda share: tell("Warming up", share))
        server, own = machine.cpu_seconds(shop.pid), time.process_time()
        _send(shop.access, passages[warm_up:], rate, lambda share: tell("Measuring", share))
        _rest(measured)
        figures = _figures(passages[warm_up:], measured, present)
        orders = len(passages) - warm_up
        figures["server_cpu_ms_per_order"] = _per(machine.cpu_seconds(shop.pid) - server, orders)
        figures["generator_cpu_ms_per_order"] = _per(time.process_time() - own, orders)
        figures["server_peak_mib"] = machine.peak_mib(shop.pid)
        signs.kill()
        for device in present:
            device.close()
    return {"bench": "push", "devices": devices, "rate": rate, "seconds": seconds, **figures,
            "database": "postgresql" if database_url else "sqlite", "calibration": machine.calibration(),
            "versions": machine.versions()}


def _sign_in(access: Mapping[str, Any], count: int, measured: Measured, tell: Tell) -> list[Device]:
    """So many pickers on duty, each with a connected device that beats."""
    pickers = [person for person in access["staff"] if person["roles"] == ["picker"]][-count:]
    if len(pickers) < count:
        raise OSError(f"the shop has {len(pickers)} pickers only")
    codes = iter(access["enrolment_codes"])

    def connect(person: Mapping[str, Any]) -> Device:
        handheld = Handheld(Http(access["base_url"]), next(codes))
        handheld.sign_in(person["badge"], person["pin"])
        handheld.shift("available")
        device = Device(access["base_url"], handheld, measured.offer)
        gevent.spawn(device.follow)
        return device

    present = []
    for device in Pool(AT_ONCE).imap_unordered(connect, pickers):
        present.append(device)
        tell("Signing in", len(present) / count)
    return present


def _beat(present: Sequence[Device]) -> None:
    """Every device says that it is there, one after the other."""
    for device in itertools.cycle(present):
        device.beat()
        gevent.sleep(BEAT_SECONDS / len(present))


def _orders(access: Mapping[str, Any], count: int, tell: Tell) -> list[Passage]:
    """So many orders of one line in one zone whose payments are started."""
    skus = itertools.cycle([row["sku"] for row in access["skus"]
                            if row["zone"] == "ambient" and not row["weighed"]])
    numbers, done = iter(range(count)), itertools.count(1)

    def lane(_: int) -> list[Passage]:
        placed = []
        customer = Customer(Http(access["base_url"]), access["store_id"])
        for _number in numbers:
            customer.put(next(skus), 1)
            order_no = customer.order(CONTACT)["order_no"]
            placed.append(Passage(order_no, _callback(customer.start_payment(order_no))))
            tell("Placing orders", next(done) / count)
        customer.http.close()
        return placed

    return [passage for placed in Pool(AT_ONCE).map(lane, range(AT_ONCE)) for passage in placed]


def _callback(payment: Mapping[str, Any]) -> bytes:
    """What the channel would say once this payment is made."""
    paid = Transaction(
        serial_no=payment["serial_no"], amount=payment["amount"], currency=payment["currency"],
        account=payment_rules.accounts(Config.receiving_accounts)[0].account, notify_url="", return_url="",
        pay_token="", state=SUCCEEDED, charged=payment["amount"], channel_txn=f"bench-{payment['serial_no']}")
    return json.dumps(paid.notice()).encode()


def _send(access: Mapping[str, Any], passages: Sequence[Passage], rate: int,
          tell: Callable[[float], None]) -> None:
    """Send the callbacks of these orders, `rate` a second, without waiting for answers."""
    connections: LifoQueue = LifoQueue()
    for _ in range(CONNECTIONS):
        connections.put(Http(access["base_url"]))
    signed = _signed(access["sandbox_secret"], passages)
    sending, started = Pool(), time.perf_counter() + 0.1
    for number, (passage, headers) in enumerate(signed):
        due = started + number / rate
        gevent.sleep(max(0.0, due - time.perf_counter()))
        sending.spawn(_send_one, connections, passage, headers, due)
        if number % rate == 0:
            tell(number / len(passages))
    sending.join()
    while not connections.empty():
        connections.get().close()


def _signed(secret: str, passages: Sequence[Passage]) -> list[tuple[Passage, dict[str, str]]]:
    """Every callback with its headers, made beforehand: while measuring they are only sent."""
    clock = SystemClock()
    return [(passage, signed_headers(secret, clock, f"{passage.order_no:0>32}", passage.body))
            for passage in passages]


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


def _rest(measured: Measured) -> None:
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
    return {"orders": len(passages), "acknowledged": len(accepts), **machine.percentiles(accepts), **offer,
            "lost": len(passages) - len(offers) + sum(device.gaps for device in present),
            "missed": len(passages) - len(accepts) + measured.refused,
            "late_sends": sum(passage.late for passage in passages)}


def _per(seconds: float, orders: int) -> float:
    return round(seconds * 1000 / orders, 2)
