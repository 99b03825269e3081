"""The life of an order on a virtual clock: paid, picked, packed, handed over, delivered, or not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from fulfil.sim.clients import Customer, Handheld, Refused
from fulfil.sim.inside import CONTACT, InsideShop
from fulfil.sim.workers import next_act

ACTS_MAX = 200


def paid_order(
    shop: InsideShop, zones: tuple[str, ...] = ("ambient", "chilled"), each: int = 2
) -> tuple[Customer, str]:
    """A guest's paid order with `each` pieces of one product of every zone."""
    customer = shop.customer()
    for zone in zones:
        sku = next(row["sku"] for row in shop.access.skus if row["zone"] == zone and not row["weighed"])
        customer.put(sku, each)
    order_no = customer.order(CONTACT)["order_no"]
    shop.pay(customer, order_no)
    return customer, order_no


def work_off(shop: InsideShop, handheld: Handheld) -> int:
    """Accept every offer of that person and do every ticket as far as it goes; gives the number of acts."""
    acts = 0
    while acts < ACTS_MAX:
        work = handheld.work()
        for offer in work["offers"]:
            handheld.accept(offer)
            acts += 1
        done = [_one_act(shop, handheld, ticket) for ticket in handheld.work()["tickets"]]
        acts += sum(done)
        if not work["offers"] and not any(done):
            return acts
    raise AssertionError("the ticket does not end")


def deliver(shop: InsideShop, crew: Mapping[str, Handheld]) -> None:
    """Everybody does what there is to do; `crew` by role."""
    for role in ("picker", "packer", "rider"):
        work_off(shop, crew[role])
    badge = crew["rider"].session["person"]["badge"]
    crew["counter"].http.call("POST", "/api/v1/handoff/arrivals", {"code": badge})
    work_off(shop, crew["counter"])
    work_off(shop, crew["rider"])


def _one_act(shop: InsideShop, handheld: Handheld, ticket: dict) -> bool:
    act = next_act(ticket, shop.totes)
    if act is None:
        return False
    handheld.do(ticket, *act)
    return True


def test_an_order_is_paid_picked_packed_handed_over_and_delivered(shop: InsideShop) -> None:
    picker, packer = shop.staff("picker"), shop.staff("packer")
    counter, rider = shop.staff("counter"), shop.staff("rider")
    customer, order_no = paid_order(shop)
    assert customer.order_view(order_no)["state"] == "paid"

    work_off(shop, picker)
    work_off(shop, packer)
    assert customer.order_view(order_no)["delivery_state"] == "ready"
    work_off(shop, rider)
    badge = rider.session["person"]["badge"]
    arrived = counter.http.call("POST", "/api/v1/handoff/arrivals", {"code": badge})
    assert [order["order_no"] for order in arrived["orders"]] == [order_no]
    work_off(shop, counter)
    assert customer.order_view(order_no)["delivery_state"] == "handed_over"
    work_off(shop, rider)

    view = customer.order_view(order_no)
    assert (view["state"], view["delivery_state"]) == ("completed", "delivered")
    assert view["refunded"] == 0 and view["paid"] == view["totals"]["payable"]


def test_a_rider_is_called_while_it_is_made_and_learns_when_it_is_ready(shop: InsideShop) -> None:
    picker, packer, rider = shop.staff("picker"), shop.staff("packer"), shop.staff("rider")
    _, order_no = paid_order(shop, ("ambient",))
    shop.advance(30)  # the next prediction
    ticket = rider.accept(rider.work()["offers"][0])
    assert (ticket["order_no"], ticket["bags"]) == (order_no, []) and ticket["ready_at"] is not None
    work_off(shop, picker)
    work_off(shop, packer)
    (ready,) = rider.work()["tickets"]
    assert (ready["id"], ready["ready_at"], len(ready["bags"])) == (ticket["id"], None, 1)


def test_a_rider_who_waits_for_a_cancelled_order_is_free_again(shop: InsideShop) -> None:
    rider = shop.staff("rider")
    customer, order_no = paid_order(shop, ("ambient",))
    shop.advance(30)
    rider.accept(rider.work()["offers"][0])
    customer.cancel(order_no)
    shop.settle()
    assert rider.work()["tickets"] == [] and customer.order_view(order_no)["state"] == "cancelled"


def test_a_cancelled_order_in_mid_pick_is_refunded_and_its_goods_go_back(shop: InsideShop) -> None:
    picker = shop.staff("picker")
    customer, order_no = paid_order(shop, ("ambient",), each=3)
    offer = picker.work()["offers"][0]
    ticket = picker.accept(offer)
    ticket = picker.do(ticket, "tote", {"code": next(shop.totes)})
    line = ticket["lines"][0]
    picker.do(ticket, "pick", {"line": line["id"], "quantity": 2, "tote": ticket["totes"][0]["code"]})

    customer.cancel(order_no)
    shop.settle()
    view = customer.order_view(order_no)
    assert view["state"] == "cancelled" and view["refunded"] == view["paid"]
    assert shop.violations() == []
    with pytest.raises(Refused):
        picker.do(ticket, "pick", {"line": line["id"], "quantity": 1, "tote": ticket["totes"][0]["code"]})

    work_off(shop, picker)
    stock = shop.operator().call("GET", f"/api/v1/stores/{shop.store_id}/stock/{line['sku']}")
    assert stock["quarantine"] == 0


def test_a_short_line_is_refunded_and_the_rest_is_delivered(shop: InsideShop) -> None:
    picker, packer = shop.staff("picker"), shop.staff("packer")
    customer, order_no = paid_order(shop, ("ambient",), each=3)
    ticket = picker.accept(picker.work()["offers"][0])
    ticket = picker.do(ticket, "tote", {"code": next(shop.totes)})
    line = ticket["lines"][0]
    tote = ticket["totes"][0]["code"]
    ticket = picker.do(ticket, "pick", {"line": line["id"], "quantity": 1, "tote": tote})
    picker.do(ticket, "short", {"line": line["id"], "quantity": 2, "reason": "not_found"})
    shop.settle()
    view = customer.order_view(order_no)
    assert (view["refunded"], view["refund_state"]) == (0, "pending")
    work_off(shop, picker)
    work_off(shop, packer)
    shop.settle()
    view = customer.order_view(order_no)
    assert (view["delivery_state"], view["refund_state"]) == ("ready", "partial")
    assert view["refunded"] == view["lines"][0]["payable"] * 2 // 3


def at_the_counter(shop: InsideShop, zones: tuple[str, ...]) -> tuple[Customer, str, Handheld, dict]:
    """A packed order whose bags stand on the counter for longer than chilled goods may: `(.., ticket)`."""
    picker, packer, counter = shop.staff("picker"), shop.staff("packer"), shop.staff("counter")
    customer, order_no = paid_order(shop, zones, each=1)
    work_off(shop, picker)
    work_off(shop, packer)
    ticket = counter.work()["tickets"][0]
    for bag in ticket["bags"]:
        ticket = counter.do(ticket, "bag_scan", {"code": bag["code"]})
    shop.clock.advance(1801)
    return customer, order_no, counter, ticket


def stock_of(shop: InsideShop, zone: str) -> dict:
    sku = next(row["sku"] for row in shop.access.skus if row["zone"] == zone and not row["weighed"])
    return shop.operator().call("GET", f"/api/v1/stores/{shop.store_id}/stock/{sku}")


def test_a_bag_that_got_warm_is_refunded_and_wasted_and_the_rest_goes_on(shop: InsideShop) -> None:
    before = stock_of(shop, "chilled")
    customer, order_no, counter, ticket = at_the_counter(shop, ("ambient", "chilled"))
    warm = next(bag["code"] for bag in ticket["bags"] if bag["temperature"] == "chilled")
    counter.do(ticket, "refuse", {"code": warm})
    shop.settle()
    view = customer.order_view(order_no)
    assert (view["state"], view["refunded"]) == ("paid", view["lines"][1]["payable"])
    kept = stock_of(shop, "chilled")
    assert (kept["quarantine"], kept["reserved"], kept["available"]) == (
        1,
        before["reserved"],
        before["available"] - 1,
    )
    assert shop.violations() == []
    picker = shop.staff("picker", nth=1)
    ticket = picker.accept(picker.work()["offers"][0])
    line = ticket["lines"][0]["id"]
    ticket = picker.do(ticket, "put_back", {"line": line, "quantity": 1, "outcome": "waste"})
    picker.do(ticket, "complete", {})
    shop.settle()
    after = stock_of(shop, "chilled")
    assert (after["quarantine"], after["on_hand"]) == (0, before["on_hand"] - 1)


def test_an_order_whose_every_bag_got_warm_is_refunded_with_its_fees(shop: InsideShop) -> None:
    customer, order_no, counter, ticket = at_the_counter(shop, ("chilled",))
    counter.do(ticket, "refuse", {"code": ticket["bags"][0]["code"]})
    shop.settle()
    view = customer.order_view(order_no)
    assert view["state"] == "cancelled" and view["refunded"] == view["paid"] > view["lines"][0]["payable"]


def test_an_unpaid_order_expires_and_a_late_payment_comes_back(shop: InsideShop) -> None:
    customer = shop.customer()
    sku = next(row["sku"] for row in shop.access.skus if not row["weighed"])
    customer.put(sku, 1)
    order_no = customer.order(CONTACT)["order_no"]
    payment = customer.start_payment(order_no)
    shop.advance(16 * 60)
    assert customer.order_view(order_no)["state"] == "expired"
    shop.deliver_callbacks(shop.book.pay(payment["pay_url"].rsplit("/", 1)[1], "succeeded"))
    view = customer.order_view(order_no)
    assert view["state"] == "expired"
    assert shop.book.charges(None)[0]["refunded"] == payment["amount"]


def test_an_order_whose_every_bag_is_lost_ends_and_all_its_money_goes_back(shop: InsideShop) -> None:
    """Its goods are gone: neither on hand nor reserved any more, and nothing has to be put back."""
    picker, packer, counter = shop.staff("picker"), shop.staff("packer"), shop.staff("counter")
    before = stock_of(shop, "ambient")
    customer, order_no = paid_order(shop, ("ambient",), each=1)
    work_off(shop, picker)
    work_off(shop, packer)
    ticket = counter.work()["tickets"][0]
    for bag in ticket["bags"]:
        ticket = counter.do(ticket, "bag_missing", {"code": bag["code"]})
    shop.clock.advance(180)
    shop.operator().call("POST", f"/api/v1/handoff/tickets/{ticket['id']}/allow-missing", {})
    counter.do(ticket, "release")
    shop.settle()
    view = customer.order_view(order_no)
    assert (view["state"], view["delivery_state"]) == ("cancelled", "cancelled")
    assert view["refunded"] == view["paid"] > 0
    assert not any(
        person.work()["tickets"] or person.work()["offers"] for person in (picker, packer, counter)
    )
    after = stock_of(shop, "ambient")
    assert (after["reserved"], after["quarantine"]) == (before["reserved"], before["quarantine"])
    assert after["on_hand"] == before["on_hand"] - 1
