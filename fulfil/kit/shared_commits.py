"""Writers of a SQLite database that wait at the same time share one commit."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from fulfil.kit.switch_trap import SwitchInTransaction, SwitchTrap

if TYPE_CHECKING:
    from fulfil.kit.db import Database, Tx

log = logging.getLogger("fulfil.db")
GROUP_MAX = 32
GROUP_SECONDS_MAX = 0.008
# Commits until the log is moved into the database: when nobody waits, and at the latest.
CHECKPOINT_AT_REST, CHECKPOINT_AT_LAST = 32, 512


class Job:
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


class Group:
    """The one greenlet that writes to a SQLite database; who waits at the same time shares a commit."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: deque[Job] = deque()
        self._arrived = threading.Event()
        self._leader: Any = None
        self._unmoved = 0  # commits that stand in the write-ahead log only

    def leads(self) -> bool:
        """Whether the present greenlet is the writer itself, which must not wait for itself."""
        import greenlet

        return greenlet.getcurrent() is self._leader

    def join(self, job: Job) -> Any:
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
                self._commit()
                if self._unmoved >= (CHECKPOINT_AT_LAST if self._waiting else CHECKPOINT_AT_REST):
                    self._checkpoint()

    def _commit(self) -> None:
        jobs = [self._waiting.popleft()]
        try:
            self._db.run_group(self._with_more(jobs))
        except Exception as error:
            for job in jobs:
                job.error = job.error or error
        for job in jobs:
            job.ended.set()
        self._unmoved += 1

    def _checkpoint(self) -> None:
        """Move the log into the database. Inside a commit this would hold up whoever waits for it."""
        self._unmoved = 0
        try:
            self._db.checkpoint()
        except Exception:
            log.exception("the write-ahead log was not moved into the database; the next try comes by itself")

    def _with_more(self, jobs: list[Job]) -> Iterator[Job]:
        """The first job and those that wait, until they are many or have held up the loop for long enough."""
        until = time.monotonic() + GROUP_SECONDS_MAX
        yield jobs[0]
        while self._waiting and len(jobs) < GROUP_MAX and time.monotonic() < until:
            jobs.append(self._waiting.popleft())
            yield jobs[-1]


def in_thread(work: Callable[..., None], *args: Any) -> None:
    """Run in a real thread, so that the loop goes on while the disk works."""
    from gevent import get_hub

    get_hub().threadpool.apply(work, args)
