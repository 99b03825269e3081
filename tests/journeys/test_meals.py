"""A meal and goods from the shelf in one order: made, sold out or cancelled, with stock and money."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from fulfil.app import owner
from fulfil.dispatch.queries import fulfilment_of_order
from fulfil.dispatch.queries.forecast import predictions
from fulfil.sim.clients import Customer, Handheld
from fulfil.sim.inside import CONTACT, InsideShop
from fulfil.sim.shop import DATA
from tests.journeys.test_life_of_an_order import work_off
from tests.servers import redis_of

CHICKEN, LATTE = "100901", "100904"


@pytest.fixture
def shop(database_url: str, tmp_path) -> Iterator[InsideShop]:
    """The demo shop with its kitchen."""
    house = InsideShop(database_url, str(tmp_path / "carts.db"), redis_url=redis_of(database_url))
    owner.import_catalog(house.kit, path=str(DATA / "meals.csv"), store=int(house.store_id))
    owner.staff_add(
        house.kit,
        badge="H001",
        name_zh="黄师傅",
        name_en="Huang Zhiyuan",
        roles=["cook"],
        pin="530927",
        store=int(house.store_id),
    )
    house.access.staff.append({"badge": "H001", "pin": "530927", "roles": ["cook"]})
    yield house
    house.kit.close()


def ordered(shop: InsideShop, *meals: tuple[str, int]) -> tuple[Customer, str, str]:
    """A paid order of two pieces from a shelf and these meals: `(customer, order_no, sku on the shelf)`."""
    customer = shop.customer()
    shelf = next(row["sku"] for row in shop.access.skus if row["zone"] == "ambient" and not row["weighed"])
    for sku, quantity in ((shelf, 2), *meals):
        customer.put(sku, quantity)
    order_no = customer.order(CONTACT)["order_no"]
    shop.pay(customer, order_no)
    return customer, order_no, shelf


def begun(cook: Handheld) -> dict:
    """The cook takes what is offered, and begins."""
    return cook.do(cook.accept(cook.work()["offers"][0]), "cook", {})


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def on_hand(shop: InsideShop, sku: str) -> dict:
    return shop.operator().call("GET", f"/api/v1/stores/{shop.store_id}/stock/{sku}")


def test_a_meal_and_goods_of_the_shelf_are_delivered_together(shop: InsideShop) -> None:
    picker, cook, packer = shop.staff("picker"), shop.staff("cook"), shop.staff("packer")
    customer, order_no, shelf = ordered(shop, (CHICKEN, 2), (LATTE, 1))
    (offer,) = picker.work()["offers"]
    assert [line["sku"] for line in offer["ticket"]["lines"]] == [shelf]
    assert work_off(shop, picker) > 0
    assert work_off(shop, packer) == 0
    shop.advance(30)  # the next look at the starts: nothing is left to wait for
    work_off(shop, cook)
    work_off(shop, packer)
    view = customer.order_view(order_no)
    assert (view["delivery_state"], view["refunded"]) == ("ready", 0)
    assert shop.violations() == []


def test_what_is_sold_out_is_refunded_and_nobody_can_order_it(shop: InsideShop) -> None:
    picker, cook, packer = shop.staff("picker"), shop.staff("cook"), shop.staff("packer")
    customer, order_no, _ = ordered(shop, (CHICKEN, 2))
    ticket = begun(cook)
    cook.do(ticket, "short", {"line": ticket["lines"][0]["id"], "quantity": 2, "reason": "sold_out"})
    shop.settle()
    assert on_hand(shop, CHICKEN)["available"] == 0
    work_off(shop, picker)
    work_off(shop, packer)
    shop.settle()
    view = customer.order_view(order_no)
    meal = next(line for line in view["lines"] if line["sku"] == CHICKEN)
    assert (view["delivery_state"], view["refunded"]) == ("ready", meal["payable"])
    assert shop.violations() == []


def test_cancelled_while_it_cooks_the_money_goes_back_and_a_meal_is_wasted(shop: InsideShop) -> None:
    picker, cook = shop.staff("picker"), shop.staff("cook")
    before = on_hand(shop, CHICKEN)["on_hand"]
    customer, order_no, _ = ordered(shop, (CHICKEN, 2))
    begun(cook)
    customer.cancel(order_no)
    shop.settle()
    view = customer.order_view(order_no)
    assert view["state"] == "cancelled" and view["refunded"] == view["paid"]
    assert cook.work()["tickets"] == []
    ticket = picker.accept(picker.work()["offers"][0])
    line = ticket["lines"][0]["id"]
    ticket = picker.do(ticket, "put_back", {"line": line, "quantity": 2, "outcome": "waste"})
    picker.do(ticket, "complete", {})
    shop.settle()
    left = on_hand(shop, CHICKEN)
    assert (left["on_hand"], left["quarantine"]) == (before - 2, 0)
    assert shop.violations() == []


def test_what_is_made_long_is_promised_later_and_tracked_by_what_is_foreseen(shop: InsideShop) -> None:
    """Forty portions are ten batches of two minutes; the shop is quiet, and picking takes one."""
    customer = shop.customer()
    customer.put(CHICKEN, 4)
    soon = instant(customer.quote(CONTACT)["hand_over_at"])
    customer.put(CHICKEN, 36)
    quoted = customer.quote(CONTACT)
    assert instant(quoted["hand_over_at"]) - soon == timedelta(minutes=18)
    told = customer.order(CONTACT)
    shop.pay(customer, told["order_no"])
    assert customer.order_view(told["order_no"])["promised_at"] == quoted["deliver_at"]
    track = "/api/v1" + told["track_url"][told["track_url"].index("/track/") :]
    shop.advance(30)
    eta = customer.http.call("GET", track)["eta"]
    assert instant(eta["to"]) >= instant(quoted["deliver_at"])
    shop.advance(1800)  # nobody cooks
    late, foreseen = customer.http.call("GET", track)["eta"], shop.kit.db.look
    with foreseen() as tx:
        row = fulfilment_of_order(tx, int(told["order_no"]))
        expected = predictions(tx, [row.id])[row.id].deliver_at
    assert late["late"] and instant(late["from"]) <= expected <= instant(late["to"])
    assert expected > instant(quoted["deliver_at"]) + timedelta(minutes=25)


def test_what_the_kitchen_has_to_make_already_is_promised_around(shop: InsideShop) -> None:
    """One grill: forty portions of somebody else take it for twenty minutes, whether they are paid or not."""
    first, second = shop.customer(), shop.customer()
    second.put(CHICKEN, 4)
    alone = instant(second.quote(CONTACT)["hand_over_at"])
    first.put(CHICKEN, 40)
    told = first.order(CONTACT)
    shop.advance(6)  # other processes see it, too
    behind = instant(second.quote(CONTACT)["hand_over_at"])
    assert behind - alone >= timedelta(minutes=19)
    shop.pay(first, told["order_no"])
    shop.advance(6)
    assert instant(second.quote(CONTACT)["hand_over_at"]) >= behind


def test_a_slot_is_full_because_the_kitchen_is(shop: InsideShop) -> None:
    """Whoever wants goods of the shelf still gets it."""
    shop.staff("cook")
    hungry, other = shop.customer(), shop.customer()
    hungry.put(CHICKEN, 4)
    shelf = next(row["sku"] for row in shop.access.skus if row["zone"] == "ambient" and not row["weighed"])
    other.put(shelf, 1)
    slot = hungry.quote(CONTACT)["slots"][0]
    assert slot in other.quote(CONTACT)["slots"]
    for meals in (32, 20):  # 26 minutes of the grill
        one = shop.customer()
        one.put(CHICKEN, meals)
        told = one.order(CONTACT)
        shop.pay(one, told["order_no"])
    shop.advance(6)
    assert slot not in hungry.quote(CONTACT)["slots"]
    assert slot in other.quote(CONTACT)["slots"]
