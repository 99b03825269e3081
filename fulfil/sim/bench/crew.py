"""Pickers of a yardstick's shop, each on duty with a device. Import after `monkey.patch_all()`."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import gevent
from gevent.pool import Pool

from fulfil.sim.bench.device import Device, OnOffer
from fulfil.sim.bench.progress import Tell
from fulfil.sim.bench.stand import Stand
from fulfil.sim.bench.wire import WireHttp
from fulfil.sim.clients import Handheld

AT_ONCE = 8
BEAT_SECONDS = 15.0


def sign_in(stand: Stand, count: int, on_offer: OnOffer, tell: Tell) -> list[Device]:
    """So many pickers on duty, each with a connected device that follows."""
    present = enrol(stand, count, on_offer, tell)
    for device in Pool(AT_ONCE).imap_unordered(connect, present):
        gevent.spawn(device.follow)
    return present


def enrol(stand: Stand, count: int, on_offer: OnOffer, tell: Tell) -> list[Device]:
    """So many pickers on duty whose devices are not connected yet."""
    pickers = [person for person in stand.access["staff"] if person["roles"] == ["picker"]][-count:]
    if len(pickers) < count:
        raise OSError(f"the shop has {len(pickers)} pickers only")
    codes, nodes = iter(stand.access["enrolment_codes"]), stand.nodes()

    def start_work(person: Mapping[str, Any]) -> Device:
        node = next(nodes)
        handheld = Handheld(WireHttp(node), next(codes))
        handheld.sign_in(person["badge"], person["pin"])
        handheld.shift("available")
        return Device(node, handheld, on_offer)

    present = []
    for device in Pool(AT_ONCE).imap_unordered(start_work, pickers):
        present.append(device)
        tell("Signing in", len(present) / count)
    return present


def beat(present: Sequence[Device]) -> None:
    """Every device says that it is there, one after the other, for ever."""
    for device in itertools.cycle(present):
        device.beat()
        gevent.sleep(BEAT_SECONDS / len(present))


def connect(device: Device) -> Device:
    """Open its socket; the caller lets it follow."""
    device.connect()
    return device
