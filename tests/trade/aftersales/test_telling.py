"""The customer is told what became of their order: one message an order and moment, both databases."""

import pytest
from sqlalchemy import select

from fulfil.contracts.fulfilment import BroughtLine, GoodsBrought, GoodsRefused, RefusedLine
from fulfil.messages.model import Message
from fulfil.trade.orders.model import Order

SHOP = "店"


@pytest.fixture(autouse=True)
def nothing_stumbles(shop):
    yield
    assert shop.failed_tasks() == [] and shop.violations() == []


def told(shop) -> list[str]:
    """The kinds of messages so far, oldest first."""
    return [row.kind for row in messages(shop)]


def messages(shop):
    return shop.centre.read(lambda tx: tx.all(select(*Message.__table__.c).order_by(Message.id)))


def test_what_is_missing_is_told_once_at_the_seal_with_a_count(shop):
    shop.report(1, 1)
    shop.report(1, 1)
    shop.report(2, 100)
    assert told(shop) == []
    shop.seal()
    shop.seal()
    [one] = messages(shop)
    assert (one.kind, one.order_no, one.recipient) == ("shortage_refunded", shop.order_no, "13800000000")
    assert SHOP in one.text and "3 products" in one.text and f"/track/t{shop.order_no}" in one.text


def test_one_product_is_named(shop):
    shop.report(1, 1)
    shop.seal()
    assert [(one.kind, "Thing" in one.text) for one in messages(shop)] == [("shortage_refunded", True)]


def test_what_goes_missing_after_the_seal_is_told_together(shop):
    shop.report(1, 1)
    shop.seal()
    shop.centre.write(lambda tx: [tx.publish(shop.shortage(line_no, 1)) for line_no in (1, 2)])  # one bag
    shop.centre.kit.tasks.run_until_idle()
    assert told(shop) == ["shortage_refunded", "shortage_refunded"] and "2 products" in messages(shop)[1].text


def test_a_seal_without_shortages_tells_nothing(shop):
    shop.seal()
    assert told(shop) == []


def test_an_order_that_is_cancelled_is_told_when_its_money_is_back_and_not_of_what_was_missing(shop):
    shop.report(1, 1)
    shop.cancel()
    assert told(shop) == []
    shop.settle()
    shop.settle()
    assert told(shop) == ["order_cancelled"] and shop.order().state == "cancelled"


def test_a_refund_that_the_channel_will_not_carry_is_told_once(shop):
    shop.cancel()
    shop.refuse_refunds()
    assert sorted(told(shop)) == ["order_cancelled", "refund_failed_other_means"]
    assert shop.refund_state() == "owed"


def test_a_delivery_is_told_once(shop):
    shop.seal()
    shop.deliver()
    shop.deliver()
    assert told(shop) == ["delivered"]


@pytest.mark.parametrize(("came", "kinds"), [(1, ["delivered", "return_received"]), (0, ["delivered"])])
def test_goods_that_reached_the_counter_are_told_once(shop, came, kinds):
    shop.seal()
    shop.deliver()
    shop.publish(GoodsRefused(shop.order_no, shop.store_id, 5, "damaged", False, (RefusedLine(1, 1),)))
    brought = GoodsBrought(shop.order_no, shop.store_id, 5, None, (BroughtLine(1, came, 900 * came or None),))
    shop.publish(brought)
    shop.publish(brought)
    assert told(shop) == kinds


def test_nobody_is_told_whose_number_nobody_has_any_more(shop):
    shop.centre.write(lambda tx: tx.update(Order, {"id": shop.order_no}, contact={}))
    shop.seal()
    shop.deliver()
    assert told(shop) == []
