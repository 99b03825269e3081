"""Transactions over SQLite and PostgreSQL. Only this file commits.

SQLite: one writer connection under one semaphore, `BEGIN IMMEDIATE`, WAL, `synchronous=FULL`; readers have
connections of their own. A greenlet that yields inside a write transaction would stop every other writer,
so such a switch is recorded and refused before the commit. Writers that come at the same time share one
commit, each in a savepoint of its own, and the disk is waited for in a thread. PostgreSQL: READ COMMITTED
and guarded updates; a serialization failure or a deadlock runs the whole transaction again.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool, StaticPool

from fulfil.kit.columns import Base, Bool, Bytes, Int, Json, Real, Text, Utc
from fulfil.kit.connections import Connections, connect_by
from fulfil.kit.failpoints import Failpoints
from fulfil.kit.outages import CommitUnknown, is_lost
from fulfil.kit.postgres import connection_class
from fulfil.kit.prepared import Preparing, Wire
from fulfil.kit.shared_commits import Group, Job, in_thread
from fulfil.kit.sqlite import raw_sqlite
from fulfil.kit.switch_trap import SwitchInTransaction, SwitchTrap
from fulfil.kit.tx import Tx

if TYPE_CHECKING:
    from fulfil.kit.base import Kit

__all__ = [
    "Base",
    "Bool",
    "Bytes",
    "CommitUnknown",
    "Database",
    "Int",
    "Json",
    "NestedWrite",
    "NumbersExhausted",
    "Real",
    "SwitchInTransaction",
    "Text",
    "Tx",
    "Utc",
    "retryable",
]

T = TypeVar("T")
RETRIES_MAX = 8
BUSY_SECONDS_MAX = 5.0
BUSY_PAUSE_SECONDS = 0.005
STATEMENTS_KEPT = 1024  # SQLite parses and plans a statement that is not kept anew at every call
GROUP = "group"  # how a transaction of several writers is named
RETRYABLE = ("40001", "40P01")
COMMIT = "COMMIT"
CONNECT = {"prepare_threshold": None, "connect_timeout": 5}  # to PostgreSQL; the wire prepares by itself
LOOKERS = 2
# Of SQLite's pages. What a reader keeps is worth nothing once somebody has written.
WRITER_CACHE_KIB, READER_CACHE_KIB = 65_536, 8_192
NUMBERS_READY = 256
NUMBERS_MORE = 4096


class NumbersExhausted(RuntimeError):
    """A transaction drew more document numbers than were made ready. `write` makes more ready and repeats."""


class NestedWrite(RuntimeError):
    """A write transaction was opened inside another one: pass its `tx` on instead."""


class Database:
    """Opens transactions. `url` is a SQLAlchemy URL of SQLite (a file) or PostgreSQL (psycopg).

    `pragmas` are more of them for every connection of SQLite, such as `synchronous=OFF`.
    """

    def __init__(self, kit: Kit, url: str, *, pool_size: int = 8, pragmas: str = "") -> None:
        self._kit = kit
        self.url = sa.make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.failpoints = Failpoints(os.environ.get("FULFIL_FAILPOINT", ""))
        if self.sqlite:
            self._trap = SwitchTrap.install()
            more = [*pragmas.split(), *(["wal_autocheckpoint=0"] if self._trap else [])]
            self._writer, self._reader = _sqlite_engines(self.url, more)
            self._looker = self._reader
            self._gate: threading.Lock | None = threading.Lock()
        else:
            # What lies in the pool has mostly rested long, so the pool asks each whether it lives.
            pool = {"max_overflow": 0, "pool_timeout": 30, "pool_pre_ping": True, "connect_args": CONNECT}
            self._writer = sa.create_engine(self.url, pool_size=pool_size, **pool)
            self._reader = self._writer
            # Connections of their own: a look waits for no lock, so it never waits for those who do.
            self._looker = sa.create_engine(self.url, pool_size=LOOKERS, isolation_level="AUTOCOMMIT", **pool)
            for engine in (self._writer, self._looker):
                connect_by(engine, connection_class())
            self._gate = self._trap = None
        self._preparing = Preparing.of(self._writer.dialect)
        engines = (self._writer, self._reader, self._looker)
        kept = {engine: Connections(engine) for engine in engines}
        self._writers, self._readers, self._lookers = (kept[engine] for engine in engines)
        self._open = threading.local()
        self._group = Group(self) if self._trap else None

    @property
    def writer(self) -> Engine:
        """The engine itself, for migrations and the offline checks; nothing of it is kept from them."""
        self._writers.close()
        return self._writer

    def write(self, work: Callable[[Tx], T], name: str, *, numbers: int = NUMBERS_READY) -> T:
        """Run `work` in one transaction and commit it. `name` names its failpoints and metrics.

        `work` runs again from the start after a serialization failure, a deadlock, a connection lost before
        the commit, or when it drew more than `numbers` document numbers. Raises CommitUnknown, NestedWrite.
        """
        attempts, busy_until = 0, time.monotonic() + BUSY_SECONDS_MAX
        while True:
            attempts += 1
            try:
                if self._group is not None and not self._group.leads():
                    return self._grouped(work, name, numbers)
                with self.transaction(name, numbers=numbers) as tx:
                    return work(tx)
            except NumbersExhausted:
                if attempts >= RETRIES_MAX:
                    raise
                numbers = max(4 * numbers, NUMBERS_MORE)
            except sa.exc.DBAPIError as error:
                if _busy(error) and time.monotonic() < busy_until:
                    attempts -= 1
                    time.sleep(BUSY_PAUSE_SECONDS)
                elif attempts >= RETRIES_MAX or not retryable(error):
                    raise
            self._kit.metrics.retried(name)

    @contextmanager
    def transaction(self, name: str, *, numbers: int = NUMBERS_READY) -> Iterator[Tx]:
        """One write transaction, not retried; `write` is what the edges use."""
        if outer := getattr(self._open, "name", None):
            raise NestedWrite(f"{name} inside {outer}")
        self._kit.ids.ensure(self, numbers)
        with self._writing(name) as connection:
            wire = self._preparing.wire(connection)
            tx = Tx(self._kit, connection, wire, self._preparing, writable=True)
            with connection.begin() as changes:
                wire.begin(writable=True)
                if self._trap:
                    self._trap.enter()
                try:
                    yield tx
                    tx.before_commit()
                    self.failpoints.hit(f"{name}:before-commit")
                finally:
                    switched = self._trap.leave() if self._trap else False
                if switched:
                    raise SwitchInTransaction(f"{name}: a greenlet switched inside the transaction")
                _commit(wire, changes, name)
        self.failpoints.hit(f"{name}:after-commit")
        tx.committed()

    def _grouped(self, work: Callable[[Tx], T], name: str, numbers: int) -> T:
        if outer := getattr(self._open, "name", None):
            raise NestedWrite(f"{name} inside {outer}")
        self._kit.ids.ensure(self, numbers)
        assert self._group is not None
        return self._group.join(Job(work, name))

    def run_group(self, jobs: Iterable[Job]) -> None:
        """Run each job in a savepoint and commit them together; a job that raises leaves nothing."""
        assert self._trap is not None
        done: list[Job] = []
        with self._writing(GROUP) as connection, connection.begin() as changes:
            wire = self._preparing.wire(connection)
            wire.begin(writable=True)
            for job in jobs:
                self._open.name = job.name
                job.run(Tx(self._kit, connection, wire, self._preparing, writable=True), self._trap)
                done += [job] if job.error is None else []
            for job in done:
                self.failpoints.hit(f"{job.name}:before-commit")
            in_thread(_commit if done else _roll_back, wire, changes, GROUP)
        for job in done:
            self.failpoints.hit(f"{job.name}:after-commit")
            job.tx.committed()

    def checkpoint(self) -> None:
        """Move SQLite's write-ahead log into the database, in a thread; no write runs meanwhile."""
        with self._writing(GROUP) as connection:
            in_thread(raw_sqlite(connection).execute, "PRAGMA wal_checkpoint(PASSIVE)")

    @contextmanager
    def read(self, *, patient: bool = True) -> Iterator[Tx]:
        """One consistent snapshot, read only. Raises DatabaseAway, at once for who is not `patient`."""
        with self._readers.use(patient=patient) as connection:
            wire = self._preparing.wire(connection)
            wire.begin(writable=False)
            yield Tx(self._kit, connection, wire, self._preparing, writable=False)
            wire.leave(COMMIT)

    @contextmanager
    def look(self) -> Iterator[Tx]:
        """For one select, which is a snapshot by itself: no transaction around it. Raises DatabaseAway.

        May be taken inside a transaction, which no other may: who holds a connection and waits for one
        more would wait for ever behind those that wait for what the first one has locked.
        """
        with self._lookers.use() as connection:
            yield Tx(self._kit, connection, self._preparing.wire(connection), self._preparing, writable=False)

    def close(self) -> None:
        """End every connection; what is under way on one of them is undone, but a commit comes to its end."""
        gated = self._gate is not None and self._gate.acquire(timeout=BUSY_SECONDS_MAX)
        try:
            for connections in (self._writers, self._readers, self._lookers):
                connections.close()
            for engine in (self._writer, self._reader, self._looker):
                engine.dispose()
        finally:
            if gated:
                self._gate.release()

    @contextmanager
    def _writing(self, name: str) -> Iterator[Connection]:
        with self._gate or nullcontext(), self._writers.use() as connection:
            self._open.name = name
            try:
                yield connection
            finally:
                self._open.name = None


def _roll_back(_wire: Wire, changes: sa.RootTransaction, _name: str) -> None:
    changes.rollback()


def _commit(wire: Wire, changes: sa.RootTransaction, name: str) -> None:
    """The wire commits; SQLAlchemy's driver then finds nothing left to commit."""
    try:
        wire.end(COMMIT)
        changes.commit()
    except sa.exc.DBAPIError as error:
        if is_lost(error):
            raise CommitUnknown(f"{name}: the connection was lost during the commit") from error
        raise


def retryable(error: sa.exc.DBAPIError) -> bool:
    """Whether running the whole transaction again can mend this."""
    return getattr(error.orig, "sqlstate", None) in RETRYABLE or is_lost(error)


def _busy(error: sa.exc.DBAPIError) -> bool:
    """Whether another process (a command beside the server) holds the SQLite file for a moment."""
    return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY


def _sqlite_engines(url: sa.URL, more: Sequence[str]) -> tuple[Engine, Engine]:
    arguments = {
        "check_same_thread": False,
        "isolation_level": None,
        "timeout": 0,
        "cached_statements": STATEMENTS_KEPT,
    }
    writer = sa.create_engine(url, poolclass=StaticPool, connect_args=arguments)
    reader = sa.create_engine(url, poolclass=NullPool, connect_args=arguments)
    for engine, only, kib in ((writer, "OFF", WRITER_CACHE_KIB), (reader, "ON", READER_CACHE_KIB)):
        event.listen(engine, "connect", _pragmas(only, [f"cache_size=-{kib}", *more]))
    return writer, reader


def _pragmas(query_only: str, more: Sequence[str]) -> Callable[[sqlite3.Connection, Any], None]:
    def connect(raw: sqlite3.Connection, _record: Any) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=0",
            "temp_store=MEMORY",
            f"query_only={query_only}",
            *more,
        ):
            raw.execute(f"PRAGMA {pragma}")

    return connect
