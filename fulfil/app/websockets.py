"""The wire below the sockets: a websocket that takes no message above a size, and ends with its connection.

Events of a client are handled one after the other by whoever reads its connection, and one greenlet pings
everybody: the library would begin one for each ping and each event, with four kilobytes of its own.

The library reads a message whole before it is measured, and waits for the other side's goodbye without end.
It keeps a reader for each connection, beside the one who waits for its messages, and takes up to a third of a
megabyte to compress what we send to a browser: a few hundred bytes at a time.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from socket import SHUT_RDWR
from typing import Any

import simple_websocket
from engineio.async_drivers.gevent import WebSocketWSGI
from engineio.packet import PING, Packet
from flask import Flask
from flask_socketio import SocketIO
from gevent.socket import socket as Connection
from wsproto.utilities import ProtocolError

log = logging.getLogger("fulfil.sockets")
PACKET_TYPES = "0123456"
PING_SECONDS, PONG_SECONDS_MAX = 15, 20
PING_LOOK_SECONDS = 0.1
COMPRESSION = "HTTP_SEC_WEBSOCKET_EXTENSIONS"  # what a client offers; it is not taken up


class _NoReader:
    """What the library takes for its reader's thread."""

    name = "none"

    def __init__(self, target: Callable[[], None]) -> None:
        pass

    def start(self) -> None:
        """Nobody reads before somebody waits for a message."""


class _Wire(simple_websocket.Server):
    """A websocket that is read by whoever waits for its next message.

    What its handshake took is let go of: some kilobytes for as long as it stays.
    """

    def __init__(self, environ: dict[str, Any], **options: Any) -> None:
        super().__init__(environ, **options)
        self.ws = self.ws.connection
        environ.clear()

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


class Server(SocketIO):
    """Sockets of these namespaces alone, over websockets alone, of messages of at most so many bytes."""

    def __init__(self, app: Flask, namespaces: Sequence[str], bytes_max: int) -> None:
        super().__init__(
            app,
            async_mode="gevent",
            transports=["websocket"],
            cors_allowed_origins=None,
            max_http_buffer_size=bytes_max,
            ping_interval=PING_SECONDS,
            ping_timeout=PONG_SECONDS_MAX,
            async_handlers=False,
            manage_session=False,
            namespaces=list(namespaces),  # else "/" would be open to everybody
            logger=False,
            engineio_logger=False,
        )
        self.eio = self.server.eio
        self.eio._async["websocket"] = bounded(bytes_max)
        self.eio.on("connect", self._connected)
        self._pings: deque[tuple[float, str]] = deque()  # all wait equally long: who came first is first

    def ping_forever(self) -> None:
        """Ping every connection when it is due, some at a time."""
        while True:
            self.sleep(PING_LOOK_SECONDS)
            self.ping_due(time.monotonic())

    def ping_due(self, now: float) -> None:
        """Ping whose time has come; `now` is of the monotonic clock."""
        while self._pings and self._pings[0][0] <= now:
            self._ping(self._pings.popleft()[1])

    def _ping(self, eio_sid: str) -> None:
        connection = self.eio.sockets.get(eio_sid)
        if connection is None or connection.closing or connection.closed:
            return
        connection.last_ping = time.time()
        try:
            connection.send(Packet(PING))
        except Exception:
            log.exception("a ping could not be sent")

    def _connected(self, eio_sid: str, environ: dict[str, Any]) -> Any:
        self.eio.sockets[eio_sid].schedule_ping = partial(self._ping_later, eio_sid)
        return self.server._handle_eio_connect(eio_sid, environ)

    def _ping_later(self, eio_sid: str) -> None:
        """Once a connection is there, and after its answer to each ping."""
        connection = self.eio.sockets.get(eio_sid)
        if connection is not None and connection.last_ping:
            connection.last_ping = None
            self._pings.append((time.monotonic() + PING_SECONDS, eio_sid))
