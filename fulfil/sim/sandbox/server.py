"""Runs the sandbox channel on gevent. Import after `monkey.patch_all()`."""

from __future__ import annotations

import json
import random
import signal
import socket
from pathlib import Path

import gevent
from gevent.event import Event
from gevent.pywsgi import WSGIServer

from fulfil.kit.clock import SystemClock
from fulfil.sim.sandbox.book import Book
from fulfil.sim.sandbox.outbox import Outbox
from fulfil.sim.sandbox.web import Till, create_app

STOP_SECONDS = 2


def serve(
    host: str, port: int, *, notify_base: str | None, secret: str, seed: str | None, journal: Path | None
) -> None:
    """Serve until SIGTERM or SIGINT; the first line on stdout is {"sandbox_url": …}."""
    book = Book(SystemClock(), seed, journal)
    till = Till(book, Outbox(book, secret, notify_base, random.SystemRandom()), secret)
    server = WSGIServer(_listener(host, port), create_app(till), log=None)
    server.start()
    till.resume()
    print(json.dumps({"sandbox_url": f"http://{host}:{server.server_port}"}), flush=True)
    done = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, done.set)
    done.wait()
    server.stop(timeout=STOP_SECONDS)


def _listener(host: str, port: int) -> socket.socket:
    listener = socket.create_server((host, port), backlog=512, reuse_port=False)
    # Accepted sockets inherit it; without it every small answer waits 40 ms for an acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setblocking(False)
    return listener
