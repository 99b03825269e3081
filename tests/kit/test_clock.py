"""Time and its text."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from fulfil.kit.clock import SystemClock, VirtualClock, parse_rfc3339, rfc3339

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_the_machines_clock_is_aware_and_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


class Machine:
    """A machine's two clocks. `wrong`: by how much the one is wrong that somebody can set."""

    def __init__(self) -> None:
        self.passed, self.wrong = timedelta(hours=3), timedelta(0)
        self.clock = SystemClock(lambda: START + self.passed + self.wrong, lambda: self.passed)

    def says(self, **later: float) -> timedelta:
        """By how much the shop's time is wrong after so much more time."""
        self.passed += timedelta(**later)
        return self.clock.now() - START - self.passed


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1), timedelta(seconds=-6)])
def test_a_jump_and_its_way_back_are_not_followed(jump: timedelta) -> None:
    machine = Machine()
    machine.wrong = jump
    assert machine.says() == machine.says(minutes=9) == timedelta(0)
    machine.wrong = timedelta(0)
    assert machine.says(minutes=1) == timedelta(0)
    machine.wrong = jump  # the next one is held as long again
    assert machine.says() == machine.says(minutes=9) == timedelta(0)


def test_a_clock_that_stays_set_is_followed_in_the_end() -> None:
    machine = Machine()
    machine.wrong = timedelta(days=1)
    assert machine.says() == timedelta(0)
    assert machine.says(minutes=11) == machine.says(minutes=1) == timedelta(days=1)


def test_small_corrections_are_followed_at_once() -> None:
    machine = Machine()
    for seconds in (2, 5, 1, -3, 0):
        machine.wrong = timedelta(seconds=seconds)
        assert machine.says(seconds=1) == machine.wrong


def test_a_virtual_clock_moves_forward_only() -> None:
    clock = VirtualClock(START)
    clock.advance(1.5)
    assert clock.now() == START + timedelta(seconds=1.5)
    clock.move_to(START)
    assert clock.now() == START + timedelta(seconds=1.5)
    clock.move_to(START + timedelta(days=1))
    assert clock.now() == START + timedelta(days=1)


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (START, "2026-03-02T08:00:00.000Z"),
        (None, None),
        (datetime(2026, 3, 2, 16, tzinfo=timezone(timedelta(hours=8))), "2026-03-02T08:00:00.000Z"),
        (START + timedelta(microseconds=123_999), "2026-03-02T08:00:00.123Z"),
    ],
)
def test_writing(instant: datetime | None, text: str | None) -> None:
    assert rfc3339(instant) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-03-02T08:00:00",
        "2026-03-02 08:00:00Z",
        "2026-03-02T08:00Z",
        "0001-01-01T00:00:00+01:00",
    ],
)
def test_what_is_no_time_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="time"):
        parse_rfc3339(text)


def test_reading_undoes_writing() -> None:
    assert parse_rfc3339(rfc3339(START)) == START
