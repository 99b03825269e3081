"""Why money goes back, with orders and payments really there, on both databases."""

import pytest
from sqlalchemy import update

from fulfil.contracts.trade import OrderRefunded, PaymentUnneeded, ShortageDecided
from fulfil.trade.aftersales.model import Refund, RefundItem
from fulfil.trade.orders import service as orders
from tests.trade.aftersales.conftest import PAYABLE


@pytest.fixture(autouse=True)
def nothing_stumbles(shop):
    """After every test: no task failed, and every invariant of the two folders holds."""
    yield
    assert shop.failed_tasks() == [] and shop.violations() == []


def test_a_shortage_is_a_case_a_refund_and_a_decision(shop):
    shop.report(1, 1)
    [case] = shop.cases()
    assert (case["kind"], case["state"], case["line_no"], case["quantity"]) == ("stockout", "refunding", 1, 1)
    assert case["refund"]["items"] == [{"kind": "line", "line_no": 1, "quantity": 1, "amount": 333}]
    assert shop.heard(ShortageDecided) == [
        ShortageDecided(shop.order_no, shop.store_id, 1, 1, 1, "refund", 333)
    ]
    assert (shop.order().refunded, case["refund"]["state"]) == (0, "collecting")
    shop.seal()
    shop.settle()
    [case] = shop.cases()
    assert (case["state"], case["refund"]["state"], case["refund"]["settled"]) == ("closed", "succeeded", 333)
    assert (shop.order().state, shop.order().refunded) == ("paid", 333)


def test_the_same_report_again_changes_nothing(shop):
    shop.report(1, 1, report_id=5)
    shop.report(1, 1, report_id=5)
    assert len(shop.cases()) == 1 and len(shop.heard(ShortageDecided)) == 1


def test_shortages_of_one_line_sum_to_its_share(shop):
    for _ in range(3):
        shop.report(1, 1)
    shop.report(1, 1)
    shop.seal()
    shop.settle()
    assert [event.amount for event in shop.heard(ShortageDecided)] == [333, 333, 334, 0]
    assert shop.order().refunded == 1000


def test_grams_whose_share_is_less_than_a_cent_are_counted_on(shop):
    for _ in range(4):
        shop.report(2, 1)
    shop.seal()
    shop.settle()
    assert sum(event.amount for event in shop.heard(ShortageDecided)) == 799 * 4 // 500
    assert {case["state"] for case in shop.cases()} == {"closed"}


def test_a_line_that_cost_nothing_is_decided_without_money(shop):
    shop.report(3, 1)
    shop.seal()
    assert [event.amount for event in shop.heard(ShortageDecided)] == [0]
    assert [case["state"] for case in shop.cases()] == ["closed"]


def test_a_cancelled_order_gets_all_that_is_left_and_ends_on_the_channels_word(shop):
    shop.report(1, 2)
    shop.cancel()
    assert shop.order().state == "cancelling"
    shop.settle()
    assert (shop.order().state, shop.order().refunded) == ("cancelled", PAYABLE)
    kinds = [(event.kind, event.whole) for event in shop.heard(OrderRefunded)]
    assert (kinds, shop.refunds()) == ([("stockout", True)], [(PAYABLE, "succeeded")])


def test_a_void_order_gets_its_fees_back_too(shop):
    shop.report(1, 3)
    shop.report(2, 500)
    shop.report(3, 1)
    shop.void()
    shop.settle()
    void = [case for case in shop.cases() if case["kind"] == "void"]
    assert [item["kind"] for item in void[0]["refund"]["items"]] == ["bags", "delivery"]
    assert (shop.order().state, shop.order().refunded) == ("cancelled", PAYABLE)


@pytest.mark.parametrize("reason", ["returned", "return", "void", "damaged"])
def test_what_the_customer_writes_as_reason_decides_nothing(shop, reason):
    shop.cancel(reason=reason)
    shop.settle()
    [case] = shop.cases()
    assert (case["kind"], shop.order().state, shop.order().refunded) == ("cancel", "cancelled", PAYABLE)


def test_an_order_that_came_back_through_our_fault_gets_its_fees_back_too(shop):
    shop.cancel(reason="returned", returned=True)
    shop.settle()
    [case] = shop.cases()
    assert (case["kind"], shop.order().state, shop.order().refunded) == ("return", "cancelled", PAYABLE)


def test_an_order_that_nobody_took_gets_its_goods_back_and_not_the_ride(shop):
    shop.cancel(reason="returned", returned=True, fees_back=False)
    shop.settle()
    [case] = shop.cases()
    assert (case["kind"], case["refund"]["amount"]) == ("return", 1799)
    assert (shop.order().state, shop.order().refunded) == ("cancelled", 1799)


def test_a_returned_order_whose_goods_were_refunded_before_still_ends(shop):
    for line_no, quantity in ((1, 3), (2, 500), (3, 1)):
        shop.report(line_no, quantity)
    shop.seal()
    shop.settle()
    shop.cancel(reason="returned", returned=True, fees_back=False)
    assert shop.order().state == "cancelled"


def test_a_shortage_after_the_cancel_finds_nothing_left(shop):
    shop.cancel()
    shop.report(1, 1)
    shop.settle()
    assert [event.amount for event in shop.heard(ShortageDecided)] == [0]
    assert shop.order().refunded == PAYABLE


def test_cancelling_twice_refunds_once(shop):
    shop.cancel()
    shop.cancel()
    shop.void()
    shop.settle()
    assert sum(case["refund"]["amount"] for case in shop.cases() if case["refund"]) == PAYABLE
    assert shop.order().refunded == PAYABLE


def test_money_paid_twice_goes_back_where_it_came_from(shop):
    order_no = shop.order_no
    shop.centre.write(
        lambda tx: tx.publish(PaymentUnneeded(order_no, shop.store_id, _document(tx, order_no), 100, "x"))
    )
    shop.centre.kit.tasks.run_until_idle()
    [case] = shop.cases()
    assert (case["kind"], case["reason"]) == ("late_payment", "x")
    assert case["refund"]["items"] == [{"kind": "payment", "line_no": 0, "quantity": 0, "amount": 100}]


def test_a_payment_for_an_expired_order_is_refunded(shop):
    from tests.trade.aftersales.conftest import _place

    late = shop.centre.write(lambda tx: _place(tx, shop.store_id))
    charge = shop.centre.pay(shop.centre.start(late), "timeout")
    shop.centre.clock.advance(16 * 60)
    shop.centre.write(lambda tx: orders.expire(tx, late))
    shop.centre.tell(charge)
    shop.settle()
    shop.order_no = late
    assert (shop.order().state, shop.order().paid, shop.order().refunded) == ("expired", PAYABLE, PAYABLE)
    assert [(case["kind"], case["state"]) for case in shop.cases()] == [("late_payment", "closed")]


def test_a_refund_that_the_bank_refuses_for_good_is_owed_and_the_order_does_not_wait(shop):
    shop.cancel()
    shop.refuse_refunds()
    [case] = shop.cases()
    assert (case["state"], case["refund"]["state"], case["refund"]["settled"]) == ("failed", "failed", 0)
    assert (shop.order().state, shop.order().refunded, shop.refund_state()) == ("cancelled", 0, "owed")
    [refund] = shop.centre.channel.book.refunds.values()
    refund.state = "succeeded"
    shop.centre.tell(refund)
    shop.centre.kit.tasks.run_until_idle()
    assert [case["state"] for case in shop.cases()] == ["closed"]
    assert (shop.order().state, shop.order().refunded, shop.refund_state()) == (
        "cancelled",
        PAYABLE,
        "refunded",
    )


class TestViolations:
    """Each check sees the fault that it is there for."""

    @pytest.fixture(autouse=True)
    def nothing_stumbles(self):
        """Here something is broken on purpose."""

    def broken(self, shop, statement) -> set[tuple[int, str]]:
        shop.report(1, 1)
        shop.seal()
        shop.settle()
        assert shop.violations() == []
        shop.centre.write(lambda tx: tx.execute(statement))
        return {(violation.invariant, violation.entity) for violation in shop.violations()}

    def test_items_that_do_not_sum_to_the_refund(self, shop):
        found = self.broken(shop, update(RefundItem).values(amount=332))
        assert found == {(1, "refund"), (13, "order_item")}

    def test_a_refund_that_payments_does_not_know(self, shop):
        assert self.broken(shop, update(Refund).values(settled=0)) == {(1, "refund")}

    def test_a_shortage_without_its_refund(self, shop):
        assert (13, "order_item") in self.broken(shop, update(RefundItem).values(quantity=0))


def _document(tx, order_no: int) -> int:
    from fulfil.trade.payments import queries

    return queries.documents(tx, order_no)[0].id
