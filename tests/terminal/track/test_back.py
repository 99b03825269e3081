"""What a customer reads of money: it sums to what was paid, whatever became of it."""

import pytest

from terminal_ui.track.back import balance, comes_back, lighter


def refund(state: str, amount: int, settled: int = 0) -> dict:
    return {
        "kind": "stockout",
        "state": "refunding",
        "refund": {"state": state, "amount": amount, "settled": settled},
    }


@pytest.mark.parametrize(
    ("cases", "back", "coming", "owed"),
    [
        ([], 0, 0, 0),
        ([{"kind": "stockout", "state": "closed", "refund": None}], 0, 0, 0),
        ([refund("succeeded", 300, 300), refund("collecting", 50)], 300, 50, 0),
        ([refund("agreed", 100), refund("requested", 200, 80)], 80, 220, 0),
        ([refund("audit", 100), refund("refused", 100)], 0, 0, 0),
        ([refund("failed", 500, 20), refund("other_means", 100), refund("lapsed", 30)], 20, 0, 610),
        ([refund("settled", 700, 700), refund("paid_twice", 40, 40)], 740, 0, 0),
    ],
)
def test_the_sum_is_what_was_paid(cases, back, coming, owed):
    sums = balance(1000, cases)
    assert sums == {
        "paid": 1000,
        "back": back,
        "coming": coming,
        "owed": owed,
        "stays": 1000 - back - coming - owed,
    }


def test_goods_come_back_until_they_were_looked_at():
    refused = {"kind": "refused", "state": "returning"}
    assert comes_back([refused]) and not comes_back([{**refused, "state": "closed"}])
    assert not comes_back([{"kind": "complaint", "state": "returning"}])


def test_a_line_may_weigh_less_twice():
    weights = [{"kind": "weight", "line_no": 2, "quantity": n} for n in (30, 5)]
    assert lighter([*weights, {"kind": "stockout", "line_no": 1, "quantity": 1}]) == {2: 35}
