"""Sweeps go on however the machine's clock is set, and one that fails is named."""

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


def kit_of(sweep: Sweep) -> SimpleNamespace:
    """As much of a kit as a schedule knows."""
    return SimpleNamespace(
        tasks=SimpleNamespace(sweeps=[sweep]), db=SimpleNamespace(write=lambda run, _name: run(None))
    )


@pytest.fixture
def swept() -> Iterator[Event]:
    """Set at every turn of a sweep."""
    global ahead
    ahead = timedelta()
    turn = Event()
    kit = kit_of(Sweep("turn", SECONDS, lambda _tx: turn.set()))
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


def test_a_sweep_that_fails_is_named_and_comes_again(caplog: pytest.LogCaptureFixture) -> None:
    turns, again = [], Event()

    def fail(_tx: None) -> None:
        turns.append(1)
        if len(turns) > 2:
            again.set()
        raise RuntimeError("out of order")

    scheduler = schedule.start(kit_of(Sweep("stock.holds", SECONDS, fail)))
    assert again.wait(WAIT_SECONDS_MAX)
    scheduler.shutdown(wait=False)
    said = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert said and all(
        line.startswith('Job "stock.holds (trigger: every 0.05 s') and "raised an exception" in line
        for line in said
    ), said
