"""Hints to everybody who works on the same database: a task is due, a log has grown, something has changed.

A hint only says where to look; whoever hears it reads the database. So a hint may be lost, doubled or late:
every follower also looks by itself, seldom while hints arrive (`complete`) and often while they do not.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Any

from fulfil.kit.config import Config

log = logging.getLogger("fulfil.signals")

TASKS = "tasks"  # work of these kinds is due
PEOPLE = "people"  # the live logs of these people have grown
TOPICS = "topics"  # what these topics stand for has changed
SESSIONS = "sessions"  # these sessions have ended
KINDS = (TASKS, PEOPLE, TOPICS, SESSIONS)

Listener = Callable[[Collection[Any]], None]
Spawn = Callable[[Callable[[], None]], Any]


class Signals:
    """Hints within one process. `complete`: no other process writes, so that no hint is ever missing."""

    def __init__(self, *, complete: bool = True) -> None:
        self._alone = complete
        self._listeners: dict[str, list[Listener]] = defaultdict(list)
        self._after_gap: list[Callable[[], None]] = []

    @property
    def complete(self) -> bool:
        """Whether hints of every process arrive here at the moment."""
        return self._alone

    def hear(self, kind: str, listener: Listener) -> None:
        """Call `listener(names)` for hints of that kind, this process's own included; it must not wait."""
        self._listeners[kind].append(listener)

    def hear_of_gaps(self, listener: Callable[[], None]) -> None:
        """Call `listener()` when hints arrive again after some may have been lost."""
        self._after_gap.append(listener)

    def tell(self, kind: str, names: Collection[Any]) -> None:
        """Give a hint. Never waits and never fails because of others."""
        for listener in self._listeners[kind]:
            try:
                listener(names)
            except Exception:
                log.exception("somebody who heard a hint failed")

    def start(self, spawn: Spawn) -> None:
        """Begin to exchange hints with other processes, in greenlets or threads of `spawn`."""

    def stop(self) -> None:
        """Exchange no more hints."""

    def _gap_ended(self) -> None:
        for listener in self._after_gap:
            listener()


def signals_for(config: Config) -> Signals:
    """Over Redis where one is named; without it only an embedded shop's hints are complete."""
    if not config.redis_url:
        return Signals(complete=config.database_url.startswith("sqlite"))
    from fulfil.kit.redis_signals import RedisSignals  # here: only processes that share a shop pay for it

    return RedisSignals(config.redis_url)
