"""Requests as other programs write them: over the served shop, byte by byte."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from tests.house import API, House

WAIT_SECONDS_MAX = 10
HEAD = f"POST {API}/sessions/code HTTP/1.1\r\nHost: shop.lan\r\nContent-Type: application/json\r\n"
BODY = b'{"phone": "5"}'
WRONG_PHONE = (422, "wrong_phone")


@pytest.fixture
def connection(house: House) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", house.port), timeout=WAIT_SECONDS_MAX) as connection:
        yield connection


def answer(connection: socket.socket) -> tuple[int, str]:
    """Status and code of the next answer."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, json.loads(response.read()).get("code")


def chunked(body: bytes) -> bytes:
    return b"".join(b"%x\r\n%c\r\n" % (1, byte) for byte in body) + b"0\r\n\r\n"


def test_a_body_in_chunks_is_read_as_one_with_a_length(connection: socket.socket) -> None:
    """Programs that do not know the length of what they say, such as a channel's, send chunks."""
    for _ in range(2):
        connection.sendall(HEAD.encode() + b"Transfer-Encoding: Chunked\r\n\r\n" + chunked(BODY))
        assert answer(connection) == WRONG_PHONE
        connection.sendall(HEAD.encode() + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)
        assert answer(connection) == WRONG_PHONE


@pytest.mark.parametrize(
    "fields",
    [
        "Upgrade: websocket\r\nConnection: upgrade",
        "Connection: upgrade",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c",
    ],
)
def test_who_offers_another_protocol_leaves_the_next_request_whole(
    connection: socket.socket, fields: str
) -> None:
    """Behind a proxy the next request on a connection is somebody else's: not a byte of it may be lost."""
    connection.sendall(f"{HEAD}{fields}\r\nContent-Length: {len(BODY)}\r\n\r\n".encode() + BODY)
    assert answer(connection) == WRONG_PHONE
    connection.sendall(HEAD.encode() + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)
    assert answer(connection) == WRONG_PHONE
