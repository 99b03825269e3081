"""The planner as a server sees it: a process of its own, asked over pipes."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

import gevent
from gevent.lock import BoundedSemaphore
from gevent.subprocess import DEVNULL, PIPE, Popen

from fulfil.contracts.planner import Planner, PlannerAway
from fulfil.planner.frames import Garbage, packed, receive, send

log = logging.getLogger("fulfil.planner")
QUESTION_BYTES_MAX = 20_000  # to pack more would hold up the loop
ANSWER_BYTES_MAX = 1_000_000
CALL_SECONDS_MAX = 2.0
START_SECONDS_MAX = 10.0  # more for the first call: a busy machine takes long to load the solver
END_SECONDS = 2.0
# One thread: the other core is the server's.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class PlannerProcess(Planner):
    """Begins the planner when it is first asked, and anew after whatever went wrong. One call at a time."""

    def __init__(
        self,
        command: tuple[str, ...] = (sys.executable, "-m", "fulfil.planner"),
        *,
        seconds: float = CALL_SECONDS_MAX,
        start_seconds: float = START_SECONDS_MAX,
    ) -> None:
        self._command, self._seconds, self._start_seconds = command, seconds, start_seconds
        self._one = BoundedSemaphore()
        self._process: Popen | None = None

    def call(self, name: str, payload: Any) -> Any:
        """The planner's answer. Raises PlannerAway."""
        question = packed((name, payload))
        if len(question) > QUESTION_BYTES_MAX:
            raise PlannerAway(f"{name}: a question of {len(question)} bytes")
        if not self._one.acquire(timeout=self._seconds):
            raise PlannerAway(f"{name}: others are asking")
        try:
            told = self._exchange(question)
        finally:
            self._one.release()
        if "error" in told:
            raise PlannerAway(f"{name}: {told['error']}")
        return told["answer"]

    def close(self) -> None:
        """End the process; the next call would begin another."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait(END_SECONDS)
        for pipe in (process.stdin, process.stdout):
            try:
                pipe.close()
            except OSError:  # what was to be written has nobody to read it any more
                continue

    @property
    def pid(self) -> int | None:
        """The process that answers now, None when there is none."""
        return self._process.pid if self._process else None

    def _exchange(self, question: bytes) -> dict[str, Any]:
        """Ask. Whatever ends this early, a killed caller too, leaves no process that still owes an answer."""
        answered = False
        seconds = self._seconds if self._process else self._seconds + self._start_seconds
        try:
            with gevent.Timeout(seconds, PlannerAway("too slow")):
                process = self._running()
                send(process.stdin, question)
                told = receive(process.stdout, ANSWER_BYTES_MAX)
            if not isinstance(told, dict) or not told.keys() & {"answer", "error"}:
                raise Garbage("no answer")
            answered = True
            return told
        except (OSError, EOFError, Garbage) as error:
            raise PlannerAway(f"{type(error).__name__}: {error}") from error
        finally:
            if not answered:
                log.warning("the planner is ended")
                self.close()

    def _running(self) -> Popen:
        if self._process is None:
            self._process = Popen(
                self._command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                start_new_session=True,
                env={**os.environ, **ONE_THREAD},
            )
        return self._process
