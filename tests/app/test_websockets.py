"""Signs of life of the sockets: who is pinged when, by one loop for all of them."""

from __future__ import annotations

import time
from typing import Any

import pytest
from engineio.packet import PING, PONG, Packet
from engineio.socket import Socket
from flask import Flask

from fulfil.app.websockets import PING_SECONDS, Server


@pytest.fixture
def server() -> Server:
    return Server(Flask("sockets"), ["/terminal"], 1000)


def connect(server: Server, sid: str) -> Socket:
    """A connection without a network, as the library makes it."""
    made = server.eio.sockets[sid] = Socket(server.eio, sid)
    server.eio.handlers["connect"](sid, {})
    made.schedule_ping()
    return made


def waiting(connection: Socket) -> list[Any]:
    """The kinds of packets that wait to be sent."""
    return [connection.queue.get(block=False).packet_type for _ in range(connection.queue.qsize())]


def test_a_connection_is_pinged_when_its_time_has_come_and_not_before(server: Server) -> None:
    connection, now = connect(server, "a"), time.monotonic()
    server.ping_due(now + PING_SECONDS - 1)
    assert waiting(connection) == []
    server.ping_due(now + PING_SECONDS + 1)
    assert waiting(connection) == [PING]


def test_who_answers_is_pinged_again_once(server: Server) -> None:
    connection, now = connect(server, "a"), time.monotonic()
    server.ping_due(now + PING_SECONDS + 1)
    connection.receive(Packet(PONG))
    connection.receive(Packet(PONG))
    server.ping_due(now + 3 * PING_SECONDS)
    assert waiting(connection) == [PING, PING]


def test_who_does_not_answer_is_not_pinged_again(server: Server) -> None:
    connection, now = connect(server, "a"), time.monotonic()
    for turns in (2, 4, 6):
        server.ping_due(now + turns * PING_SECONDS)
    assert waiting(connection) == [PING]


def test_who_left_keeps_nobody_waiting(server: Server) -> None:
    gone, closed, there = (connect(server, sid) for sid in "abc")
    del server.eio.sockets["a"]
    closed.closed = True
    server.ping_due(time.monotonic() + PING_SECONDS + 1)
    assert [waiting(connection) for connection in (gone, closed, there)] == [[], [], [PING]]
