"""Which goods may come instead, in which order, and who pays what; whatever happens, the cents sum."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfil.trade.aftersales import rules
from fulfil.trade.aftersales.rules import Candidate, Given, Goods, Guard, Line, Price

MILK = Goods("milk", "dairy", "Green", "chilled", "each", 500, 1000)
FREE_HAND = Guard(over_percent=1000, shop_pays_max=10**9)


def other(sku, *, available=9, accepted=0, refused=0, **changes):
    return Candidate(replace(MILK, sku=sku, **changes), available, accepted, refused)


def offered(*candidates, quantity=2, share=2000, guard=FREE_HAND, missing=MILK):
    found = rules.proposals(missing, quantity, share, candidates, guard)
    backwards = rules.proposals(missing, quantity, share, candidates[::-1], guard)
    assert found == backwards  # whatever the order in which they are found
    return [one.sku for one in found]


@pytest.mark.parametrize(("better", "worse"), [
    (other("b"), other("a", brand="Blue")),
    (other("b", brand="Green", grams=1000), other("a", brand="Blue", grams=500)),
    (other("b", grams=550), other("a", grams=1000)),
    (other("b", grams=450), other("a", grams=250)),
    (other("b", price=950), other("a", price=1400)),
    (other("b", price=1100, grams=500), other("a", price=1000, grams=700)),
    (other("b", accepted=2), other("a")),
    (other("b"), other("a", refused=1)),
    (other("b", accepted=1, price=1050), other("a", price=1000)),
    (other("b", price=1000), other("a", price=1001)),
    (other("a"), other("b")),
])  # fmt: skip
def test_the_more_alike_goes_first(better, worse):
    assert offered(worse, better) == [better.goods.sku, worse.goods.sku]


def test_the_brand_counts_only_where_it_is_known():
    nameless = replace(MILK, brand="")
    assert offered(other("b", brand="Green", price=1001), other("a", brand="", price=1000),
                   missing=nameless) == ["a", "b"]  # fmt: skip


@pytest.mark.parametrize("candidate", [
    other("a", category="juice"), other("a", zone="ambient"), other("a", unit="g"), other("a", available=1),
    Candidate(MILK, 9),
])  # fmt: skip
def test_what_is_never_offered(candidate):
    assert offered(candidate, other("b")) == ["b"]


def test_at_most_seven_are_offered():
    assert offered(*(other(f"s{n}", price=1000 + n) for n in range(9))) == [f"s{n}" for n in range(7)]


@pytest.mark.parametrize(("share", "value", "admitted"), [
    (1000, 1000, True), (1000, 1, True), (1000, 1200, True), (1000, 1201, False), (1000, 1300, False),
    (5000, 5300, True), (5000, 5301, False), (0, 0, True), (0, 1, False),
])  # fmt: skip
def test_the_guard_admits_a_fifth_more_up_to_what_a_line_may_cost_the_shop(share, value, admitted):
    assert Guard().admits(share, value) is admitted


def test_a_shop_has_its_own_guard():
    guard = Guard.of({"substitute_over_percent": 50, "substitute_shop_pays_max": 40, "other": 1})
    assert (guard.admits(80, 120), guard.admits(80, 121)) == (True, False)
    assert Guard.of({}) == Guard(20, 300)


@pytest.mark.parametrize(("share", "value", "price"), [
    (1000, 800, Price(800, 800, 200, 0)), (1000, 1000, Price(1000, 1000, 0, 0)),
    (1000, 1150, Price(1150, 1000, 0, 150)), (0, 0, Price(0, 0, 0, 0)),
])  # fmt: skip
def test_who_pays_what(share, value, price):
    assert rules.price_of(share, value) == price


@pytest.mark.parametrize(("unit", "quantity", "price", "value"), [
    ("each", 3, 1000, 3000), ("g", 750, 1580, 1185), ("g", 1, 1580, 2)])
def test_what_is_weighed_costs_by_its_weight(unit, quantity, price, value):
    missing = replace(MILK, unit=unit)
    [found] = rules.proposals(missing, quantity, 9000, [other("a", unit=unit, price=price, available=9999)],
                              FREE_HAND)  # fmt: skip
    assert (found.price.value, found.unit_price, found.quantity) == (value, price, quantity)


@pytest.mark.parametrize(("taken", "number"), [(None, 1001), (1001, 1002), (1007, 1008)])
def test_lines_that_come_instead_are_numbered_from_1001(taken, number):
    assert rules.sub_line_no(taken) == number
    assert rules.is_substitute(number) and not rules.is_substitute(1000)


@given(payable=st.integers(0, 10**6), quantity=st.integers(1, 5000), seed=st.integers(0, 10**6))
def test_whatever_is_refunded_and_replaced_the_customer_gets_back_what_was_not_kept(payable, quantity, seed):
    """Refunds, substitutes, refunds of these, in any order: the end gives back exactly all that was paid."""
    rng = random.Random(seed)
    lines, taken, back = [Line(1, quantity, payable)], {}, 0
    for _ in range(rng.randint(0, 8)):
        line = rng.choice(lines)
        short = rules.shortage(line, rng.randint(1, quantity), Given(taken, {}))
        if not short.quantity:
            continue
        taken[line.line_no] = taken.get(line.line_no, 0) + short.quantity
        if rules.is_substitute(line.line_no) or rng.random() < 0.4:
            back += short.amount
            continue
        price = rules.price_of(short.amount, rng.randint(0, 2 * payable + 1))
        assert price.charge + price.difference == short.amount
        assert price.charge + price.shop_cost == price.value
        back += price.difference
        lines.append(Line(1000 + len(lines), short.quantity, price.charge))
    kept = rules.rest(lines, {}, Given(taken, {}))
    assert back + sum(item.amount for item in kept) == payable
