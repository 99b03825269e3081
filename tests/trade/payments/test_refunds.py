"""Refunds on both databases: never more than came, whatever the bank says and how often."""

import pytest
from sqlalchemy import select

from fulfil.contracts.trade import RefundSettled
from fulfil.sim.sandbox.book import BookRefused
from fulfil.trade.payments import queries
from fulfil.trade.payments.errors import RefundAboveCaptured
from fulfil.trade.payments.model import PayRefund
from tests.trade.payments.centre import ORDER, STORE
from tests.trade.payments.test_service import held


def settled(centre) -> list[tuple]:
    return [(e.refund_id, e.amount, e.succeeded) for e in centre.heard if isinstance(e, RefundSettled)]


def test_money_goes_back_on_the_channels_word_only(centre):
    centre.paid(1000)
    centre.refund(300, 1)
    assert centre.documents() == [("succeeded", 1000, 300, 0)] and settled(centre) == []
    centre.settle_refunds()
    assert centre.documents() == [("succeeded", 1000, 0, 300)]
    assert centre.heard[-1] == RefundSettled(ORDER, STORE, 1, 300, True)
    assert centre.read(queries.net, ORDER) == 700 and centre.violations() == []


def test_two_refunds_of_60_do_not_both_fit_into_100(centre):
    centre.paid(100)
    centre.refund(60, 1)
    with pytest.raises(RefundAboveCaptured):
        centre.refund(60, 2)
    centre.refund(40, 3)
    centre.settle_refunds()
    assert centre.documents() == [("succeeded", 100, 0, 100)] and centre.violations() == []


def test_nothing_goes_back_of_what_never_came(centre):
    centre.open(100)
    with pytest.raises(RefundAboveCaptured):
        centre.refund(1, 1)


def test_the_unwanted_payment_is_drained_first(centre):
    centre.open(500)
    first = centre.start()
    centre.tell(centre.pay(first, "failed"))
    centre.tell(centre.pay(centre.start()))
    centre.tell(centre.pay(first))
    [_, second] = centre.read(queries.documents, ORDER)
    centre.refund(500, 1, payment_id=second.id)
    centre.settle_refunds()
    assert centre.documents() == [("succeeded", 500, 0, 0), ("succeeded", 500, 0, 500)]


def test_a_refund_is_spread_over_several_payments(centre):
    centre.open(500)
    first = centre.start()
    centre.tell(centre.pay(first, "failed"))
    centre.tell(centre.pay(centre.start()))
    centre.tell(centre.pay(first))
    centre.refund(800, 1)
    centre.settle_refunds()
    assert centre.documents() == [("succeeded", 500, 0, 500), ("succeeded", 500, 0, 300)]
    assert settled(centre) == [(1, 500, True), (1, 300, True)]
    assert centre.read(queries.refund_progress, 1) == (800, 0)


def test_a_repeated_word_settles_once(centre):
    centre.paid(100)
    centre.refund(100, 1)
    centre.settle_refunds()
    [refund] = centre.channel.book.refunds.values()
    centre.tell(refund, copies=5)
    assert settled(centre) == [(1, 100, True)] and centre.documents() == [("succeeded", 100, 0, 100)]


def test_an_unanswered_refund_is_unknown_and_asked_again_under_the_same_number(centre):
    centre.paid(100)
    centre.channel.silent = {"POST refunds"}
    centre.refund(100, 1)
    centre.kit.tasks.run_until_idle()
    assert len(centre.channel.book.refunds) == 1 and settled(centre) == []
    centre.channel.silent = set()
    centre.clock.advance(60)
    centre.sweep()
    centre.settle_refunds()
    assert settled(centre) == [(1, 100, True)] and len(centre.channel.book.refunds) == 1


def test_a_refund_whose_callback_is_lost_is_found_by_asking(centre):
    centre.paid(100)
    centre.refund(100, 1)
    centre.kit.tasks.run_until_idle()
    [refund] = centre.channel.book.under_way()
    centre.channel.book.settle_refund(refund)
    centre.clock.advance(60)
    centre.sweep()
    assert settled(centre) == [(1, 100, True)]


def failed_refund(centre):
    """A refund of all 100 that was given up, and the channel's row of it."""
    centre.paid(100)
    centre.channel.book.refund_failures = 3
    centre.refund(100, 1)
    for _ in range(3):
        centre.settle_refunds()
        centre.clock.advance(600)
        centre.sweep()
    [refund] = centre.channel.book.refunds.values()
    return refund


def test_a_refused_refund_is_tried_three_times_and_then_shown_as_failed(centre):
    failed_refund(centre)
    assert settled(centre) == [(1, 100, False)]
    assert centre.documents() == [("succeeded", 100, 0, 0)] and centre.violations() == []
    assert b'fulfil_facts_total{name="payments_refund_failed"} 1.0' in centre.kit.metrics.text()


def test_a_refusal_that_is_told_many_times_is_one(centre):
    centre.paid(100)
    centre.channel.book.refund_failures = 1
    centre.refund(100, 1)
    centre.kit.tasks.run_until_idle()
    [refund] = centre.channel.book.under_way()
    centre.tell(centre.channel.book.settle_refund(refund), copies=5)
    assert settled(centre) == [] and centre.documents() == [("succeeded", 100, 100, 0)]
    centre.clock.advance(600)
    centre.sweep()
    centre.settle_refunds()
    assert settled(centre) == [(1, 100, True)]


def test_a_refusal_counts_though_our_own_asking_had_no_answer(centre):
    centre.paid(100)
    centre.channel.silent = {"POST refunds"}
    centre.channel.book.refund_failures = 1
    centre.refund(100, 1)
    centre.kit.tasks.run_until_idle()
    [refund] = centre.channel.book.under_way()
    centre.tell(centre.channel.book.settle_refund(refund))
    row = centre.read(queries.refund, int(refund.refund_id))
    assert (row.state, row.attempts) == ("created", 1)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (400, "failed"),
        (404, "failed"),
        (422, "failed"),
        (401, "unknown"),
        (403, "unknown"),
        (408, "unknown"),
        (425, "unknown"),
        (429, "unknown"),
    ],
)
def test_only_a_no_of_the_channel_counts_as_a_refusal(centre, monkeypatch, status, state):
    """Who is asked with a wrong key, or too often, has refused nothing."""
    centre.paid(100)

    def refuse(_asked):
        raise BookRefused(status, "no")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(centre.channel.book, "refund", refuse)
        centre.refund(100, 1)
        for _ in range(4):
            centre.kit.tasks.run_until_idle()
            centre.clock.advance(3600)
            centre.sweep()
    [row] = centre.read(lambda tx: tx.all(select(*PayRefund.__table__.c)))
    assert row.state == state
    assert settled(centre) == ([(1, 100, False)] if state == "failed" else [])


def test_a_refund_that_fails_once_succeeds_on_the_next_try(centre):
    centre.paid(100)
    centre.channel.book.refund_failures = 1
    centre.refund(100, 1)
    centre.settle_refunds()
    assert settled(centre) == [] and centre.documents() == [("succeeded", 100, 100, 0)]
    centre.clock.advance(600)
    centre.sweep()
    centre.settle_refunds()
    assert settled(centre) == [(1, 100, True)]


def test_a_given_up_refund_that_comes_true_is_booked(centre):
    refund = failed_refund(centre)
    refund.state = "succeeded"
    centre.tell(refund)
    assert settled(centre) == [(1, 100, False), (1, 100, True)]
    assert centre.documents() == [("succeeded", 100, 0, 100)] and centre.violations() == []


def test_a_given_up_refund_that_comes_true_twice_over_is_held(centre):
    refund = failed_refund(centre)
    centre.refund(100, 2)
    refund.state = "succeeded"
    centre.tell(refund)
    assert held(centre) == ["refund_above_captured"] and centre.documents() == [("succeeded", 100, 100, 0)]


def test_a_wrong_refunded_amount_and_an_unknown_refund_are_held(centre):
    centre.paid(100)
    centre.refund(100, 1)
    centre.kit.tasks.run_until_idle()
    [refund] = centre.channel.book.under_way()
    refund.state, refund.amount = "succeeded", 99
    centre.tell(refund)
    refund.refund_id = "5"
    centre.tell(refund)
    assert held(centre) == ["refund_amount_mismatch", "unknown_refund"]
    assert centre.documents() == [("succeeded", 100, 100, 0)]
