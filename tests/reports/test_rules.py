"""What is counted of an order, and what is made of counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fulfil.reports import rules
from fulfil.reports.rules import Ended, Line, Load, Step

T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


WHOLE = Line(2, 2, 0, 0, False)
# Opened at 0, picked from 4 to 10, packed from 13 to 16, the rider came at 20, left at 21, was there at 30.
GOOD = Ended(
    state="delivered",
    opened_at=at(0),
    due_at=at(45),
    ready_at=at(16),
    handed_over_at=at(21),
    ended_at=at(30),
    lines=[WHOLE, WHOLE],
    units=4,
    picks=[(at(4), at(10))],
    packs=[(at(13), at(16))],
    steps=[[]],
    arrived_at=at(20),
    refused_at_door=False,
    stockouts=[],
)


@pytest.mark.parametrize(
    ("change", "on_time", "filled", "perfect"),
    [
        ({}, 1, 2, 1),
        ({"ended_at": at(46)}, 0, 2, 0),
        ({"lines": [WHOLE, Line(2, 1, 1, 0, False)]}, 1, 1, 0),
        ({"lines": [WHOLE, Line(2, 0, 0, 2, False)]}, 1, 1, 0),  # a substitute came: not filled at first
        ({"lines": [WHOLE, Line(500, 480, 0, 0, True)]}, 1, 2, 1),  # weighed goods are never exact
        ({"refused_at_door": True}, 1, 2, 0),
        ({"state": "void", "handed_over_at": None}, 0, 2, 0),
    ],
)
def test_on_time_filled_and_perfect(change, on_time, filled, perfect) -> None:
    counted = rules.count_order(replace(GOOD, **change))
    assert (counted["on_time"], counted["filled"], counted["perfect"]) == (on_time, filled, perfect)


def test_what_a_customer_cancelled_measures_nobody() -> None:
    counted = rules.count_order(replace(GOOD, state="cancelled", stockouts=[("tea", 1)]))
    assert counted == {"orders": 1, "cancelled": 1, "stockouts": {"tea": {"reports": 1, "quantity": 1}}}


def test_stage_times_leave_out_what_was_not() -> None:
    assert rules.stage_times(GOOD) == {
        "wait": 7 * 60,
        "pick": 360,
        "pack": 180,
        "handover": 300,
        "total": 21 * 60,
        "ride": 540,
    }
    split = replace(GOOD, picks=[(at(4), at(8)), (at(6), at(12))])
    assert rules.stage_times(split)["pick"] == 8 * 60 and rules.stage_times(split)["wait"] == 5 * 60
    assert rules.stage_times(replace(GOOD, picks=[], packs=[], ready_at=None, handed_over_at=None)) == {}


def test_who_packs_before_all_is_picked_does_not_wait() -> None:
    early = replace(GOOD, packs=[(at(9), at(16))])
    assert rules.stage_times(early)["wait"] == 4 * 60 and rules.stage_times(early)["pack"] == 6 * 60


def step(kind: str, seconds: float, session_id: int = 1) -> Step:
    return Step(kind, T0 + timedelta(seconds=seconds), session_id)


@pytest.mark.parametrize(
    ("steps", "work", "search", "idle"),
    [
        ([], 0, 0, 0),
        ([step("accept", 0), step("pick", 20), step("pick", 50)], 50, 0, 0),
        ([step("accept", 0), step("pick", 20), step("short", 80), step("pick", 100)], 40, 60, 0),
        ([step("accept", 0), step("pause", 30), step("resume", 90), step("pick", 100)], 40, 0, 60),
        ([step("accept", 0), step("pick", 300)], 180, 0, 120),  # three minutes are work, the rest is none
        ([step("pick", 0, 1), step("pick", 60, 2)], 0, 0, 0),  # somebody else went on
        ([step("pick", 60), step("pick", 0)], 0, 0, 0),  # a clock that was set back
    ],
)
def test_work_search_and_idle_time_of_a_ticket(steps, work, search, idle) -> None:
    assert rules.work_time(steps) == {"work": work, "search": search, "idle": idle}


@pytest.mark.parametrize(
    ("came", "picking", "packing", "counter", "rider"),
    [
        (20, 0, 0, 60, 240),  # the goods waited
        (12, 0, 240, 300, 0),
        (6, 240, 360, 300, 0),
        (30, 0, 0, 0, 300),  # noted too late: never longer than the goods were there
    ],
)
def test_who_let_the_rider_wait(came, picking, packing, counter, rider) -> None:
    assert rules.rider_waits(replace(GOOD, arrived_at=at(came))) == {
        "rider_met": 1,
        "waits": {"picking": picking, "packing": packing, "counter": counter, "rider": rider},
    }


def test_nobody_says_how_long_a_rider_waited_who_was_not_seen() -> None:
    assert rules.rider_waits(replace(GOOD, arrived_at=None)) == {}


def test_counts_add_up_in_any_order() -> None:
    one, other = (
        rules.count_order(GOOD),
        rules.count_order(replace(GOOD, ended_at=at(50), stockouts=[("tea", 2), ("tea", 1)])),
    )
    sums = rules.total([one, other])
    assert sums == rules.total([other, one]) == rules.total([rules.total([one]), other, {}])
    assert (sums["orders"], sums["on_time"], sums["units"]) == (2, 1, 8)
    assert rules.top_stockouts(sums, 5) == [("tea", 1, 3)]


def test_figures_of_counts() -> None:
    counted = replace(GOOD, steps=[[step("accept", 0), step("pick", 90), step("short", 120)]])
    shown = rules.figures(rules.total(map(rules.count_order, (counted, GOOD))))
    assert shown["units_per_hour"] == 320.0  # 8 units in 90 s of work
    assert [shown[f"{name}_percent"] for name in ("on_time", "perfect", "fill")] == [100.0] * 3
    assert shown["search_minutes"] == 0.5 and shown["stages"]["pick"]["orders"] == 2
    assert shown["stages"]["pick"]["p50_seconds"] == pytest.approx(360, rel=0.025)


def test_figures_of_nothing_divide_by_nothing() -> None:
    shown = rules.figures({})
    assert shown["orders"] == 0 and shown["units_per_hour"] is None and shown["on_time_percent"] is None
    assert shown["stages"]["wait"] == {"orders": 0, "p50_seconds": None, "p95_seconds": None}


@pytest.mark.parametrize("share", [0.5, 0.95, 1.0])
def test_a_percentile_is_right_to_a_fortieth(share: float) -> None:
    values = [3 * n * n + 1 for n in range(1, 201)]
    histogram = rules.total({str(rules.bucket(value)): 1} for value in values)
    exact = values[int(share * len(values)) - 1]
    assert rules.percentiles(histogram, [share]) == [pytest.approx(exact, rel=0.026)]


def test_a_spread_is_by_the_hour_and_names_nobody() -> None:
    loads = [
        Load(3600, 60, 30_000, 3600),
        Load(7200, 120, 60_000, 7200),
        Load(1800, 60, 30_000, 3600),
        Load(60, 1, 100, 60),
    ]
    shown = rules.spread(loads)
    assert shown["people"] == 3  # whoever only looked in does not count
    assert shown["minutes"] == {"least": 30.0, "mean": 50.0, "most": 60.0, "spread_percent": 60.0}
    assert shown["lines"]["spread_percent"] == 0.0
    assert rules.spread(loads[:2]) is None


@pytest.mark.parametrize(
    ("zone", "instant", "hour", "day"),
    [
        ("Asia/Shanghai", "2026-03-02T16:30:00Z", "2026-03-03T00:00+08:00", "2026-03-03T00:00+08:00"),
        ("Asia/Kolkata", "2026-03-02T10:10:00Z", "2026-03-02T15:00+05:30", "2026-03-02T00:00+05:30"),
        ("Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25T02:00+01:00", "2026-10-25T00:00+02:00"),
    ],
)
def test_hours_and_days_are_the_shops(zone, instant, hour, day) -> None:
    moment, place = datetime.fromisoformat(instant), ZoneInfo(zone)
    assert rules.hour_of(moment, place) == datetime.fromisoformat(hour)
    assert rules.day_of(moment, place) == datetime.fromisoformat(day)


@pytest.mark.parametrize(
    ("value", "cell"), [("=1+1", "'=1+1"), ("@x", "'@x"), ("-5", "'-5"), ("tea", "tea"), (-5, -5), ("", "")]
)
def test_no_cell_is_a_formula(value, cell) -> None:
    assert rules.safe_cell(value) == cell
