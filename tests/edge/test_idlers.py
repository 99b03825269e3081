"""Connections that say nothing, or never end what they say, are closed; a quiet websocket is not."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from tests.edge.test_sockets import Socket
from tests.house import API, House, served
from tests.servers import SqliteDatabases

WAIT_SECONDS_MAX = 20
REQUEST = f"POST {API}/sessions/code HTTP/1.1\r\nHost: shop.lan\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def house(sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with served(sqlite_databases, folder, program="tests.edge.impatient") as made:
        yield made
        assert "Traceback" not in made.log()  # they are no fault of ours


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("", b""),
        ("POST /api", b""),
        (REQUEST, b"HTTP/1.1 400 Bad Request"),
        (REQUEST + "Content-Length: 2\r\n\r\n{", b"HTTP/1.1 400 BAD REQUEST"),
        (REQUEST + "Content-Length: 2\r\n\r\n{}", b"HTTP/1.1 422 UNPROCESSABLE ENTITY"),
    ],
    ids=["nothing", "half a line", "half a header", "half a body", "one request and no other"],
)
def test_who_says_no_more_is_hung_up_on(house: House, said: str, answered: bytes) -> None:
    with socket.create_connection(("127.0.0.1", house.port), timeout=WAIT_SECONDS_MAX) as connection:
        connection.sendall(said.encode())
        heard = b""
        while more := connection.recv(65536):
            heard += more
    assert heard.partition(b"\r\n")[0] == answered


def test_who_dribbles_is_hung_up_on(house: House) -> None:
    """Each byte comes in time, and the header never ends."""
    with socket.create_connection(("127.0.0.1", house.port), timeout=WAIT_SECONDS_MAX) as connection:
        connection.sendall(REQUEST.encode() + b"X-Slow: ")
        connection.settimeout(0.1)
        until = time.monotonic() + WAIT_SECONDS_MAX
        with pytest.raises((ConnectionError, BrokenPipeError, EOFError)):
            while time.monotonic() < until:
                connection.sendall(b"x")
                try:
                    if not connection.recv(65536):
                        raise EOFError
                except TimeoutError:
                    continue


def test_a_websocket_may_be_quiet(house: House) -> None:
    device = Socket(house, "/terminal", {"token": house.staff("picker").session["token"]})
    until = time.monotonic() + 2.5
    while time.monotonic() < until:
        house.http().call("GET", f"{API}/stores")
    device.emit("hello", {"since": 2**53})
    assert device.event()[0] == "reset"
    device.close()
