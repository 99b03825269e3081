"""Placing an order: what is frozen, and everything that may be refused before payment."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from fulfil.dispatch.model import CapacityHold
from fulfil.store import queries as stores_read
from fulfil.store import service as stores
from fulfil.trade.cart.errors import CartsAway
from fulfil.trade.catalog.model import Product
from fulfil.trade.orders import queries, service
from fulfil.trade.orders.errors import (
    CartChanged,
    CartOrdered,
    EmptyCart,
    LineUnknown,
    OutsideArea,
    PriceChanged,
    PromiseUnavailable,
    StoreClosed,
)
from fulfil.trade.orders.model import Order, OrderAttribute
from fulfil.trade.stock.errors import InsufficientStock
from fulfil.trade.stock.model import Reservation
from tests.trade.shop import APPLES, CONTACT, ICE, MILK, Shop


def place(shop: Shop, owner: int = 1, **changes: object) -> dict:
    asked = shop.request(owner, **changes)
    return shop.write(lambda tx: service.place(tx, asked))


def nothing_written(shop: Shop) -> bool:
    return shop.read(lambda tx: not tx.all(select(Order.id)) and not tx.all(select(Reservation.order_no)))


def test_an_order_freezes_what_the_cart_showed(shop: Shop) -> None:
    shop.add(1, MILK, 2)
    cart = shop.add(1, APPLES, 1333)
    answer = place(shop, lines={MILK: {"on_shortage": "ask"}}, if_silent="substitute")
    row = shop.order(int(answer["order_no"]))
    assert (row.state, row.delivery_state, row.valid, row.cart_version) == (
        "placed",
        "none",
        True,
        cart["version"],
    )
    assert (answer["total"], row.payable) == (cart["totals"]["payable"], cart["totals"]["payable"])
    lines = shop.read(lambda tx: queries.items(tx, row.id))
    assert [
        (line.line_no, line.sku, line.quantity, line.payable, line.on_shortage, line.if_silent)
        for line in lines
    ] == [(1, MILK, 2, 2000, "ask", "substitute"), (2, APPLES, 1333, 2106, "refund", "substitute")]
    assert row.expires_at == shop.clock.now() + timedelta(minutes=15)
    assert answer["track_url"].endswith(f"/track/{row.track_token}")
    assert shop.read(queries.violations) == []


def test_what_is_promised_counts_zones_and_weight(shop: Shop) -> None:
    """Pieces by what one weighs, apples as they are."""
    for sku, quantity in ((MILK, 2), (APPLES, 1333), (ICE, 1)):
        shop.add(1, sku, quantity)
    order_no = int(place(shop)["order_no"])
    items = shop.read(lambda tx: stores_read.items(tx, shop.store_id, [MILK, APPLES, ICE]))
    expected: dict[str, list[int]] = {}
    for sku, grams in ((MILK, 2 * items[MILK].grams), (APPLES, 1333), (ICE, items[ICE].grams)):
        lines, sum_of = expected.get(items[sku].zone, (0, 0))
        expected[items[sku].zone] = [lines + 1, sum_of + grams]
    held = shop.read(
        lambda tx: tx.one(
            select(CapacityHold.lines, CapacityHold.picked).where(CapacityHold.order_no == order_no)
        )
    )
    assert (held.lines, held.picked) == (3, expected) and items[MILK].grams > 0


def test_the_cart_is_emptied_with_the_order_unless_it_is_changed(shop: Shop) -> None:
    shop.place()
    assert shop.cart(1)["lines"] == []
    shop.add(1, ICE, 1)
    shop.clock.advance(60)
    shop.run_tasks()
    assert len(shop.cart(1)["lines"]) == 1


class Died(BaseException):
    """The server is gone."""


def dies(shop: Shop, at: str) -> None:
    def die() -> None:
        raise Died

    shop.add(1, MILK, 1)
    asked = shop.request(1)
    shop.kit.db.failpoints.on(at, die)
    with pytest.raises(Died):
        shop.write(lambda tx: service.place(tx, asked))
    shop.kit.db.failpoints.on(at, None)


def test_a_cart_is_full_until_it_is_sure_that_it_was_ordered(shop: Shop) -> None:
    dies(shop, "test:before-commit")
    assert nothing_written(shop)
    shop.clock.advance(60)
    shop.run_tasks()
    assert shop.cart(1)["lines"] != []


def test_who_is_told_that_a_cart_was_ordered_does_not_empty_it(shop: Shop) -> None:
    """Both may share a commit, which may still fail."""
    shop.add(1, MILK, 1)
    asked = shop.request(1)

    def twice(tx) -> None:
        service.place(tx, asked)
        service.place(tx, asked)

    with pytest.raises(CartOrdered) as refused:
        shop.write(twice)
    assert refused.value.extra["cart"]["lines"] == []
    assert nothing_written(shop) and shop.cart(1)["lines"] != []


def test_whoever_dies_before_a_cart_is_emptied_leaves_it_to_a_task(shop: Shop) -> None:
    dies(shop, "test:after-commit")
    assert not nothing_written(shop) and shop.cart(1)["lines"] != []
    shop.clock.advance(60)
    shop.run_tasks()
    assert shop.cart(1)["lines"] == []


def test_an_order_does_not_wait_for_carts_that_are_away(shop: Shop, monkeypatch) -> None:
    carts = type(shop.kit.services["carts"])

    def away(*_: object, **__: object) -> None:
        raise CartsAway()

    shop.add(1, MILK, 1)
    asked = shop.request(1)
    there = carts.put
    monkeypatch.setattr(carts, "put", away)
    shop.write(lambda tx: service.place(tx, asked))
    monkeypatch.setattr(carts, "put", there)
    assert shop.cart(1)["lines"] != []
    shop.clock.advance(60)
    shop.run_tasks()
    assert shop.cart(1)["lines"] == []


def test_a_changed_cart_is_refused_with_the_whole_cart(shop: Shop) -> None:
    shop.add(1, MILK, 2)
    asked = shop.request(1)
    now = shop.add(1, MILK, 1)
    with pytest.raises(CartChanged) as refused:
        shop.write(lambda tx: service.place(tx, asked))
    assert refused.value.extra["cart"] == now
    assert nothing_written(shop)


def test_a_changed_price_is_refused_with_the_whole_cart(shop: Shop) -> None:
    shop.add(1, MILK, 2)
    asked = shop.request(1)
    shop.write(lambda tx: tx.update(Product, Product.sku == MILK, price=1100))
    with pytest.raises(PriceChanged) as refused:
        shop.write(lambda tx: service.place(tx, asked))
    cart = refused.value.extra["cart"]
    assert (cart["lines"][0]["unit_price"], cart["version"]) == (1100, asked.cart_version + 1)
    assert nothing_written(shop)
    assert place(shop)["total"] == 2730


def test_out_of_stock_names_the_lines(shop: Shop) -> None:
    shop.add(1, MILK, 2)
    shop.add(1, ICE, 11)
    with pytest.raises(InsufficientStock) as refused:
        place(shop)
    assert refused.value.extra["lines"] == [{"sku": ICE, "available": 10}]
    assert nothing_written(shop)


def test_refusals_before_payment(shop: Shop) -> None:
    with pytest.raises(EmptyCart):
        place(shop)
    shop.add(1, MILK, 2)
    with pytest.raises(OutsideArea) as far:
        place(shop, contact={**CONTACT, "lat": 31.4})
    assert far.value.extra["radius_m"] == 3000
    with pytest.raises(LineUnknown):
        place(shop, lines={ICE: {}})
    with pytest.raises(PromiseUnavailable) as early:
        place(shop, deliver_by=shop.clock.now() + timedelta(minutes=1))
    assert early.value.extra["slots"]
    shop.write(lambda tx: tx.update(Product, Product.sku == MILK, on_sale=False))
    with pytest.raises(CartChanged):
        place(shop)
    assert nothing_written(shop)


def test_a_closed_shop_says_when_it_opens(shop: Shop) -> None:
    shop.add(1, MILK, 2)
    shop.clock.advance(11 * 3600)
    with pytest.raises(StoreClosed) as closed:
        place(shop)
    assert closed.value.extra["opens_at"] == "2026-03-02T23:00:00.000Z"
    shop.clock.advance(8 * 3600)
    assert place(shop)["state"] == "placed"
    shop.write(lambda tx: stores.set_state(tx, shop.store_id, "locked", None, "flood", "staff:1"))
    shop.add(1, ICE, 1)
    with pytest.raises(StoreClosed):
        place(shop)


def test_where_nobody_said_the_longest_way_counts(shop: Shop) -> None:
    shop.add(1, MILK, 2)
    order_no = int(place(shop, contact={**CONTACT, "lat": None, "lng": None})["order_no"])
    metres = shop.read(
        lambda tx: tx.scalar(
            select(OrderAttribute.value).where(
                OrderAttribute.order_no == order_no, OrderAttribute.name == "metres"
            )
        )
    )
    assert metres == "3000"


@pytest.mark.parametrize(
    ("change", "why_not"),
    [
        ({}, None),
        ({"contact": {"lat": 40.0, "lng": 116.0}}, "outside_area"),
        ({"owner": 2}, "empty_cart"),
        ({"hours": 12}, "store_closed"),
        ({"ice": 11}, "out_of_stock"),
    ],
)
def test_a_quote_says_what_an_order_would_be_refused_with(
    shop: Shop, change: dict, why_not: str | None
) -> None:
    shop.add(1, MILK, 2)
    if "ice" in change:
        shop.add(1, ICE, change["ice"])
    shop.clock.advance(3600 * change.get("hours", 0))
    key = shop.key(change.get("owner", 1))
    answer = shop.read(lambda tx: service.quote(tx, key, change.get("contact", CONTACT), None))
    assert (answer["ok"], answer["why_not"]) == (why_not is None, why_not)
    assert (answer["deliver_at"] is None) == (why_not is not None)
    assert nothing_written(shop)


def test_no_query_shows_an_order_that_is_not_valid(shop: Shop) -> None:
    order_no = shop.place()
    token = shop.order(order_no).track_token
    shop.write(lambda tx: tx.update(Order, Order.id == order_no, valid=False))
    assert shop.read(lambda tx: queries.of_owner(tx, "guest", 1, before=None, limit=9)) == []
    assert shop.read(lambda tx: queries.order_no_of_track_token(tx, token)) is None
