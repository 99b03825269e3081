"""What comes instead is told at the seal, unless it turned out to be missing, too; both databases."""

import pytest
from sqlalchemy import select

from fulfil.contracts.fulfilment import OrderSealed
from fulfil.messages.model import Message
from fulfil.trade.orders.model import OrderItem
from tests.trade.aftersales import test_loop as loop

shop = loop.shop


def seal(shop, order_no):
    shop.publish(OrderSealed(order_no, shop.store_id, 1, ()))
    return [
        (row.kind, row.text)
        for row in shop.read(lambda tx: tx.all(select(*Message.__table__.c).order_by(Message.id)))
    ]


def test_what_comes_instead_is_named(shop):
    order_no = loop.paid(shop, wish="substitute")
    loop.report(shop, order_no)
    [(kind, text)] = seal(shop, order_no)
    assert kind == "substitute_done" and f"order {order_no} brings Thing 12" in text


@pytest.mark.parametrize(
    ("reason", "kind", "zh", "en"),
    [
        ("not_found", "substitute_question", "缺货", "is sold out"),
        ("only_heavier", "heavier_question", "只有比所订更重的", "weigh more than you ordered"),
        ("only_lighter", "lighter_question", "只有比所订更轻的", "weigh less than you ordered"),
    ],
)
def test_only_what_is_not_there_is_called_sold_out(shop, reason, kind, zh, en):
    order_no = loop.paid(shop)
    loop.report(shop, order_no, reason=reason)
    told = shop.read(lambda tx: tx.one(select(*Message.__table__.c)))
    assert told.kind == kind and zh in told.text and en in told.text
    assert ("缺货" in told.text) == ("sold out" in told.text) == (reason == "not_found")
    [question] = loop.asked(shop, order_no)
    assert question["reason"] == reason


def test_what_comes_and_what_does_not_is_one_text(shop):
    order_no = loop.paid(shop, wish="substitute", quantity=3)
    loop.report(shop, order_no, quantity=2)
    shop.write(lambda tx: tx.update(OrderItem, {"order_no": order_no}, on_shortage="refund"))
    loop.report(shop, order_no, quantity=1)
    [(kind, text)] = seal(shop, order_no)
    assert kind == "shortages_decided" and "brings Thing 12. Nothing comes for: Milk" in text


def test_what_came_instead_and_is_missing_itself_was_never_there(shop):
    order_no = loop.paid(shop, wish="substitute")
    loop.report(shop, order_no)
    loop.report(shop, order_no, line_no=1001)
    [(kind, text)] = seal(shop, order_no)
    assert kind == "shortage_refunded" and "could not bring as ordered" in text and ": Milk." in text
