"""A costly line is not found; whoever knows the zone best is asked beside their own work, and finds it."""

from __future__ import annotations

import pytest

from fulfil.sim.inside import CONTACT, InsideShop
from fulfil.store.model import Store


def order(shop: InsideShop, sku: str) -> None:
    customer = shop.customer()
    customer.put(sku, 2)
    shop.pay(customer, customer.order(CONTACT)["order_no"])


@pytest.mark.parametrize(("from_minor", "asked"), [(1, True), (10_000_000, False)])
def test_an_expert_who_is_picking_finds_what_a_colleague_missed(shop, from_minor, asked):
    picker = shop.staff("picker")
    sku = next(row["sku"] for row in shop.access.skus if row["zone"] == "ambient" and not row["weighed"])
    shop.kit.db.write(
        lambda tx: tx.update(Store, {"id": int(shop.store_id)}, policy={"second_look_minor": from_minor}),
        "test",
    )
    order(shop, sku)
    ticket = picker.accept(picker.work()["offers"][0])
    expert = shop.staff("picker", nth=1)
    person = expert.session["person"]["id"]
    shop.operator().call("PATCH", f"/api/v1/staff/people/{person}", {"expert_zones": ["ambient"]})
    order(shop, sku)
    own = expert.accept(expert.work()["offers"][0])
    ticket = picker.do(ticket, "tote", {"code": next(shop.totes)})
    line = ticket["lines"][0]
    ticket = picker.do(ticket, "short", {"line": line["id"], "reason": "not_found"})
    assert ticket["lines"][0]["state"] == ("looking" if asked else "closed")
    offers = expert.work()["offers"]
    assert [offer["ticket"]["kind"] for offer in offers] == ["second_look"] * asked
    if not asked:
        return
    look = expert.accept(offers[0])
    assert [row["id"] for row in expert.work()["tickets"]] == [own["id"], look["id"]]
    expert.do(look, "found", {"line": look["lines"][0]["id"], "quantity": 2})
    (seen,) = picker.work()["tickets"]
    assert (seen["lines"][0]["picked"], seen["lines"][0]["state"]) == (2, "closed")
    picker.do(seen, "complete", {})
    shop.settle()
