"""Which goods may come instead, in which order, and who pays what; whatever happens, the cents sum."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfil.trade.aftersales import rules
from fulfil.trade.aftersales.rules import Candidate, Given, Goods, Guard, Line, Price
from fulfil.trade.payments.rules import Refundable, spread

MILK = Goods("milk", "dairy", "Green", "chilled", "each", 500, 1000)
FREE_HAND = Guard(over_percent=1000, shop_pays_max=10**9)


def other(sku, *, available=9, accepted=0, refused=0, **changes):
    return Candidate(replace(MILK, sku=sku, **changes), available, accepted, refused)


def offered(*candidates, quantity=2, share=2000, guard=FREE_HAND, missing=MILK):
    found = rules.proposals(missing, quantity, share, candidates, guard)
    backwards = rules.proposals(missing, quantity, share, candidates[::-1], guard)
    assert found == backwards  # whatever the order in which they are found
    return [one.sku for one in found]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (other("b"), other("a", brand="Blue")),
        (other("b", brand="Green", grams=1000), other("a", brand="Blue", grams=500)),
        (other("b", grams=550), other("a", grams=1000)),
        (other("b", grams=450), other("a", grams=250)),
        (other("b", price=950), other("a", price=1400)),
        (other("b", price=1100, grams=500), other("a", price=1000, grams=700)),
        (other("b", accepted=2), other("a")),
        (other("b"), other("a", refused=1)),
        (other("b", accepted=1, price=1050), other("a", price=1000)),
        (other("b", price=1099), other("a", price=1105, accepted=3)),
        (other("b", price=901), other("a", price=895, accepted=3)),
        (other("b", accepted=3), other("a", accepted=4, price=1001)),
        (other("b", refused=4), other("a", refused=3, price=1001)),
        (other("b", price=1000), other("a", price=1001)),
        (other("a"), other("b")),
    ],
)
def test_the_more_alike_goes_first(better, worse):
    assert offered(worse, better) == [better.goods.sku, worse.goods.sku]


def test_the_brand_counts_only_where_it_is_known():
    nameless = replace(MILK, brand="")
    assert offered(
        other("b", brand="Green", price=1001), other("a", brand="", price=1000), missing=nameless
    ) == ["a", "b"]


@pytest.mark.parametrize(
    "candidate",
    [
        other("a", category="juice"),
        other("a", zone="ambient"),
        other("a", unit="g"),
        other("a", available=1),
        Candidate(MILK, 9, 0, 0),
    ],
)
def test_what_is_never_offered(candidate):
    assert offered(candidate, other("b")) == ["b"]


def test_there_must_be_enough_of_it():
    assert offered(other("a", available=2), other("b", available=1), quantity=2) == ["a"]


def test_a_cent_of_the_customers_is_an_extra():
    dear, alike = other("dear", price=1201), other("alike", brand="Blue", grams=5000)
    assert offered(dear, alike, quantity=1, share=1000, guard=Guard()) == ["alike", "dear"]


def test_at_most_seven_are_offered():
    assert offered(*(other(f"s{n}", price=1000 + n) for n in range(9))) == [f"s{n}" for n in range(7)]


@pytest.mark.parametrize(
    ("share", "value", "extra"),
    [
        (1000, 1000, 0),
        (1000, 1, 0),
        (1000, 1200, 0),
        (1000, 1201, 1),
        (1000, 1700, 500),
        (1000, 1701, None),
        (5000, 5300, 0),
        (5000, 5301, 1),
        (5000, 7800, 2500),
        (5000, 7801, None),
        (0, 0, 0),
        (0, 1, None),
        (4, 4, 0),
        (4, 5, 1),
        (4, 6, 2),
        (4, 7, None),
    ],
)
def test_the_shop_pays_a_fifth_more_up_to_a_limit_and_the_customer_half_more_on_top(share, value, extra):
    assert Guard().extra(share, value) == extra


def test_a_shop_has_its_own_guard():
    own = {
        "substitute_over_percent": 50,
        "substitute_shop_pays_max": 40,
        "substitute_extra_percent": 0,
        "ask_heavier": False,
        "other": 1,
    }
    guard = Guard.of(own)
    assert (guard.extra(80, 120), guard.extra(80, 121), guard.heavier) == (0, None, False)
    assert Guard.of({}) == Guard(20, 300, 50, True)


def test_what_costs_an_extra_comes_behind_everything_else():
    dear, alike = other("dear", price=1300), other("alike", brand="Blue", grams=5000, price=1000)
    assert offered(dear, alike, guard=Guard()) == ["alike", "dear"]
    found = rules.proposals(MILK, 2, 2000, [dear, alike], Guard())
    heavier = rules.heavier("milk", 1000, 2000, 2000, 1400)
    assert [one.sku for one in rules.offered(found, heavier)] == ["alike", "milk", "dear"]
    assert [one.sku for one in rules.without_extra(rules.offered(found, heavier))] == ["alike"]
    assert rules.offered(found, None) == found


@pytest.mark.parametrize(
    ("grams", "price"),
    [
        (1000, None),
        (999, None),
        (1001, Price(1582, 1582, 0, 0, 2)),
        (1400, Price(2212, 2212, 0, 0, 632)),
        (2000, Price(3160, 3160, 0, 0, 1580)),
        (2001, None),
    ],
)
def test_a_heavier_piece_costs_what_it_weighs(grams, price):
    found = rules.heavier("apples", 1000, 1580, 1580, grams)
    assert found == (price and rules.Proposal("apples", grams, 1580, price))


def test_what_was_paid_dearer_than_it_costs_now_needs_no_extra():
    assert rules.heavier("apples", 1000, 1580, 1000, 1400).price == Price(1400, 1400, 180, 0, 0)


@pytest.mark.parametrize(
    ("share", "value", "price"),
    [
        (1000, 800, Price(800, 800, 200, 0)),
        (1000, 1000, Price(1000, 1000, 0, 0)),
        (1000, 1150, Price(1150, 1000, 0, 150)),
        (0, 0, Price(0, 0, 0, 0)),
        (1000, 1500, Price(1500, 1300, 0, 200, 300)),
    ],
)
def test_who_pays_what(share, value, price):
    assert rules.price_of(share, value, price.extra) == price


@pytest.mark.parametrize(
    ("unit", "quantity", "price", "value"),
    [("each", 3, 1000, 3000), ("g", 750, 1580, 1185), ("g", 1, 1580, 2)],
)
def test_what_is_weighed_costs_by_its_weight(unit, quantity, price, value):
    missing = replace(MILK, unit=unit)
    [found] = rules.proposals(
        missing, quantity, 9000, [other("a", unit=unit, price=price, available=9999)], FREE_HAND
    )
    assert (found.price.value, found.unit_price, found.quantity) == (value, price, quantity)


@pytest.mark.parametrize(("taken", "number"), [(None, 1001), (1001, 1002), (1007, 1008)])
def test_lines_that_come_instead_are_numbered_from_1001(taken, number):
    assert rules.sub_line_no(taken) == number
    assert rules.is_substitute(number) and not rules.is_substitute(1000)


@given(payable=st.integers(0, 10**6), quantity=st.integers(1, 5000), seed=st.integers(0, 10**6))
def test_whatever_is_refunded_and_replaced_the_customer_gets_back_what_was_not_kept(payable, quantity, seed):
    """Refunds, substitutes, extras, refunds of these, in any order: the end gives back exactly what was paid.

    Each refund is spread over the order's payments as they have room, and drains every one of them.
    """
    rng = random.Random(seed)
    lines, taken, paid, refunds = [Line(1, quantity, payable)], {}, [payable], []
    for _ in range(rng.randint(0, 8)):
        line = rng.choice(lines)
        short = rules.shortage(line, rng.randint(1, quantity), Given(taken, {}))
        if not short.quantity:
            continue
        taken[line.line_no] = taken.get(line.line_no, 0) + short.quantity
        if rules.is_substitute(line.line_no) or rng.random() < 0.4:
            refunds.append(short.amount)
            continue
        value = rng.randint(0, 2 * payable + 1)
        extra = rng.randint(0, max(0, value - short.amount))
        price = rules.price_of(short.amount, value, extra)
        assert price.charge + price.difference == short.amount + extra
        assert price.charge + price.shop_cost == price.value
        refunds.append(price.difference)
        paid.append(extra)
        lines.append(Line(1000 + len(lines), short.quantity, price.charge))
    refunds += [item.amount for item in rules.rest(lines, {}, Given(taken, {}))]
    assert sum(refunds) == sum(paid)
    for amount in refunds:
        left = [Refundable(number, room) for number, room in enumerate(paid)]
        for number, part in spread(left, amount, rng.choice((None, 0, len(paid) - 1))):
            paid[number] -= part
    assert set(paid) == {0}
