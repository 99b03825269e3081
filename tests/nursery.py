"""A process that has the server loaded, once for all shops, and forks what starts the servers of each.

To load it took every shop more than a second. In, over a socket: the program, the command line and the
environment as JSON, and with them what shall be the parent's standard input, output and error.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from os import close, fork  # as the system has them: what is loaded later waits for greenlets instead
from pathlib import Path
from typing import IO

MESSAGE_BYTES_MAX = 128 << 10


@dataclass
class Parent:
    """A forked process, from here: it reads what is written to `stdin` and ends with it."""

    stdin: IO[str]
    stdout: IO[str]


class Nursery:
    """The process, from here. It ends with this one."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            start_new_session=True,  # no Ctrl-C of the terminal
        )
        theirs.close()

    def parent(self, program: str, arguments: Sequence[str], log: Path) -> Parent:
        """A process that runs `main()` of the module `program` and writes its errors behind the log."""
        (into, stdin), (stdout, out) = os.pipe(), os.pipe()
        with log.open("a") as errors:
            self._ask(program, arguments, [into, out, errors.fileno()])
        os.close(into)
        os.close(out)
        return Parent(os.fdopen(stdin, "w"), os.fdopen(stdout))

    def warm(self, folder: Path, *database_urls: str) -> None:
        """Before it forks again it lives an order over each of these empty databases (`tests.warm`)."""
        self._ask("tests.warm", [str(folder), *database_urls], [])

    def end(self) -> None:
        """End it, whatever it is doing."""
        self._process.terminate()
        self._process.wait()
        self._socket.close()

    def _ask(self, program: str, arguments: Sequence[str], streams: list[int]) -> None:
        told = {"program": program, "arguments": arguments, "environment": dict(os.environ)}
        socket.send_fds(self._socket, [json.dumps(told).encode()], streams)


@cache
def nursery() -> Nursery:
    """The one of this run."""
    return Nursery()


@contextmanager
def warm_nursery(folder: Path, *database_urls: str) -> Iterator[None]:
    """What is forked meanwhile has lived an order over these; the folder is for files on the way."""
    nursery().warm(folder, *database_urls)
    try:
        yield
    finally:
        nursery().end()
        nursery.cache_clear()


def fork_on_demand(asked: socket.socket) -> None:
    """Fork a parent for every message with streams, until nobody can send one any more."""
    from tests import preloaded  # noqa: F401  loaded here, once for all

    while True:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them; a loop of greenlets would
        gc.freeze()
        message, streams, *_ = socket.recv_fds(asked, MESSAGE_BYTES_MAX, 3)
        if not message:
            return
        if not streams:
            _run(json.loads(message))
        elif fork() == 0:
            asked.close()
            _become(json.loads(message), streams)
        for stream in streams:
            close(stream)


def _become(told: dict, streams: Sequence[int]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        close(stream)
    _run(told)
    os._exit(0)


def _run(told: dict) -> None:
    os.environ.clear()
    os.environ.update(told["environment"])
    sys.argv[1:] = told["arguments"]
    import_module(told["program"]).main()


if __name__ == "__main__":
    # Made before anything is patched: it waits as the system does.
    fork_on_demand(socket.socket(fileno=int(sys.argv[1])))
