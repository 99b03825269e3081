"""The task engine: outbox, local message table and timers in one table (O3, O5).

A row joins the transaction of the change that causes it. A *db* handler's effects and the deletion of its
row are one transaction, so they happen exactly once. A *call* handler talks to the outside: its row is
leased, the call is made outside any transaction with the task id as idempotency key, and its outcome is
committed together with the deletion.

Rows with the same key (an order) run in id order; insert them while holding the lock of the row that the key
names. Timers carry no key: they would hold up what comes after them.
"""

from __future__ import annotations

import logging
import math
import threading
import time
import traceback
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from fulfil.kit.db import NumbersExhausted, Tx, retryable
from fulfil.kit.gateway import CallRefused
from fulfil.kit.outages import CommitUnknown, refusal_of
from fulfil.kit.task_book import BOTH, CALL, DB, TaskBook
from fulfil.kit.task_rows import (
    ATTEMPTS_MAX,
    DEAD,
    DELETE,
    DELETE_SAME,
    LEARN,
    LEASED,
    WAITING,
    Statements,
    Task,
)

if TYPE_CHECKING:
    pass

log = logging.getLogger("fulfil.tasks")

BACKOFF_SECONDS_MAX = 300
REFUSED_SECONDS = 10
LEASE = timedelta(seconds=60)
BATCH = 8
BATCH_SECONDS_MAX = 0.006  # on SQLite everybody else who writes waits for it
BATCH_SECONDS_MAX_POSTGRES = 0.03
BATCH_NUMBERS = 1024
POLL_SECONDS = 1.0
CALLS_MAX = 8
# What a batch leaves to be looked for: its own kind, and calls behind what it ended.
LEFT, PERHAPS_A_CALL = (DB, None, None), (CALL, None, None)
CLAIM_SECONDS_MAX, LEARN_SECONDS = 0.02, 30.0


class _Failed(Exception):
    """Carries the error of a handler out of the batch, so that the batch is rolled back."""

    def __init__(self, task: Row, error: Exception) -> None:
        super().__init__(str(error))
        self.task, self.error = task, error


class _TakenBack(Exception):
    """A task that this batch has claimed was deleted by one before it: each runs alone now."""


class Tasks(TaskBook):
    """Runs what is due."""

    def __init__(self) -> None:
        super().__init__()
        self._slow, self._learned_at = False, -math.inf
        self._stop = False
        self._places = threading.BoundedSemaphore(CALLS_MAX)

    def stop(self) -> None:
        self._stop = True
        self._woken.set()

    def run_forever(self, spawn: Callable[[Callable[[], None]], Any]) -> None:
        """Work until `stop`. Outside calls run through `spawn`, at most a few at once.

        Only kinds that somebody told of are looked for, and once a second both: time alone makes tasks due.
        Several of these may run beside each other: what becomes due while one works wakes another.
        """
        look_at = time.monotonic()
        while not self._stop:
            self._woken.clear()
            told, self._told = self._told, set()
            look = time.monotonic() >= look_at
            if look:
                look_at = time.monotonic() + POLL_SECONDS
            try:
                did = self._work(told, look, spawn)
            except Exception:
                log.exception("the task loop stumbled")
                did = 0
            if did:
                time.sleep(0)
            elif not self._told:
                self._woken.wait(POLL_SECONDS)

    def _work(self, told: Collection[str], look: bool, spawn: Callable[[Callable[[], None]], Any]) -> int:
        """A batch, and the calls that are due, where tasks are known of or to be looked for."""
        did, started, words = 0, time.monotonic(), self._words.copy()
        if look or DB in told:
            did = self.run_batch(known=DB in told)
            if self._slow and not self.kit.db.sqlite and started > self._learned_at + LEARN_SECONDS:
                self._learn()
            if did:  # another may have looked for what was told of, and found it behind a task of this batch
                self._told |= {kind for kind in BOTH if words[kind] != self._words[kind]}
        if look or CALL in told:
            did += self._start_calls(spawn)
        return did

    def run_until_idle(self) -> int:
        """Run everything that is due now, calls included, in this thread. Returns how many ran.

        Batches end by count, never by time, so that a simulated day is the same on every machine.
        """
        total = 0
        while did := self.run_once():
            total += did
        return total

    def run_once(self) -> int:
        """One batch and one call of what is due now, in this thread. Returns how many ran."""
        did = self.run_batch(seconds_max=math.inf)
        if task := self._lease_call():
            self._call(task)
            did += 1
        return did

    def take_wake(self) -> bool:
        """Whether somebody woke the engine since this was last asked, for who drives it step by step."""
        woken = self._woken.is_set()
        self._woken.clear()
        return woken

    def run_batch(self, limit: int = BATCH, seconds_max: float | None = None, *, known: bool = False) -> int:
        """Run up to `limit` due db tasks in one transaction; a failing one is set aside and counted.

        Where none is `known` to be due, a read comes first.
        """
        if seconds_max is None:
            seconds_max = BATCH_SECONDS_MAX if self.kit.db.sqlite else BATCH_SECONDS_MAX_POSTGRES
        if not known and not self._is_due(call=False):
            return 0
        claimed: list[Row] = []
        try:
            return self.kit.db.write(
                lambda tx: self._run_claimed(tx, limit, seconds_max, claimed), "tasks", numbers=BATCH_NUMBERS
            )
        except _Failed as failed:
            self._failed(failed.task, failed.error)
        except CommitUnknown:
            raise  # nobody's fault, and the rows will tell what came of it
        except Exception as error:
            # The commit failed: a batch of one tells whose fault it was, unless it is the database's own.
            if not claimed or refusal_of(error) is not None:
                raise
            if len(claimed) > 1:
                return self.run_batch(1, known=True)
            self._failed(claimed[0], error)
        return 1

    def _is_due(self, *, call: bool) -> bool:
        """A read first: an empty look must not hold up the one writer."""
        with self.kit.db.look() as tx:
            return tx.scalar(self._of(call).due, {"now": tx.now}) is not None

    def _of(self, call: bool) -> Statements:
        if call not in self._statements:
            handlers = [handler for _, handler in sorted(self._handlers.items()) if handler.call == call]
            self._statements[call] = Statements(
                [handler.name for handler in handlers],
                [handler.name for handler in handlers if handler.coalesce],
                postgres=not self.kit.db.sqlite,
            )
        return self._statements[call]

    def _run_claimed(self, tx: Tx, limit: int, seconds_max: float, claimed: list[Row]) -> int:
        """Run heads, then what they added and what comes up as they end, until `limit` or the time is up."""
        claimed.clear()
        until, more = time.monotonic() + seconds_max, True
        while more and len(claimed) < limit:
            heads = self._claim(tx, limit - len(claimed))
            self._need_no_word(tx, heads)
            known = len(tx.due)
            for task in heads:
                claimed.append(task)
                self._run_one(tx, task, last=task is heads[-1])
                if time.monotonic() > until:
                    tx.due.append(LEFT)
                    return len(claimed)
            more = len(tx.due) > known or len(claimed) == limit
        if more:
            tx.due.append(LEFT)
        return len(claimed)

    def _need_no_word(self, tx: Tx, heads: Collection[Row]) -> None:
        """Tell nobody of what this transaction added, or has let come up, and now runs itself."""
        tx.due[:] = [due for due in tx.due if due != LEFT]
        for task in heads:
            added = (DB, task.handler, task.key)
            if task.created_at != tx.now or added not in tx.due:
                continue
            tx.due.remove(added)
            if self._handlers[task.handler].coalesce:
                tx.due[:] = [due for due in tx.due if due != added]

    def _claim(self, tx: Tx, count: int) -> list[Row]:
        started = time.monotonic()
        heads = tx.all(self._of(False).claim, {"now": tx.now, "count": count})
        self._slow = self._slow or time.monotonic() - started > CLAIM_SECONDS_MAX
        return heads

    def _learn(self) -> None:
        """Let PostgreSQL count the tasks: for up to a minute it searches many as it did few."""
        self._slow, self._learned_at = False, time.monotonic()
        self.kit.db.write(lambda tx: tx.execute(LEARN), "tasks-learn", numbers=0)

    def _run_one(self, tx: Tx, task: Row, *, last: bool) -> None:
        """End the task and do what it is about. What the last one posts goes with whatever comes next."""
        handler = self._handlers[task.handler]
        if task.followed:
            tx.due += LEFT, PERHAPS_A_CALL
        tx.must_change(DELETE, {"task": task.id}, _TakenBack)
        if handler.coalesce and task.key is not None:
            tx.post(DELETE_SAME, ({"handler": task.handler, "same": task.key, "now": tx.now},))
        started = time.perf_counter()
        try:
            handler.run(tx, task.payload)
            if not last:
                tx.flush()  # its errors are its own, not the next one's
        except (NumbersExhausted, _TakenBack):
            raise
        except sa.exc.DBAPIError as error:
            if retryable(error) or refusal_of(error) is not None:
                raise
            raise _Failed(task, error) from error
        except Exception as error:
            raise _Failed(task, error) from error
        self.kit.metrics.task(task.handler, time.perf_counter() - started)

    def _start_calls(self, spawn: Callable[[Callable[[], None]], Any]) -> int:
        started = 0
        while self._places.acquire(blocking=False):
            task = self._lease_call()
            if task is None:
                self._places.release()
                break
            spawn(partial(self._call_and_release, task))
            started += 1
        return started

    def _call_and_release(self, task: Row) -> None:
        try:
            self._call(task)
        finally:
            self._places.release()
            self._hear(BOTH)

    def _lease_call(self) -> Row | None:
        if not self._is_due(call=True):
            return None
        return self.kit.db.write(
            lambda tx: tx.one(self._of(True).lease, {"now": tx.now, "until": tx.now + LEASE}),
            "tasks-lease",
            numbers=0,
        )

    def _call(self, task: Row) -> None:
        handler = self._handlers[task.handler]
        try:
            outcome = handler.run(self.kit, task.payload, task.id)
            self.kit.db.write(lambda tx: self._complete(tx, task, outcome), f"task-{task.handler}")
        except Exception as error:
            self._failed(task, error)

    @staticmethod
    def _complete(tx: Tx, task: Row, outcome: Callable[[Tx], None] | None) -> None:
        if tx.delete(Task, _still(task, LEASED)) and outcome is not None:
            outcome(tx)

    def _failed(self, task: Row, error: Exception) -> None:
        self._told.add(DB)  # what shared its batch was undone with it
        if isinstance(error, CallRefused):
            self._postpone(task)
            return
        call = self._handlers[task.handler].call
        attempts = task.attempts + (0 if call else 1)
        dead = attempts >= ATTEMPTS_MAX
        log.log(
            logging.ERROR if dead else logging.WARNING,
            "task %s failed",
            task.handler,
            exc_info=error,
            extra={"task_id": task.id, "attempts": attempts, "dead": dead},
        )
        wait = min(2 ** min(attempts, 10) * 0.25, BACKOFF_SECONDS_MAX)
        text = "".join(traceback.format_exception_only(error))[-2000:]

        def set_aside(tx: Tx) -> None:
            tx.update(
                Task,
                _still(task, LEASED if call else WAITING),
                attempts=attempts,
                error=text,
                state=DEAD if dead else WAITING,
                run_at=tx.now + timedelta(seconds=wait),
                lease_until=None,
            )

        self.kit.metrics.task_failed(task.handler, dead)
        self.kit.db.write(set_aside, "tasks-failed", numbers=0)

    def _postpone(self, task: Row) -> None:
        """A switch is off or a breaker open: the call was not tried, so it does not count as an attempt."""
        call = self._handlers[task.handler].call
        self.kit.db.write(
            lambda tx: tx.update(
                Task,
                _still(task, LEASED if call else WAITING),
                state=WAITING,
                lease_until=None,
                attempts=task.attempts - (1 if call else 0),
                run_at=tx.now + timedelta(seconds=REFUSED_SECONDS),
            ),
            "tasks-postponed",
            numbers=0,
        )


def _still(task: Row, state: int) -> Mapping[str, Any]:
    """That the row is as its worker took it: a lease that ran out may belong to another worker by now."""
    return {"id": task.id, "state": state, "attempts": task.attempts, "lease_until": task.lease_until}
