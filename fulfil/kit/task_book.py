"""Who does what, and what is to be done: handlers by name, tasks as rows, dead letters (O3, O5)."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from sqlalchemy.engine import Row

from fulfil.kit.db import Tx
from fulfil.kit.signals import TASKS
from fulfil.kit.task_rows import (
    BURY,
    DEAD,
    DEAD_LETTERS,
    DUE,
    FREE,
    INSERT,
    NEXT_DUE,
    PRIORITIES,
    WAITING,
    Statements,
    Task,
)

if TYPE_CHECKING:
    from fulfil.kit.base import Kit

PRIORITY_NORMAL, PRIORITY_LOW = 5, 9
DB, CALL = "db", "call"
BOTH = frozenset({DB, CALL})
HANDLER_NAME = re.compile(r"[A-Za-z0-9._:-]{1,100}")

DbHandler = Callable[[Tx, Mapping[str, Any]], None]
CallHandler = Callable[["Kit", Mapping[str, Any], int], Callable[[Tx], None] | None]


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


class How(TypedDict, total=False):
    """`after`: a task that must end first."""

    key: str | None
    run_at: datetime | None
    priority: int
    after: int | None


class TaskBook:
    """Registers handlers and adds rows; says what is due and what is dead."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}
        self._statements: dict[bool, Statements] = {}  # of these handlers, by whether they call
        self.sweeps: list[Sweep] = []
        self._woken = threading.Event()
        self._told: set[str] = set()  # kinds of which a task has become due
        self._words: Counter[str] = Counter()  # how often that was told of each kind
        self._kit: Kit | None = None

    def bind(self, kit: Kit) -> None:
        self._kit = kit
        kit.signals.hear(TASKS, self._hear)
        kit.signals.hear_of_gaps(partial(self._hear, BOTH))

    def handler(
        self, name: str, run: DbHandler | CallHandler, *, kind: str = "db", coalesce: bool = False
    ) -> None:
        """Register `run` under the stable `name` of task rows."""
        if name in self._handlers:
            raise ValueError(f"two handlers are named {name}")
        if not HANDLER_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name for a handler: letters, digits and . _ : - only")
        self._statements.clear()
        self._handlers[name] = Handler(name, run, kind == "call", coalesce)

    def knows(self, name: str) -> bool:
        """Whether somebody registered a handler under that name."""
        return name in self._handlers

    def sweep(self, name: str, seconds: float, run: Callable[[Tx], None]) -> None:
        """Let `run(tx)` be called every `seconds`."""
        self.sweeps.append(Sweep(name, seconds, run))

    def add(self, tx: Tx, name: str, payload: Mapping[str, Any], **how: Unpack[How]) -> int:
        """Insert a task in the caller's transaction; returns its id."""
        return tx.scalar(INSERT, self._row(tx, name, payload, **how))

    def post(self, tx: Tx, name: str, payload: Mapping[str, Any], **how: Unpack[How]) -> None:
        """As `add`, where nobody asks for the id."""
        tx.insert(Task, **self._row(tx, name, payload, **how))

    def _row(
        self,
        tx: Tx,
        name: str,
        payload: Mapping[str, Any],
        *,
        key: str | None = None,
        run_at: datetime | None = None,
        priority: int = PRIORITY_NORMAL,
        after: int | None = None,
    ) -> dict[str, Any]:
        if name not in self._handlers:
            raise ValueError(f"no handler is named {name}")
        if priority not in PRIORITIES:
            raise ValueError(f"{priority} is no priority: 1 to 9")
        if run_at is None or run_at <= tx.now:
            tx.due.append((CALL if self._handlers[name].call else DB, name, key))
        return {
            "handler": name,
            "payload": dict(payload),
            "key": key,
            "priority": priority,
            "run_at": run_at or tx.now,
            "created_at": tx.now,
            "after": after,
        }

    def wake(self, kinds: Collection[str] = BOTH) -> None:
        """Tell every process that tasks of these kinds are due."""
        self.kit.signals.tell(TASKS, kinds)

    def _hear(self, kinds: Collection[str]) -> None:
        self._told.update(kinds)
        self._words.update(kinds)
        self._woken.set()

    def due(self, tx: Tx) -> int:
        """How many tasks want to run now or are being worked on."""
        return tx.scalar(DUE, {"now": tx.now})

    def next_due(self, tx: Tx) -> datetime | None:
        """When the next waiting task wants to run."""
        return tx.scalar(NEXT_DUE)

    @property
    def kit(self) -> Kit:
        assert self._kit is not None, "the task engine is not bound to its kit yet"
        return self._kit

    def free_expired_leases(self, tx: Tx) -> None:
        """A worker that died mid-call: its task waits again, and the call is made with the same id.

        A task whose workers always die becomes a dead letter like one that always fails.
        """
        tx.change(BURY, {"now": tx.now})
        tx.change(FREE, {"now": tx.now})
        tx.after_commit(self.wake)

    def dead(self, tx: Tx, limit: int) -> list[Row]:
        """The dead letters with `at`, since when their effect is owed; newest first."""
        return tx.all(DEAD_LETTERS.order_by(Task.id.desc()).limit(limit))

    def dead_one(self, tx: Tx, task_id: int) -> Row | None:
        return tx.one(DEAD_LETTERS.where(Task.id == task_id))

    def retry_dead(self, tx: Tx, task_id: int) -> bool:
        """Give a dead letter another life."""
        tx.after_commit(self.wake)
        return bool(
            tx.update(Task, Task.id == task_id, Task.state == DEAD, state=WAITING, attempts=0, run_at=tx.now)
        )
