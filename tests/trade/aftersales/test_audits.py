"""What a channel would not carry goes back by other means: one proposes, another agrees; or it lapses."""

import pytest
from sqlalchemy import select

from fulfil.kit.errors import Refusal
from fulfil.kit.security import Principal
from fulfil.trade.aftersales import service
from fulfil.trade.aftersales.model import Refund
from tests.trade.aftersales.conftest import PAYABLE

ANN, BEN = (Principal("staff", n, frozenset({"finance"}), session_id=n) for n in (71, 72))


@pytest.fixture
def owing(shop):
    """An order that was cancelled and whose refund the bank refuses."""
    shop.cancel()
    shop.refuse_refunds()
    assert (shop.order().state, shop.refund_state()) == ("cancelled", "owed")
    yield shop
    assert shop.failed_tasks() == [] and shop.violations() == []


def refund(shop):
    return shop.centre.read(lambda tx: tx.one(select(*Refund.__table__.c)))


def propose(shop, who=ANN, reference="transfer 17"):
    refund_id = refund(shop).id
    shop.centre.write(lambda tx: service.other_means(tx, who, refund_id, reference, "asked the customer"))


def answer(shop, approve, who=BEN):
    refund_id = refund(shop).id
    shop.centre.write(lambda tx: service.audit(tx, who, refund_id, approve, "checked"))
    shop.centre.kit.tasks.run_until_idle()


def code_of(act, *args, **said):
    with pytest.raises(Refusal) as refusal:
        act(*args, **said)
    return refusal.value.code


def test_two_people_settle_what_the_bank_refused(owing):
    propose(owing)
    propose(owing)
    assert (refund(owing).state, owing.refund_state()) == ("other_means", "owed")
    assert code_of(answer, owing, True, ANN) == "same_person"
    assert code_of(propose, owing, BEN, "another") == "refund_not_waiting"
    answer(owing, True)
    answer(owing, True)
    assert (refund(owing).state, owing.refund_state()) == ("settled", "refunded")
    assert [case["state"] for case in owing.cases()] == ["closed"]
    assert code_of(propose, owing, BEN, "again") == "refund_not_waiting"


def test_a_no_leaves_it_owed_and_another_way_may_be_proposed(owing):
    propose(owing)
    answer(owing, False)
    answer(owing, False)
    assert (refund(owing).state, owing.refund_state()) == ("failed", "owed")
    assert code_of(answer, owing, True) == "refund_not_waiting"
    propose(owing, BEN, "cash")
    answer(owing, True, ANN)
    assert (refund(owing).state, refund(owing).reference) == ("settled", "cash")


def refused(shop):
    propose(shop)
    answer(shop, False)


def lapsed(shop):
    shop.centre.clock.advance(1096 * 24 * 3600)
    shop.centre.write(service.lapse)


@pytest.mark.parametrize("meanwhile", [lambda shop: None, propose, refused, lapsed])
def test_the_channel_has_the_last_word(owing, meanwhile):
    meanwhile(owing)
    comes_true(owing)
    assert (refund(owing).state, owing.refund_state(), owing.order().refunded) == (
        "succeeded",
        "refunded",
        PAYABLE,
    )


def test_who_refused_other_means_did_not_agree_to_what_the_channel_paid_after_all(owing):
    refused(owing)
    comes_true(owing)
    answer(owing, False)
    assert code_of(answer, owing, True) == "refund_not_waiting"


def test_money_that_came_back_twice_waits_for_somebody(owing):
    propose(owing)
    answer(owing, True)
    comes_true(owing)
    assert (refund(owing).state, owing.order().refunded) == ("paid_twice", PAYABLE)
    propose(owing)  # the words of before: they say nothing of this
    assert refund(owing).state == "succeeded"


def test_how_money_that_came_twice_was_put_right_is_kept(owing):
    propose(owing)
    answer(owing, True)
    comes_true(owing)
    propose(owing, BEN, "the customer sent it back")
    propose(owing, BEN, "the customer sent it back")
    assert refund(owing).state == "succeeded"


def test_what_nobody_claims_for_years_lapses(owing):
    owing.centre.clock.advance(1094 * 24 * 3600)
    owing.centre.write(service.lapse)
    assert refund(owing).state == "failed"
    owing.centre.clock.advance(2 * 24 * 3600)
    owing.centre.write(service.lapse)
    assert (refund(owing).state, [case["state"] for case in owing.cases()]) == ("lapsed", ["closed"])


def test_refunds_of_other_shops_are_not_there(owing):
    far = Principal("staff", 73, frozenset({"finance"}), frozenset({1}), session_id=73)
    assert code_of(propose, owing, far) == "unknown_refund"
    assert code_of(answer, owing, True, far) == "unknown_refund"


def comes_true(shop) -> None:
    """The bank pays after all."""
    [row] = shop.centre.channel.book.refunds.values()
    row.state = "succeeded"
    shop.centre.tell(row)
    shop.centre.kit.tasks.run_until_idle()
