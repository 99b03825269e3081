"""The wire below the sockets: who is pinged when, what becomes of what a client says, and that messages come
whole, however slowly they are read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any

import gevent
import pytest
from engineio.packet import MESSAGE, PING, PONG, Packet
from engineio.socket import Socket
from flask import Flask
from gevent import socket
from wsproto import ConnectionType, WSConnection
from wsproto.events import Ping, Pong, Request, TextMessage

from fulfil.app import websockets
from fulfil.app.namespaces import Bare
from fulfil.app.websockets import PING_SECONDS, WAITING_PACKETS_MAX, Server, bounded


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


class Talk(Bare):
    """A namespace whose events answer, fail, or end the talk."""

    def __init__(self) -> None:
        super().__init__("/terminal")
        self.heard: list[str] = []
        self.left: list[str] = []

    def on_connect(self, _sid: str, *_: Any) -> None:
        """Everybody may."""

    def on_disconnect(self, sid: str, *_: Any) -> None:
        self.left.append(sid)

    def on_say(self, _sid: str, word: str) -> str:
        self.heard.append(word)
        return word

    def on_fail(self, _sid: str) -> None:
        raise LookupError("a bug")

    def on_leave(self, sid: str) -> None:
        self.disconnect(sid)


@pytest.fixture
def talk(server: Server) -> Talk:
    made = Talk()
    server.on_namespace(made)
    return made


def enter(server: Server, sid: str) -> Socket:
    made = connect(server, sid)
    say(made, "0/terminal,")
    assert [packet.data[:11] for packet in answers(made)] == ["0/terminal,"]
    return made


def say(connection: Socket, *packets: str) -> None:
    """Packets of Socket.IO, as they are carried."""
    for packet in packets:
        connection.receive(Packet(MESSAGE, packet))


def answers(connection: Socket) -> list[Any]:
    """What waits to be sent; None is the end."""
    return [connection.queue.get(block=False) for _ in range(connection.queue.qsize())]


def test_events_are_answered_in_their_order_and_one_that_fails_ends_nothing(
    server: Server, talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    connection = enter(server, "a")
    say(
        connection,
        '2/terminal,1["say","a"]',
        '2/terminal,2["fail"]',
        '2/terminal,3["unknown"]',
        '2/terminal,4["say","b"]',
    )
    assert [packet.data for packet in answers(connection)] == [
        '3/terminal,1["a"]',
        "3/terminal,3[]",
        '3/terminal,4["b"]',
    ]
    assert [record.name for record in caplog.records] == ["fulfil.sockets"]


def test_a_handler_may_end_the_talk_and_nothing_is_heard_after_it(server: Server, talk: Talk) -> None:
    connection = enter(server, "a")
    say(connection, '2/terminal,["leave"]', '2/terminal,1["say","late"]', '2/terminal,["leave"]')
    assert [packet.data for packet in answers(connection)] == ["1/terminal,"]
    assert talk.heard == [] and len(talk.left) == 1


@pytest.mark.parametrize("packet", ["2/terminal,[", "2/terminal,[5]", '2/terminal,["disconnect"]'])
def test_what_may_not_be_said_ends_the_connection_and_nothing_is_heard_after_it(
    server: Server, talk: Talk, packet: str
) -> None:
    one, other = enter(server, "a"), enter(server, "b")
    say(one, packet, '2/terminal,1["say","late"]', packet)
    assert one.closed and answers(one) == [None]
    assert talk.heard == [] and len(talk.left) == 1
    say(other, '2/terminal,1["say","on"]')
    assert [packet.data for packet in answers(other)] == ['3/terminal,1["on"]']


def test_who_asks_on_and_on_and_reads_nothing_is_cut_off(server: Server, talk: Talk) -> None:
    connection = enter(server, "a")
    for n in range(2 * WAITING_PACKETS_MAX):
        say(connection, f'2/terminal,{n}["say","more"]')
    assert connection.closed and answers(connection) == [None]
    assert len(talk.heard) == WAITING_PACKETS_MAX + 1 and len(talk.left) == 1


class Client:
    """The other side of a websocket; the server's side writes into a small buffer."""

    def __init__(self, serve: Callable[[Any], None]) -> None:
        there, self.connection = socket.socketpair()
        there.setsockopt(SOL_SOCKET, SO_SNDBUF, 5000)
        self.pongs = 0
        self._ws = WSConnection(ConnectionType.CLIENT)
        asked = self._ws.send(Request(host="shop", target="/")).decode().split("\r\n")[1:]
        fields = dict(line.split(": ", 1) for line in asked if line)
        environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in fields.items()}
        wire = bounded(1000)(serve, None)
        self.server = gevent.spawn(wire, environ | {"werkzeug.socket": there}, None)

    def say(self, event: Any) -> None:
        self.connection.sendall(self._ws.send(event))

    def texts(self) -> Iterator[str]:
        """Whole messages, until the connection ends."""
        text = ""
        while data := self.connection.recv(1000):
            self._ws.receive_data(data)
            for event in self._ws.events():
                self.pongs += isinstance(event, Pong)
                if isinstance(event, TextMessage):
                    text += event.data
                    if event.message_finished:
                        yield text
                        text = ""


def test_a_message_that_is_read_slowly_comes_whole_and_an_answer_to_a_ping_between_two() -> None:
    sent = [f"{n}:" + "x" * 30_000 for n in range(20)]

    def serve(wire: Any) -> None:
        answering = gevent.spawn(wire.wait)
        for text in sent:
            wire.send(text)
        answering.join()
        wire.close()

    client, got = Client(serve), []
    for text in client.texts():
        got.append(text)
        client.say(TextMessage("x") if len(got) == len(sent) else Ping())
    assert got == sent
    assert client.pongs == len(sent) - 1


def test_who_takes_nothing_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websockets, "SILENT_SECONDS_MAX", 0.01)
    ended = []

    def serve(wire: Any) -> None:
        try:
            wire.send("x" * 1_000_000)
        except OSError:
            ended.append("not taken")
        ended.append(wire.wait())
        wire.close()

    client = Client(serve)
    client.server.join()
    assert ended == ["not taken", None]
    assert list(client.texts()) == []


def test_who_says_nothing_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websockets, "SILENT_SECONDS_MAX", 0.01)
    ended = []
    client = Client(lambda wire: ended.append(wire.wait()))
    client.server.join()
    assert ended == [None]
