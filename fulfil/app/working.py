"""What every process of a shop does beside its requests: hints, sweeps and, unless told not to, tasks."""

from __future__ import annotations

import gc
import signal

import gevent
from gevent.event import Event
from gevent.pool import Pool

from fulfil.app import schedule
from fulfil.kit.base import Kit
from fulfil.planner.process import PlannerProcess

END_SECONDS_MAX = 10  # a batch takes milliseconds, an outside call has a timeout of five seconds
# On PostgreSQL, where a task waits for a dozen answers: one alone falls behind what a busy loop takes in.
TASK_LOOPS = 4
GARBAGE_THRESHOLDS = 20_000, 20, 20


class Work:
    """The loops of one process over a wired kit. Sweeps run in every process: they are idempotent.

    Its planner is a process of its own, which begins when there is more to plan than the loop has time for.
    """

    def __init__(self, kit: Kit, *, tasks: bool) -> None:
        self._kit, self._tasks = kit, tasks
        self._loops = Pool()
        self._calls = Pool()
        self._scheduler: schedule.Scheduler | None = None
        self._planner = kit.services["planner"] = PlannerProcess()

    def start(self) -> None:
        self._kit.signals.start(gevent.spawn)
        if self._tasks:
            for _ in range(1 if self._kit.db.sqlite else TASK_LOOPS):
                self._loops.spawn(self._kit.tasks.run_forever, self._calls.spawn)
        self._scheduler = schedule.start(self._kit)

    def stop(self) -> None:
        """Begin nothing new; what is under way may end."""
        if self._scheduler:
            self._scheduler.shutdown(wait=False)
        self._kit.tasks.stop()
        self._loops.join(END_SECONDS_MAX)
        self._calls.join(END_SECONDS_MAX)
        self._planner.close()


def wait_for_signal() -> None:
    """Wait for SIGTERM or SIGINT."""
    done = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, done.set)
    done.wait()


def settle_memory() -> None:
    """Leave what stays for good out of garbage collections: looking through it took 0.2 s at a time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
