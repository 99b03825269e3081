"""What a node pushes to its sockets: each number once, in order, whoever asks and however often."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fulfil.app.sockets import Follower, Sockets
from fulfil.app.wiring import create_app, wire
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from fulfil.kit.live import REPLAY_MAX

PERSON, SESSION = 7, 70


class Node:
    """A node without a network: what it would emit to a socket is kept."""

    def __init__(self, url: str) -> None:
        self.kit = wire(Kit(Config(database_url=url)))
        self.sockets = Sockets(create_app(self.kit), self.kit)
        self.sent: dict[str, list[Any]] = {}
        self.sockets.server.emit = self._emit

    def follow(self, sid: str, since: int | None) -> Follower:
        follower = Follower(sid, PERSON, SESSION, "token")
        self.sockets.follow(follower)
        if since is not None:
            self.sockets.hello(follower, since)
        return follower

    def write(self, *texts: str) -> None:
        self.kit.db.write(lambda tx: [tx.live(PERSON, "message", {"text": text}) for text in texts], "say")

    def push(self) -> None:
        self.sockets.push({PERSON, PERSON + 1})

    def _emit(self, name: str, payload: dict[str, Any], *, to: str, namespace: str) -> None:
        assert namespace == "/terminal"
        self.sent.setdefault(to, []).append((name, payload["seq"]))


@pytest.fixture
def node(database_url: str) -> Iterator[Node]:
    made = Node(database_url)
    yield made
    made.kit.close()


def test_a_hello_replays_and_a_push_goes_on_from_there(node: Node) -> None:
    node.write("a", "b")
    node.follow("s", 1)
    node.push()
    node.write("c")
    for _ in range(3):
        node.push()
    assert node.sent == {"s": [("event", 2), ("event", 3)]}


def test_before_its_hello_a_device_gets_nothing(node: Node) -> None:
    follower = node.follow("s", None)
    node.write("a")
    node.push()
    assert node.sent == {}
    node.sockets.hello(follower, 0)
    node.push()
    assert node.sent == {"s": [("event", 1)]}


def test_a_second_hello_counts_for_more_than_what_was_pushed(node: Node) -> None:
    follower = node.follow("s", 0)
    node.write("a", "b")
    node.push()
    node.sockets.hello(follower, 1)
    node.push()
    assert node.sent == {"s": [("event", 1), ("event", 2), ("event", 2)]}


def test_two_devices_of_a_person_get_each_what_they_lack(node: Node) -> None:
    node.write("a", "b")
    node.follow("s", 2)
    node.follow("t", 0)
    node.push()
    node.write("c")
    node.push()
    assert node.sent == {"s": [("event", 3)], "t": [("event", 1), ("event", 2), ("event", 3)]}


def test_a_device_ahead_of_a_restored_database_is_reset_once(node: Node) -> None:
    node.write("a")
    node.follow("s", 5)
    for _ in range(2):
        node.push()
    assert node.sent == {"s": [("reset", 1)]}
    node.write("b")
    node.push()
    assert node.sent["s"][1:] == [("event", 2)]


def test_too_much_to_replay_is_a_reset(node: Node) -> None:
    node.write(*["x"] * (REPLAY_MAX + 1))
    node.follow("s", 0)
    node.push()
    assert node.sent == {"s": [("reset", REPLAY_MAX + 1)]}


def test_who_has_left_gets_nothing(node: Node) -> None:
    node.follow("s", 0)
    node.sockets.unfollow("s")
    node.write("a")
    node.push()
    assert node.sent == {}
