"""Sweeps go on however the machine's clock is set."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from unittest.mock import patch

import apscheduler.schedulers.base
import pytest
from gevent.event import Event

from fulfil.app import schedule
from fulfil.kit.task_book import Sweep

SECONDS, WAIT_SECONDS_MAX = 0.05, 10
ahead = timedelta()


class SetClock(datetime):
    """The machine's clock as somebody has set it."""

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + ahead


@pytest.fixture
def swept() -> Iterator[Event]:
    """Set at every turn of a sweep."""
    global ahead
    ahead = timedelta()
    turn = Event()
    kit = SimpleNamespace(
        tasks=SimpleNamespace(sweeps=[Sweep("turn", SECONDS, lambda _tx: turn.set())]),
        db=SimpleNamespace(write=lambda run, _name: run(None)),
    )
    with (
        patch.object(schedule, "datetime", SetClock),
        patch.object(apscheduler.schedulers.base, "datetime", SetClock),
    ):
        scheduler = schedule.start(kit)
        yield turn
        scheduler.shutdown(wait=False)


@pytest.mark.parametrize("days", [0, -1, 1, -20_000, 20_000])
def test_sweeps_go_on_when_the_clock_is_set(swept: Event, days: int) -> None:
    global ahead
    assert swept.wait(WAIT_SECONDS_MAX)
    ahead = timedelta(days=days)
    for _ in range(3):
        swept.clear()
        assert swept.wait(WAIT_SECONDS_MAX)
