"""One gevent process that serves HTTP and sockets and works off tasks. Import after `monkey.patch_all()`."""

from __future__ import annotations

import logging
import os
import signal
import socket
import ssl
from pathlib import Path

import gevent
import sqlalchemy as sa
from apscheduler.schedulers.gevent import GeventScheduler
from flask import Flask
from gevent.pywsgi import WSGIServer

from fulfil import migrations
from fulfil.app import schedule
from fulfil.app.commands import local_application
from fulfil.app.locking import DatabaseLock
from fulfil.app.sockets import Sockets
from fulfil.app.wiring import create_app
from fulfil.contracts.fulfilment import SessionEnded
from fulfil.kit.base import Kit

log = logging.getLogger("fulfil.serving")
BACKLOG = 1024
STOP_SECONDS = 5


class Server:
    """A running node. `port` is the real one, also when 0 was asked for."""

    def __init__(self, kit: Kit, *, host: str, port: int, tls: tuple[str, str] | None = None,
                 works_tasks: bool = True, lock: DatabaseLock | None = None) -> None:
        self.kit, self._lock = kit, lock
        self.app: Flask = create_app(kit)
        self.sockets = Sockets(self.app, kit)
        kit.events.subscribe(SessionEnded, "sockets.close", self._close_session, inline=True)
        self._listener = listen(host, port)
        self.port: int = self._listener.getsockname()[1]
        options = {"ssl_context": _tls(*tls)} if tls else {}
        self._http = WSGIServer(self._listener, self.app, log=None, error_log=logging.getLogger("fulfil.http"),
                                **options)
        self._local = self._local_server()
        self._works_tasks = works_tasks
        self._scheduler: GeventScheduler | None = None

    def start(self) -> None:
        """Accept requests and begin to work."""
        self.sockets.start()
        if self._works_tasks:
            gevent.spawn(self.kit.tasks.run_forever, gevent.spawn)
            self._scheduler = schedule.start(self.kit, GeventScheduler())
        self._http.start()
        if self._local:
            self._local.start()
        log.info("serving", extra={"port": self.port})

    def serve_until_signal(self) -> None:
        """Serve until SIGTERM or SIGINT; requests under way may end."""
        done = gevent.event.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            gevent.signal_handler(number, done.set)
        done.wait()
        self.stop()

    def stop(self) -> None:
        if self._scheduler:
            self._scheduler.shutdown(wait=False)
        self._http.stop(timeout=STOP_SECONDS)
        if self._local:
            self._local.stop(timeout=1)
        self.kit.close()
        if self._lock:
            self._lock.release()

    def _close_session(self, tx, ended: SessionEnded) -> None:
        tx.after_commit(lambda: self.sockets.close_session(ended.session_id))

    def _local_server(self) -> WSGIServer | None:
        """A Unix socket beside a SQLite database, through which commands of its owner reach this process."""
        if not self.kit.db.sqlite:
            return None
        path = Path(f"{self.kit.db.url.database}.sock")
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        previous = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(previous)
        listener.listen(16)
        return WSGIServer(listener, local_application(self.kit), log=None, environ={"SERVER_NAME": "local"})


def open_database(url: str) -> None:
    """Bring the database to this code's version, making it where there is none."""
    path = sa.make_url(url).database
    if url.startswith("sqlite") and path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    migrations.upgrade(url)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket without Nagle's delay, which would cost every request 44 ms."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def _tls(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


