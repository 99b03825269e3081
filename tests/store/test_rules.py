"""Opening hours, area, fee, and what a scanner read."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from fulfil.store import rules
from fulfil.store.rules.hours import holds_work, shown_at, wakes_at
from terminal_ui.assets import ROOT

DAY = {
    "mon": [["07:00", "12:00"], ["13:00", "22:00"]],
    "fri": [["20:00", "02:00"]],
    "sun": [["00:00", "24:00"]],
}


@dataclass(frozen=True)
class Store:
    tz: str = "Asia/Shanghai"
    opening: dict = field(default_factory=lambda: DAY)
    delivery_fee: int = 500
    free_delivery_from: int = 6900
    state: str = "open"
    state_until: datetime | None = None


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of March 2026 by the clock of Shanghai (UTC+8); the 2nd is a Monday."""
    return datetime.fromisoformat(f"2026-03-{day:02}T{hour:02}:{minute:02}:00+08:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("instant", "is_open"),
    [
        (at(2, 6, 59), False),
        (at(2, 7), True),
        (at(2, 11, 59), True),
        (at(2, 12), False),
        (at(2, 13), True),
        (at(2, 22), False),
        (at(3, 12), False),
        (at(6, 19, 59), False),
        (at(6, 20), True),
        (at(7, 1, 59), True),
        (at(7, 2), False),
        (at(8, 0), True),
        (at(8, 23, 59), True),
        (at(9, 0), False),
    ],
)
def test_opening_hours_are_the_shops_own(instant: datetime, is_open: bool) -> None:
    assert rules.open_at(Store(), instant) is is_open


def test_daylight_saving_follows_the_time_zone() -> None:
    berlin = Store(tz="Europe/Berlin", opening={"sun": [["08:00", "09:00"]]})
    assert rules.open_at(berlin, datetime(2026, 3, 22, 7, 30, tzinfo=UTC))
    assert not rules.open_at(berlin, datetime(2026, 3, 29, 7, 30, tzinfo=UTC))
    assert rules.open_at(berlin, datetime(2026, 3, 29, 6, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("store", "instant", "opens"),
    [
        (Store(), at(2, 6), at(2, 7)),
        (Store(), at(2, 8), at(2, 8)),
        (Store(), at(2, 12, 30), at(2, 13)),
        (Store(), at(3, 0), at(6, 20)),
        (Store(opening={}), at(2, 8), None),
        (Store(state="locked"), at(2, 8), None),
        (Store(state="closed", state_until=at(2, 9)), at(2, 8), at(2, 9)),
        (Store(state="closed", state_until=at(2, 12, 30)), at(2, 8), at(2, 13)),
    ],
)
def test_when_it_opens_next(store: Store, instant: datetime, opens: datetime | None) -> None:
    assert rules.opens_next(store, instant) == opens


def test_a_lock_ends_by_itself() -> None:
    locked = Store(state="locked", state_until=at(2, 9))
    assert [rules.open_at(locked, at(2, 8, 59)), rules.open_at(locked, at(2, 9))] == [False, True]


def test_metres() -> None:
    assert rules.metres(31.2304, 121.4737, 31.2304, 121.4737) == 0
    assert rules.metres(0, 0, 0, 1) == pytest.approx(111_195, abs=2)
    assert rules.metres(0, 179.5, 0, -179.5) == pytest.approx(111_195, abs=2)


@pytest.mark.parametrize(
    ("goods", "free_from", "fee"), [(0, 6900, 500), (6899, 6900, 500), (6900, 6900, 0), (99999, 0, 500)]
)
def test_delivery_fee(goods: int, free_from: int, fee: int) -> None:
    assert rules.delivery_fee(Store(free_delivery_from=free_from), goods) == fee


@pytest.mark.parametrize(
    ("opening", "right"),
    [
        (DAY, True),
        ({}, True),
        ([], False),
        ({"monday": []}, False),
        ({"mon": [["7:00", "22:00"]]}, False),
        ({"mon": [["07:00"]]}, False),
        ({"mon": [["07:00", "24:01"]]}, False),
    ],
)
def test_wrong_opening(opening: object, right: bool) -> None:
    assert (rules.wrong_opening(opening) is None) is right


VECTORS = json.loads((ROOT / "core" / "scan-vectors.json").read_text("utf-8"))


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["code"] or "nothing")
def test_what_a_scanner_read(case: dict) -> None:
    assert rules.parse_scan(case["code"], VECTORS["scale_rules"]).as_dict() == case["meaning"]


@pytest.mark.parametrize(
    ("store", "instant", "wakes"),
    [
        (Store(), at(2, 6), at(2, 7)),
        (Store(), at(2, 8), at(2, 13)),
        (Store(), at(3, 0), at(6, 20)),
        (Store(state="asleep"), at(2, 8), at(2, 13)),
        (Store(opening={}), at(2, 8), None),
    ],
)
def test_whoever_sleeps_wakes_when_the_hours_begin_next(store: Store, instant: datetime, wakes) -> None:
    assert wakes_at(store, instant) == wakes


@pytest.mark.parametrize(
    ("store", "instant", "shown", "holds"),
    [
        (Store(), at(2, 8), "open", False),
        (Store(), at(2, 6), "asleep", False),
        (Store(state="locked"), at(2, 8), "locked", False),
        (Store(state="closed"), at(2, 8), "closed", True),
        (Store(state="asleep", state_until=at(2, 13)), at(2, 8), "asleep", True),
        (Store(state="asleep", state_until=at(2, 13)), at(2, 13), "open", False),
    ],
)
def test_what_is_seen_of_a_state_and_whether_it_holds_work(store: Store, instant, shown, holds) -> None:
    assert (shown_at(store, instant), holds_work(store, instant)) == (shown, holds)
