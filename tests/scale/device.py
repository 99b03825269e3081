"""A signed-in handheld that follows its log through whichever node answers, and keeps its own record."""

from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import websocket

from fulfil.sim.clients import Handheld

CONNECT, EVENT = "40/terminal,", "42/terminal,"
ANSWER_SECONDS_MAX = 10
AGAIN_SECONDS = 0.1


class Follower:
    """Connects to the first of `nodes`, after a lost connection to the next, until its session ends.

    Every push is in `pushes`, and when it came in `arrived`.
    `doubled` and `lost` are numbers that broke the row: both stay empty. `last` goes along to the next node,
    as a handheld keeps it.
    """

    def __init__(self, handheld: Handheld, nodes: Sequence[str], *, options: Mapping[str, Any]) -> None:
        self.handheld, self.session = handheld, handheld.session["session_id"]
        self._token = handheld.session["token"]
        self.pushes: list[dict[str, Any]] = []
        self.arrived: dict[int, float] = {}
        self.doubled: list[int] = []
        self.lost: list[int] = []
        self.resets = self.connections = 0
        self.said: list[str] = []
        self.last = int(handheld.work()["seq"])
        self._nodes, self._options = itertools.cycle(nodes), dict(options)
        self._closed, self.connected = False, threading.Event()
        self._socket: websocket.WebSocket | None = None
        self._thread = threading.Thread(target=self._follow_forever)
        self._thread.start()

    def pushed(self, kind: str, **what: Any) -> dict[str, Any] | None:
        """The first push of that type whose ticket has all of these values."""
        return next(
            (
                push
                for push in list(self.pushes)
                if push["type"] == kind and what.items() <= push.get("offer", push).get("ticket", {}).items()
            ),
            None,
        )

    def close(self) -> None:
        self._closed = True
        if self._socket is not None and self._socket.sock is not None:
            with suppress(OSError):
                self._socket.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _follow_forever(self) -> None:
        while not self._closed:
            with suppress(OSError, websocket.WebSocketException):  # that node is gone: the next one
                self._follow(next(self._nodes))
            self.connected.clear()
            if not self._closed:
                time.sleep(AGAIN_SECONDS)

    def _follow(self, node: str) -> None:
        where = urlsplit(node)
        scheme = "wss" if where.scheme == "https" else "ws"
        self._socket = wire = websocket.create_connection(
            f"{scheme}://{where.netloc}/socket.io/?EIO=4&transport=websocket",
            timeout=ANSWER_SECONDS_MAX,
            **({"suppress_origin": "origin" not in self._options} | self._options),
        )
        try:
            wire.recv()
            wire.send(CONNECT + json.dumps({"token": self._token}))
            answer = wire.recv()
            if not answer.startswith(CONNECT):
                self._closed = "unauthenticated" in answer  # signed out for good
                return
            wire.settimeout(None)
            wire.send(EVENT + json.dumps(["hello", {"since": self.last}]))
            self.connections += 1
            self.connected.set()
            while packet := wire.recv():
                if packet == "2":
                    wire.send("3")
                elif packet.startswith(EVENT):
                    self._heard(*json.loads(packet[len(EVENT) :]))
        finally:
            wire.close()

    def _heard(self, name: str, told: Mapping[str, Any]) -> None:
        self.said.append(name)
        if name == "reset":
            self.resets, self.last = self.resets + 1, told["seq"]
        elif name == "event":
            seq = told["seq"]
            if seq <= self.last:
                self.doubled.append(seq)
            elif seq > self.last + 1:
                self.lost += range(self.last + 1, seq)
            self.last = max(seq, self.last)
            self.arrived[seq] = time.time()
            self.pushes.append(dict(told))
