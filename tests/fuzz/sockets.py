"""Packets for the socket: events with any payload, and what is no packet at all."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import websocket

from tests.edge.test_sockets import Socket
from tests.house import House

EVENTS = ("hello", "beat", "connect", "disconnect", "event", "no such event", "", "\0", "error", "signed_out")
LEAVES = (
    None,
    True,
    0,
    -1,
    1.5,
    2**53,
    2**63,
    -(2**63),
    1e308,
    "",
    "x",
    "\0",
    "\ud800",
    "锅" * 50,
    "x" * 5000,
)
PACKETS = (
    "2",
    "3",
    "5",
    "6",
    "40/terminal,",
    "41/terminal,",
    "42",
    "42/terminal,",
    "42/terminal,[]",
    "42/terminal,{}",
    "42/terminal,[1]",
    "42/terminal,[[]]",
    "43/terminal,1[]",
    "44/terminal,{}",
    "451-/terminal,[1]",
    '42/none,["hello"]',
    "4" * 200,
    "[" * 2000,
    "42/terminal," + "[" * 20000,
    '40/board,{"token":1}',
    '40/track,{"token":[]}',
    "1",
    "",
    "x",
    '42/terminal,["hello",NaN]',
)


OUR_FRAME = re.compile(r"/fulfil/|sockets\.py")


def errors(log: str) -> list[str]:
    """Errors of the log with a frame of our own. What is no packet is refused inside the library: it logs a
    line, and at worst the connection that sent it ends.
    """
    raw = re.findall(r"(?ms)^Traceback .*?^\w[\w.]*(?:Error|Exception)\b[^\n]*$", log)
    logged = [line for line in log.splitlines() if '"level": "ERROR"' in line]
    return [error for error in (*raw, *logged) if OUR_FRAME.search(error)]


class SocketFuzz:
    """Speaks as a signed-in packer; connects anew whenever it was cut off."""

    def __init__(self, house: House, seed: int) -> None:
        self._house, self._random, self.sent = house, random.Random(f"sockets/{seed}"), 0
        self._token = house.staff("packer").session["token"]
        self._device: Socket | None = None
        self._silent: list[str] = []

    def run(self, packets: int) -> None:
        """Send so many packets; after each hundred a right one must be answered."""
        for number in range(1, packets + 1):
            try:
                self._send()
            except (OSError, websocket.WebSocketException):
                self._device = None
            self.sent += 1
            if number % 100 == 0:
                self._still_served(number)

    def faults(self) -> list[str]:
        """What went wrong: no answer to a right packet, or an error of ours in the log."""
        return self._silent + errors(self._house.log())

    def _send(self) -> None:
        device = self._device = self._device or self._connect()
        if self._random.random() < 0.3:
            device.send_raw(self._random.choice(PACKETS))
        else:
            device.emit(self._random.choice(EVENTS), self._value(3))

    def _connect(self) -> Socket:
        return Socket(self._house, "/terminal", {"token": self._token})

    def _value(self, depth: int) -> Any:
        kind = self._random.random()
        if depth == 0 or kind < 0.5:
            return self._random.choice(LEAVES)
        if kind < 0.7:
            return [self._value(depth - 1) for _ in range(self._random.randint(0, 3))]
        names = self._random.sample(("since", "battery", "queued", "token", "x"), self._random.randint(0, 4))
        return {name: self._value(depth - 1) for name in names}

    def _still_served(self, number: int) -> None:
        device = self._connect()
        device.emit("hello", {"since": 2**53})
        told = device.event()
        if told[0] != "reset":
            self._silent.append(f"after packet {number}: {json.dumps(told)}")
        device.close()
