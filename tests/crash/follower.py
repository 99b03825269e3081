"""A device that follows its log over the socket, and comes back whenever the server has died."""

from __future__ import annotations

import json
import time
from threading import Event, Thread

import websocket

from tests.house import House

AGAIN_SECONDS = 0.05
ARRIVES_SECONDS_MAX = 20
GONE = (OSError, websocket.WebSocketException)


class Follower:
    """Collects the pushes of one person by their numbers, as a device does: it asks for what is after its
    last one, and never shows a number again.
    """

    def __init__(self, house: House, token: str) -> None:
        self._url = f"ws://127.0.0.1:{house.port}/socket.io/?EIO=4&transport=websocket"
        self._token, self._over = token, Event()
        self.last = 0
        self.missed: list[str] = []
        self._thread = Thread(target=self._follow, daemon=True)
        self._thread.start()

    def catch_up(self, head: int) -> None:
        """Wait for push number `head`, the last one that there is."""
        deadline = time.monotonic() + ARRIVES_SECONDS_MAX
        while self.last < head and time.monotonic() < deadline:
            self._over.wait(AGAIN_SECONDS)
        if self.last != head:
            self.missed.append(f"pushed up to {head}, {self.last} came")

    def end(self) -> None:
        """Stop listening."""
        self._over.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._over.is_set():
            try:
                self._listen(websocket.create_connection(self._url, timeout=1))
            except websocket.WebSocketTimeoutException:
                continue
            except GONE:
                self._over.wait(AGAIN_SECONDS)

    def _listen(self, wire: websocket.WebSocket) -> None:
        try:
            wire.recv()
            wire.send("40/terminal," + json.dumps({"token": self._token}))
            while not self._over.is_set():
                packet = wire.recv()
                if packet == "2":
                    wire.send("3")
                elif packet.startswith("40/terminal"):
                    wire.send("42/terminal," + json.dumps(["hello", {"since": self.last}]))
                elif packet.startswith("42/terminal"):
                    self._heard(*json.loads(packet.partition(",")[2]))
                elif not packet:
                    return
        finally:
            wire.close()

    def _heard(self, name: str, told: dict) -> None:
        if name == "event" and told["seq"] > self.last:
            if told["seq"] != self.last + 1:
                self.missed.append(f"after push {self.last} came {told['seq']}")
            self.last = told["seq"]
