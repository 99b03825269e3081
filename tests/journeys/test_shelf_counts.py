"""A picker takes what the books call the last of a shelf, and sees more: it is counted, twice if need be."""

from __future__ import annotations

import pytest

from fulfil.sim.clients import Handheld
from fulfil.sim.inside import CONTACT, InsideShop
from fulfil.trade.stock import queries as stock_queries
from fulfil.trade.stock import service as stock


def shelf(shop: InsideShop, sku: str) -> dict:
    with shop.kit.db.read() as tx:
        return stock_queries.view(tx, shop.store_id, sku)


def takes_the_last(shop: InsideShop) -> tuple[Handheld, dict, dict]:
    """Three pieces are ordered, and somebody counts them just before: `(picker, ticket, line)`, picked."""
    picker, customer = shop.staff("picker"), shop.customer()
    sku = next(row["sku"] for row in shop.access.skus if row["zone"] == "ambient" and not row["weighed"])
    customer.put(sku, 3)
    order = customer.order(CONTACT)
    shop.pay(customer, order["order_no"])
    shop.kit.db.write(lambda tx: stock.count_shelf(tx, shop.store_id, sku, 3, "till"), "test")
    ticket = picker.accept(picker.work()["offers"][0])
    ticket = picker.do(ticket, "tote", {"code": next(shop.totes)})
    (line,) = ticket["lines"]
    assert line["empties"]
    return picker, picker.do(ticket, "pick", {"line": line["id"], "quantity": 3}), line


def counts(shop: InsideShop, picker: Handheld, quantity: int, *, second: bool) -> None:
    shop.settle()
    (offer,) = picker.work()["offers"]
    assert offer["ticket"]["kind"] == "count"
    ticket = picker.accept(offer)
    (line,) = ticket["lines"]
    assert line["second"] is second
    picker.do(ticket, "count", {"line": line["id"], "quantity": quantity})
    shop.settle()


@pytest.mark.parametrize("found", [[2], [40, 38]])
def test_a_shelf_that_was_not_empty_is_counted_and_the_books_follow(shop, found):
    picker, ticket, line = takes_the_last(shop)
    ticket = picker.do(ticket, "zero_check", {"line": line["id"], "empty": False})
    picker.do(ticket, "complete", {})
    for number, quantity in enumerate(found):
        assert shelf(shop, line["sku"])["shelf"] == 0
        counts(shop, picker, quantity, second=number > 0)
    assert shelf(shop, line["sku"])["shelf"] == found[-1]
    assert picker.work()["offers"] == [] and picker.work()["tickets"] == []


def test_a_shelf_that_is_empty_is_left_alone(shop):
    picker, ticket, line = takes_the_last(shop)
    ticket = picker.do(ticket, "zero_check", {"line": line["id"], "empty": True})
    picker.do(ticket, "complete", {})
    shop.settle()
    assert picker.work()["offers"] == []
