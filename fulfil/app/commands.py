"""Commands of a shop's owner: named functions that the command line runs on the database.

Where a server holds the SQLite database, the command goes to it through the Unix socket beside the file (only
its owner may open that), so that there is one writing process; otherwise it runs right here.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fulfil.app.locking import AlreadyServed, DatabaseLock
from fulfil.kit.config import Config
from fulfil.kit.errors import Conflict, Refusal

if TYPE_CHECKING:
    from fulfil.kit.base import Kit

log = logging.getLogger("fulfil.commands")
Command = Callable[..., dict[str, Any]]
COMMANDS: dict[str, Command] = {}
BODY_BYTES_MAX = 1024 * 1024
TIMEOUT_SECONDS = 900


class DatabaseBusy(Conflict):
    code, title = "database_busy", "Another command works on this database. Try again when it has ended."


class ServerFailed(Conflict):
    code, title = "server_failed", "The server could not do it; its log says why."


def named(name: str) -> Command | None:
    """The command of that name; the owner's commands register when they are first asked for."""
    import_module("fulfil.app.owner")
    return COMMANDS.get(name)


def command(function: Command) -> Command:
    """Make `function(kit, **arguments) -> JSON-ready dict` a command under its own name."""
    COMMANDS[function.__name__] = function
    return function


def run(
    config: Config, name: str, progress: Callable[[float], None] | None = None, **arguments: Any
) -> dict[str, Any]:
    """Run a command where it may write. Raises Refusal as the command did.

    `progress` hears of shares from 0 to 1 where the command tells them and runs in this process.
    """
    lock = DatabaseLock(config.database_url)
    try:
        lock.acquire()
    except AlreadyServed:
        return _send(config, name, arguments)
    try:
        # Loaded here: a command that a server does for us starts in a third of the time without them.
        from fulfil.app.serving import open_database
        from fulfil.app.wiring import wire
        from fulfil.kit import logs
        from fulfil.kit.base import Kit

        if progress is not None:
            arguments["progress"] = progress
        logs.install("WARNING")
        open_database(config.database_url)
        kit = wire(Kit(config))
        try:
            return named(name)(kit, **arguments)
        finally:
            kit.close()
    finally:
        lock.release()


@contextmanager
def local_address(url: sa.URL) -> Iterator[str]:
    """The Unix socket beside a SQLite database. It goes through the folder's descriptor, for an address may
    have 107 bytes only, and databases stand deeper than that."""
    database = Path(str(url.database))
    folder = os.open(database.parent, os.O_PATH)
    try:
        yield f"/proc/self/fd/{folder}/{database.name}.sock"
    finally:
        os.close(folder)


def local_application(kit: Kit) -> Callable:
    """The WSGI application behind the Unix socket: POST /NAME with the arguments as JSON."""

    def application(environ: dict, start_response: Callable) -> list[bytes]:
        status, answer = _answer(kit, environ)
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    return application


def _answer(kit: Kit, environ: dict) -> tuple[str, dict[str, Any]]:
    name = environ["PATH_INFO"].strip("/")
    length = int(environ.get("CONTENT_LENGTH") or 0)
    function = named(name)
    if function is None or length > BODY_BYTES_MAX:
        return "404 Not Found", {"code": "not_found", "detail": "There is no such command."}
    try:
        return "200 OK", function(kit, **json.loads(environ["wsgi.input"].read(length)))
    except Refusal as refusal:
        return "409 Conflict", refusal.problem()
    except Exception:
        log.exception("the command %s failed", name)
        return "500 Internal Server Error", ServerFailed().problem()


def _send(config: Config, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    connection = _UnixConnection(sa.make_url(config.database_url))
    try:
        connection.connect()
    except OSError:  # whoever holds the database does not listen: it is no server
        raise DatabaseBusy() from None
    connection.request("POST", f"/{name}", json.dumps(arguments).encode())
    response = connection.getresponse()
    answer = json.loads(response.read())
    if response.status == 200:
        return answer
    refusal = Refusal(answer.get("detail", ""))
    refusal.code = answer.get("code", "refused")
    raise refusal


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, url: sa.URL) -> None:
        super().__init__("localhost", timeout=TIMEOUT_SECONDS)
        self._url = url

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        with local_address(self._url) as address:
            self.sock.connect(address)
