"""What happens next on the virtual clock: a heap of (time, number, act), and the steps that were taken."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from fulfil.kit.clock import VirtualClock, rfc3339

STEPS_KEPT = 200_000
Act = Callable[[], None]
Actor = Iterator[float]  # each yields how many seconds pass until it goes on


class Agenda:
    """Runs acts in the order of their time, and of their planning where times are equal."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.mishaps: Counter[str] = Counter()
        self._steps: deque[tuple[datetime, str]] = deque(maxlen=STEPS_KEPT)
        self.taken = 0
        self._heap: list[tuple[datetime, int, Act]] = []
        self._numbers = itertools.count()

    def after(self, seconds: float, act: Act) -> None:
        """Plan an act so many seconds from now."""
        self.at(self.clock.now() + timedelta(seconds=seconds), act)

    def at(self, instant: datetime, act: Act) -> None:
        heapq.heappush(self._heap, (instant, next(self._numbers), act))

    def live(self, actor: Actor, seconds: float = 0.0) -> Life:
        """Let an actor begin after so many seconds and live until it ends."""
        return Life(self, actor, seconds)

    def run_until(self, instant: datetime) -> None:
        """Do everything that is due up to `instant`; then it is that time."""
        while self._heap and self._heap[0][0] <= instant:
            due, _, act = heapq.heappop(self._heap)
            self.clock.move_to(due)
            self.taken += 1
            act()
        self.clock.move_to(instant)

    def note(self, text: str) -> None:
        """Remember a step, for whoever asks how it came to a violation."""
        self._steps.append((self.clock.now(), text))

    def mishap(self, kind: str, text: str) -> None:
        """Count a fault that is injected, and remember it as a step."""
        self.mishaps[kind] += 1
        self.note(text)

    def steps(self) -> list[str]:
        """The last steps, each with its time."""
        return [f"{rfc3339(instant)} {text}" for instant, text in self._steps]


class Life:
    """An actor that lives on an agenda; it may be woken before its pause is over."""

    def __init__(self, agenda: Agenda, actor: Actor, seconds: float) -> None:
        self._agenda, self._actor, self._turn = agenda, actor, 0
        self.wake(seconds)

    def wake(self, seconds: float = 0.0) -> None:
        """Go on in so many seconds instead of when it was planned."""
        self._turn += 1
        self._agenda.after(seconds, partial(self._step, self._turn))

    def _step(self, turn: int) -> None:
        if turn == self._turn and (pause := next(self._actor, None)) is not None:
            self.wake(pause)
