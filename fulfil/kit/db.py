"""Transactions over SQLite and PostgreSQL. Only this file commits.

SQLite: one writer connection under one semaphore, `BEGIN IMMEDIATE`, WAL, `synchronous=FULL`; readers have
connections of their own. A greenlet that yields inside a write transaction would stop every other writer,
so such a switch is recorded and refused before the commit. Writers that come at the same time share one
commit, each in a savepoint of its own, and the disk is waited for in a thread. PostgreSQL: READ COMMITTED
and guarded updates; a serialization failure or a deadlock runs the whole transaction again.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.pool import QueuePool, StaticPool

from fulfil.kit.columns import Base, Bool, Int, Json, Real, Text, Utc
from fulfil.kit.failpoints import Failpoints
from fulfil.kit.switch_trap import SwitchInTransaction, SwitchTrap

if TYPE_CHECKING:
    from fulfil.kit.base import Kit

__all__ = ["Base", "Bool", "CommitUnknown", "Database", "Int", "Json", "NestedWrite", "NumbersExhausted",
           "Real", "SwitchInTransaction", "Text", "Tx", "Utc", "retryable"]

log = logging.getLogger("fulfil.db")
T = TypeVar("T")
RETRIES_MAX = 8
BUSY_SECONDS_MAX = 5.0
BUSY_PAUSE_SECONDS = 0.005
RETRYABLE = ("40001", "40P01")
NUMBERS_READY = 256
NUMBERS_MORE = 4096
GROUP_MAX = 32

class NumbersExhausted(RuntimeError):
    """A transaction drew more document numbers than were made ready. `write` makes more ready and repeats."""


class NestedWrite(RuntimeError):
    """A write transaction was opened inside another one: pass its `tx` on instead."""


class CommitUnknown(RuntimeError):
    """The connection was lost during the commit, so nobody knows whether it happened. Never repeated."""


class Tx:
    """One transaction: statements, and what leaves the process only after the commit."""

    def __init__(self, kit: Kit, connection: Connection, *, writable: bool) -> None:
        self.kit = kit
        self.now = kit.clock.now()
        self.writable = writable
        self._connection = connection
        self._after: list[Callable[[], None]] = []
        self._live: list[tuple[int, str, Mapping[str, Any]]] = []
        self._hints: set[str] = set()

    @property
    def dialect(self) -> str:
        return self._connection.dialect.name

    @property
    def connection(self) -> Connection:
        """The connection itself, for tools that speak to nothing else, such as Alembic."""
        return self._connection

    def execute(self, statement: Any, params: Any = None) -> sa.CursorResult:
        return self._connection.execute(statement, params)

    def scalar(self, statement: Any, params: Any = None) -> Any:
        return self._connection.execute(statement, params).scalar()

    def scalars(self, statement: Any, params: Any = None) -> list[Any]:
        return list(self._connection.execute(statement, params).scalars())

    def one(self, statement: Any, params: Any = None) -> Row | None:
        return self._connection.execute(statement, params).first()

    def all(self, statement: Any, params: Any = None) -> list[Row]:
        return list(self._connection.execute(statement, params))

    def insert(self, model: Any, **values: Any) -> None:
        self._connection.execute(sa.insert(model), values)

    def insert_many(self, model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._connection.execute(sa.insert(model), list(rows))

    def update(self, model: Any, *where: Any, **values: Any) -> int:
        """Rows changed by `UPDATE model SET values WHERE where`."""
        return self._connection.execute(sa.update(model).where(*where).values(**values)).rowcount

    def delete(self, model: Any, *where: Any) -> int:
        return self._connection.execute(sa.delete(model).where(*where)).rowcount

    def lock(self, statement: Any) -> Row | None:
        """The first row of a select, locked until the end; on SQLite the writer holds all rows anyway."""
        return self.one(statement.with_for_update())

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is inside happens whole or not at all, without ending the transaction."""
        live, hints, after = len(self._live), set(self._hints), len(self._after)
        try:
            with self._connection.begin_nested():
                yield
        except BaseException:
            del self._live[live:], self._after[after:]
            self._hints = hints
            raise

    def number(self) -> int:
        """The next number of the one increasing sequence (O6). Gaps are allowed."""
        return self.kit.ids.take()

    def publish(self, happened: Any) -> None:
        """Tell the subscribers: inline ones now, every other by a task row in this transaction."""
        self.kit.events.publish(self, happened)

    def after_commit(self, action: Callable[[], None]) -> None:
        self._after.append(action)

    def live(self, person_id: int, kind: str, payload: Mapping[str, Any]) -> None:
        """Append an event to a person's live log; numbered last before the commit."""
        self._live.append((person_id, kind, payload))

    def hint(self, topic: str) -> None:
        """After the commit, watchers of `topic` hear that it changed."""
        self._hints.add(topic)

    def before_commit(self) -> None:
        if self._live:
            self.kit.live.append(self, self._live)

    def committed(self) -> None:
        """Let the news out. The commit stands whatever happens here, so a failure is only logged."""
        actions = list(self._after)
        if self._live:
            people = {person for person, _, _ in self._live}
            actions.append(lambda: self.kit.live.wake(people))
        actions += [partial(self.kit.live.changed, topic) for topic in sorted(self._hints)]
        for action in actions:
            try:
                action()
            except Exception:
                log.exception("an action after a commit failed")


class Database:
    """Opens transactions. `url` is a SQLAlchemy URL of SQLite (a file) or PostgreSQL (psycopg)."""

    def __init__(self, kit: Kit, url: str, *, pool_size: int = 8) -> None:
        self._kit = kit
        self.url = sa.make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.failpoints = Failpoints(os.environ.get("FULFIL_FAILPOINT", ""))
        if self.sqlite:
            self._writer, self._reader = _sqlite_engines(self.url)
            self._gate: threading.Lock | None = threading.Lock()
            self._trap = SwitchTrap.install()
        else:
            self._writer = sa.create_engine(self.url, pool_size=pool_size, max_overflow=0, pool_timeout=30,
                                            pool_pre_ping=True, connect_args={"prepare_threshold": 2})
            self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ",
                                                          postgresql_readonly=True)
            self._gate = self._trap = None
        self._open = threading.local()
        self._group = _Group(self) if self._trap else None

    @property
    def writer(self) -> Engine:
        """The engine itself, for migrations and the offline checks."""
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
            tx = Tx(self._kit, connection, writable=True)
            with connection.begin() as changes:
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
                _commit(changes, name)
        self.failpoints.hit(f"{name}:after-commit")
        tx.committed()

    def _grouped(self, work: Callable[[Tx], T], name: str, numbers: int) -> T:
        if outer := getattr(self._open, "name", None):
            raise NestedWrite(f"{name} inside {outer}")
        self._kit.ids.ensure(self, numbers)
        assert self._group is not None
        return self._group.join(_Job(work, name))

    def run_group(self, jobs: Sequence[_Job]) -> None:
        """Run each job in a savepoint and commit them together; a job that raises leaves nothing."""
        assert self._trap is not None
        with self._writing(jobs[0].name) as connection, connection.begin() as changes:
            for job in jobs:
                job.run(Tx(self._kit, connection, writable=True), self._trap)
            done = [job for job in jobs if job.error is None]
            for job in done:
                self.failpoints.hit(f"{job.name}:before-commit")
            _in_thread(_commit if done else _roll_back, changes, jobs[0].name)
        for job in done:
            self.failpoints.hit(f"{job.name}:after-commit")
            job.tx.committed()

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """One consistent snapshot, read only."""
        with self._reader.connect() as connection, connection.begin():
            yield Tx(self._kit, connection, writable=False)

    def close(self) -> None:
        self._writer.dispose()
        self._reader.dispose()

    @contextmanager
    def _writing(self, name: str) -> Iterator[Connection]:
        with self._gate or nullcontext(), self._writer.connect() as connection:
            self._open.name = name
            try:
                yield connection
            finally:
                self._open.name = None


class _Job:
    """A write that waits for its commit."""

    def __init__(self, work: Callable[[Tx], Any], name: str) -> None:
        self.work, self.name = work, name
        self._context = copy_context()  # the writer's greenlet is another one: it works as whoever asked
        self.ended = threading.Event()
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self, tx: Tx, trap: SwitchTrap) -> None:
        """Do the work in a savepoint of `tx`; what it raises is kept for whoever waits."""
        self.tx = tx
        try:
            with tx.savepoint():
                self._work(trap)
        except Exception as error:
            self.error = error

    def _work(self, trap: SwitchTrap) -> None:
        trap.enter()
        try:
            self.result = self._context.run(self.work, self.tx)
            self.tx.before_commit()
        finally:
            switched = trap.leave()
        if switched:
            raise SwitchInTransaction(f"{self.name}: a greenlet switched inside the transaction")


class _Group:
    """The one greenlet that writes to a SQLite database; who waits at the same time shares a commit."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: deque[_Job] = deque()
        self._arrived = threading.Event()
        self._leader: Any = None

    def leads(self) -> bool:
        """Whether the present greenlet is the writer itself, which must not wait for itself."""
        import greenlet

        return greenlet.getcurrent() is self._leader

    def join(self, job: _Job) -> Any:
        """Wait until the job's changes are on disk; its result, or what it raised."""
        import gevent

        if self._leader is None or self._leader.dead:
            self._leader = gevent.spawn(self._lead)
        self._waiting.append(job)
        self._arrived.set()
        job.ended.wait()
        if job.error is not None:
            raise job.error
        return job.result

    def _lead(self) -> None:
        while True:
            self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                time.sleep(0)  # whoever is about to write joins this commit
                self._commit([self._waiting.popleft() for _ in range(min(GROUP_MAX, len(self._waiting)))])

    def _commit(self, jobs: list[_Job]) -> None:
        try:
            self._db.run_group(jobs)
        except Exception as error:
            for job in jobs:
                job.error = job.error or error
        for job in jobs:
            job.ended.set()


def _in_thread(work: Callable[..., None], *args: Any) -> None:
    """Run in a real thread, so that the loop goes on while the disk works."""
    from gevent import get_hub

    get_hub().threadpool.apply(work, args)


def _roll_back(changes: sa.RootTransaction, name: str) -> None:
    changes.rollback()


def _commit(changes: sa.RootTransaction, name: str) -> None:
    try:
        changes.commit()
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated:
            raise CommitUnknown(f"{name}: the connection was lost during the commit") from error
        raise


def retryable(error: sa.exc.DBAPIError) -> bool:
    """Whether running the whole transaction again can mend this."""
    return getattr(error.orig, "sqlstate", None) in RETRYABLE or error.connection_invalidated


def _busy(error: sa.exc.DBAPIError) -> bool:
    """Whether another process (a command beside the server) holds the SQLite file for a moment."""
    return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY


def _sqlite_engines(url: sa.URL) -> tuple[Engine, Engine]:
    arguments = {"check_same_thread": False, "isolation_level": None, "timeout": 0}
    writer = sa.create_engine(url, poolclass=StaticPool, connect_args=arguments)
    reader = sa.create_engine(url, poolclass=QueuePool, pool_size=4, max_overflow=28, connect_args=arguments)
    for engine, begin, only in ((writer, "BEGIN IMMEDIATE", "OFF"), (reader, "BEGIN", "ON")):
        event.listen(engine, "connect", _pragmas(only))
        event.listen(engine, "begin", _beginner(begin))
    return writer, reader


def _pragmas(query_only: str) -> Callable[[sqlite3.Connection, Any], None]:
    def connect(raw: sqlite3.Connection, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=0",
                       "cache_size=-65536", "temp_store=MEMORY", f"query_only={query_only}"):
            raw.execute(f"PRAGMA {pragma}")

    return connect


def _beginner(statement: str) -> Callable[[Connection], None]:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return begin
