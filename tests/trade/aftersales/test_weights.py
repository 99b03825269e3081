"""What an order owes is collected until its goods are packed, and then goes back as one refund."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from fulfil.store.model import Store
from fulfil.trade.aftersales import service
from fulfil.trade.aftersales.model import Case
from fulfil.trade.aftersales.rules import Given, Line, shortage
from tests.trade.aftersales.conftest import PAYABLE


@pytest.fixture(autouse=True)
def nothing_stumbles(shop):
    yield
    assert shop.failed_tasks() == [] and shop.violations() == []


def wishes(shop, **policy) -> None:
    shop.centre.write(lambda tx: tx.execute(update(Store).values(policy=policy)))


def test_shortages_and_weights_are_one_refund_at_the_seal(shop):
    shop.report(1, 1)
    shop.report(2, 50)
    assert shop.refunds() == [(333 + 79, "collecting")] and shop.refund_state() == "pending"
    assert [case["refund"]["amount"] for case in shop.cases()] == [333, 79]
    shop.settle()
    assert (shop.refunds(), shop.order().refunded) == ([(412, "collecting")], 0)
    shop.seal((2, 500, 30))
    assert shop.refunds() == [(412 + 48, "requested")]
    shop.settle()
    assert [(case["kind"], case["state"], case["refund"]["amount"]) for case in shop.cases()] == [
        ("stockout", "closed", 333),
        ("stockout", "closed", 79),
        ("weight", "closed", 48),
    ]
    assert (shop.order().refunded, shop.refund_state()) == (460, "partial")
    assert len(shop.centre.channel.book.refunds) == 1


def test_what_is_missing_after_the_seal_goes_at_once(shop):
    shop.seal()
    shop.report(1, 1)
    shop.report(1, 1)
    assert shop.refunds() == [(333, "requested"), (333, "requested")]


def test_the_same_seal_again_changes_nothing(shop):
    shop.seal((2, 500, 30))
    shop.seal((2, 500, 30))
    assert shop.refunds() == [(47, "requested")]


def test_a_line_that_weighs_what_was_paid_is_no_case(shop):
    shop.seal((2, 500, 0))
    assert shop.cases() == []


def test_a_shop_may_give_back_at_once(shop):
    wishes(shop, refunds_at_seal=False)
    shop.report(1, 1)
    assert shop.refunds() == [(333, "requested")]


def test_a_channel_may_want_one_refund_whatever_the_shop_says(shop):
    wishes(shop, refunds_at_seal=False)
    shop.centre.channel.refunds_once = True
    shop.report(1, 1)
    assert shop.refunds() == [(333, "collecting")]


@pytest.mark.parametrize("end", ["cancel", "void"])
def test_an_order_that_ends_takes_along_what_was_collected(shop, end):
    shop.report(1, 2)
    getattr(shop, end)()
    assert shop.refunds() == [(PAYABLE, "requested")]
    shop.settle()
    assert (shop.order().state, shop.order().refunded, shop.refund_state()) == (
        "cancelled",
        PAYABLE,
        "refunded",
    )


def test_nobody_waits_longer_than_a_day(shop):
    shop.report(1, 1)
    shop.centre.clock.advance(24 * 3600 - 1)
    shop.centre.write(service.send_collected)
    assert shop.refunds() == [(333, "collecting")]
    shop.centre.clock.advance(2)
    shop.centre.write(service.send_collected)
    assert shop.refunds() == [(333, "requested")]
    shop.report(1, 1)
    assert shop.refunds() == [(333, "requested"), (333, "collecting")]
    shop.seal()
    shop.settle()
    assert shop.order().refunded == 666


def test_what_is_collected_for_too_long_and_cases_that_end_otherwise_are_seen(shop):
    shop.report(1, 1)
    shop.centre.clock.advance(26 * 3600)
    assert {(found.invariant, found.entity) for found in shop.violations()} == {(1, "refund")}
    shop.seal()
    shop.settle()
    shop.centre.write(lambda tx: tx.execute(update(Case).values(state="refunding")))
    assert {(found.invariant, found.entity) for found in shop.violations()} == {(1, "case")}
    shop.centre.write(lambda tx: tx.execute(update(Case).values(state="closed")))


@given(
    grams=st.integers(1, 20_000),
    payable=st.integers(0, 10**7),
    events=st.lists(st.tuples(st.booleans(), st.integers(0, 5_000)), max_size=8),
)
def test_shortages_weights_and_the_rest_sum_to_what_was_paid(grams, payable, events):
    line, done, back = Line(1, grams, payable), 0, 0
    for _weighed, missing in events:
        item = shortage(line, missing, Given({1: done}, {}))
        done, back = done + item.quantity, back + item.amount
    rest = shortage(line, grams, Given({1: done}, {}))
    assert (done + rest.quantity, back + rest.amount) == (grams, payable)


def test_a_cancel_a_seal_and_the_sweep_in_any_order_give_everything_back_once(shop):
    shop.report(2, 100)
    shop.centre.clock.advance(25 * 3600)
    shop.centre.write(service.send_collected)
    shop.cancel()
    shop.seal((2, 500, 20))
    shop.centre.write(service.send_collected)
    shop.settle()
    assert {state for _, state in shop.refunds()} == {"succeeded"}
    assert sum(amount for amount, _ in shop.refunds()) == PAYABLE == shop.order().refunded
