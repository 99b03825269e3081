"""Hints within a process, and between processes over a real Redis."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import redis

from fulfil.kit.config import Config
from fulfil.kit.redis_signals import RedisSignals
from fulfil.kit.signals import PEOPLE, SESSIONS, TOPICS, Signals, signals_for
from fulfil.sim.servers import RedisProcess

SOON_SECONDS = 10
LOOK_SECONDS = 0.005


def until(look: Callable[[], object]) -> None:
    deadline = time.monotonic() + SOON_SECONDS
    while not look():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(LOOK_SECONDS)


class Node:
    """One process's signals, and what it heard."""

    def __init__(self, url: str) -> None:
        self.signals = RedisSignals(url)
        self.heard: set = set()
        self.gaps = 0
        self._threads: list[threading.Thread] = []
        for kind in (PEOPLE, TOPICS, SESSIONS):
            self.signals.hear(kind, self.heard.update)
        self.signals.hear_of_gaps(self._gap)
        self.signals.start(self._spawn)

    def stop(self) -> None:
        self.signals.stop()
        for thread in self._threads:
            thread.join(SOON_SECONDS)
            assert not thread.is_alive()

    def _gap(self) -> None:
        self.gaps += 1

    def _spawn(self, work: Callable[[], None]) -> None:
        self._threads.append(threading.Thread(target=work))
        self._threads[-1].start()


@pytest.fixture
def server() -> Iterator[RedisProcess]:
    made = RedisProcess()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def nodes(server: RedisProcess) -> Iterator[tuple[Node, Node]]:
    made = Node(server.url), Node(server.url)
    for node in made:
        until(lambda node=node: node.signals.complete)
    yield made
    for node in made:
        node.stop()


def test_a_hint_is_heard_here_and_by_every_listener() -> None:
    signals, heard = Signals(), []

    def fails(_names: object) -> None:
        raise ValueError

    signals.hear(TOPICS, fails)
    signals.hear(TOPICS, heard.append)
    signals.tell(TOPICS, {"board:1"})
    signals.tell(PEOPLE, {1})
    assert heard == [{"board:1"}]


@pytest.mark.parametrize(
    ("config", "complete"),
    [
        (Config(), True),
        (Config(database_url="postgresql+psycopg://u@h/d"), False),
        (Config(database_url="postgresql+psycopg://u@h/d", redis_url="redis://127.0.0.1:1/0"), False),
    ],
)
def test_only_an_embedded_shop_misses_nothing_by_itself(config: Config, complete: bool) -> None:
    assert signals_for(config).complete is complete


def test_a_hint_reaches_the_other_process_and_is_heard_once_at_home(nodes: tuple[Node, Node]) -> None:
    here, there = nodes
    at_home = []
    here.signals.hear(PEOPLE, at_home.append)
    here.signals.tell(PEOPLE, {7, 9})
    here.signals.tell(TOPICS, {"board:1"})
    here.signals.tell(SESSIONS, {11})
    until(lambda: there.heard == {7, 9, "board:1", 11})
    there.signals.tell(PEOPLE, {8})
    until(lambda: 8 in here.heard)
    assert at_home == [{7, 9}, frozenset({8})]


def test_a_burst_arrives_whole(nodes: tuple[Node, Node]) -> None:
    here, there = nodes
    for person in range(5000):
        here.signals.tell(PEOPLE, {person})
    until(lambda: len(there.heard) == 5000)


def test_rubbish_on_the_channel_harms_nobody(nodes: tuple[Node, Node], server: RedisProcess) -> None:
    here, there = nodes
    with redis.Redis.from_url(server.url) as client:
        for rubbish in (b"\xff", b"[]", b"{}", b'{"from": 1, "people": 5}', b'{"from": 1, "people": [[]]}'):
            client.publish("fulfil:hints:0", rubbish)
    here.signals.tell(PEOPLE, {1})
    until(lambda: there.heard == {1})


def test_a_redis_that_dies_is_noticed_and_a_gap_is_told_when_it_is_back(
    nodes: tuple[Node, Node], server: RedisProcess
) -> None:
    here, there = nodes
    gaps = there.gaps
    server.kill()
    until(lambda: not here.signals.complete and not there.signals.complete)
    here.signals.tell(PEOPLE, {1})  # neither waits nor fails
    assert 1 in here.heard
    server.start()
    until(lambda: here.signals.complete and there.signals.complete)
    assert there.gaps == gaps + 1
    here.signals.tell(PEOPLE, {2})
    until(lambda: 2 in there.heard)
