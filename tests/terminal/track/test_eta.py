"""The range of times that a customer is told."""

from datetime import UTC, datetime, timedelta

import pytest

from terminal_ui.track.eta import eta

NOON = datetime(2026, 3, 2, 12, 1, 30, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return datetime(2026, 3, 2, 12, 0, tzinfo=UTC) + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("promised", "predicted", "start", "end", "late"),
    [
        (at(32), [at(20)], at(20), at(35), False),
        (at(32), [at(8), at(27)], at(25), at(35), False),
        (at(32), [], at(10), at(35), False),
        (at(32), [at(41)], at(40), at(50), True),
        (at(150), [at(20)], at(130), at(150), False),
        (at(-10), [], at(5), at(10), True),
    ],
)
def test_range(promised, predicted, start, end, late):
    found = eta(NOON, promised, predicted)
    assert (found.start, found.end, found.late) == (start, end, late)
