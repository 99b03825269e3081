"""A tour as the real dispatcher makes it, walked on the real screen; its ops go back to the real shop."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from fulfil.kit.clock import rfc3339
from fulfil.sim.clients import Handheld
from fulfil.sim.inside import CONTACT, InsideShop
from tests.terminal.floor_desk import PHONE


@pytest.fixture
def house(sqlite_url: str, tmp_path) -> Iterator[InsideShop]:
    made = InsideShop(sqlite_url, str(tmp_path / "carts.db"))
    yield made
    assert made.violations() == []
    made.kit.close()


def with_a_tour(house: InsideShop) -> tuple[Handheld, dict]:
    """Two orders wait when the only picker comes: they are offered both as one tour."""
    skus = [row["sku"] for row in house.access.skus if row["zone"] == "ambient" and not row["weighed"]]
    for number in range(2):
        customer = house.customer()
        for sku in skus[number : number + 2]:
            customer.put(sku, 1)
        order = customer.order(CONTACT, deliver_by=rfc3339(house.clock.now() + timedelta(hours=2)))
        house.pay(customer, order["order_no"])
    picker = house.staff("picker")
    house.settle()
    (offer,) = picker.work()["offers"]
    return picker, offer


def test_what_the_dispatcher_joins_the_screen_walks_and_the_shop_takes(open_desk, shop, house):
    picker, offer = with_a_tour(house)
    assert offer["tour"]["orders"] == 2 and offer["tour"]["metres"] > 0
    desk = open_desk("/terminal", ("picker",), "en", PHONE)
    picker.accept(offer)
    tickets = {ticket["id"]: ticket for ticket in picker.work()["tickets"]}
    for ticket in tickets.values():
        ticket["assignee"] = "7"
        shop.mock.tickets[ticket["id"]] = ticket
    desk.page.reload()
    for ticket in sorted(tickets.values(), key=lambda one: one["tour"]["sequence"]):
        expect(desk.page.locator(".centre .slot")).to_contain_text(str(ticket["tour"]["sequence"]))
        desk.scan_and_hear(next(house.totes), "right", ticket["short_no"])
    lines = sorted(
        (line for ticket in tickets.values() for line in ticket["lines"]), key=lambda line: line["position"]
    )
    assert len({line["position"] for line in lines}) == len(lines) == 4
    for line in lines:
        expect(desk.page.locator("[data-line]")).to_have_attribute("data-line", line["id"])
        desk.scan_and_hear(line["gtin"], "right")
    for _ in tickets:
        desk.page.locator("[data-command=FINISH]").click()
    expect(desk.page.locator(".greeting")).to_have_text("Ready")
    desk.settled()
    for op in shop.mock.ops:
        held = next(ticket for ticket in picker.work()["tickets"] if ticket["id"] == op["ticket"])
        picker.do(held, op["type"], op["payload"])
    assert picker.work()["tickets"] == []
