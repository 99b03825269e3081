"""Connections that stay open between two uses: one from the pool costs as much as a small read."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from fulfil.kit.outages import reach
from fulfil.kit.postgres import PostgresConnection

REST_SECONDS_MAX = 0.2  # no server restarts in less


class Connections:
    """The connections of an engine; the one used last is taken first, and the engine's pool limits them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sleeps = engine.dialect.name == "postgresql"
        self._idle: deque[tuple[Connection, Any, float]] = deque()
        self._waiting, self._count = 0, threading.Lock()
        self._closed = 0  # how often

    @contextmanager
    def use(self, *, patient: bool = True) -> Iterator[Connection]:
        """A connection; what was begun on it and did not end is undone. Raises DatabaseAway."""
        closed = self._closed
        connection, driver = self._idle_one() or reach(self._another, patient=patient)
        try:
            yield connection
        finally:
            self._give_back(connection, driver, closed)

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
        """From the pool, where it may have to be waited for."""
        with self._count:
            self._waiting += 1
        try:
            # One that was given back before anybody was seen to wait would stay idle for ever.
            found = self._idle_one()
            if found is not None:
                return found
            connection = self._engine.connect()
            return connection, connection.connection.driver_connection
        finally:
            with self._count:
                self._waiting -= 1

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
        if self._waiting or closed != self._closed:
            self._hand_on()

    def _hand_on(self) -> None:
        """Give one back to the pool, for who waits there."""
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


def connect_by(engine: Engine, kind: type[psycopg.Connection[Any]]) -> None:
    """Let the engine's connections be of this class."""
    event.listen(engine, "do_connect", lambda _dialect, _record, args, given: kind.connect(*args, **given))
