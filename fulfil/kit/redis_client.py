"""The client of Redis, which keeps carts and carries hints. Nothing in it is the truth about anything."""

from __future__ import annotations

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

# The library's own limit of 100 refuses what comes on top, in a burst without anybody noticing.
CONNECTIONS_MAX = 5000
TIMEOUT_SECONDS = 1.0


def redis_client(url: str) -> redis.Redis:
    """Connects when it is first needed; tries nothing twice, for what was not answered may have worked."""
    return redis.Redis.from_url(
        url,
        max_connections=CONNECTIONS_MAX,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
