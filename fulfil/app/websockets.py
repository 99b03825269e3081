"""The wire below the sockets: a websocket that takes no message above a size, and ends with its connection.

Events of a client are handled one after the other by whoever reads its connection, and one greenlet pings
everybody: the library would begin one for each ping and each event, with four kilobytes of its own.

The library reads a message whole before it is measured, and waits for the other side's goodbye without end.
It leaves out what of a message the system does not take at once, which is a message cut up on a slow network.
It keeps a reader for each connection, beside the one who waits for its messages, and takes up to a third of a
megabyte to compress what we send to a browser: a few hundred bytes at a time.
"""

from __future__ import annotations

import logging
import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from socket import SHUT_RDWR
from typing import Any

import simple_websocket
from engineio.async_drivers.gevent import WebSocketWSGI
from engineio.packet import PING
from engineio.packet import Packet as Carried
from flask import Flask
from flask_socketio import SocketIO
from gevent.lock import Semaphore
from gevent.socket import socket as Connection
from socketio import packet
from wsproto.utilities import ProtocolError

from fulfil.kit.live import REPLAY_MAX

log = logging.getLogger("fulfil.sockets")
# What a client may say: goodbye, an answer to a ping; that it enters or leaves a namespace, an event there.
# Nothing here is told in bytes, acknowledged to the server, or begun over anything but a websocket.
SAID = ("1", "3", "40", "41", "42")
KEY = re.compile(r"[A-Za-z0-9+/]{22}==")  # sixteen bytes, which a client of websockets makes up
RESERVED = ("connect", "disconnect")  # events of the library alone
WAITING_PACKETS_MAX = 2 * REPLAY_MAX  # of a client that does not read them
PING_SECONDS, PONG_SECONDS_MAX = 15, 20
PING_LOOK_SECONDS = 0.1
SILENT_SECONDS_MAX = PING_SECONDS + 2 * PONG_SECONDS_MAX  # nothing comes, or nothing is taken: who is there?
COMPRESSION = "HTTP_SEC_WEBSOCKET_EXTENSIONS"  # what a client offers; it is not taken up


class NotSaid(ValueError):
    """What came is nothing that a client may say."""


class _Packet(packet.Packet):
    """What Socket.IO sends, and what a client may say: events have a name that is not the library's own."""

    uses_binary_events = False  # what is sent need not be looked through for bytes

    def decode(self, encoded_packet: str) -> int:
        """Take it apart; there are no parts to come. Raises NotSaid."""
        try:
            super().decode(encoded_packet)
        except (ValueError, RecursionError) as error:
            raise NotSaid() from error
        if self.packet_type == packet.EVENT and not _is_event(self.data):
            raise NotSaid()
        return 0


def _is_event(data: Any) -> bool:
    return isinstance(data, list) and data != [] and isinstance(data[0], str) and data[0] not in RESERVED


class _NoReader:
    """What the library takes for its reader's thread."""

    name = "none"

    def __init__(self, target: Callable[[], None]) -> None:
        pass

    def start(self) -> None:
        """Nobody reads before somebody waits for a message."""


class _Line:
    """The connection below a websocket: whatever is sent goes out whole, one message after the other.

    It ends when the other side takes nothing of a message, or says nothing, for SILENT_SECONDS_MAX.
    """

    def __init__(self, connection: Any) -> None:
        connection.settimeout(SILENT_SECONDS_MAX)
        self._connection, self._turn = connection, Semaphore()
        self.recv, self.close = connection.recv, connection.close

    def send(self, data: bytes) -> None:
        with self._turn:  # who writes and who answers from within `receive` are two
            try:
                self._connection.sendall(data)
            except OSError:
                self.end()  # a half of a message is followed by nothing
                raise

    def end(self) -> None:
        with suppress(OSError):  # below TLS, too, which would wait for the other side
            Connection.shutdown(self._connection, SHUT_RDWR)


class _Wire(simple_websocket.Server):
    """A websocket that is read by whoever waits for its next message.

    What its handshake took is let go of: some kilobytes for as long as it stays.
    """

    def __init__(self, environ: dict[str, Any], **options: Any) -> None:
        super().__init__(environ, **options)
        self.ws, self.sock = self.ws.connection, _Line(self.sock)
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
            try:
                self.ws = _Wire(environ, **self.server_args)
            except (ProtocolError, simple_websocket.ConnectionError):
                return _refused(start_response)
            return self.app(self)

        def wait(self) -> str | None:
            """The next message, None at the end, which also comes with what no client may say.

            The library would fail on that in the middle, and leave its writer behind until a ping is missed,
            or collect parts of a message in bytes for as long as they come.
            """
            message = super().wait()
            return message if isinstance(message, str) and message.startswith(SAID) else None

        def close(self) -> None:
            """Say goodbye and end the connection: a client that does not answer would keep it open."""
            with suppress(OSError):
                super().close()
            self.ws.sock.end()

    return Bounded


def _is_handshake(environ: dict[str, Any]) -> bool:
    """Whether a request begins a websocket (RFC 6455); the library would fail on what is almost one."""
    wants = [part.strip() for part in environ.get("HTTP_CONNECTION", "").lower().split(",")]
    return (
        environ["REQUEST_METHOD"] == "GET"
        and environ.get("HTTP_UPGRADE", "").lower() == "websocket"
        and "upgrade" in wants
        and environ.get("HTTP_SEC_WEBSOCKET_VERSION") == "13"
        and KEY.fullmatch(environ.get("HTTP_SEC_WEBSOCKET_KEY", "")) is not None
    )


def _refused(start_response: Callable[..., Any]) -> list[bytes]:
    start_response("400 Bad Request", [("Content-Length", "0")])
    return []


def cut(connection: Any) -> None:
    """End a connection of the library's, as the network would: nobody is told, and what waits is dropped."""
    connection.close(wait=False, abort=True)
    while not connection.queue.empty():
        connection.queue.get(block=False)
    connection.queue.put(None)


class Server(SocketIO):
    """Sockets of these namespaces alone, over websockets alone, of messages of at most so many bytes."""

    def __init__(self, app: Flask, namespaces: Sequence[str], bytes_max: int) -> None:
        for name in ("engineio.server", "socketio.server"):
            # Where nobody says how loud they are, they print what went wrong themselves, with its words.
            logging.getLogger(name).setLevel(logging.ERROR)
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
            serializer=_Packet,
            namespaces=list(namespaces),  # else "/" would be open to everybody
            logger=False,
            engineio_logger=False,
        )
        self.eio = self.server.eio
        self.eio._async["websocket"] = bounded(bytes_max)
        self._engine, self.eio.handle_request = self.eio.handle_request, self._asked
        self.eio.on("connect", self._connected)
        self.eio.on("message", self._heard)
        self._pings: deque[tuple[float, str]] = deque()  # all wait equally long: who came first is first

    def _asked(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if not _is_handshake(environ):
            return _refused(start_response)
        return self._engine(environ, start_response)

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
            connection.send(Carried(PING))
        except Exception:
            log.exception("a ping could not be sent")

    def _connected(self, eio_sid: str, environ: dict[str, Any]) -> Any:
        self.eio.sockets[eio_sid].schedule_ping = partial(self._ping_later, eio_sid)
        return self.server._handle_eio_connect(eio_sid, environ)

    def _heard(self, eio_sid: str, said: Any) -> None:
        """What a client says. Who says what may not be said is let go, and who asks on and reads nothing."""
        connection = self.eio.sockets.get(eio_sid)
        if connection is None or connection.closed:
            return  # what came together with the last word
        if connection.queue.qsize() > WAITING_PACKETS_MAX:
            log.warning("a client asks and does not read; it is cut off")
            cut(connection)
            return
        try:
            if not isinstance(said, str):  # the library has read JSON where a packet should begin
                raise NotSaid()
            self.server._handle_eio_message(eio_sid, said)
        except NotSaid:
            cut(connection)
        except Exception:
            log.exception("an event could not be handled")

    def _ping_later(self, eio_sid: str) -> None:
        """Once a connection is there, and after its answer to each ping."""
        connection = self.eio.sockets.get(eio_sid)
        if connection is not None and connection.last_ping:
            connection.last_ping = None
            self._pings.append((time.monotonic() + PING_SECONDS, eio_sid))
