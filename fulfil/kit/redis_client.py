"""The client of Redis, which keeps carts and carries hints. Nothing in it is the truth about anything."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

# The library's own limit of 100 refuses what comes on top, in a burst without anybody noticing.
CONNECTIONS_MAX = 5000
TIMEOUT_SECONDS = 1.0
REST_SECONDS_MAX = 0.2  # no server restarts in less


class RedisClient(redis.Redis):
    """Says each command on a connection that it keeps; the one used last is taken first.

    The library's own way, which subscriptions still go, takes 210 calls for a command: it counts for
    nobody, and asks before each whether the connection lives. One that was used just now does.
    """

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self._idle: deque[tuple[Any, float]] = deque()

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """As the library's: raises what redis.RedisError is, and says nothing twice."""
        connection = self._taken()
        try:
            connection.send_command(*args)
            told = self.parse_response(connection, args[0], **options)
        except redis.ResponseError:
            raise  # an answer, too
        except BaseException:
            connection.disconnect()  # nobody could tell whose the next answer is
            raise
        finally:
            self._idle.append((connection, time.monotonic()))
        return told

    def close(self) -> None:
        super().close()
        self.close_idle()

    def close_idle(self) -> None:
        """Close what nobody uses at this moment."""
        self.connection_pool.disconnect(inuse_connections=False)
        while self._idle:
            self._idle.pop()[0].disconnect()

    def _taken(self) -> Any:
        """A connection that nobody else uses; one that is not connected connects when it first sends."""
        try:
            connection, since = self._idle.pop()
        except IndexError:
            return self.connection_pool.make_connection()
        if time.monotonic() - since > REST_SECONDS_MAX and not _lives(connection):
            connection.disconnect()
        return connection


def _lives(connection: Any) -> bool:
    """Whether nothing came that nobody asked for, such as the end of the connection."""
    try:
        return not connection.can_read()
    except (redis.RedisError, OSError):
        return False


def redis_client(url: str) -> RedisClient:
    """Connects when it is first needed; tries nothing twice, for what was not answered may have worked."""
    return RedisClient.from_url(
        url,
        max_connections=CONNECTIONS_MAX,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
