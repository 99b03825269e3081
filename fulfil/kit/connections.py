"""Connections that stay open between two uses: one from the pool costs as much as a small read."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gevent.lock
import psycopg
from gevent import monkey
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import QueuePool

from fulfil.kit.outages import RETRY_SECONDS, DatabaseAway, reach
from fulfil.kit.postgres import PostgresConnection

REST_SECONDS_MAX = 0.2  # no server restarts in less
PLACE_SECONDS_MAX = 30


class Connections:
    """The connections of an engine, at most as many as its pool holds; the last one used is taken first.

    Who waits takes the very one that is given back: through the pool it would be undone, asked whether it
    lives and wrapped anew, for as much as a small transaction costs.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sleeps = engine.dialect.name == "postgresql"
        self._idle: deque[tuple[Connection, Any, float]] = deque()
        self._places = _places(engine.pool.size()) if isinstance(engine.pool, QueuePool) else None
        self._closed = 0  # how often

    @contextmanager
    def use(self, *, patient: bool = True) -> Iterator[Connection]:
        """A connection; what was begun on it and did not end is undone. Raises DatabaseAway."""
        closed = self._closed
        if self._places is not None and not self._places.acquire(timeout=PLACE_SECONDS_MAX):
            raise DatabaseAway(retry_after_seconds=RETRY_SECONDS)
        try:
            connection, driver = self._idle_one() or reach(self._another, patient=patient)
            try:
                yield connection
            finally:
                self._give_back(connection, driver, closed)
        finally:
            if self._places is not None:
                self._places.release()

    def close(self) -> None:
        """Give all that nobody uses back to the engine's pool; the others follow when their use ends."""
        self._closed += 1
        while self._idle:
            self._hand_on()

    def _idle_one(self) -> tuple[Connection, Any] | None:
        try:
            connection, driver, since = self._idle.pop()
        except IndexError:
            return None
        if self._sleeps and not self._wakes(driver, time.monotonic() - since):
            self._lose(connection)
            return None
        return connection, driver

    def _wakes(self, driver: PostgresConnection, rested_seconds: float) -> bool:
        """Hear what was left unheard; whether it lives is asked of one that has rested, for one does that was
        used just now, and a question before every use cost as much as every fifth statement.
        """
        try:
            driver.hear()
            if rested_seconds > REST_SECONDS_MAX:
                self._engine.dialect.do_ping(driver)
        except psycopg.Error:
            return False
        return True

    def _another(self) -> tuple[Connection, Any]:
        connection = self._engine.connect()
        return connection, connection.connection.driver_connection

    def _give_back(self, connection: Connection, driver: Any, closed: int) -> None:
        if connection.invalidated:
            self._lose(connection)
            return
        try:
            connection.rollback()
            driver.rollback()
        except Exception:
            self._lose(connection)
            return
        self._idle.append((connection, driver, time.monotonic()))
        if closed != self._closed:
            self._hand_on()

    def _hand_on(self) -> None:
        """Give one back to the pool."""
        try:
            connection, driver, _ = self._idle.pop()
        except IndexError:
            return  # somebody has just taken it
        if self._sleeps and not self._wakes(driver, 0):
            connection.invalidate()
        connection.close()

    def _lose(self, connection: Connection) -> None:
        """It is of no use any more, nor are those that were opened before it."""
        connection.invalidate()
        connection.close()
        self.close()


def _places(count: int) -> Any:
    """Places to be taken one after the other, by greenlets where those serve and else by threads."""
    return (gevent.lock if monkey.is_module_patched("threading") else threading).Semaphore(count)


def connect_by(engine: Engine, kind: type[psycopg.Connection[Any]]) -> None:
    """Let the engine's connections be of this class."""
    event.listen(engine, "do_connect", lambda _dialect, _record, args, given: kind.connect(*args, **given))
