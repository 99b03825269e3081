"""The client of Redis keeps its connections, and no answer of one is ever taken for another's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from fulfil.kit.redis_client import RedisClient, redis_client


@pytest.fixture
def client(redis_url: str) -> Iterator[RedisClient]:
    made = redis_client(redis_url)
    yield made
    made.close()


def test_one_after_the_other_uses_one_connection(client: RedisClient) -> None:
    first = client.client_id()
    assert client.set("a", "1") and client.get("a") == b"1"
    assert client.client_id() == first


def test_a_refusal_is_an_answer_too(client: RedisClient) -> None:
    first = client.client_id()
    client.set("a", "no list")
    with pytest.raises(redis.ResponseError):
        client.lpush("a", "1")
    assert (client.get("a"), client.client_id()) == (b"no list", first)


def test_what_comes_too_late_is_nobodys_answer(client: RedisClient) -> None:
    client.set("a", "1")
    with pytest.raises(redis.TimeoutError):
        client.blpop(["nothing comes here"], timeout=5)
    client.rpush("nothing comes here", "late")
    assert client.get("a") == b"1"


def test_a_connection_that_ended_while_it_rested_is_replaced(
    client: RedisClient, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.client_id()
    other = redis_client(redis_url)
    other.client_kill_filter(_id=str(first))
    other.close()
    monkeypatch.setattr("fulfil.kit.redis_client.REST_SECONDS_MAX", 0.0)
    assert client.client_id() != first
