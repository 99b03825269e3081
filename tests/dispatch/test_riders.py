"""Riders come when an order is about to be ready, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fulfil.dispatch.service import takeover, views
from fulfil.kit.clock import rfc3339
from fulfil.store.service import set_policy
from tests.dispatch.small import ADMIN, SmallShop, Somebody
from tests.dispatch.test_lateness import predict, predicted


def ride(shop: SmallShop, fulfilment_id: int) -> Any | None:
    return next(iter(shop.tickets(fulfilment_id, "delivery", live=True)), None)


def pushed(shop: SmallShop, somebody: Somebody, kind: str) -> list[dict[str, Any]]:
    since = shop.read(lambda tx: tx.kit.live.since(tx, somebody.id, 0))
    return [one for one in since if one["type"] == kind]


def with_policy(shop: SmallShop, **policy: int) -> None:
    for name, value in policy.items():
        shop.write(lambda tx, name=name, value=value: set_policy(tx, shop.store_id, name, value, "test"))


def test_a_rider_is_asked_before_the_order_is_ready(shop: SmallShop) -> None:
    with_policy(shop, rider_lead_seconds=150)
    rider, picker = shop.hire("R1", "rider"), shop.hire("P1", "picker", "packer")
    order = shop.paid(("tea", 1))
    predict(shop)
    assert ride(shop, order) is None and shop.work(rider)["offers"] == []
    board = shop.read(lambda tx: views.board(tx, ADMIN, shop.store_id))
    ready_at = predicted(shop, order).ready_at
    assert {one["rider_at"] for one in board["tickets"]} == {rfc3339(ready_at - timedelta(seconds=150))}
    picking = shop.accepts(picker)
    shop.passes(60, rider, picker)
    predict(shop)
    delivery = shop.accepts(rider)
    assert shop.fulfilment(order).state in ("open", "working"), "it is still picked"
    shop.does(picker, picking, "pick", line_no=1, quantity=1)
    shop.does(picker, picking, "finish")
    shop.does(picker, shop.accepts(picker), "finish")
    assert shop.fulfilment(order).state == "ready"
    assert [row.id for row in shop.tickets(order, "delivery")] == [int(delivery["id"])]
    assert delivery["id"] in [push["ticket"]["id"] for push in pushed(shop, rider, "ticket.changed")]


def test_without_riders_of_its_own_a_shop_asks_nobody_early(shop: SmallShop) -> None:
    shop.hire("P1", "picker", "packer")
    order = shop.paid(("tea", 1))
    predict(shop)
    assert ride(shop, order) is None


def test_a_rider_is_let_go_when_the_order_gets_much_later(shop: SmallShop) -> None:
    with_policy(shop, rider_lead_seconds=150)
    rider, picker = shop.hire("R1", "rider"), shop.hire("P1", "picker", "packer")
    order = shop.paid(("tea", 1))
    picking = shop.accepts(picker)
    shop.passes(60, rider, picker)
    predict(shop)
    shop.accepts(rider)
    shop.does(picker, picking, "give_back")
    # A crowd of orders that must begin before it takes the only pair of hands.
    for _ in range(12):
        shop.paid(("tea", 20), due_minutes=20)
    predict(shop)
    left = ride(shop, order)
    assert (left.state, left.assignee_id) == ("queued", None)
    assert shop.work(rider)["offers"] == [] and shop.work(rider)["tickets"] == []


def test_whoever_waits_for_what_is_not_ready_is_no_no_show(shop: SmallShop) -> None:
    with_policy(shop, rider_lead_seconds=3600)
    rider, picker = shop.hire("R1", "rider"), shop.hire("P1", "picker", "packer")
    shop.paid(("tea", 1))
    predict(shop)
    delivery = shop.accepts(rider)
    picking = shop.accepts(picker)
    for _ in range(20):
        shop.passes(50, rider, picker)
    shop.write(takeover.take_over_from_gone)
    assert shop.ticket(int(delivery["id"])).assignee_id == rider.id
    shop.does(picker, picking, "pick", line_no=1, quantity=1)
    shop.does(picker, picking, "finish")
    shop.does(picker, shop.accepts(picker), "finish")
    for _ in range(13):
        shop.passes(50, rider, picker)
    shop.write(takeover.take_over_from_gone)
    assert shop.ticket(int(delivery["id"])).assignee_id is None, "ten minutes after it was ready"


def test_a_rider_who_waits_for_nothing_is_told(shop: SmallShop) -> None:
    with_policy(shop, rider_lead_seconds=3600)
    rider, picker = shop.hire("R1", "rider"), shop.hire("P1", "picker", "packer")
    order = shop.paid(("tea", 1))
    predict(shop)
    shop.accepts(rider)
    picking = shop.accepts(picker)
    shop.does(picker, picking, "short", line_no=1, quantity=1)
    shop.does(picker, picking, "finish")
    assert shop.fulfilment(order).state == "void"
    assert shop.work(rider)["tickets"] == []
