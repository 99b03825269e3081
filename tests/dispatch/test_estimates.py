"""How long work is taken to last, to the second, with a policy of round numbers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fulfil.dispatch.rules import Policy, after, estimate, predicted, ride_seconds
from tests.dispatch.test_rules import NOW

STAGES = ("picking", "prep", "packing", "handoff", "delivery")
POLICY = Policy.of(
    {
        "base_seconds": dict(zip(STAGES, (100, 200, 300, 400, 500), strict=True)),
        "line_seconds": dict(zip(STAGES, (20, 30, 40, 50, 0), strict=True)),
        "kilogram_seconds": 6.0,
        "reach_seconds": 11,
        "walk_metres_per_second": 2.0,
        "metres_per_second": 4.0,
    }
)


@pytest.mark.parametrize(
    ("stage", "lines", "grams", "metres", "seconds"),
    [
        ("picking", 0, 0, None, 100),
        ("picking", 3, 0, None, 160),
        ("picking", 3, 1500, None, 169),
        ("picking", 3, 1500, 0.0, 142),
        ("picking", 3, 1500, 30.0, 157),
        ("prep", 3, 1500, 30.0, 290),
        ("packing", 3, 1500, 30.0, 429),
        ("packing", 0, 100_000, None, 900),
        ("handoff", 2, 1500, 30.0, 500),
        ("a stage of its own", 3, 1500, None, 0),
    ],
)
def test_how_long_a_stage_takes(
    stage: str, lines: int, grams: int, metres: float | None, seconds: int
) -> None:
    """Weight counts where it is lifted; where the floor has a plan a line is only reached for."""
    assert estimate(stage, lines, grams, POLICY, metres) == seconds


@pytest.mark.parametrize(
    ("stage", "seconds"),
    [
        ("picking", 420 + 550 + 900),
        ("prep", 420 + 550 + 900),
        ("packing", 550 + 900),
        ("handoff", 900),
        ("delivery", 0),
    ],
)
def test_what_follows_a_stage(stage: str, seconds: int) -> None:
    assert after(stage, 3, 900, POLICY) == seconds


def test_a_ride_has_its_start_and_its_metres() -> None:
    assert ride_seconds(1000, POLICY) == 500 + 250


@pytest.mark.parametrize(
    ("begun_before", "seconds"), [(None, 700), (0, 700), (100, 600), (600, 100), (5000, 100)]
)
def test_what_has_begun_is_not_counted_twice(begun_before: int | None, seconds: int) -> None:
    begun_at = None if begun_before is None else NOW - timedelta(seconds=begun_before)
    assert predicted(NOW, 600, begun_at, 100) == NOW + timedelta(seconds=seconds)
