"""`fulfil bench decide`: from a stock-out report to the decision on the picker's device.

Orders are placed, paid and accepted beforehand; their customers want other goods instead. Then a line of each
is reported as damaged at a fixed rate, whatever the server answers (an open loop): stock believes it, a
substitute is chosen and reserved or the money goes back, and the floor is told. Import after
`monkey.patch_all()`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import gevent
from gevent.lock import BoundedSemaphore
from gevent.pool import Pool

from fulfil.sim.bench import crew, machine, push
from fulfil.sim.bench.device import Device
from fulfil.sim.bench.progress import Tell
from fulfil.sim.bench.stand import Layout, Stand
from fulfil.sim.clients import Refused

DECIDING = "deciding"
PAID_A_SECOND = 20
SILENCE_SECONDS_MAX = 20.0
LOOK_SECONDS = 0.05


@dataclass
class Report:
    """One report on its way; instants by `time.perf_counter`, None until it got there."""

    device: Device
    ticket: Mapping[str, Any]
    sent: float | None = None
    late: bool = False
    acknowledged: float | None = None
    decided: float | None = None


@dataclass
class Reports:
    """What the devices hold and see, by order."""

    by_order: dict[str, Report] = field(default_factory=dict)
    hands: dict[Device, BoundedSemaphore] = field(default_factory=dict)

    def offer(self, device: Device, offer: Mapping[str, Any], _arrived: float) -> None:
        """A device got an offer: accept it. Who comes too late is asked again with another one."""
        with self.hands.setdefault(device, BoundedSemaphore()):
            try:
                device.handheld.accept(offer)
            except Refused:
                return

    def changed(self, _device: Device, ticket: Mapping[str, Any], arrived: float) -> None:
        """A device got a ticket as it is now: note when its report was decided."""
        report = self.by_order.get(ticket["order_no"])
        if report is None or report.sent is None or report.decided is not None:
            return
        if all(line["state"] != DECIDING for line in ticket["lines"]) and any(
            line["short"] or line["substituted"] for line in ticket["lines"]
        ):
            report.decided = arrived

    def send(self, report: Report, due: float) -> None:
        """Report the first line of a ticket as damaged. Raises OSError when that is refused."""
        with self.hands.setdefault(report.device, BoundedSemaphore()):
            report.sent = time.perf_counter()
            report.late = report.sent - due > push.LATE_SECONDS
            line = report.ticket["lines"][0]
            said = {"line": line["id"], "quantity": line["quantity"], "reason": "damaged"}
            try:
                report.device.handheld.do(report.ticket, "short", said)
            except Refused as refused:
                raise OSError(f"a report was refused: {refused}") from refused
            report.acknowledged = time.perf_counter()


def run(*, layout: Layout, devices: int, rate: int, seconds: float, tell: Tell) -> dict[str, Any]:
    """Measure; JSON-ready. Times are from the sending of the report."""
    machine.allow_connections(push.CONNECTIONS_OF_DEVICE * devices)
    with Stand(layout, pickers=devices) as stand:
        reports = Reports()
        present = crew.sign_in(stand, devices, reports.offer, tell)
        for device in present:
            device.on_ticket = reports.changed
        signs = gevent.spawn(crew.beat, present)
        count = int(rate * (push.WARM_UP_SECONDS + seconds))
        passages = push.place(stand, count, tell, on_shortage="substitute")
        push.send(stand, passages, PAID_A_SECOND, lambda share: tell("Paying", share))
        _take(stand, reports, present, count, tell)
        ready = list(reports.by_order.values())
        warm_up = int(rate * push.WARM_UP_SECONDS)
        _report(reports, ready[:warm_up], rate)
        before = stand.spent()
        tell("Measuring", 0.0)
        _report(reports, ready[warm_up:], rate)
        spent = stand.spent().since(before)
        figures = _figures(ready[warm_up:], present)
        signs.kill()
        for device in present:
            device.close()
        return {
            "bench": "decide",
            "devices": devices,
            "rate": rate,
            "seconds": seconds,
            **figures,
            **spent.for_each(len(ready) - warm_up),
            **stand.surroundings(),
        }


def _take(stand: Stand, reports: Reports, present: Sequence[Device], count: int, tell: Tell) -> None:
    """Wait until every order is in somebody's hands, or nothing has been taken for a while."""
    since = time.perf_counter()
    while len(reports.by_order) < count and time.perf_counter() - since < SILENCE_SECONDS_MAX:
        stand.drain()
        held = len(reports.by_order)
        for device in present:
            with reports.hands.setdefault(device, BoundedSemaphore()):
                tickets = device.handheld.work()["tickets"]
            for ticket in tickets:
                reports.by_order[ticket["order_no"]] = Report(device, ticket)
        tell("Accepting", len(reports.by_order) / count)
        if len(reports.by_order) > held:
            since = time.perf_counter()


def _report(reports: Reports, some: Sequence[Report], rate: int) -> None:
    """Send these reports, `rate` a second, without waiting for answers; then wait for the last decision."""
    sending, started = Pool(), time.perf_counter() + 0.1
    for number, report in enumerate(some):
        due = started + number / rate
        gevent.sleep(max(0.0, due - time.perf_counter()))
        sending.spawn(reports.send, report, due)
    sending.join(raise_error=True)
    until = time.perf_counter() + SILENCE_SECONDS_MAX
    while time.perf_counter() < until and any(report.decided is None for report in some):
        gevent.sleep(LOOK_SECONDS)


def _figures(reports: Sequence[Report], present: Sequence[Device]) -> dict[str, Any]:
    sent = [report for report in reports if report.sent is not None]
    known = [one.decided - one.sent for one in sent if one.decided is not None and one.sent is not None]
    said = [
        one.acknowledged - one.sent for one in sent if one.acknowledged is not None and one.sent is not None
    ]
    if not known:
        raise OSError("no decision reached a device")
    ack = {f"ack_{name}": value for name, value in machine.percentiles(said).items()}
    return {
        "reports": len(reports),
        "decided": len(known),
        **machine.percentiles(known),
        **ack,
        "lost": len(reports) - len(known) + sum(device.gaps + device.doubled for device in present),
        "late_sends": sum(report.late for report in reports),
    }
