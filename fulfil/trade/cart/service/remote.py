"""Carts in Redis, for shops that several processes serve (C2).

One hash per owner: field = shop and cart type, value = the serialised cart with the time it was last used. A
script compares the version and stores in one step. What Redis loses is a cart, never an order: with Redis
away carts are refused with one clear code, and everything else goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
import redis

from fulfil.kit.errors import CallRefused
from fulfil.kit.gateway import Gateway
from fulfil.kit.redis_client import redis_client
from fulfil.trade.cart.errors import CartsAway

T = TypeVar("T")
DEPENDENCY = "redis"
PREFIX = "fulfil:cart:"
TO_DELETE = "fulfil:carts:to_delete"
RETRY_SECONDS = 2
MARKS_AT_ONCE = 500

# A cart's version only grows and the time of its last use is whole microseconds: both are exact in Lua.
PUT = """
local stored = redis.call('HGET', KEYS[1], ARGV[1])
local version = stored and cjson.decode(stored).cart.version or 0
if version ~= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
"""
DELETE_UNUSED = """
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored or cjson.decode(stored).touched > tonumber(ARGV[2]) then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])
"""


class RedisCarts:
    """A CartStore in Redis. Every method raises CartsAway when Redis does not answer within a second."""

    def __init__(self, url: str, gateway: Gateway) -> None:
        self._client = redis_client(url)
        self._gateway = gateway
        gateway.dependency(DEPENDENCY)
        self._put = self._client.register_script(PUT)
        self._delete_unused = self._client.register_script(DELETE_UNUSED)

    def get(self, owner: str, field: str) -> dict[str, Any] | None:
        stored = self._ask(lambda: self._client.hget(PREFIX + owner, field))
        return None if stored is None else orjson.loads(stored)["cart"]

    def put(self, owner: str, field: str, value: dict[str, Any], *, expected: int, now: datetime) -> bool:
        text = orjson.dumps({"cart": value, "touched": _micros(now)})
        return bool(self._ask(lambda: self._put(keys=[PREFIX + owner], args=[field, expected, text])))

    def mark_for_deletion(self, owner: str, field: str, now: datetime) -> None:
        self._ask(lambda: self._client.hset(TO_DELETE, orjson.dumps([owner, field]), _micros(now)))

    def last_used(self, owner: str) -> datetime | None:
        stored = self._ask(lambda: self._client.hvals(PREFIX + owner))
        touched = max((orjson.loads(cart)["touched"] for cart in stored), default=None)
        return None if touched is None else datetime.fromtimestamp(touched / 1_000_000, UTC)

    def forget(self, owner: str) -> None:
        self._ask(lambda: self._client.delete(PREFIX + owner))

    def delete_marked(self) -> int:
        return self._ask(self._delete_marked)

    def close(self) -> None:
        self._client.close()

    def _delete_marked(self) -> int:
        gone = 0
        for mark, at in self._client.hscan_iter(TO_DELETE, count=MARKS_AT_ONCE):
            owner, field = orjson.loads(mark)
            gone += self._delete_unused(keys=[PREFIX + owner], args=[field, int(at)])
            self._client.hdel(TO_DELETE, mark)
        return gone

    def _ask(self, ask: Callable[[], T]) -> T:
        try:
            return self._gateway.call(DEPENDENCY, ask)
        except (redis.RedisError, CallRefused) as error:
            raise CartsAway(retry_after_seconds=RETRY_SECONDS) from error


def _micros(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)
