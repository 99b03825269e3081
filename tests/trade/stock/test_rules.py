"""Tables of the stock's decisions."""

from datetime import UTC, datetime, timedelta

import pytest

from fulfil.trade.stock import rules
from fulfil.trade.stock.rules import Held

T = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("on_hand", "reserved", "quarantine", "buffer", "left"),
    [(10, 0, 0, 0, 10), (10, 4, 3, 1, 2), (10, 10, 0, 0, 0), (10, 9, 0, 2, 0), (0, 3, 0, 1, 0)],
)
def test_available(on_hand: int, reserved: int, quarantine: int, buffer: int, left: int) -> None:
    assert rules.available(on_hand, reserved, quarantine, buffer) == left


@pytest.mark.parametrize(
    ("policy", "weighed", "kept"),
    [
        ({}, False, 1),
        ({}, True, 500),
        ({"online_buffer": 2}, False, 2),
        ({"online_buffer_grams": 0}, True, 0),
    ],
)
def test_buffer(policy: dict, weighed: bool, kept: int) -> None:
    assert rules.buffer(policy, weighed) == kept


@pytest.mark.parametrize(
    ("counted", "booked", "policy", "weighed", "again"),
    [
        (7, 10, {}, False, False),
        (6, 10, {}, False, True),
        (13, 10, {}, False, False),
        (14, 10, {}, False, True),
        (0, 1000, {}, True, False),
        (0, 1001, {}, True, True),
        (5, 5, {"count_over": 0}, False, False),
        (5, 6, {"count_over": 0}, False, True),
        (0, 20, {"count_over_grams": 19}, True, True),
        (0, 4, {"count_over_grams": 9}, False, True),
    ],
)
def test_a_count_far_from_the_books_is_made_again(counted, booked, policy, weighed, again) -> None:
    assert rules.count_again(counted, booked, policy, weighed=weighed) is again


def test_the_largest_quantity() -> None:
    assert rules.QUANTITY_MAX == 10**9


@pytest.mark.parametrize(
    ("on_hand", "delta", "moved"), [(10, 5, 5), (10, -10, -10), (10, -11, -10), (0, -1, 0)]
)
def test_a_sale_always_posts_but_nothing_is_below_an_empty_shelf(
    on_hand: int, delta: int, moved: int
) -> None:
    assert rules.posted(on_hand, delta) == moved


@pytest.mark.parametrize(
    ("effect", "on_hand", "reserved", "quarantine", "quantity", "delta"),
    [
        ("none", 10, 2, 0, 3, 0),
        ("minus", 10, 2, 0, 3, -3),
        ("minus", 2, 0, 0, 3, -2),
        ("empty", 10, 2, 1, 3, -7),
        ("empty", 2, 4, 0, 1, 0),
    ],
)
def test_what_a_stockout_report_corrects(
    effect: str, on_hand: int, reserved: int, quarantine: int, quantity: int, delta: int
) -> None:
    assert rules.stockout_delta(effect, on_hand, reserved, quarantine, quantity) == delta


@pytest.mark.parametrize(
    ("deficit", "short"),
    [(0, {}), (2, {(3, 1): 2}), (4, {(3, 1): 3, (1, 1): 1}), (99, {(3, 1): 3, (1, 1): 2})],
)
def test_the_latest_due_unpicked_reservation_is_short_first(deficit: int, short: dict) -> None:
    held = [Held(1, 1, 2, T), Held(2, 1, 0, T + timedelta(hours=9)), Held(3, 1, 3, T + timedelta(hours=1))]
    assert rules.short_lines(deficit, held) == short


def test_a_count_means_the_shelf() -> None:
    assert rules.on_hand_of_count(shelf=7, picked=2, quarantine=1) == 10
