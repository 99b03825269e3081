"""An old copy is put back: what the channel did meanwhile is found, or waits for somebody; it is not lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from fulfil.sim.clients import Customer
from fulfil.sim.inside import CONTACT, InsideShop
from fulfil.trade.payments.model import PayNotice


def ordered(shop: InsideShop) -> tuple[Customer, str, str]:
    """An order with a payment that has begun, and the payment's token at the channel."""
    customer = shop.customer()
    sku = next(row["sku"] for row in shop.access.skus if row["zone"] == "ambient" and not row["weighed"])
    customer.put(sku, 1)
    order_no = customer.order(CONTACT)["order_no"]
    return customer, order_no, customer.start_payment(order_no)["pay_url"].rsplit("/", 1)[1]


def copied(source: str, target: str) -> None:
    with closing(sqlite3.connect(source)) as there, closing(sqlite3.connect(target)) as here:
        there.backup(here)


def test_what_was_paid_after_the_copy_is_asked_for_or_held(
    sqlite_shop: InsideShop, sqlite_url: str, tmp_path: Path
) -> None:
    shop, database, copy = sqlite_shop, str(make_url(sqlite_url).database), str(tmp_path / "copy.db")
    begun, begun_no, begun_token = ordered(shop)
    copied(database, copy)
    shop.deliver_callbacks(shop.book.pay(begun_token, "succeeded"))
    later, later_no, later_token = ordered(shop)
    unheard = shop.book.pay(later_token, "succeeded")
    assert begun.order_view(begun_no)["state"] == "paid"

    copied(copy, database)

    assert begun.order_view(begun_no)["state"] != "paid"
    shop.advance(120)
    assert begun.order_view(begun_no)["state"] == "paid", "a silent payment is asked about"
    assert later.http.exchange("GET", f"/api/v1/orders/{later_no}")[0] in (401, 404)
    shop.deliver_callbacks(unheard)
    with shop.kit.db.read() as tx:
        (held,) = tx.all(sa.select(PayNotice))
    assert held.resolved_at is None
