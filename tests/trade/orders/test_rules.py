"""Tables of the orders' decisions."""

from datetime import UTC, datetime, timedelta

import pytest

from fulfil.trade.orders import rules
from fulfil.trade.orders.service.steps import STEPS


@pytest.mark.parametrize(("channel", "scene"), [("app", "delivery"), ("till", "anything")])
def test_a_chain_names_steps_that_exist_and_ends_by_accepting(channel: str, scene: str) -> None:
    chain = rules.chain_of(channel, scene)
    assert set(chain) <= set(STEPS)
    assert chain[-1] == "accept"


@pytest.mark.parametrize(("fields", "is_one"), [
    ({"store_id", *rules.PLATFORM_FIELDS}, True), ({"store_id", next(iter(rules.PLATFORM_FIELDS))}, True),
    ({"store_id", "cart_version", *rules.PLATFORM_FIELDS}, False), ({"store_id"}, False), (set(), False),
])  # fmt: skip
def test_an_order_of_a_platform_has_its_fields_and_no_cart(fields: set[str], is_one: bool) -> None:
    assert rules.of_platform(fields) is is_one


@pytest.mark.parametrize(("wish", "result"), [
    ({}, ("refund", "substitute")), ({"on_shortage": "ask"}, ("ask", "substitute")),
    ({"on_shortage": "ask", "if_silent": "refund"}, ("ask", "refund")),
])  # fmt: skip
def test_a_lines_wish_comes_before_the_orders(wish: dict, result: tuple) -> None:
    assert (
        rules.preferences("a", {"a": wish, "b": {"on_shortage": "cancel_order"}}, "refund", "substitute")
        == result
    )


@pytest.mark.parametrize(("state", "paid", "captured", "meaning"), [
    ("placed", 0, 0, "nothing"), ("placed", 0, 99, "part"), ("placed", 0, 100, "pays"),
    ("placed", 99, 100, "pays"),
    ("placed", 0, 120, "pays"), ("paid", 100, 100, "nothing"), ("paid", 100, 200, "unneeded"),
    ("expired", 0, 100, "unneeded"), ("cancelled", 0, 100, "unneeded"), ("cancelled", 100, 100, "nothing"),
])  # fmt: skip
def test_what_money_means(state: str, paid: int, captured: int, meaning: str) -> None:
    assert rules.money_means(state, paid, captured, payable=100) == meaning


@pytest.mark.parametrize(("state", "event", "steps"), [
    ("none", "prepare", ["prepare"]), ("none", "ready", ["prepare", "ready"]),
    ("none", "deliver", ["prepare", "ready", "hand_over", "deliver"]), ("preparing", "prepare", []),
    ("handed_over", "ready", []), ("handed_over", "hand_over", []), ("delivered", "prepare", []),
    ("handed_over", "return_begin", ["return_begin"]), ("none", "return_begin", []),
    ("returned", "ready", ["ready"]),
    ("returned", "hand_over", ["ready", "hand_over"]), ("ready", "cancel", ["cancel"]),
    ("handed_over", "cancel", []), ("cancelled", "cancel", []), ("cancelled", "ready", []),
    ("none", "nonsense", []),
])  # fmt: skip
def test_how_news_moves_a_delivery(state: str, event: str, steps: list) -> None:
    assert rules.delivery_steps(state, event) == steps


@pytest.mark.parametrize(("state", "whole", "ends"), [
    ("cancelling", True, True), ("cancelling", False, False), ("paid", True, False),
    ("completed", True, False),
])  # fmt: skip
def test_when_cancelling_ends(state: str, whole: bool, ends: bool) -> None:
    assert rules.cancel_ends(state, whole) is ends


NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(("minutes", "seconds", "aged"), [(0, 0, False), (5, 0, False), (5, 1, True)])
def test_a_promise_is_worked_out_again_after_five_minutes(minutes: int, seconds: int, aged: bool) -> None:
    assert rules.promise_aged(NOW, NOW + timedelta(minutes=minutes, seconds=seconds)) is aged


@pytest.mark.parametrize(("minutes", "seconds", "told"), [
    (-30, 0, False), (0, 0, False), (10, 0, False), (10, 1, True)])  # fmt: skip
def test_a_slip_of_more_than_ten_minutes_is_told(minutes: int, seconds: int, told: bool) -> None:
    assert rules.slipped(NOW, NOW + timedelta(minutes=minutes, seconds=seconds)) is told


def test_numbers_that_pages_promise() -> None:
    assert rules.PAGE_MAX == 50
    assert timedelta(days=7) == rules.CLOSED_AFTER
    assert timedelta(seconds=30) == rules.SUBMISSION_LEASE
