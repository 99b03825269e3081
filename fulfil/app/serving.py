"""A gevent process that serves HTTP and sockets, and works off tasks. Import after `monkey.patch_all()`."""

from __future__ import annotations

import logging
import os
import socket
import ssl
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import gevent
import sqlalchemy as sa
from flask import Flask
from gevent.pywsgi import WSGIHandler, WSGIServer

from fulfil import migrations
from fulfil.app.commands import local_address, local_application
from fulfil.app.headers import Headers
from fulfil.app.inspection import OtherVersion
from fulfil.app.locking import DatabaseLock
from fulfil.app.sockets import Sockets
from fulfil.app.wiring import create_app, wire
from fulfil.app.working import Work, settle_memory, wait_for_signal
from fulfil.kit import logs
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from fulfil.kit.errors import Conflict
from fulfil.kit.files import private

log = logging.getLogger("fulfil.serving")
BACKLOG = 1024
# Of a connection without a request, or in the middle of one. A proxy's own limit is below it (nginx: 60 s).
IDLE_SECONDS_MAX = 75
HEADER_SECONDS_MAX = 15
# Most requests are shorter; the library keeps four times as much of every connection, the silent ones, too.
READ_BYTES = 2048
HEADER_END = b"\r\n\r\n"
NOTHING = BytesIO()
STOP_SECONDS = 2  # open sockets do not end by themselves; requests take far less


class PortTaken(Conflict):
    code, title = "port_taken", "Something else listens there."


class NeedsPostgres(Conflict):
    code = "needs_postgres"
    title = "One process alone works on SQLite, with its tasks. Several need PostgreSQL: see --database-url."


class EndlessHeader(ValueError):
    """A client went away, or went on for ever, before its request was told. To gevent the client's fault."""


class SocketAwareHandler(WSGIHandler):
    """Reads header fields strictly, waits for nobody for ever, and ends a connection with its websocket.

    An answer leaves in one piece, for each piece wakes the client. The application counts requests itself.

    What a client still sends after a websocket is a frame, not the next request. Only a handshake, which has
    no body, begins one: whatever else names another protocol is a request like any other, of which gevent
    would read the body twice, the second time from the request behind it.
    """

    def __init__(self, sock: Any, address: Any, server: Any, rfile: Any = None) -> None:
        super().__init__(sock, address, server, rfile or sock.makefile("rb", READ_BYTES))

    def handle(self) -> None:
        self.socket.settimeout(IDLE_SECONDS_MAX)
        super().handle()

    def read_requestline(self) -> str:
        # A header that has come in one piece, as most do, needs no clock.
        self._is_whole = HEADER_END in self.rfile.peek()
        return super().read_requestline()

    def read_request(self, raw_requestline: str) -> bool:
        if self._is_whole:
            return super().read_request(raw_requestline)
        try:
            with gevent.Timeout(HEADER_SECONDS_MAX, EndlessHeader("the header never ends")):
                return super().read_request(raw_requestline)
        except OSError as gone:
            raise EndlessHeader(str(gone)) from gone

    def MessageClass(self, lines: BinaryIO, *_: object) -> Headers:  # gevent's name
        return Headers(lines)

    def handle_one_response(self) -> None:
        websocket = self._connection_upgrade_requested()
        if websocket:
            self.socket.settimeout(None)  # it has its own signs of life
            self.rfile = self.wsgi_input.rfile = NOTHING  # and reads by itself
        super().handle_one_response()
        if websocket:
            self.close_connection = True

    def log_request(self) -> None:
        """Nobody reads gevent's line."""

    def _write_with_headers(self, data: bytes) -> None:
        whole = bytearray()
        self._sendall = whole.extend  # gevent sends the header by itself
        try:
            super()._write_with_headers(data)
        finally:
            del self._sendall
        self._sendall(whole)

    def _connection_upgrade_requested(self) -> bool:
        return (
            self.command == "GET"
            and self.headers.get("upgrade", "").lower() == "websocket"
            and not self.content_length
            and self.headers.get("transfer-encoding") is None
        )


class TlsAwareServer(WSGIServer):
    """A WSGI server to which a client that gives up the TLS handshake is no fault of ours."""

    def wrap_socket_and_handle(self, client_socket: socket.socket, address: object) -> None:
        try:
            super().wrap_socket_and_handle(client_socket, address)
        except (ssl.SSLError, ConnectionError) as gone:
            log.info("a client left during the TLS handshake: %s", getattr(gone, "reason", gone))
            client_socket.close()


class Server:
    """A node that serves `kit` on `listener`."""

    def __init__(
        self,
        kit: Kit,
        listener: socket.socket,
        *,
        tls: tuple[str, str] | None = None,
        lock: DatabaseLock | None = None,
        tasks: bool = True,
    ) -> None:
        self.kit, self._lock, self._listener = kit, lock, listener
        self.app: Flask = create_app(kit)
        self.sockets = Sockets(self.app, kit)
        self._work = Work(kit, tasks=tasks)
        options = {"ssl_context": _tls(*tls)} if tls else {}
        self._http = TlsAwareServer(
            listener,
            self.app,
            log=None,
            error_log=logging.getLogger("fulfil.http"),
            handler_class=SocketAwareHandler,
            environ={"SERVER_NAME": listener.getsockname()[0]},  # or its name would be looked up
            **options,
        )
        self._local = self._local_server()

    def start(self) -> None:
        """Accept requests and begin to work."""
        self.sockets.start()
        self._work.start()
        self._http.start()
        if self._local:
            self._local.start()
        settle_memory()
        log.info("serving", extra={"port": port_of(self._listener)})

    def serve_until_signal(self) -> None:
        """Serve until SIGTERM or SIGINT; requests under way may end."""
        wait_for_signal()
        self.stop()

    def stop(self) -> None:
        self._http.stop(timeout=STOP_SECONDS)
        if self._local:
            self._local.stop(timeout=1)
        self._work.stop()
        self.kit.close()
        if self._lock:
            self._lock.release()

    def _local_server(self) -> WSGIServer | None:
        """A Unix socket beside a SQLite database, through which commands of its owner reach this process."""
        if not self.kit.db.sqlite:
            return None
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        previous = os.umask(0o177)
        try:
            with local_address(self.kit.db.url) as address:
                Path(address).unlink(missing_ok=True)
                listener.bind(address)
        finally:
            os.umask(previous)
        listener.listen(16)
        return WSGIServer(listener, local_application(self.kit), log=None, environ={"SERVER_NAME": "local"})


def serve(
    config: Config, host: str, port: int, *, tls: tuple[str, str] | None = None, tasks: bool = True
) -> None:
    """Serve a shop until a signal comes. Raises AlreadyServed when another process does, OtherVersion.

    Without `tasks` workers beside this process must work them off (on PostgreSQL only: NeedsPostgres).
    """
    logs.install(config.log_level)
    if not tasks:
        require_postgres(config.database_url)
    lock = DatabaseLock(config.database_url).acquire()
    listener = listen(host, port)
    join_database(config.database_url)
    if config.public_url == Config.public_url:
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
        config = replace(config, public_url=f"{'https' if tls else 'http'}://{shown}:{port_of(listener)}")
    server = Server(wire(Kit(config)), listener, tls=tls, lock=lock, tasks=tasks)
    server.start()
    print(f"Serving at {config.public_url}", flush=True)
    server.serve_until_signal()


def open_database(url: str, *, phase: str = migrations.POST) -> None:
    """Bring the database to this version, making it, for its owner only, where there is none."""
    path = sa.make_url(url).database
    if url.startswith("sqlite") and path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        private(Path(path))
    migrations.upgrade(url, phase=phase)


def join_database(url: str) -> None:
    """As `open_database`; but of one that others share only the version is looked at. Raises OtherVersion."""
    if sa.make_url(url).get_backend_name() == "sqlite":
        open_database(url)
    elif not migrations.serves(url):
        raise OtherVersion("The database is older than this program. Run `fulfil migrate` first.")


def require_postgres(url: str) -> None:
    """Raises NeedsPostgres."""
    if sa.make_url(url).get_backend_name() == "sqlite":
        raise NeedsPostgres()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket without Nagle's delay, which would cost every request 44 ms."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise PortTaken(
            f"{host}:{port} can't be served ({error.strerror}). Choose another --port; 0 takes any free one."
        ) from None
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def port_of(listener: socket.socket) -> int:
    """The port that it really has, also when 0 was asked for."""
    return listener.getsockname()[1]


def _tls(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context
