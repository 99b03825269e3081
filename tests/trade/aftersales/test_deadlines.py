"""Nobody waits for ever: what nobody works on ends for the customer; an operator may end it sooner."""

import pytest
from sqlalchemy import select, update

from fulfil.contracts.fulfilment import BroughtLine, GoodsBrought, GoodsPutBack, GoodsRefused, RefusedLine
from fulfil.contracts.trade import ReturnCalledOff
from fulfil.kit.moves import History
from fulfil.store.model import Store
from fulfil.trade.aftersales import service
from fulfil.trade.aftersales.model import Case
from fulfil.trade.aftersales.service import deadlines
from tests.trade.aftersales.test_complaints import (
    ANN,
    audit,
    bought,
    case,
    complain,
    decide,
    limit,
    line,
    nothing_stumbles,
    refused,
)

HOUR = 3600
__all__ = ["bought", "nothing_stumbles"]  # fixtures


def later(shop, hours):
    shop.centre.clock.advance(hours * HOUR)
    shop.centre.write(deadlines.end_overdue)
    shop.centre.kit.tasks.run_until_idle()


def brought(shop, case_id, quantity):
    shop.publish(
        GoodsBrought(
            shop.order_no, shop.store_id, 5, case_id, (BroughtLine(1, quantity, 900 if quantity else None),)
        )
    )


def call_off(shop, case_id, refund, who=ANN):
    shop.centre.write(lambda tx: service.call_off(tx, who, case_id, "the street is closed", refund=refund))
    shop.centre.kit.tasks.run_until_idle()


def test_a_complaint_that_nobody_decides_is_granted_after_three_days(bought):
    case_id = complain(bought, line(1, 2), line(2, 100))
    later(bought, 71.9)
    assert case(bought, case_id)["state"] == "audit"
    later(bought, 0.2)
    assert bought.refunds() == [(666 + 159, "requested")]
    assert refused(decide, bought, case_id).extra["decided_by"] == "system"


def test_a_shop_has_hours_of_its_own(bought):
    bought.centre.write(lambda tx: tx.execute(update(Store).values(policy={"case_default_hours": 2})))
    complain(bought, line(1, 2))
    later(bought, 1.9)
    assert bought.refunds() == []
    later(bought, 0.2)
    assert bought.refunds() == [(666, "requested")]


def test_so_much_money_never_goes_without_two_people(bought):
    limit(bought, 665)
    case_id = complain(bought, line(1, 2))
    later(bought, 1000)
    assert (case(bought, case_id)["state"], bought.refunds()) == ("audit", [])


def test_goods_that_nobody_fetches_are_paid_for_and_nobody_fetches_them_any_more(bought):
    case_id = complain(bought, line(1, 2, "return"))
    later(bought, 60)
    decide(bought, case_id)
    later(bought, 60)
    assert case(bought, case_id)["state"] == "returning"
    later(bought, 13)
    assert bought.refunds() == [(666, "requested")]
    assert [told.case_id for told in bought.heard(ReturnCalledOff)] == [case_id]
    brought(bought, case_id, 0)  # the floor says that nothing came
    brought(bought, case_id, 2)  # a rider had them already
    assert bought.refunds() == [(666, "requested")]


def test_goods_that_nobody_inspects_are_paid_for(bought):
    case_id = complain(bought, line(1, 2, "return"))
    decide(bought, case_id)
    brought(bought, case_id, 1)
    later(bought, 73)
    assert (bought.refunds(), bought.heard(ReturnCalledOff)) == ([(333, "requested")], [])
    bought.publish(GoodsPutBack(bought.order_no, bought.store_id, 900, 1, "S1", 1, "waste"))
    assert bought.refunds() == [(333, "requested")]


def test_bags_that_were_refused_and_never_reached_the_counter_are_paid_for(bought):
    bought.publish(GoodsRefused(bought.order_no, bought.store_id, 5, "damaged", False, (RefusedLine(1, 1),)))
    later(bought, 73)
    assert (bought.refunds(), bought.heard(ReturnCalledOff)) == ([(333, "requested")], [])


def test_what_two_people_agreed_to_goes_when_nobody_fetches_the_goods(bought):
    limit(bought, 10)
    case_id = complain(bought, line(1, 2, "return"))
    decide(bought, case_id)
    later(bought, 1000)
    assert bought.refunds() == [(666, "audit")]
    audit(bought, int(case(bought, case_id)["refund"]["refund_id"]))
    later(bought, 73)
    assert bought.refunds() == [(666, "requested")]


def test_only_what_is_left_is_granted_by_silence(bought):
    first = complain(bought, line(1, 3))
    bought.centre.write(
        lambda tx: tx.change(
            update(History.__table__)
            .where(History.entity == "cases", History.entity_id == first)
            .values(at=tx.now)
        )
    )
    bought.publish(bought.shortage(1, 2))  # the counter missed them late
    later(bought, 73)
    assert sum(amount for amount, _ in bought.refunds()) == 1000


class TestCalledOff:
    """An operator ends the wait for goods: with the money, or without."""

    @pytest.fixture
    def waiting(self, bought):
        self.case_id = complain(bought, line(1, 2, "return"), line(2, 100))
        decide(bought, self.case_id)
        return bought

    def test_with_the_money(self, waiting):
        call_off(waiting, self.case_id, refund=True)
        assert waiting.refunds() == [(666 + 159, "requested")]
        assert [told.reason for told in waiting.heard(ReturnCalledOff)] == ["the street is closed"]
        assert refused(call_off, waiting, self.case_id, True).code == "not_returning"

    def test_without_it_the_floor_has_the_last_word(self, bought):
        for came, state in ((0, "refused"), (2, "returning")):
            case_id = complain(bought, line(1, 2 if came == 0 else 3, "return"))
            decide(bought, case_id)
            call_off(bought, case_id, refund=False)
            assert case(bought, case_id)["state"] == "returning"
            brought(bought, case_id, came)
            assert case(bought, case_id)["state"] == state

    def test_what_the_shop_has_is_not_refused_any_more(self, waiting):
        brought(waiting, self.case_id, 2)
        assert refused(call_off, waiting, self.case_id, False).code == "goods_are_back"
        call_off(waiting, self.case_id, refund=True)
        assert waiting.refunds() == [(666 + 159, "requested")]

    def test_other_shops_cases_are_not_there(self, waiting):
        far = type(ANN)("staff", 73, frozenset({"operator"}), frozenset({1}), session_id=73)
        assert refused(call_off, waiting, self.case_id, True, far).code == "unknown_case"

    def test_more_than_one_person_may_give_back_is_not_paid_unseen(self, bought):
        limit(bought, 3)
        bags = (RefusedLine(1, 2),)
        bought.publish(GoodsRefused(bought.order_no, bought.store_id, 5, "damaged", False, bags))
        ((case_id,),) = bought.centre.read(lambda tx: tx.all(select(Case.id).where(Case.kind == "refused")))
        assert refused(call_off, bought, case_id, True).code == "inspect_first"
        later(bought, 73)
        assert (case(bought, case_id)["state"], bought.refunds()) == ("returning", [])
