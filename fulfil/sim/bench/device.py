"""A handheld's socket as light as it can be: Socket.IO 5 over Engine.IO 4, frame by frame.

Hundreds of them in one process must cost so little that what is measured is the server. Under gevent each
device is a greenlet that reads.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import websocket

from fulfil.sim.clients import Handheld

NAMESPACE = "/terminal"
PING, PONG = "2", "3"
CONNECT, EVENT = f"40{NAMESPACE},", f"42{NAMESPACE},"
TIMEOUT_SECONDS = 30
# (the device, the offer, when it arrived by `time.perf_counter`)
OnOffer = Callable[["Device", Mapping[str, Any], float], None]


class Device:
    """A signed-in handheld that follows its person's log. `gaps` counts pushes that never came."""

    def __init__(self, base_url: str, handheld: Handheld, on_offer: OnOffer) -> None:
        self.handheld = handheld
        self.gaps = 0
        self._on_offer = on_offer
        self._seq = int(handheld.work()["seq"])
        address = urlsplit(base_url)
        self._socket = websocket.create_connection(
            f"ws://{address.netloc}/socket.io/?EIO=4&transport=websocket", timeout=TIMEOUT_SECONDS,
            suppress_origin=True)
        self._socket.recv()  # the handshake of Engine.IO
        self._socket.send(CONNECT + json.dumps({"token": handheld.session["token"]}))
        answer = self._socket.recv()
        if not answer.startswith(CONNECT):
            raise OSError(f"the socket was refused: {answer}")
        self._socket.settimeout(None)
        self._emit("hello", {"since": self._seq})

    def beat(self) -> None:
        """Say that the device is there."""
        self._emit("beat", {"battery": 80, "queued": 0})

    def follow(self) -> None:
        """Read until the server closes the socket."""
        while message := self._receive():
            arrived = time.perf_counter()
            if message == PING:
                self._socket.send(PONG)
            elif message.startswith(EVENT):
                name, *arguments = json.loads(message[len(EVENT):])
                self._heard(name, arguments[0], arrived)

    def close(self) -> None:
        """Drop the connection, as a handheld does that is switched off."""
        self._socket.shutdown()
        self.handheld.http.close()

    def _receive(self) -> str:
        try:
            return self._socket.recv()
        except (websocket.WebSocketException, OSError):
            return ""

    def _emit(self, name: str, payload: Mapping[str, Any]) -> None:
        self._socket.send(EVENT + json.dumps([name, payload]))

    def _heard(self, name: str, told: Mapping[str, Any], arrived: float) -> None:
        if name not in ("event", "reset"):
            return
        self.gaps += int(told["seq"]) - self._seq - (1 if name == "event" else 0)
        self._seq = int(told["seq"])
        if told.get("type") == "ticket.offered":
            self._on_offer(self, told["offer"], arrived)
