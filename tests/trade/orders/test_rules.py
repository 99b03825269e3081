"""Tables of the orders' decisions."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from fulfil.trade.orders import rules
from fulfil.trade.orders.rules import GOODS, FlowStep
from fulfil.trade.orders.service.steps import STEPS


@pytest.mark.parametrize(("channel", "scene"), [("app", "delivery"), ("till", "anything")])
def test_a_chain_names_steps_that_exist_and_ends_by_accepting(channel: str, scene: str) -> None:
    chain = rules.chain_of(channel, scene)
    assert set(chain) <= set(STEPS)
    assert chain[-1] == "accept"


@pytest.mark.parametrize(
    ("fields", "is_one"),
    [
        ({"store_id", *rules.PLATFORM_FIELDS}, True),
        ({"store_id", next(iter(rules.PLATFORM_FIELDS))}, True),
        ({"store_id", "cart_version", *rules.PLATFORM_FIELDS}, False),
        ({"store_id"}, False),
        (set(), False),
    ],
)
def test_an_order_of_a_platform_has_its_fields_and_no_cart(fields: set[str], is_one: bool) -> None:
    assert rules.of_platform(fields) is is_one


@pytest.mark.parametrize(
    ("wish", "result"),
    [
        ({}, ("refund", "substitute")),
        ({"on_shortage": "ask"}, ("ask", "substitute")),
        ({"on_shortage": "ask", "if_silent": "refund"}, ("ask", "refund")),
    ],
)
def test_a_lines_wish_comes_before_the_orders(wish: dict, result: tuple) -> None:
    assert (
        rules.preferences("a", {"a": wish, "b": {"on_shortage": "cancel_order"}}, "refund", "substitute")
        == result
    )


@pytest.mark.parametrize(
    ("state", "paid", "captured", "meaning"),
    [
        ("placed", 0, 0, "nothing"),
        ("placed", 0, 99, "part"),
        ("placed", 0, 100, "pays"),
        ("placed", 99, 100, "pays"),
        ("placed", 0, 120, "pays"),
        ("paid", 100, 100, "nothing"),
        ("paid", 100, 200, "unneeded"),
        ("expired", 0, 100, "unneeded"),
        ("cancelled", 0, 100, "unneeded"),
        ("cancelled", 100, 100, "nothing"),
    ],
)
def test_what_money_means(state: str, paid: int, captured: int, meaning: str) -> None:
    assert rules.money_means(state, paid, captured, payable=100) == meaning


@pytest.mark.parametrize(
    ("state", "event", "steps"),
    [
        ("none", "prepare", ["prepare"]),
        ("none", "ready", ["prepare", "ready"]),
        ("none", "deliver", ["prepare", "ready", "hand_over", "deliver"]),
        ("preparing", "prepare", []),
        ("handed_over", "ready", []),
        ("handed_over", "hand_over", []),
        ("delivered", "prepare", []),
        ("handed_over", "return_begin", ["return_begin"]),
        ("none", "return_begin", []),
        ("returned", "ready", ["ready"]),
        ("returned", "hand_over", ["ready", "hand_over"]),
        ("ready", "cancel", ["cancel"]),
        ("handed_over", "cancel", []),
        ("cancelled", "cancel", []),
        ("cancelled", "ready", []),
        ("none", "nonsense", []),
    ],
)
def test_how_news_moves_a_delivery(state: str, event: str, steps: list) -> None:
    assert rules.delivery_steps(state, event) == steps


@pytest.mark.parametrize(
    ("state", "whole", "ends"),
    [
        ("cancelling", True, True),
        ("cancelling", False, False),
        ("paid", True, False),
        ("completed", True, False),
    ],
)
def test_when_cancelling_ends(state: str, whole: bool, ends: bool) -> None:
    assert rules.cancel_ends(state, whole) is ends


NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(("minutes", "seconds", "aged"), [(0, 0, False), (5, 0, False), (5, 1, True)])
def test_a_promise_is_worked_out_again_after_five_minutes(minutes: int, seconds: int, aged: bool) -> None:
    assert rules.promise_aged(NOW, NOW + timedelta(minutes=minutes, seconds=seconds)) is aged


@pytest.mark.parametrize(
    ("minutes", "seconds", "told"), [(-30, 0, False), (0, 0, False), (10, 0, False), (10, 1, True)]
)
def test_a_slip_of_more_than_ten_minutes_is_told(minutes: int, seconds: int, told: bool) -> None:
    assert rules.slipped(NOW, NOW + timedelta(minutes=minutes, seconds=seconds)) is told


def test_numbers_that_pages_promise() -> None:
    assert rules.PAGE_MAX == 50
    assert timedelta(days=7) == rules.CLOSED_AFTER
    assert timedelta(seconds=30) == rules.SUBMISSION_LEASE


def test_flows_are_told_in_a_setting() -> None:
    found = rules.flows("app/goods=first:2@order;then<first till/meals=cook")
    assert found == {
        **rules.FLOWS,
        ("app", "goods"): (FlowStep("first", 2, None, True), FlowStep("then", 5, "first", False)),
        ("till", "meals"): (FlowStep("cook", 5, None, False),),
    }
    assert rules.flows("") == rules.FLOWS
    assert rules.flows("*/goods=other")["*", "goods"] == (FlowStep("other", 5, None, False),)


def test_a_step_is_as_urgent_as_most_and_waits_for_nobody_unless_it_says_so() -> None:
    assert FlowStep("any") == FlowStep("any", priority=5, after=None, in_turn=False)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("goods=step", "must look like"),
        ("app/=step", "must look like"),
        ("/goods=step", "must look like"),
        ("app/goods", "must look like"),
        ("app/goods=", "no step"),
        ("app/goods=a:0", "no step"),
        ("app/goods=a;a", "stands twice"),
        ("app/goods=a<b;b", "waits for b"),
        ("app/goods=a<a", "waits for a"),
    ],
)
def test_what_is_no_flow_says_why(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        rules.flows(text)


@pytest.mark.parametrize(
    ("channel", "business", "handlers"),
    [
        ("app", "goods", ["own"]),
        ("till", "goods", ["dispatch.order_paid"]),
        ("app", "meals", ["cook"]),
        ("app", "books", []),
    ],
)
def test_a_channels_own_flow_comes_first(channel: str, business: str, handlers: list) -> None:
    known = rules.flows("app/goods=own */meals=cook")
    assert [step.handler for step in rules.flow_of(known, channel, business)] == handlers


def test_a_paid_order_is_handed_to_the_floor_soon_and_in_turn() -> None:
    assert rules.FLOWS["*", GOODS] == (FlowStep("dispatch.order_paid", 2, None, True),)


def test_lines_are_split_by_the_business_of_their_category() -> None:
    known = rules.businesses("cakes=bakery bread=bakery")
    lines = [
        SimpleNamespace(n=n, category=category)
        for n, category in enumerate(("cakes", "dairy", "bread", "tea"))
    ]
    found = rules.split(lines, known)
    assert {business: [line.n for line in mine] for business, mine in found.items()} == {
        "bakery": [0, 2],
        GOODS: [1, 3],
    }
    assert list(found) == ["bakery", GOODS]


@pytest.mark.parametrize("text", ["cakes", "=bakery", "cakes=", "cakes=bakery cakes=goods"])
def test_what_names_no_business_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="each category once"):
        rules.businesses(text)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("7", True), ("1" * 17, True), ("1" * 18, False), ("", False), ("12a", False), ("１２", False)],
)
def test_what_may_be_an_orders_number(text: str, is_one: bool) -> None:
    assert rules.is_number(text) is is_one


@pytest.mark.parametrize(
    ("contact", "found"),
    [
        ({"phone": "139 0000 0001", "name": " Li  WEI "}, {"phone": "13900000001", "name": "li wei"}),
        ({"phone": "ask the guard"}, {"phone": "ask the guard", "name": ""}),
        ({"phone": None, "name": None}, {"phone": "", "name": ""}),
        ({}, {"phone": "", "name": ""}),
    ],
)
def test_how_a_customer_is_searched_for(contact: dict, found: dict) -> None:
    assert rules.searchable(contact) == found


@pytest.mark.parametrize(
    ("state", "delivery", "begun", "offered"),
    [
        ("placed", "none", True, ["cancel"]),
        ("paid", "none", False, ["cancel"]),
        ("paid", "preparing", True, ["cancel"]),
        ("paid", "ready", True, ["cancel"]),
        ("paid", "handed_over", True, ["recall"]),
        ("paid", "delivered", True, []),
        ("cancelling", "none", True, []),
        ("cancelled", "none", True, []),
        ("completed", "delivered", True, ["complain"]),
        ("completed", "handed_over", True, ["complain"]),
    ],
)
def test_what_may_still_be_done(state: str, delivery: str, begun: bool, offered: list) -> None:
    assert rules.actions(state, delivery, in_time=False) == offered
    assert rules.not_begun(state, delivery) is (not begun)


@pytest.mark.parametrize(
    ("state", "in_time", "asked", "offered"),
    [
        ("placed", True, False, ["pay", "cancel"]),
        ("placed", False, False, ["cancel"]),
        ("paid", True, True, ["keep", "cancel"]),
        ("paid", True, False, ["cancel"]),
    ],
)
def test_whoever_has_time_may_pay_and_whoever_was_asked_may_say_that_they_wait(
    state: str, in_time: bool, asked: bool, offered: list
) -> None:
    assert rules.actions(state, "none", in_time=in_time, asked_to_wait=asked) == offered
