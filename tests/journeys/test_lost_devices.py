"""A handheld falls silent, or its picker takes another one: nothing is picked twice, and totes are found."""

from __future__ import annotations

import pytest

from fulfil.sim.clients import Customer, Handheld, Refused
from fulfil.sim.inside import CONTACT, InsideShop
from tests.journeys.test_life_of_an_order import work_off

HOUR = 3600


def begun(shop: InsideShop) -> tuple[Customer, str, Handheld, dict]:
    """Of two goods two are ordered, the first are picked: `(customer, order, picker, ticket)`."""
    picker, customer = shop.staff("picker"), shop.customer()
    plain = [row["sku"] for row in shop.access.skus if row["zone"] == "ambient" and not row["weighed"]]
    for sku in plain[:2]:
        customer.put(sku, 2)
    order_no = customer.order(CONTACT)["order_no"]
    shop.pay(customer, order_no)
    ticket = picker.accept(picker.work()["offers"][0])
    ticket = picker.do(ticket, "tote", {"code": next(shop.totes)})
    return customer, order_no, picker, picker.do(ticket, "pick", pick_of(ticket, 0))


def pick_of(ticket: dict, line: int) -> dict:
    return {"line": ticket["lines"][line]["id"], "quantity": 2, "tote": ticket["totes"][0]["code"]}


def falls_silent(shop: InsideShop, handheld: Handheld, seconds: float) -> None:
    shop.present.discard(int(handheld.session["person"]["id"]))
    shop.advance(seconds)


def test_a_device_is_dead_for_an_hour(shop: InsideShop) -> None:
    """What was picked without contact is in the tote: the successor counts it; the late op has no effect."""
    customer, order_no, picker, ticket = begun(shop)
    offline = picker.op(ticket, "pick", pick_of(ticket, 1))
    colleague = shop.staff("picker", nth=1)
    falls_silent(shop, picker, 590)
    assert colleague.work()["offers"] == [], "nobody is robbed before ten minutes are over"
    shop.advance(60)
    (offer,) = colleague.work()["offers"]
    assert offer["ticket"]["id"] == ticket["id"]
    taken = colleague.accept(offer)
    tote = ticket["totes"][0]["code"]
    assert taken["recount"] == [tote] and taken["epoch"] == ticket["epoch"] + 1
    with pytest.raises(Refused):
        colleague.do(taken, "pick", pick_of(taken, 1))
    counted = [{"line": line["id"], "quantity": 2} for line in ticket["lines"]]
    taken = colleague.do(taken, "tote", {"code": tote, "counts": counted})
    assert [line["picked"] for line in taken["lines"]] == [2, 2]

    shop.clock.advance(HOUR - 650)
    (late,) = picker.send(offline)
    assert (late["status"], late["code"]) == ("rejected", "stale_epoch")
    assert late["hand_to"]["badge"] == colleague.session["person"]["badge"]
    assert picker.work()["tickets"] == []
    work_off(shop, colleague)
    work_off(shop, shop.staff("packer"))
    assert customer.order_view(order_no)["delivery_state"] == "ready"


def test_a_tote_that_is_not_found_is_picked_anew(shop: InsideShop) -> None:
    """The device lies with its tote behind a shelf: after three minutes' search nothing of it counts."""
    customer, order_no, picker, ticket = begun(shop)
    colleague = shop.staff("picker", nth=1)
    falls_silent(shop, picker, 650)
    taken = colleague.accept(colleague.work()["offers"][0])
    missing = {"code": ticket["totes"][0]["code"], "missing": True}
    with pytest.raises(Refused, match="search_first"):
        colleague.do(taken, "tote", missing)
    shop.advance(180)
    taken = colleague.do(taken, "tote", missing)
    assert taken["recount"] == [] and [line["picked"] for line in taken["lines"]] == [0, 0]
    work_off(shop, colleague)
    work_off(shop, shop.staff("packer"))
    assert customer.order_view(order_no)["delivery_state"] == "ready"


def test_a_person_on_two_devices_has_the_work_on_the_second(shop: InsideShop) -> None:
    """The first one's ops, made before, still count: the second device's session may bring them."""
    _customer, _order_no, picker, ticket = begun(shop)
    on_the_first = picker.op(ticket, "pick", pick_of(ticket, 1))
    person = next(p for p in shop.access.staff if p["badge"] == picker.session["person"]["badge"])
    second = shop.staff("picker", nth=[p for p in shop.access.staff if "picker" in p["roles"]].index(person))
    with pytest.raises(Refused) as refused:
        picker.send(on_the_first)
    assert refused.value.status == 401
    (moved,) = second.work()["tickets"]
    assert (moved["id"], moved["epoch"]) == (ticket["id"], ticket["epoch"]), "nothing is counted"
    (result,) = second.send(on_the_first)
    assert result["status"] == "applied"
    assert [line["picked"] for line in result["ticket"]["lines"]] == [2, 2]
    board = shop.operator().call("GET", f"/api/v1/dispatch/board?store_id={shop.store_id}")
    assert "second_login" in {found["kind"] for found in board["exceptions"]}
    assert second.do(moved | {"version": result["ticket"]["version"]}, "complete")["state"] == "done"
