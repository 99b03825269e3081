"""Integer money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfil.kit.money import line_amount, share_of


@pytest.mark.parametrize(
    ("price", "quantity", "unit", "amount"),
    [
        (350, 3, "each", 1050),
        (350, 0, "each", 0),
        (2990, 500, "g", 1495),
        (999, 1, "g", 1),
        (499, 1, "g", 0),
        (500, 1, "g", 1),
        (1500, 333, "g", 500),
    ],
)
def test_line_amounts(price: int, quantity: int, unit: str, amount: int) -> None:
    assert line_amount(price, quantity, unit) == amount


@given(st.integers(0, 10**9), st.lists(st.integers(0, 500), min_size=1, max_size=12))
def test_shares_sum_to_the_line_whatever_the_sequence(payable: int, takes: list[int]) -> None:
    quantity = sum(takes) or 1
    done, shares = 0, []
    for take in takes:
        shares.append(share_of(payable, quantity, done, take))
        done += take
    assert min(shares) >= 0 and sum(shares) == (payable if done == quantity else 0)


@pytest.mark.parametrize(("done", "take"), [(0, 4), (2, 2), (-1, 1), (0, -1)])
def test_more_than_the_line_is_refused(done: int, take: int) -> None:
    with pytest.raises(ValueError, match="more is taken"):
        share_of(100, 3, done, take)
