"""Time comes from here and nowhere else, so a simulated day runs in seconds."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

log = logging.getLogger("fulfil.clock")
JUMP = timedelta(seconds=5)
HELD = timedelta(minutes=10)
RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)


class Clock(Protocol):
    """Gives the present instant, aware, in UTC."""

    def now(self) -> datetime: ...


def _wall() -> datetime:
    return datetime.now(UTC)


def _steady() -> timedelta:
    """Time since the machine was started, its sleep included where that is known. Nobody can set it."""
    return timedelta(seconds=time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)))


class SystemClock:
    """The machine's clock, small corrections included; a jump is followed only once it has lasted.

    A clock that is set a day ahead and back again would otherwise end every order and lease that waits, and
    put off for a day what is planned meanwhile. Who starts with a wrong clock believes it.
    """

    def __init__(
        self, wall: Callable[[], datetime] = _wall, steady: Callable[[], timedelta] = _steady
    ) -> None:
        self._wall, self._steady = wall, steady
        self._start = wall() - steady()
        self._jumped_at: timedelta | None = None

    def now(self) -> datetime:
        steady = self._steady()
        start = self._wall() - steady
        ahead = start - self._start
        if abs(ahead) < JUMP:
            self._start, self._jumped_at = start, None
        elif self._jumped_at is None:
            self._jumped_at = steady
            log.error("the clock was set by %.0f s; followed only if it stays so", ahead.total_seconds())
        elif steady - self._jumped_at > HELD:
            self._start, self._jumped_at = start, None
            log.error("the clock stays set by %.0f s: followed from now on", ahead.total_seconds())
        return self._start + steady


class VirtualClock:
    """A clock that stands still until it is told to move; it never goes back."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def move_to(self, instant: datetime) -> None:
        self._now = max(self._now, instant)

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


def rfc3339(instant: datetime | None) -> str | None:
    """`2026-01-31T08:00:00.123Z`; None stays None."""
    if instant is None:
        return None
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_rfc3339(text: str) -> datetime:
    """The instant of an RFC 3339 text. Raises ValueError when it is none or has no offset."""
    if not RFC3339.fullmatch(text):
        raise ValueError("a time looks like 2026-01-31T08:00:00Z, with Z or an offset")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError:
        raise ValueError("the time is out of range") from None
