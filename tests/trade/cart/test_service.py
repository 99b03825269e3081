"""Carts: always whole, remembered as shown, merged once, deleted at night."""

import threading
from pathlib import Path

import pytest

from fulfil.trade.cart import service
from fulfil.trade.cart.errors import UnknownProduct, WrongGuest
from fulfil.trade.cart.service import EmbeddedCarts
from fulfil.trade.catalog.model import Product
from fulfil.trade.customers import service as customers
from tests.trade.shop import APPLES, ICE, MILK, NOON, Shop


def quantities(cart: dict) -> dict[str, int]:
    return {line["sku"]: line["quantity"] for line in cart["lines"]}


def reprice(shop: Shop, sku: str, **values: object) -> None:
    shop.write(lambda tx: tx.update(Product, Product.store_id == shop.store_id, Product.sku == sku, **values))


def test_every_answer_is_the_whole_cart(shop: Shop) -> None:
    shop.add(1, MILK, 2)
    cart = shop.add(1, APPLES, 1000)
    assert quantities(cart) == {MILK: 2, APPLES: 1000}
    assert cart["totals"] == {
        "goods": 3580,
        "discount": 0,
        "delivery": 500,
        "bags": 60,
        "tax_included": 342,
        "payable": 4140,
    }
    assert (cart["lines"][0]["names"], cart["lines"][1]["unit"]) == ({"zh": "牛奶", "en": "Milk"}, "g")
    assert shop.cart(1) == cart
    assert shop.cart(2)["lines"] == []


def test_the_same_key_counts_once(shop: Shop) -> None:
    for _ in range(3):
        cart = shop.add(1, MILK, 2, idempotency_key="k")
    assert quantities(cart) == {MILK: 2}


def test_a_new_price_is_shown_once_as_changed(shop: Shop) -> None:
    before = shop.add(1, MILK, 2)
    reprice(shop, MILK, price=1200)
    cart = shop.cart(1)
    assert (cart["version"], cart["lines"][0]["notices"]) == (before["version"] + 1, ["price_changed"])
    assert (shop.cart(1)["version"], shop.cart(1)["lines"][0]["notices"]) == (cart["version"], [])


def test_what_is_no_longer_sold_stays_visible_and_costs_nothing(shop: Shop) -> None:
    shop.add(1, MILK, 2)
    reprice(shop, MILK, on_sale=False)
    cart = shop.cart(1)
    assert (cart["lines"][0]["notices"], cart["totals"]["payable"]) == (["not_on_sale"], 0)
    with pytest.raises(UnknownProduct):
        shop.add(1, MILK, 1)
    assert shop.add(1, MILK, 1, op="remove")["lines"] == []


def test_less_than_wanted_is_a_notice(shop: Shop) -> None:
    assert shop.add(1, ICE, 11)["lines"][0]["notices"] == ["less_available"]


def test_a_guests_cart_becomes_the_members_once(shop: Shop) -> None:
    guest = shop.write(customers.create_guest)
    shop.add(int(guest["guest_id"]), MILK, 2)
    member = shop.key(9, "customer")
    for _ in range(3):
        cart = shop.read(lambda tx: service.merge_guest(tx, member, guest["token"], "en"))
        assert quantities(cart) == {MILK: 2}
    assert quantities(shop.cart(int(guest["guest_id"]))) == {MILK: 2}
    with pytest.raises(WrongGuest):
        shop.read(lambda tx: service.merge_guest(tx, member, "fg_nobody", "en"))


def test_a_merged_guest_cart_goes_at_night_unless_it_was_used_again(shop: Shop) -> None:
    guests = [shop.write(customers.create_guest) for _ in range(2)]
    for guest in guests:
        shop.add(int(guest["guest_id"]), MILK, 2)
        shop.read(
            lambda tx, guest=guest: service.merge_guest(tx, shop.key(9, "customer"), guest["token"], "en")
        )
    shop.clock.advance(60)
    shop.add(int(guests[1]["guest_id"]), MILK, 1)

    def left() -> list[int]:
        return [len(shop.cart(int(guest["guest_id"]))["lines"]) for guest in guests]

    shop.write(service.prune)
    assert left() == [1, 1]
    shop.clock.advance(12 * 3600)
    shop.write(service.prune)
    assert left() == [0, 1]


def test_emptying_is_bound_to_the_version(shop: Shop) -> None:
    version = shop.add(1, MILK, 2)["version"]
    later = shop.add(1, ICE, 1)["version"]
    shop.write(lambda tx: service.empty(tx, shop.key(1), version))
    assert quantities(shop.cart(1)) == {MILK: 2, ICE: 1}
    shop.write(lambda tx: service.empty(tx, shop.key(1), later))
    assert (shop.cart(1)["lines"], shop.cart(1)["version"]) == ([], later + 1)


def test_one_of_many_writers_of_a_version_wins(tmp_path: Path) -> None:
    carts = EmbeddedCarts(str(tmp_path / "carts.db"))
    won: list[bool] = []
    for version in (0, 1):
        barrier = threading.Barrier(8)

        def write(version: int = version, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            won.append(carts.put("guest:1", "1:online", {"version": version + 1}, expected=version, now=NOON))

        threads = [threading.Thread(target=write) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (won.count(True), carts.get("guest:1", "1:online")) == (2, {"version": 2})
    carts.close()
    again = EmbeddedCarts(str(tmp_path / "carts.db"))
    assert again.get("guest:1", "1:online") == {"version": 2}
    again.close()
