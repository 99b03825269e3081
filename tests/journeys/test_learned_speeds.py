"""What is learned of people's work changes what customers are promised: from the picks to the quote."""

from __future__ import annotations

from datetime import datetime, timedelta

from fulfil.sim.clients import Handheld
from fulfil.sim.inside import CONTACT, InsideShop
from fulfil.sim.workers import next_act
from tests.journeys.test_life_of_an_order import paid_order, work_off

ORDERS = 7
PIECES, LINES_PROMISED = 2, 10
SLOW, FAST = 60.0, 12.0  # seconds for each act of picking


def picks(shop: InsideShop, picker: Handheld, seconds: float) -> None:
    """Everything that the picker is offered, so many seconds an act."""
    for _ in range(40):
        work = picker.work()
        tickets = [picker.accept(offer) for offer in work["offers"]] or work["tickets"]
        if not tickets:
            return
        act = next_act(tickets[0], shop.totes)
        assert act is not None
        shop.advance(seconds)
        picker.do(tickets[0], *act)
    raise AssertionError("the ticket does not end")


def delivered(shop: InsideShop, zone: str, picker: Handheld, seconds: float, others: dict) -> None:
    """An order of one zone, picked at this pace, reaches its customer; the rider comes when it is ready."""
    paid_order(shop, (zone,), PIECES)
    picks(shop, picker, seconds)
    work_off(shop, others["packer"])
    others["rider"].shift("available")
    work_off(shop, others["rider"])
    badge = others["rider"].session["person"]["badge"]
    others["counter"].http.call("POST", "/api/v1/handoff/arrivals", {"code": badge})
    work_off(shop, others["counter"])
    shop.advance(600)
    work_off(shop, others["rider"])
    others["rider"].shift("break")


def promised(shop: InsideShop, zone: str) -> timedelta:
    """How long an order of some lines of a zone takes until it is handed over, as a customer is told now."""
    customer, now = shop.customer(), shop.clock.now()
    skus = [row["sku"] for row in shop.access.skus if row["zone"] == zone and not row["weighed"]]
    for sku in skus[:LINES_PROMISED]:
        customer.put(sku, 1)
    return datetime.fromisoformat(customer.quote(CONTACT)["hand_over_at"]) - now


def later(shop: InsideShop) -> timedelta:
    """How much later what is chilled is promised than as much of what is not."""
    return promised(shop, "chilled") - promised(shop, "ambient")


def test_how_long_people_took_in_a_zone_changes_what_is_promised_of_it(sqlite_shop: InsideShop) -> None:
    """Somebody is slow among what is chilled and fast elsewhere; whoever stands in for them is not known."""
    shop = sqlite_shop
    others = {role: shop.staff(role) for role in ("packer", "counter", "rider")}
    first = shop.staff("picker")
    assert later(shop) == timedelta(0)
    for _ in range(ORDERS):
        delivered(shop, "chilled", first, SLOW, others)
        delivered(shop, "ambient", first, FAST, others)
    shop.advance(180)  # the orders are counted, and promises learn of it within a minute
    slow = later(shop)
    assert slow >= timedelta(seconds=60)
    shop.staff("picker", nth=1)
    first.shift("off")
    shop.advance(10)
    assert later(shop) <= slow - timedelta(seconds=30), "who is on duty counts"
