"""Tables of what operations do to a cart, and what it costs."""

from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from math import floor
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfil.trade.cart import rules
from fulfil.trade.cart.errors import LinesLimit, QuantityLimit
from fulfil.trade.cart.rules import Cart, CartLine, Priced, Totals
from tests.trade.shop import SHOP

HAS = Cart(version=3, lines=(CartLine("a", 2, 100), CartLine("b", 500, 50)))


@pytest.mark.parametrize(
    ("op", "sku", "quantity", "unit", "after"),
    [
        ("add", "a", 1, "each", {"a": 3, "b": 500}),
        ("add", "c", 1, "each", {"a": 2, "b": 500, "c": 1}),
        ("add", "a", 97, "each", {"a": 99, "b": 500}),
        ("set", "a", 7, "each", {"a": 7, "b": 500}),
        ("set", "a", 0, "each", {"b": 500}),
        ("set", "c", 0, "each", {"a": 2, "b": 500}),
        ("remove", "a", 1, "each", {"b": 500}),
        ("remove", "c", 1, "each", {"a": 2, "b": 500}),
        ("set", "b", 50_000, "g", {"a": 2, "b": 50_000}),
    ],
)
def test_operations(op: str, sku: str, quantity: int, unit: str, after: dict) -> None:
    assert rules.apply_op(HAS, op, sku, quantity, unit).quantities() == after


@pytest.mark.parametrize(
    ("op", "sku", "quantity", "unit"),
    [("add", "a", 98, "each"), ("set", "a", 100, "each"), ("add", "b", 49_501, "g")],
)
def test_limits_of_a_line(op: str, sku: str, quantity: int, unit: str) -> None:
    with pytest.raises(QuantityLimit):
        rules.apply_op(HAS, op, sku, quantity, unit)


def test_limit_of_lines() -> None:
    full = Cart(lines=tuple(CartLine(str(n), 1) for n in range(100)))
    assert rules.apply_op(full, "add", "7", 1, "each").quantities()["7"] == 2
    with pytest.raises(LinesLimit):
        rules.apply_op(full, "add", "new", 1, "each")


UNITS = {"a": "each", "b": "g", "c": "each"}


@pytest.mark.parametrize(
    ("guest", "again", "after"),
    [
        ({"a": 1, "c": 2}, {"a": 1, "c": 2}, {"a": 3, "b": 500, "c": 2}),
        ({"a": 1}, {"a": 4}, {"a": 6, "b": 500}),
        ({"a": 98}, {"a": 98}, {"a": 99, "b": 500}),
        ({"gone": 1}, {"gone": 1}, {"a": 2, "b": 500}),
        ({"a": 3}, {"a": 1}, {"a": 5, "b": 500}),
    ],
)
def test_a_retried_merge_adds_nothing_twice(guest: dict, again: dict, after: dict) -> None:
    once = rules.merge(HAS, "5", guest, UNITS)
    assert rules.merge(once, "5", again, UNITS).quantities() == after


def test_a_merge_leaves_out_what_a_full_cart_cannot_hold() -> None:
    full = Cart(lines=tuple(CartLine(str(n), 1) for n in range(100)))
    merged = rules.merge(full, "5", {"a": 1, "7": 1}, {"a": "each", "7": "each"})
    assert (len(merged.lines), merged.quantities()["7"]) == (100, 2)


def test_a_cart_survives_its_json() -> None:
    cart = replace(HAS, shown=7, keys=("k",), merged={"5": {"a": 1}})
    assert Cart.of_json(cart.as_json()) == cart


def line(price: int, quantity: int, unit: str = "each", zone: str = "ambient", sold: bool = True) -> Priced:
    return Priced("a", quantity, unit, price, zone, sold, 9)


@pytest.mark.parametrize(
    ("lines", "totals"),
    [
        ([], Totals(0, 0, 0, 0, 0, 0)),
        ([line(1000, 2)], Totals(2000, 0, 500, 30, 209, 2530)),
        ([line(1580, 333, "g")], Totals(526, 0, 500, 30, 87, 1056)),
        ([line(3500, 2), line(100, 1, zone="frozen")], Totals(7100, 0, 0, 60, 591, 7160)),
        ([line(1000, 2, sold=False)], Totals(0, 0, 0, 0, 0, 0)),
    ],
)
def test_totals(lines: list, totals: Totals) -> None:
    assert rules.totals(lines, SimpleNamespace(**SHOP), 30, {}) == totals
    assert totals.payable == totals.goods - totals.discount + totals.delivery + totals.bags


@given(st.integers(1, 10**7), st.integers(1, 99), st.integers(0, 3000))
def test_the_tax_inside_is_exact_to_half_a_unit(price: int, quantity: int, basis_points: int) -> None:
    policy = {"tax_basis_points": basis_points}
    found = rules.totals([line(price, quantity)], SimpleNamespace(**SHOP), 30, policy)
    inside = Fraction(found.payable * basis_points, 10_000 + basis_points)
    assert found.tax_included == floor(inside + Fraction(1, 2))


@pytest.mark.parametrize(
    ("priced", "shown", "codes"),
    [
        (line(100, 2), 100, []),
        (line(100, 2), None, []),
        (line(100, 2), 90, ["price_changed"]),
        (line(100, 9), 100, []),
        (line(100, 10), 100, ["less_available"]),
        (replace(line(100, 2), available=0), 9, ["out_of_stock", "price_changed"]),
        (line(100, 2, sold=False), 90, ["not_on_sale"]),
    ],
)
def test_notices(priced: Priced, shown: int | None, codes: list) -> None:
    assert rules.notices(priced, shown) == codes


@pytest.mark.parametrize(
    ("instant", "opening", "quiet"),
    [
        ("2026-03-02T12:00:00+08:00", SHOP["opening"], False),
        ("2026-03-02T23:30:00+08:00", SHOP["opening"], True),
        ("2026-03-02T12:00:00+08:00", {"mon": [["00:00", "24:00"]]}, False),
        ("2026-03-02T03:30:00+08:00", {"mon": [["00:00", "24:00"]]}, True),
        ("2026-03-02T04:59:00+08:00", {"mon": [["00:00", "24:00"]]}, True),
        ("2026-03-02T05:00:00+08:00", {"mon": [["00:00", "24:00"]]}, False),
    ],
)
def test_night(instant: str, opening: dict, quiet: bool) -> None:
    store = SimpleNamespace(**{**SHOP, "opening": opening}, state="open", state_until=None)
    assert rules.night([store], datetime.fromisoformat(instant)) is quiet


def test_the_last_keys_are_remembered() -> None:
    cart = Cart()
    for n in range(25):
        cart = rules.remember(cart, f"k{n}")
    assert (
        rules.seen(cart, "k24"),
        rules.seen(cart, "k5"),
        rules.seen(cart, "k4"),
        rules.seen(cart, ""),
    ) == (True, True, False, False)
