"""HTTP and websockets as light as they can be, so that what is measured is the server.

One `Wire` is one TCP connection. Answers must name their length, as this shop's JSON answers do.
"""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from fulfil.sim.clients import TIMEOUT_SECONDS, Http

READ_BYTES = 65536
LENGTH = re.compile(rb"\r\ncontent-length:[ ]*(\d+)", re.IGNORECASE)
TEXT, CLOSE, FINAL, MASKED = 0x1, 0x8, 0x80, 0x80
SHORT_MAX, MIDDLE_MAX = 125, 0xFFFF
AT_ONCE = struct.pack("ii", 1, 0)  # a closed connection is reset: nothing of it stays behind
UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n"
    # As browsers offer; a server that took it up would hold memory for it, and we could not read it.
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
)


class Answer:
    """What a server said, read to its end."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status, self._body = status, body

    def read(self) -> bytes:
        return self._body


class Wire:
    """A TCP connection with what has come and was not read yet. Raises ConnectionResetError at its end."""

    def __init__(self, base_url: str) -> None:
        address = urlsplit(base_url)
        self.host = address.netloc
        self._socket = socket.create_connection((address.hostname, address.port), TIMEOUT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._waiting = b""

    def send(self, raw: bytes) -> None:
        self._socket.sendall(raw)

    def answer(self) -> Answer:
        """The answer to the one request that is under way."""
        head = self._head()
        length = LENGTH.search(head)
        if length is None:
            raise OSError("an answer does not name its length")
        return Answer(int(head[9:12]), self._take(int(length[1])))

    def upgrade(self, path: str) -> None:
        """From now on the connection carries frames."""
        self.send(UPGRADE.format(path=path, host=self.host).encode())
        head = self._head()
        if int(head[9:12]) != 101:
            raise OSError(f"the socket was refused: {head[:100].decode(errors='replace')}")
        self._socket.settimeout(None)

    def send_text(self, text: str) -> None:
        """One frame. The mask is zero: it protects proxies, and there are none."""
        raw = text.encode()
        if len(raw) <= SHORT_MAX:
            head = struct.pack("!BB", FINAL | TEXT, MASKED | len(raw))
        elif len(raw) <= MIDDLE_MAX:
            head = struct.pack("!BBH", FINAL | TEXT, MASKED | SHORT_MAX + 1, len(raw))
        else:
            raise ValueError("a device says nothing that long")
        self.send(head + bytes(4) + raw)

    def text(self) -> str:
        """The next frame, empty when the server closes."""
        kind, length = self._take(2)
        if kind & 0xF == CLOSE:
            return ""
        if kind != FINAL | TEXT:
            raise OSError(f"a frame of kind {kind} is not expected")
        if length > SHORT_MAX:
            length = int.from_bytes(self._take(2 if length == SHORT_MAX + 1 else 8), "big")
        return self._take(length).decode()

    def cut(self) -> None:
        """End at once, as a network does that fails."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self._socket.close()

    close = cut

    def _head(self) -> bytes:
        while (end := self._waiting.find(b"\r\n\r\n")) < 0:
            self._read()
        return self._take(end + 4)

    def _take(self, count: int) -> bytes:
        while len(self._waiting) < count:
            self._read()
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken

    def _read(self) -> None:
        more = self._socket.recv(READ_BYTES)
        if not more:
            raise ConnectionResetError("the server has closed the connection")
        self._waiting += more


class WireHttp(Http):
    """An Http that costs a fifth of what the standard library's client does."""

    def _once(self, method: str, path: str, raw: bytes | None, headers: Mapping[str, str]) -> Any:
        if self._connection is None:
            self._connection = Wire(self.base_url)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        length = f"Content-Length: {len(raw or b'')}\r\n" if raw or method != "GET" else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._connection.host}\r\n{lines}{length}\r\n"
        self._connection.send(head.encode() + (raw or b""))
        return self._connection.answer()
