"""The task engine: outbox, local message table and timers in one table (O3, O5).

A row joins the transaction of the change that causes it. A *db* handler's effects and the deletion of its
row are one transaction, so they happen exactly once. A *call* handler talks to the outside: its row is leased,
the call is made outside any transaction with the task id as idempotency key, and its outcome is committed
together with the deletion.

Rows with the same key (an order) run in id order; insert them while holding the lock of the row that the key
names. Timers carry no key: they would hold up what comes after them.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Row
from sqlalchemy.orm import Mapped, aliased, mapped_column

from fulfil.kit.db import Base, Int, Json, Text, Tx, Utc, retryable

if TYPE_CHECKING:
    from fulfil.kit.base import Kit

log = logging.getLogger("fulfil.tasks")

PRIORITY_URGENT, PRIORITY_NORMAL, PRIORITY_LOW = 1, 5, 9
WAITING, LEASED, DEAD = 0, 1, 2
ATTEMPTS_MAX = 12
BACKOFF_SECONDS_MAX = 300
LEASE = timedelta(seconds=60)
BATCH = 8
BATCH_SECONDS_MAX = 0.006
POLL_SECONDS = 1.0
CALLS_MAX = 8

DbHandler = Callable[[Tx, Mapping[str, Any]], None]
CallHandler = Callable[["Kit", Mapping[str, Any], int], Callable[[Tx], None] | None]


class Task(Base):
    """One piece of work to do. `state` is waiting 0, leased 1 or dead 2; done rows are deleted."""

    __tablename__ = "tasks"
    __table_args__ = (
        sa.Index("ix_tasks_due", "priority", "run_at", "id", sqlite_where=sa.text("state = 0"),
                 postgresql_where=sa.text("state = 0")),
        sa.Index("ix_tasks_key", "key", "id", sqlite_where=sa.text("key IS NOT NULL"),
                 postgresql_where=sa.text("key IS NOT NULL")),
        sa.Index("ix_tasks_lease", "lease_until", sqlite_where=sa.text("state = 1"),
                 postgresql_where=sa.text("state = 1")),
        sa.Index("ix_tasks_after", "after", sqlite_where=sa.text("after IS NOT NULL"),
                 postgresql_where=sa.text("after IS NOT NULL")),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=True)
    handler: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict] = mapped_column(Json)
    key: Mapped[str | None] = mapped_column(Text)
    priority: Mapped[int] = mapped_column(Int)
    run_at: Mapped[datetime] = mapped_column(Utc)
    after: Mapped[int | None] = mapped_column(Int)
    state: Mapped[int] = mapped_column(Int, default=WAITING)
    attempts: Mapped[int] = mapped_column(Int, default=0)
    lease_until: Mapped[datetime | None] = mapped_column(Utc)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Utc)


@dataclass(frozen=True)
class Handler:
    """A registered handler. `coalesce`: one run serves all waiting rows of the same key."""

    name: str
    run: Callable[..., Any]
    call: bool
    coalesce: bool


@dataclass(frozen=True)
class Sweep:
    """A wake-up that repeats every `seconds`; idempotent, so it may run on every node."""

    name: str
    seconds: float
    run: Callable[[Tx], None]


class _Failed(Exception):
    """Carries a task whose handler raised out of the batch, so that the batch is rolled back."""

    def __init__(self, task: Row, error: BaseException) -> None:
        super().__init__(str(error))
        self.task, self.error = task, error


class Tasks:
    """Registers handlers, adds rows, runs what is due."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}
        self.sweeps: list[Sweep] = []
        self._woken = threading.Event()
        self._stop = False
        self._kit: Kit | None = None

    def bind(self, kit: Kit) -> None:
        self._kit = kit

    def handler(self, name: str, run: DbHandler | CallHandler, *, kind: str = "db",
                coalesce: bool = False) -> None:
        """Register `run` under the stable `name` of task rows."""
        if name in self._handlers:
            raise ValueError(f"two handlers are named {name}")
        self._handlers[name] = Handler(name, run, kind == "call", coalesce)

    def sweep(self, name: str, seconds: float, run: Callable[[Tx], None]) -> None:
        """Let `run(tx)` be called every `seconds`."""
        self.sweeps.append(Sweep(name, seconds, run))

    def add(self, tx: Tx, name: str, payload: Mapping[str, Any], *, key: str | None = None,
            run_at: datetime | None = None, priority: int = PRIORITY_NORMAL, after: int | None = None) -> int:
        """Insert a task in the caller's transaction; returns its id. `after`: a task that must end first."""
        if name not in self._handlers:
            raise ValueError(f"no handler is named {name}")
        if run_at is None or run_at <= tx.now:
            tx.after_commit(self.wake)
        return tx.scalar(sa.insert(Task).values(
            handler=name, payload=dict(payload), key=key, priority=priority, run_at=run_at or tx.now,
            after=after, created_at=tx.now).returning(Task.id))

    def wake(self) -> None:
        self._woken.set()

    def stop(self) -> None:
        self._stop = True
        self._woken.set()

    def run_forever(self, spawn: Callable[[Callable[[], None]], Any]) -> None:
        """Work until `stop`. Outside calls run through `spawn`, at most a few at once."""
        calls = threading.BoundedSemaphore(CALLS_MAX)
        while not self._stop:
            self._woken.clear()
            try:
                did = self.run_batch() + self._start_calls(spawn, calls)
            except Exception:
                log.exception("the task loop stumbled")
                did = 0
            if did:
                time.sleep(0)
            else:
                self._woken.wait(POLL_SECONDS)

    def run_until_idle(self) -> int:
        """Run everything that is due now, calls included, in this thread. Returns how many ran."""
        total = 0
        while True:
            did = self.run_batch()
            for task in self._lease_calls(1):
                self._call(task)
                did += 1
            if not did:
                return total
            total += did

    def next_due(self, tx: Tx) -> datetime | None:
        """When the next waiting task wants to run."""
        return tx.scalar(sa.select(sa.func.min(Task.run_at)).where(Task.state == WAITING))

    def run_batch(self, limit: int = BATCH) -> int:
        """Run up to `limit` due db tasks in one transaction; a failing one is set aside and counted."""
        names = [h.name for h in self._handlers.values() if not h.call]
        try:
            return self.kit.db.write(lambda tx: self._run_claimed(tx, names, limit), "tasks",
                                     numbers=1024)
        except _Failed as failed:
            self._failed(failed.task, failed.error)
            return 1

    @property
    def kit(self) -> Kit:
        assert self._kit is not None, "the task engine is not bound to its kit yet"
        return self._kit

    def _run_claimed(self, tx: Tx, names: Sequence[str], limit: int) -> int:
        done, until = 0, time.monotonic() + BATCH_SECONDS_MAX
        while done < limit:
            task = tx.one(_claim(tx, names))
            if task is None:
                break
            self._run_one(tx, task)
            done += 1
            if time.monotonic() > until:
                break
        return done

    def _run_one(self, tx: Tx, task: Row) -> None:
        handler = self._handlers[task.handler]
        if handler.coalesce and task.key is not None:
            tx.delete(Task, Task.handler == task.handler, Task.key == task.key, Task.state == WAITING)
        started = time.perf_counter()
        try:
            handler.run(tx, task.payload)
        except sa.exc.DBAPIError as error:
            if retryable(error):
                raise
            raise _Failed(task, error) from error
        except Exception as error:
            raise _Failed(task, error) from error
        self.kit.metrics.task(task.handler, time.perf_counter() - started)

    def _start_calls(self, spawn: Callable[[Callable[[], None]], Any], calls: Any) -> int:
        started = 0
        while calls.acquire(blocking=False):
            leased = self._lease_calls(1)
            if not leased:
                calls.release()
                break
            spawn(lambda task=leased[0]: self._call_and_release(task, calls))
            started += 1
        return started

    def _call_and_release(self, task: Row, calls: Any) -> None:
        try:
            self._call(task)
        finally:
            calls.release()
            self.wake()

    def _lease_calls(self, limit: int) -> list[Row]:
        names = [h.name for h in self._handlers.values() if h.call]
        if not names:
            return []
        with self.kit.db.read() as tx:
            if tx.one(_due(tx, names, limit)) is None:
                return []

        def lease(tx: Tx) -> list[Row]:
            return tx.all(sa.update(Task).where(Task.id.in_(_due(tx, names, limit, lock=True)))
                          .values(state=LEASED, attempts=Task.attempts + 1, lease_until=tx.now + LEASE)
                          .returning(*Task.__table__.c))

        return self.kit.db.write(lease, "tasks-lease", numbers=0)

    def _call(self, task: Row) -> None:
        handler = self._handlers[task.handler]
        try:
            outcome = handler.run(self.kit, task.payload, task.id)
            self.kit.db.write(lambda tx: self._complete(tx, task, outcome), f"task-{task.handler}")
        except Exception as error:
            self._failed(task, error)

    @staticmethod
    def _complete(tx: Tx, task: Row, outcome: Callable[[Tx], None] | None) -> None:
        fenced = tx.delete(Task, Task.id == task.id, Task.state == LEASED, Task.attempts == task.attempts)
        if fenced and outcome is not None:
            outcome(tx)

    def _failed(self, task: Row, error: BaseException) -> None:
        call = self._handlers[task.handler].call
        attempts = task.attempts + (0 if call else 1)
        dead = attempts >= ATTEMPTS_MAX
        log.log(logging.ERROR if dead else logging.WARNING, "task %s failed", task.handler, exc_info=error,
                extra={"task_id": task.id, "attempts": attempts, "dead": dead})
        wait = min(2 ** min(attempts, 10) * 0.25, BACKOFF_SECONDS_MAX)
        text = "".join(traceback.format_exception_only(error))[-2000:]

        def set_aside(tx: Tx) -> None:
            tx.update(Task, Task.id == task.id, state=DEAD if dead else WAITING, attempts=attempts,
                      run_at=tx.now + timedelta(seconds=wait), lease_until=None, error=text)

        self.kit.metrics.task_failed(task.handler, dead)
        self.kit.db.write(set_aside, "tasks-failed", numbers=0)

    def free_expired_leases(self, tx: Tx) -> None:
        """A worker that died mid-call: its task waits again, and the call is made with the same id."""
        tx.update(Task, Task.state == LEASED, Task.lease_until < tx.now, state=WAITING, lease_until=None)

    def retry_dead(self, tx: Tx, task_id: int) -> bool:
        """Give a dead letter another life."""
        return bool(tx.update(Task, Task.id == task_id, Task.state == DEAD, state=WAITING, attempts=0,
                              run_at=tx.now))


def _due(tx: Tx, names: Sequence[str], limit: int, *, lock: bool = False) -> sa.Select:
    """Ids of due tasks: the head of each key only, and nothing whose `after` still exists."""
    earlier, before = aliased(Task), aliased(Task)
    statement = (
        sa.select(Task.id)
        .where(Task.state == WAITING, Task.run_at <= tx.now, Task.handler.in_(names),
               ~sa.exists().where(earlier.key == Task.key, earlier.id < Task.id),
               ~sa.exists().where(before.id == Task.after))
        .order_by(Task.priority, Task.run_at, Task.id).limit(limit)
    )
    if lock and tx.dialect == "postgresql":
        statement = statement.with_for_update(skip_locked=True, of=Task)
    return statement


def _claim(tx: Tx, names: Sequence[str]) -> Any:
    """Take one due task by deleting it; a roll-back brings it back."""
    return (sa.delete(Task).where(Task.id == _due(tx, names, 1, lock=True).scalar_subquery())
            .returning(*Task.__table__.c))
