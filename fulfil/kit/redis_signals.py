"""Hints between processes over one channel of Redis.

Hints are gathered while a message is under way, so there is never more than one, and a burst costs one. Every
process repeats itself once a second: who hears its own voice knows that both directions work, and only then
calls its hints complete.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections import defaultdict, deque
from collections.abc import Collection
from typing import Any

import redis

from fulfil.kit.redis_client import redis_client
from fulfil.kit.signals import KINDS, Signals, Spawn

log = logging.getLogger("fulfil.signals")

VOICE_SECONDS = 1.0
SILENCE_SECONDS_MAX = 3.0
PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX = 0.1, 2.0


class RedisSignals(Signals):
    """Hints within this process and to all others that share `url`, its number of the database included."""

    def __init__(self, url: str) -> None:
        super().__init__(complete=False)
        self._client = redis_client(url)
        number = self._client.get_connection_kwargs().get("db", 0)
        self._channel = f"fulfil:hints:{number}"
        self._me = secrets.token_hex(8)
        self._heard_at = float("-inf")
        self._waiting: deque[tuple[str, Collection[Any]]] = deque()  # may be filled by any thread
        self._something = threading.Event()
        self._running = False

    @property
    def complete(self) -> bool:
        return time.monotonic() - self._heard_at < SILENCE_SECONDS_MAX

    def tell(self, kind: str, names: Collection[Any]) -> None:
        super().tell(kind, names)
        if self._running:
            self._waiting.append((kind, tuple(names)))
            self._something.set()

    def start(self, spawn: Spawn) -> None:
        self._running = True
        spawn(self._listen_forever)
        spawn(self._speak_forever)

    def stop(self) -> None:
        self._running = False
        self._something.set()

    def _speak_forever(self) -> None:
        while self._running:
            self._something.wait(VOICE_SECONDS)
            self._something.clear()
            said = {"from": self._me} | {kind: sorted(names) for kind, names in self._gathered().items()}
            try:
                self._client.publish(self._channel, json.dumps(said))
            except redis.RedisError:  # the hints are gone; the listener says so, and everybody looks often
                time.sleep(PAUSE_SECONDS_MIN)
        self._leave()

    def _gathered(self) -> dict[str, set[Any]]:
        """What waits to be said, by kind."""
        gathered: dict[str, set[Any]] = defaultdict(set)
        while self._waiting:
            kind, names = self._waiting.popleft()
            gathered[kind].update(names)
        return gathered

    def _listen_forever(self) -> None:
        pause = PAUSE_SECONDS_MIN
        while self._running:
            heard_before = self._heard_at
            try:
                self._listen()
            except (redis.RedisError, OSError) as error:
                if self._running and heard_before != self._heard_at:
                    log.warning("hints of other processes are lost: %s", type(error).__name__)
            pause = PAUSE_SECONDS_MIN if heard_before != self._heard_at else min(2 * pause, PAUSE_SECONDS_MAX)
            self._heard_at = float("-inf")
            if self._running:
                time.sleep(pause)
        self._leave()

    def _leave(self) -> None:
        """Close what nobody uses; the other loop may still be in the middle of something."""
        self._client.connection_pool.disconnect(inuse_connections=False)

    def _listen(self) -> None:
        """Hear until the connection ends or nothing is heard, not even this process's own voice."""
        with self._client.pubsub(ignore_subscribe_messages=True) as subscription:
            subscription.subscribe(self._channel)
            self._something.set()  # the first word at once
            last = time.monotonic()
            while self._running and time.monotonic() - last < SILENCE_SECONDS_MAX:
                message = subscription.get_message(timeout=VOICE_SECONDS)
                if message is not None:
                    last = time.monotonic()
                    self._receive(message["data"])

    def _receive(self, raw: bytes) -> None:
        gap, self._heard_at = not self.complete, time.monotonic()
        if gap:
            self._gap_ended()
        try:
            said = json.loads(raw)
            if said["from"] == self._me:
                return
            hints = [(kind, frozenset(said[kind])) for kind in KINDS if kind in said]
        except (ValueError, TypeError, KeyError):
            log.warning("a hint could not be read")
            return
        for kind, names in hints:
            super().tell(kind, names)
