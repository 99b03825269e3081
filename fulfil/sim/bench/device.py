"""A handheld's socket: Socket.IO 5 over Engine.IO 4, frame by frame.

Thousands of them in one process must cost so little that what is measured is the server. Under gevent each
device is a greenlet that reads.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from fulfil.sim.bench.wire import Wire
from fulfil.sim.clients import Handheld

NAMESPACE = "/terminal"
PATH = "/socket.io/?EIO=4&transport=websocket"
PING, PONG = "2", "3"
CONNECT, EVENT = f"40{NAMESPACE},", f"42{NAMESPACE},"
ASK, ANSWERED = f"42{NAMESPACE},1", f"43{NAMESPACE},1"  # an event whose end the server acknowledges
# (the device, the offer, when it arrived by `time.perf_counter`)
OnOffer = Callable[["Device", Mapping[str, Any], float], None]
OnTicket = Callable[["Device", Mapping[str, Any], float], None]  # the same for a ticket that has changed


class Device:
    """A signed-in handheld that follows its person's log through one node.

    `seq` is the number of the last push; `gaps` counts pushes that were left out, `doubled` those that came
    again. `served_at` is when the server had heard the hello of this connection. `on_ticket` is told of
    tickets that have changed.
    """

    def __init__(self, node_url: str, handheld: Handheld, on_offer: OnOffer) -> None:
        self.handheld = handheld
        self.gaps = self.doubled = 0
        self.served_at: float | None = None
        self.on_ticket: OnTicket | None = None
        self.seq = int(handheld.work()["seq"])
        self._node_url, self._on_offer = node_url, on_offer
        self._wire: Wire | None = None

    def connect(self) -> None:
        """Open the socket and say what is there already. Raises OSError."""
        wire = Wire(self._node_url)
        wire.upgrade(PATH)
        wire.text()  # the handshake of Engine.IO
        wire.send_text(CONNECT + json.dumps({"token": self.handheld.session["token"]}))
        answer = wire.text()
        if not answer.startswith(CONNECT):
            raise OSError(f"the socket was refused: {answer}")
        self._wire = wire
        wire.send_text(ASK + json.dumps(["hello", {"since": self.seq}]))

    def beat(self) -> None:
        """Say that the device is there, unless its connection is cut."""
        if self._wire is not None:
            self._wire.send_text(EVENT + json.dumps(["beat", {"battery": 80, "queued": 0}]))

    def follow(self) -> None:
        """Read until the socket ends."""
        wire = self._wire
        while wire is not None and wire is self._wire and (message := _next(wire)):
            arrived = time.perf_counter()
            if message == PING:
                wire.send_text(PONG)
            elif message.startswith(ANSWERED):
                self.served_at = arrived
            elif message.startswith(EVENT):
                name, *arguments = json.loads(message[len(EVENT) :])
                self._heard(name, arguments[0], arrived)

    def cut(self) -> None:
        """Lose the connection, as in a dead spot."""
        self.served_at = None
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.cut()

    def close(self) -> None:
        """Drop every connection, as a handheld does that is switched off."""
        self.cut()
        self.handheld.http.close()

    def _heard(self, name: str, told: Mapping[str, Any], arrived: float) -> None:
        if name not in ("event", "reset"):
            return
        seq = int(told["seq"])
        if seq <= self.seq:
            self.doubled += 1
            return
        self.gaps += seq - self.seq - (1 if name == "event" else 0)
        self.seq = seq
        if told.get("type") == "ticket.offered":
            self._on_offer(self, told["offer"], arrived)
        elif told.get("type") == "ticket.changed" and self.on_ticket is not None:
            self.on_ticket(self, told["ticket"], arrived)


def _next(wire: Wire) -> str:
    """The next message, empty at the end of the connection."""
    try:
        return wire.text()
    except OSError:
        return ""
