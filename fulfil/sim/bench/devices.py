"""`fulfil bench devices`: what connected handhelds cost, and how soon all are served that come back at once.

While orders are paid at a fixed rate, every socket is cut in the same instant. Each device opens a new one at
once and says up to which push it has everything; it is served when the server has heard that. In the end each
must have had every push of its log once and in order. Import after `monkey.patch_all()`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import gevent
from gevent.pool import Pool

from fulfil.sim.bench import crew, machine, push
from fulfil.sim.bench.device import Device
from fulfil.sim.bench.progress import Tell
from fulfil.sim.bench.stand import Layout, Stand
from fulfil.sim.clients import Refused

CONNECTIONS_OF_DEVICE = 2
IDLE_SECONDS = 5.0
SERVED_SECONDS_MAX = 120.0
LOOK_SECONDS = 0.01
AGAIN_SECONDS = 0.1
BEFORE_STORM = 0.3  # share of the orders that are paid before it
KIB = 1024


@dataclass
class Storm:
    """All devices lose their sockets and come back. `seconds`: how long each was without service."""

    present: Sequence[Device]
    began_at: float = 0.0
    ended_at: float = 0.0
    tries_again: int = 0
    seconds: list[float] = field(default_factory=list)

    def blow(self) -> None:
        """Cut all, let all reconnect, and wait until the last is served."""
        self.began_at = time.perf_counter()
        for device in self.present:
            device.cut()
        for device in self.present:
            gevent.spawn(self._come_back, device)
        wait_until(lambda: all(device.served_at for device in self.present), "some device is not served")
        self.ended_at = time.perf_counter()
        self.seconds = [device.served_at - self.began_at for device in self.present if device.served_at]

    def _come_back(self, device: Device) -> None:
        while True:
            try:
                device.connect()
                break
            except OSError:  # the server's queue was full: a browser tries again, too
                self.tries_again += 1
                gevent.sleep(AGAIN_SECONDS)
        device.follow()


def run(*, layout: Layout, devices: int, rate: int, seconds: float, tell: Tell) -> dict[str, Any]:
    """Measure; JSON-ready. p50 to max are the times until a device is served again."""
    machine.allow_connections(CONNECTIONS_OF_DEVICE * devices)
    with Stand(layout, pickers=devices) as stand:
        measured = push.Measured()
        passages = push.place(stand, int(rate * seconds), tell)
        measured.passages = {passage.order_no: passage for passage in passages}
        present = crew.enrol(stand, devices, measured.offer, tell)
        for device in present:
            device.handheld.http.close()
        stand.drain()
        memory = _connect(stand, present, tell)
        signs = gevent.spawn(crew.beat, present)
        idle = _idle_share(stand)
        before = stand.spent()
        storm, storm_spent = _storm_while_sending(stand, present, passages, rate, tell)
        push.rest(measured)
        spent = stand.spent().since(before)
        behind = _behind(present)
        signs.kill()
        for device in present:
            device.close()
        offered = [p.offered - p.sent for p in passages if p.offered and p.sent]
        during = [
            p.offered - p.sent
            for p in passages
            if p.offered and p.sent and storm.began_at <= p.sent <= storm.ended_at
        ]
        return {
            "bench": "devices",
            "devices": devices,
            "rate": rate,
            "seconds": seconds,
            **memory,
            "idle_server_cpu_share": idle,
            "storm_seconds": round(max(storm.seconds), 2),
            **machine.percentiles(storm.seconds),
            "storm_tries_again": storm.tries_again,
            "storm_server_cpu_ms_per_device": machine.per_ms(storm_spent.server, devices),
            "storm_generator_cpu_ms_per_device": machine.per_ms(storm_spent.generator, devices),
            "orders": len(passages),
            "orders_in_storm": len(during),
            **_named("offer", offered),
            **_named("storm_offer", during),
            "lost": len(passages) - len(offered) + sum(device.gaps for device in present) + behind,
            "doubled": sum(device.doubled for device in present),
            **spent.for_each(len(passages)),
            **stand.surroundings(),
        }


def wait_until(look: Callable[[], bool], complaint: str) -> None:
    """Let the devices go on until something is so. Raises OSError."""
    until = time.perf_counter() + SERVED_SECONDS_MAX
    while not look():
        if time.perf_counter() > until:
            raise OSError(f"{complaint} after {SERVED_SECONDS_MAX:.0f} s")
        gevent.sleep(LOOK_SECONDS)


def _connect(stand: Stand, present: Sequence[Device], tell: Tell) -> dict[str, Any]:
    """Open every socket; what that takes of the servers' memory."""
    without, started = _resident(stand), time.perf_counter()
    for number, device in enumerate(Pool(crew.AT_ONCE).imap_unordered(crew.connect, present)):
        gevent.spawn(device.follow)
        tell("Connecting", number / len(present))
    wait_until(lambda: all(device.served_at for device in present), "some device is not served")
    took = time.perf_counter() - started
    connected = _resident(stand)
    return {
        "connected_per_second": round(len(present) / took, 1),
        "server_mib_without": without,
        "server_mib_connected": connected,
        "server_kib_per_device": round((connected - without) * KIB / len(present), 1),
    }


def _idle_share(stand: Stand) -> float:
    """How much of one core the servers take while devices only say that they are there."""
    before = stand.spent()
    gevent.sleep(IDLE_SECONDS)
    return round(stand.spent().since(before).server / IDLE_SECONDS, 3)


def _storm_while_sending(
    stand: Stand, present: Sequence[Device], passages: Sequence[push.Passage], rate: int, tell: Tell
) -> tuple[Storm, Any]:
    """Pay the orders one after the other; when some are paid, the storm comes."""
    sending = gevent.spawn(push.send, stand, passages, rate, lambda share: tell("Measuring", share))
    first = passages[int(len(passages) * BEFORE_STORM)]
    wait_until(lambda: first.sent is not None, "no order is paid")
    storm, before = Storm(present), stand.spent()
    storm.blow()
    spent = stand.spent().since(before)
    sending.get()
    return storm, spent


def _behind(present: Sequence[Device]) -> int:
    """Pushes that stand in the devices' logs and have not come. Raises OSError when one can't be asked."""

    def lacks(device: Device) -> int:
        try:
            return abs(int(device.handheld.work()["seq"]) - device.seq)
        except Refused as refused:
            raise OSError(f"a device is out: {refused}") from refused

    def all_lack() -> int:
        return sum(Pool(crew.AT_ONCE).imap_unordered(lacks, present))

    return all_lack() and all_lack()  # what was pushed while the first were asked has come by now


def _resident(stand: Stand) -> float:
    return round(sum(machine.resident_mib(pid) for pid in stand.server_pids), 1)


def _named(prefix: str, seconds: list[float]) -> dict[str, float | None]:
    """Percentiles under names of their own; None where nothing was measured."""
    if not seconds:
        return {f"{prefix}_p99_ms": None}
    return {f"{prefix}_{name}": value for name, value in machine.percentiles(seconds).items()}
