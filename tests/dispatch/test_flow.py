"""An order's way through the stages, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fulfil.contracts.fulfilment import (
    CancelRefused,
    Delivered,
    FulfilmentCancelled,
    FulfilmentProgressed,
    FulfilmentVoided,
    GoodsQuarantined,
    HandedOver,
    LineQuantity,
    StockoutReported,
)
from fulfil.contracts.trade import Contact, OrderPaid, PaidLine, ShortageDecided
from fulfil.dispatch import queries
from fulfil.dispatch.service import views
from tests.dispatch.small import ADMIN, SmallShop, Somebody


@pytest.fixture
def picker(shop: SmallShop) -> Somebody:
    return shop.hire("P1", "picker")


def heard(shop: SmallShop, kind: type) -> list:
    return [event for event in shop.heard if type(event) is kind]


def pick(shop: SmallShop, picker: Somebody, fulfilment_id: int) -> None:
    """Pick all lines whole, zone after zone."""
    while shop.tickets(fulfilment_id, "picking", live=True):
        ticket = shop.accepts(picker)
        for line in shop.read(lambda tx: queries.lines(tx, fulfilment_id)):
            if line.zone == ticket["zone"]:
                shop.does(picker, ticket, "pick", line_no=line.line_no, quantity=line.quantity)
        shop.does(picker, ticket, "finish")


def to_counter(shop: SmallShop, picker: Somebody, *lines: tuple[str, int]) -> int:
    """An order, picked and packed; its handoff and delivery tickets are open."""
    packer = shop.hire("K1", "packer")
    fulfilment_id = shop.paid(*lines)
    pick(shop, picker, fulfilment_id)
    shop.does(packer, shop.accepts(packer), "finish")
    shop.shift(packer, "off")
    return fulfilment_id


def test_paid_order_opens_one_picking_ticket_a_zone(shop):
    fulfilment_id = shop.paid(("tea", 2), ("rice", 1), ("milk", 1), ("peas", 1))
    assert [t.zone for t in shop.tickets(fulfilment_id)] == ["ambient", "chilled", "frozen"]
    assert {t.state for t in shop.tickets(fulfilment_id)} == {"queued"}
    assert len(shop.fulfilment(fulfilment_id).pickup_code) == 6


def test_the_same_payment_twice_opens_one_order(shop):
    paid = OrderPaid(
        order_no=7,
        store_id=shop.store_id,
        paid_at=shop.clock.now(),
        note="",
        delivery_pin="1",
        promised_at=shop.clock.now(),
        contact=Contact("A", "1", "B", None, None),
        lines=(PaidLine(1, "tea", 1, "each", 100, "refund", "refund"),),
    )
    for _ in range(2):
        shop.write(lambda tx: shop.kit.events.give(tx, "dispatch.order_paid", paid, key=paid.key))
    shop.run()
    found = shop.read(lambda tx: queries.fulfilment_of_order(tx, 7))
    assert len(shop.tickets(found.id)) == 1


def test_an_order_goes_from_shelf_to_door(shop, picker):
    counter, rider = shop.hire("C1", "counter"), shop.hire("R1", "rider")
    shop.kit.services["test_rider"] = rider.id
    fulfilment_id = to_counter(shop, picker, ("tea", 2), ("milk", 1))
    assert shop.fulfilment(fulfilment_id).state == "ready"
    (handoff,) = shop.work(counter)["tickets"]
    assert handoff["state"] == "accepted", "the counter accepts by being given"
    delivery = shop.accepts(rider)
    shop.does(counter, handoff, "release")
    assert shop.fulfilment(fulfilment_id).state == "handed_over"
    assert shop.ticket(int(delivery["id"])).state == "working"
    shop.does(rider, delivery, "deliver")
    assert shop.fulfilment(fulfilment_id).state == "delivered"
    steps = [event.event for event in heard(shop, FulfilmentProgressed)]
    assert steps == ["prepare", "ready", "hand_over", "deliver"]
    assert heard(shop, HandedOver)[0].lines == (LineQuantity(1, "tea", 2), LineQuantity(2, "milk", 1))
    assert len(heard(shop, Delivered)) == 1


def test_a_third_partys_rider_needs_no_ticket_of_ours(shop, picker):
    counter, rider = shop.hire("C1", "counter"), shop.hire("R1", "rider")
    fulfilment_id = to_counter(shop, picker, ("tea", 1))
    (offered,) = shop.work(rider)["offers"]
    shop.does(counter, shop.work(counter)["tickets"][0], "release")
    (delivery,) = shop.tickets(fulfilment_id, "delivery")
    assert (delivery.state, delivery.carrier, delivery.assignee_id) == ("working", "third_party", None)
    assert shop.work(rider)["offers"] == []
    gone = shop.does(rider, offered["ticket"], "accept", offer=offered["id"])
    assert (gone["status"], gone["code"], gone["state"]) == ("rejected", "offer_gone", "working")


def test_goods_that_come_back_are_quarantined_and_put_back(shop, picker):
    counter, rider = shop.hire("C1", "counter"), shop.hire("R1", "rider")
    shop.kit.services["test_rider"] = rider.id
    fulfilment_id = to_counter(shop, picker, ("tea", 2))
    shop.does(counter, shop.work(counter)["tickets"][0], "release")
    (delivery,) = shop.work(rider)["tickets"]
    shop.does(rider, delivery, "bring_back")
    assert shop.fulfilment(fulfilment_id).state == "returning"
    shop.does(rider, delivery, "back")
    assert shop.fulfilment(fulfilment_id).state == "cancelled"
    assert heard(shop, GoodsQuarantined)[0].lines == (LineQuantity(1, "tea", 2),)
    assert heard(shop, FulfilmentCancelled)[0].picked == ()
    (put_back,) = shop.tickets(fulfilment_id, kind="put_back")
    assert put_back.state in ("queued", "offered")


def test_packing_waits_for_every_zone(shop, picker):
    fulfilment_id = shop.paid(("tea", 1), ("milk", 1))
    ticket = shop.accepts(picker)
    shop.does(picker, ticket, "pick", line_no=1, quantity=1)
    shop.does(picker, ticket, "finish")
    assert shop.tickets(fulfilment_id, "packing") == []
    ticket = shop.accepts(picker)
    shop.does(picker, ticket, "pick", line_no=2, quantity=1)
    shop.does(picker, ticket, "finish")
    assert [t.state for t in shop.tickets(fulfilment_id, "packing")] == ["queued"]


def test_a_shortage_is_reported_once_and_decided_once(shop, picker):
    fulfilment_id = shop.paid(("tea", 3))
    ticket = shop.accepts(picker)
    shop.does(picker, ticket, "pick", line_no=1, quantity=2)
    too_much = shop.does(picker, ticket, "short", line_no=1, quantity=2)
    assert too_much["code"] == "short_too_much"
    shop.does(picker, ticket, "short", line_no=1, quantity=1)
    (report,) = heard(shop, StockoutReported)
    assert (report.quantity, report.ordered, report.shelf_effect) == (1, 3, "empty")
    decided = ShortageDecided(report.order_no, shop.store_id, report.report_id, 1, 1, "refund", 100)
    for _ in range(2):
        shop.write(lambda tx: tx.publish(decided))
        shop.run()
    steps = shop.read(lambda tx: queries.history(tx, shop.store_id, report.order_no))
    events = [step.event for step in steps]
    assert (events.count("stockout"), events.count("decided")) == (1, 1)
    shop.does(picker, ticket, "finish")
    assert shop.fulfilment(fulfilment_id).state == "working"


def test_an_order_with_nothing_left_is_void(shop, picker):
    fulfilment_id = shop.paid(("tea", 1), ("milk", 1))
    for line_no in (1, 2):
        ticket = shop.accepts(picker)
        shop.does(picker, ticket, "short", line_no=line_no, quantity=1)
        shop.does(picker, ticket, "finish")
    assert shop.fulfilment(fulfilment_id).state == "void"
    assert len(heard(shop, FulfilmentVoided)) == 1
    assert shop.tickets(fulfilment_id, live=True) == []


def test_cancel_in_mid_pick_puts_goods_back(shop, picker):
    fulfilment_id = shop.paid(("tea", 2), ("milk", 1))
    ticket = shop.accepts(picker)
    shop.does(picker, ticket, "tote", code="TOTE-001")
    shop.does(picker, ticket, "pick", line_no=1, quantity=1)
    shop.cancel(fulfilment_id)
    assert shop.fulfilment(fulfilment_id).state == "cancelled"
    (told,) = heard(shop, FulfilmentCancelled)
    assert told.picked == (LineQuantity(1, "tea", 1),)
    tote = shop.read(lambda tx: queries.tote_row(tx, shop.store_id, "TOTE-001"))
    assert tote.quarantine and tote.state == "bound"
    late = shop.does(picker, ticket, "pick", line_no=1, quantity=1)
    assert (late["status"], late["code"]) == ("rejected", "ticket_ended")
    put_back = shop.accepts(picker)
    assert (put_back["kind"], put_back["zone"]) == ("put_back", "ambient")
    shop.does(picker, put_back, "finish")
    shop.cancel(fulfilment_id)
    assert len(heard(shop, FulfilmentCancelled)) == 1


def test_cancel_after_the_release_is_refused(shop, picker):
    counter = shop.hire("C1", "counter")
    fulfilment_id = to_counter(shop, picker, ("tea", 1))
    shop.does(counter, shop.work(counter)["tickets"][0], "release")
    shop.cancel(fulfilment_id)
    assert shop.fulfilment(fulfilment_id).state == "handed_over"
    assert [event.reason for event in heard(shop, CancelRefused)] == ["handed_over"]


def test_the_timeline_and_the_board_tell_the_story(shop, picker):
    fulfilment_id = shop.paid(("tea", 1))
    shop.accepts(picker)
    shop.clock.advance(3600)
    board = shop.read(lambda tx: views.board(tx, ADMIN, shop.store_id))
    (ticket,) = board["tickets"]
    assert ticket["late"] and ticket["assignee"] == str(picker.id)
    assert board["counts"] == {"picking": {"accepted": 1}}
    assert {person["badge"]: person["contact"] for person in board["people"]} == {"P1": "gone"}
    assert [e["kind"] for e in board["exceptions"]] == ["holder_gone"]
    row = shop.fulfilment(fulfilment_id)
    story = shop.read(lambda tx: views.timeline(tx, fulfilment_id))[1]["events"]
    assert [step["entity"] for step in story[:3]] == ["fulfilments", "tickets", "tickets"]
    assert row.due_at == shop.clock.now() - timedelta(minutes=15)
