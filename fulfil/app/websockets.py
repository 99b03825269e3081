"""The wire below the sockets: a websocket that takes no message above a size, and ends with its connection.

The library reads a message whole before it is measured, and waits for the other side's goodbye without end.
It keeps a reader for each connection, beside the one who waits for its messages, and takes up to a third of a
megabyte to compress what we send to a browser: a few hundred bytes at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from socket import SHUT_RDWR
from typing import Any

import simple_websocket
from engineio.async_drivers.gevent import WebSocketWSGI
from gevent.socket import socket as Connection
from wsproto.utilities import ProtocolError

PACKET_TYPES = "0123456"
COMPRESSION = "HTTP_SEC_WEBSOCKET_EXTENSIONS"  # what a client offers; it is not taken up


class _NoReader:
    """What the library takes for its reader's thread."""

    name = "none"

    def __init__(self, target: Callable[[], None]) -> None:
        pass

    def start(self) -> None:
        """Nobody reads before somebody waits for a message."""


class _Wire(simple_websocket.Server):
    """A websocket that is read by whoever waits for its next message."""

    def receive(self, timeout: float | None = None) -> str | bytes:
        while self.connected and not self.input_buffer:
            try:
                self.ws.receive_data(self.sock.recv(self.receive_bytes) or None)
                self.connected = self._handle_events()
            except (OSError, ProtocolError):
                self.connected = False
        if self.input_buffer:
            return self.input_buffer.pop(0)
        self.sock.close()
        raise simple_websocket.ConnectionClosed(self.close_reason, self.close_message)


def bounded(bytes_max: int) -> Callable[..., WebSocketWSGI]:
    """The websocket of a server that reads messages of at most `bytes_max`, however they are cut up."""

    class Bounded(WebSocketWSGI):
        """Its connection ends as soon as either side has said goodbye, or a message grew too large."""

        def __init__(self, handler: Any, server: Any) -> None:
            super().__init__(handler, server)
            self.server_args |= {"max_message_size": bytes_max, "thread_class": _NoReader}

        def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
            environ.pop(COMPRESSION, None)
            self.ws = _Wire(environ, **self.server_args)
            return self.app(self)

        def wait(self) -> str | bytes | None:
            """The next message, None at the end, which also comes with what is no packet.

            The library would fail on that in the middle, and leave its writer behind until a ping is missed.
            """
            message = super().wait()
            is_packet = isinstance(message, bytes) or (message or " ")[0] in PACKET_TYPES
            return message if is_packet else None

        def close(self) -> None:
            """Say goodbye and end the connection: a client that does not answer would keep it open."""
            with suppress(OSError):
                super().close()
            with suppress(OSError):  # below TLS, too, which would wait for the other side
                Connection.shutdown(self.ws.sock, SHUT_RDWR)

    return Bounded
