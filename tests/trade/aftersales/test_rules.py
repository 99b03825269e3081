"""How much goes back: frozen shares, in any sequence, never more than is left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfil.trade.aftersales import rules
from fulfil.trade.aftersales.rules import Given, Item, Line

NOTHING = Given({}, {})


@pytest.mark.parametrize(
    ("line", "quantity", "before", "item"),
    [
        (Line(1, 3, 1000), 1, 0, ("line", 1, 1, 333)),
        (Line(1, 3, 1000), 1, 1, ("line", 1, 1, 333)),
        (Line(1, 3, 1000), 1, 2, ("line", 1, 1, 334)),
        (Line(1, 3, 1000), 3, 0, ("line", 1, 3, 1000)),
        (Line(1, 3, 1000), 9, 0, ("line", 1, 3, 1000)),
        (Line(1, 3, 1000), 2, 2, ("line", 1, 1, 334)),
        (Line(1, 3, 1000), 1, 3, ("line", 1, 0, 0)),
        (Line(2, 500, 799), 20, 0, ("line", 2, 20, 31)),
        (Line(3, 1, 0), 1, 0, ("line", 3, 1, 0)),
    ],
)
def test_a_shortage_gives_the_share_of_what_is_missing(line, quantity, before, item):
    assert rules.shortage(line, quantity, Given({line.line_no: before}, {})) == Item(*item)


def test_the_rest_is_every_line_and_fee_that_was_not_given_back():
    lines = [Line(1, 3, 1000), Line(2, 500, 799)]
    assert rules.rest(lines, {"delivery": 500, "bags": 0}, Given({1: 3}, {})) == [
        Item("line", 2, 500, 799),
        Item("delivery", 0, 0, 500),
    ]
    assert rules.rest(lines, {"delivery": 500}, Given({1: 3, 2: 500}, {"delivery": 500})) == []


def test_one_unit_that_costs_nothing_and_one_minor_unit_are_left_too():
    assert rules.rest([Line(1, 1, 0)], {"bags": 1}, Given({}, {})) == [
        Item("line", 1, 1, 0),
        Item("bags", 0, 0, 1),
    ]


@pytest.mark.parametrize(("fees_back", "fees"), [(True, {"delivery": 500, "bags": 50}), (False, {})])
def test_fees_go_back_unless_the_customer_wasted_the_ride(fees_back, fees):
    assert rules.refundable_fees(fees_back, 500, 50) == fees


def test_a_difference_counts_no_units():
    assert rules.difference(2, 30) == Item("difference", 2, 0, 30)


@given(
    payable=st.integers(0, 10**9),
    quantity=st.integers(1, 50_000),
    reports=st.lists(st.integers(0, 60_000), max_size=30),
)
def test_any_sequence_of_partial_refunds_sums_exactly_and_never_above(payable, quantity, reports):
    line, done, paid_back = Line(1, quantity, payable), 0, 0
    for report in reports:
        item = rules.shortage(line, report, Given({1: done}, {}))
        assert item.amount >= 0 and item.quantity >= 0
        done, paid_back = done + item.quantity, paid_back + item.amount
        assert done <= quantity and paid_back <= payable
        assert paid_back == payable * done // quantity
    last = rules.rest([line], {}, Given({1: done}, {}))
    assert paid_back + sum(item.amount for item in last) == payable


@pytest.mark.parametrize(
    ("state", "settled", "done", "failed", "event"),
    [
        ("requested", 0, 60, 0, None),
        ("requested", 0, 0, 40, None),
        ("requested", 0, 100, 0, "succeed"),
        ("requested", 60, 60, 40, "fail"),
        ("requested", 0, 0, 100, "fail"),
        ("requested", 60, 100, 0, "succeed"),
        ("failed", 0, 60, 40, None),
        ("failed", 60, 100, 0, "succeed"),
        ("other_means", 0, 0, 100, None),
        ("other_means", 0, 60, 40, "refuse"),
        ("other_means", 60, 60, 40, None),
        ("other_means", 60, 100, 0, "succeed"),
        ("settled", 0, 0, 100, None),
        ("settled", 0, 60, 40, "succeed"),
        ("settled", 60, 60, 40, None),
        ("settled", 60, 100, 0, "succeed"),
        ("paid_twice", 60, 100, 0, None),
        ("lapsed", 0, 60, 40, None),
        ("lapsed", 60, 100, 0, "succeed"),
        ("succeeded", 100, 100, 0, None),
    ],
)
def test_what_the_channels_word_does(state, settled, done, failed, event):
    assert rules.heard(state, 100, settled, done, failed) == event


def test_what_came_twice_in_part_is_still_settled_by_other_means():
    assert (rules.resolved(100, 60), rules.resolved(100, 100)) == ("resolve_part", "resolve")


@pytest.mark.parametrize(
    ("order", "delivery", "policy", "once", "waits"),
    [
        ("paid", "none", {}, False, True),
        ("paid", "preparing", {}, False, True),
        ("paid", "preparing", {"refunds_at_seal": True}, False, True),
        ("paid", "preparing", {"refunds_at_seal": False}, False, False),
        ("paid", "preparing", {"refunds_at_seal": False}, True, True),
        ("paid", "ready", {}, True, False),
        ("paid", "handed_over", {}, True, False),
        ("cancelling", "preparing", {"refunds_at_seal": False}, False, True),
        ("cancelling", "ready", {}, True, False),
        ("completed", "preparing", {}, True, False),
        ("cancelled", "none", {}, True, False),
    ],
)
def test_what_is_owed_waits_for_more_while_goods_are_picked_and_packed(order, delivery, policy, once, waits):
    assert rules.collects(order, delivery, policy, once) is waits


@pytest.mark.parametrize(
    ("paid", "refunds", "state"),
    [
        (100, [], "none"),
        (100, [("succeeded", 40, 40)], "partial"),
        (100, [("succeeded", 100, 100)], "refunded"),
        (100, [("succeeded", 40, 40), ("succeeded", 60, 60)], "refunded"),
        (100, [("succeeded", 40, 40), ("succeeded", 59, 59)], "partial"),
        (100, [("succeeded", 40, 40), ("requested", 60, 0)], "pending"),
        (100, [("failed", 40, 0), ("requested", 60, 0)], "owed"),
        (100, [("other_means", 40, 0)], "owed"),
        (100, [("settled", 100, 0)], "refunded"),
        (100, [("settled", 40, 0)], "partial"),
        (100, [("paid_twice", 100, 20)], "refunded"),
        (100, [("lapsed", 100, 30)], "partial"),
        (100, [("lapsed", 100, 0)], "none"),
    ],
)
def test_how_it_stands_with_an_orders_money(paid, refunds, state):
    assert rules.refund_state(paid, refunds) == state


def test_what_is_collected_waits_a_day_at_most():
    assert rules.COLLECTED_HOURS_MAX == 24
