"""A worker whose tasks do nothing: `python -m fulfil.sim.bench.claiming`, settings from FULFIL_… variables.

It runs the engine as `fulfil worker` does. Standard input says what to do, one line of JSON each: `put` tasks
there, or work off what is there and `add` some at a rate; the answer, when nothing is left, is a line, too.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import json
import sys
import time
from collections.abc import Mapping
from typing import Any

import gevent
import sqlalchemy as sa
from gevent.fileobject import FileObject

from fulfil.app import serving
from fulfil.app.working import Work, settle_memory
from fulfil.kit import logs
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from fulfil.kit.db import Tx
from fulfil.kit.task_rows import Task

NOTHING = "bench.nothing"
LOOK_SECONDS = 0.02
ROWS_AT_ONCE = 5000
LEFT = sa.select(sa.exists().where(sa.text("state = 0")).select_from(Task.__table__))


class Idler:
    """Counts the tasks that it is given, and how long those waited that say when they were added."""

    def __init__(self) -> None:
        self.done = 0
        self.waited: list[float] = []

    def __call__(self, tx: Tx, payload: Mapping[str, Any]) -> None:
        tx.after_commit(lambda: self._count(payload))

    def _count(self, payload: Mapping[str, Any]) -> None:
        self.done += 1
        if "at" in payload:
            self.waited.append(time.perf_counter() - payload["at"])


def put(kit: Kit, keys: list[str | None]) -> None:
    """Insert a waiting task for each key; None is a task without one."""
    for first in range(0, len(keys), ROWS_AT_ONCE):
        some = keys[first : first + ROWS_AT_ONCE]

        def insert(tx: Tx, some: list[str | None] = some) -> None:
            tx.insert_many(
                Task,
                [
                    {
                        "handler": NOTHING,
                        "payload": {},
                        "key": key,
                        "priority": 5,
                        "run_at": tx.now,
                        "after": None,
                        "state": 0,
                        "attempts": 0,
                        "created_at": tx.now,
                    }
                    for key in some
                ],
            )

        kit.db.write(insert, "bench-put", numbers=0)


def main() -> None:
    config = Config.load()
    logs.install(config.log_level)
    serving.open_database(config.database_url)
    kit, idler = Kit(config), Idler()
    kit.tasks.handler(NOTHING, idler)
    print(json.dumps({"ready": True}), flush=True)
    work: Work | None = None
    for line in FileObject(sys.stdin):
        asked = json.loads(line)
        if "put" in asked:
            put(kit, asked["put"])
        else:
            if work is None:
                work = Work(kit, tasks=True)
                work.start()
                settle_memory()
            _add(kit, asked.get("add", 0), asked.get("rate", 1))
            _until_nothing_is_left(kit)
        print(json.dumps({"done": idler.done, "waited": idler.waited, "at": time.perf_counter()}), flush=True)
    if work is not None:
        work.stop()
    kit.close()


def _add(kit: Kit, count: int, rate: float) -> None:
    """Add tasks one by one at this rate, each in a transaction of its own."""
    started = time.perf_counter()
    for number in range(count):
        gevent.sleep(max(0.0, started + number / rate - time.perf_counter()))
        kit.db.write(lambda tx: kit.tasks.add(tx, NOTHING, {"at": time.perf_counter()}), "bench-add")


def _until_nothing_is_left(kit: Kit) -> None:
    while True:
        with kit.db.read() as tx:
            if not tx.scalar(LEFT):
                return
        gevent.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    main()
