"""When people are told that something is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from fulfil.messages.rules import alarms
from fulfil.messages.rules.alarms import Wrong
from terminal_ui.assets import ROOT

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minimum", "maximum", "told"),
    [
        (3, 10, [3, 4, 5, 6, 7, 8, 9, 10, 20, 30]),
        (1, 1, list(range(1, 36))),
        (1, 15, [*range(1, 16), 30]),
        (5, 5, [5, 10, 15, 20, 25, 30, 35]),
        (1, 100, list(range(1, 36))),
    ],
)
def test_silent_below_the_minimum_then_each_time_then_once_per_maximum(
    minimum: int, maximum: int, told: list[int]
) -> None:
    assert [count for count in range(1, 36) if alarms.tells(count, minimum, maximum)] == told


@pytest.mark.parametrize("kind", alarms.SAID)
def test_what_is_wrong_is_said_in_both_languages(kind: str) -> None:
    said = alarms.said(kind, "handler.name", 7)
    assert said["zh"] != said["en"] and "{" not in said["zh"] + said["en"]
    assert ("7" in said["zh"]) == ("7" in said["en"])
    assert ("handler.name" in said["zh"]) == ("handler.name" in said["en"])


@pytest.mark.parametrize("kind", alarms.SAID)
def test_where_it_is_mended_is_said(kind: str) -> None:
    page = alarms.PAGES[kind]
    assert page == "/board" or page.removeprefix("/console#/") in (ROOT / "console" / "route.js").read_text(
        "utf-8"
    )


@pytest.mark.parametrize(
    ("name", "silent_for", "expected"),
    [
        ("pay_sandbox", 59, False),
        ("pay_sandbox", 60, True),
        ("pay_other", 60, True),
        ("sms", 60, True),
        ("redis", 60, True),
        ("email", 600, False),
        ("webhooks", 600, False),
        ("pay_sandbox", None, False),
    ],
)
def test_what_customers_wait_for_is_silent_after_a_minute(
    name: str, silent_for: int | None, expected: bool
) -> None:
    since = None if silent_for is None else NOW - timedelta(seconds=silent_for)
    assert alarms.silent(name, since, NOW) is expected


@dataclass
class Row:
    key: str
    counted_at: datetime


def live(one: Wrong, seconds_ago: float) -> Row:
    return Row(one.key, NOW - timedelta(seconds=seconds_ago))


A, B = Wrong("dead_tasks", 1, "a"), Wrong("dead_tasks", None, "a", 7)


@pytest.mark.parametrize(
    ("known", "wrong", "begun", "going_on", "over"),
    [
        ([], [], 0, 0, 0),
        ([], [A, B], 2, 0, 0),
        ([], [A, A], 1, 0, 0),
        ([(A, 60)], [A], 0, 1, 0),
        ([(A, 47)], [A], 0, 0, 0),  # another process has counted it this minute
        ([(A, 48)], [A], 0, 1, 0),
        ([(A, 60)], [B], 1, 0, 0),
        ([(A, 149)], [], 0, 0, 0),  # another process may still see it
        ([(A, 150)], [], 0, 0, 1),
        ([(A, 9999)], [A], 0, 1, 0),
        ([(A, 9999), (B, 60)], [B], 0, 1, 1),
    ],
)
def test_what_is_wrong_is_compared_with_what_was_told(
    known: list[tuple[Wrong, float]], wrong: list[Wrong], begun: int, going_on: int, over: int
) -> None:
    rows = [live(one, seconds) for one, seconds in known]
    found = alarms.compared(rows, wrong, NOW)
    assert (len(found.begun), len(found.going_on), len(found.over)) == (begun, going_on, over)
    assert all(row.key == one.key for row, one in found.going_on)


def test_the_same_in_two_shops_is_two_alarms() -> None:
    assert len({A.key, B.key, Wrong("dead_tasks", 2, "a").key, Wrong("dead_tasks", 1, "b").key}) == 4
