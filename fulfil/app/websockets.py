"""The wire below the sockets: a websocket that takes no message above a size, and ends with its connection.

The library reads a message whole before it is measured, and waits for the other side's goodbye without end.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from socket import SHUT_RDWR
from typing import Any

import simple_websocket
from engineio.async_drivers.gevent import WebSocketWSGI
from gevent.socket import socket as Connection

PACKET_TYPES = "0123456"


class _Wire(simple_websocket.Server):
    """A websocket that tells who waits for a message when none will come any more."""

    def _thread(self) -> None:
        super()._thread()
        self.event.set()


def bounded(bytes_max: int) -> Callable[..., WebSocketWSGI]:
    """The websocket of a server that reads messages of at most `bytes_max`, however they are cut up."""

    class Bounded(WebSocketWSGI):
        """Its connection ends as soon as either side has said goodbye, or a message grew too large."""

        def __init__(self, handler: Any, server: Any) -> None:
            super().__init__(handler, server)
            self.server_args["max_message_size"] = bytes_max

        def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
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
