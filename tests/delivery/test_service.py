"""Delivery by the dispatcher's real pipeline, on both databases."""

import json

import pytest

from fulfil.contracts.fulfilment import (
    Delivered,
    FulfilmentCancelled,
    GoodsPutBack,
    GoodsQuarantined,
    LineQuantity,
)
from fulfil.delivery import queries, service
from fulfil.delivery.errors import CustomerMayCome, LinkUnknown, PinLocked, PinWrong, RideUnknown
from fulfil.dispatch import queries as dispatched
from fulfil.dispatch.service import tickets
from fulfil.kit.errors import Refusal
from tests.floor import Worker, packed, picked, released


def ready(floor):
    order = floor.paid(("tea", 2))
    picked(floor, order, "ambient", "TOTE-001")
    packed(floor, order)
    return order


def riding(floor):
    """Our rider has the bags."""
    order = ready(floor)
    rider = floor.take(order, "delivery")
    released(floor, order)
    return order, rider


def carried(floor):
    """A third party's rider has the bags, and a link."""
    order = ready(floor)
    with floor.reading() as tx:
        row = dispatched.fulfilment_row(tx, order)
    released(floor, order, rider=row.pickup_code)
    with floor.reading() as tx:
        return order, queries.carrier_token(tx, row.order_no, frozenset({floor.store_id}))


def test_our_riders_never_see_the_pickup_code(floor):
    order = ready(floor)
    with floor.reading() as tx:
        code = dispatched.fulfilment_row(tx, order).pickup_code
        row = dispatched.ticket_row(tx, floor.ticket(order, "delivery").id)
        offered = tickets.snapshot(tx, row)
    rider = floor.take(order, "delivery")
    assert code not in json.dumps(offered)
    assert code not in json.dumps(rider.sees())
    assert floor.take(order, "handoff").sees()["pickup_code"] == code


def test_the_whole_way_with_the_pin(floor):
    order = ready(floor)
    rider = floor.take(order, "delivery")
    rider.does("milestone", name="arriving")
    rider.does("milestone", name="arrived")
    rider.does("milestone", name="arrived")  # a second tap
    assert rider.refused("deliver", pin="4711")["code"] == "not_picked_up"
    assert rider.refused("return", reason="other")["code"] == "not_picked_up"
    released(floor, order)
    assert rider.sees()["delivery_state"] == "picked_up"
    rider.does("milestone", name="arrived_at_customer")
    assert rider.does("deliver", pin="4711")["detail"] == {"proven_by_pin": True}
    assert rider.state() == "done"
    assert floor.state(order) == "delivered"
    assert len(floor.said(Delivered)) == 1
    assert [step["name"] for step in rider.sees()["milestones"]] == [
        "arriving",
        "arrived",
        "picked_up",
        "arrived_at_customer",
        "delivered",
    ]


def test_the_customers_data_wait_for_the_accept(floor):
    order = ready(floor)
    asked = Worker(floor, floor.people["rider"], floor.ticket(order, "delivery").id).sees()
    assert (asked["contact"], asked["address"], asked["note"]) == (None, None, "")
    seen = floor.take(order, "delivery").sees()
    assert (seen["contact"]["phone"], seen["address"], seen["note"]) == (
        "19900001234",
        "1 Test Road",
        "ring twice",
    )


def test_a_delivery_without_a_pin_is_recorded(floor):
    order, rider = riding(floor)
    assert rider.does("deliver")["detail"] == {"proven_by_pin": False}
    assert floor.state(order) == "delivered"


def test_wrong_pins_are_counted_and_end(floor):
    order, rider = riding(floor)
    for left in (4, 3, 2, 1, 0):
        refused = rider.refused("deliver", pin="0000")
        assert (refused["code"], refused["left"]) == ("pin_wrong", left)
    assert rider.refused("deliver", pin="4711")["code"] == "pin_locked"
    assert floor.state(order) == "handed_over"
    assert rider.does("deliver")["detail"] == {"proven_by_pin": False}


@pytest.mark.parametrize(
    ("op", "payload", "code"),
    [
        ("milestone", {"name": "returned"}, "milestone_not_legal"),
        ("milestone", {"name": "delivered"}, "payload_invalid"),
        ("return", {"reason": "tired"}, "payload_invalid"),
        ("deliver", {"pin": 4711}, "payload_invalid"),
    ],
)
def test_a_refusal_changes_nothing(sqlite_floor, op, payload, code):
    _, rider = riding(sqlite_floor)
    before = rider.sees()
    assert rider.refused(op, **payload)["code"] == code
    assert rider.sees() == before


def absent(floor, rider):
    """Nobody opens: two calls, and ten minutes from the first."""
    rider.does("call")
    floor.clock.advance(60)
    rider.does("call")
    floor.clock.advance(540)


def test_nobody_is_absent_before_two_calls_and_ten_minutes(floor):
    order, rider = riding(floor)
    seen = rider.sees()
    assert (seen["calls"], seen["absent_from"], "call" in seen["legal"]) == ([], None, True)
    refused = rider.refused("return", reason="customer_absent")
    assert (refused["code"], refused["left"], refused["at"]) == ("customer_may_come", 2, None)
    rider.does("call")
    rider.does("call")
    floor.clock.advance(599)
    assert rider.refused("return", reason="customer_absent")["left"] == 1
    rider.does("call")
    seen = rider.sees()
    assert len(seen["calls"]) == 2 and seen["milestones"][-1]["name"] == "picked_up"
    refused = rider.refused("return", reason="customer_absent")
    assert (refused["left"], refused["at"]) == (0, seen["absent_from"])
    floor.clock.advance(1)
    rider.does("return", reason="customer_absent")
    assert floor.state(order) == "returning"
    assert rider.refused("call")["code"] == "not_picked_up"


@pytest.mark.parametrize("reason", ["customer_refused", "damaged", "other"])
def test_who_was_met_needs_no_call(floor, reason):
    order, rider = riding(floor)
    rider.does("return", reason=reason)
    assert floor.state(order) == "returning"


def test_goods_that_nobody_takes_come_back(floor):
    order, rider = riding(floor)
    rider.does("milestone", name="arrived_at_customer")
    absent(floor, rider)
    rider.does("return", reason="customer_absent")
    assert floor.state(order) == "returning"
    assert rider.sees()["legal"] == ["milestone", "deliver"]
    rider.does("milestone", name="returned")
    assert rider.state() == "done"
    assert floor.state(order) == "cancelled"
    aside = floor.said(GoodsQuarantined)[0]
    assert (aside.reason, aside.lines) == ("returned", (LineQuantity(1, "tea", 2),))
    stopped = floor.said(FulfilmentCancelled)[0]
    assert (stopped.picked, stopped.returned, stopped.fees_back) == ((), True, False)
    back = floor.take(order, "picking", kind="put_back")
    back.does("put_back", line=back.line(1), quantity=2, outcome="waste")
    back.does("complete")
    assert floor.said(GoodsPutBack)[0].outcome == "waste"
    assert {bag.state for bag in floor.bags(order)} == {"returned"}


def test_a_customer_may_appear_on_the_way_back(floor):
    order, rider = riding(floor)
    absent(floor, rider)
    rider.does("return", reason="customer_absent")
    rider.does("deliver", pin="4711")
    assert floor.state(order) == "delivered"


def test_a_rider_who_gives_back_is_followed_by_another(floor):
    order = ready(floor)
    rider = floor.take(order, "delivery")
    rider.does("milestone", name="arriving")
    rider.does("give_back", reason="bicycle")
    assert floor.take(order, "delivery").sees()["delivery_state"] == "waiting"


def test_a_cancelled_order_is_not_ridden(floor):
    order = ready(floor)
    rider = floor.take(order, "delivery")
    floor.cancelled(order)
    assert rider.refused("milestone", name="arriving")["code"] == "ticket_ended"
    assert rider.sees()["delivery_state"] == "cancelled"


class TestCarrierLink:
    """A third party's rider has nothing but an unguessable link."""

    def act(self, floor, token, **act):
        return floor.write(lambda tx: service.act_as_carrier(tx, token, act))

    def test_the_whole_way(self, floor):
        order, token = carried(floor)
        with floor.reading() as tx:
            seen = queries.ride(tx, queries.by_carrier_token(tx, token))
        assert (seen["delivery_state"], seen["contact"]["phone"]) == ("picked_up", "19900001234")
        self.act(floor, token, type="milestone", name="arrived_at_customer")
        seen = self.act(floor, token, type="deliver", pin="4711")
        assert (seen["delivery_state"], seen["contact"], seen["legal"]) == ("delivered", None, [])
        assert floor.state(order) == "delivered"
        assert floor.ticket(order, "delivery").state == "done"
        with pytest.raises(Refusal):
            self.act(floor, token, type="deliver")

    def test_wrong_pins_are_counted_and_end(self, floor):
        order, token = carried(floor)
        for _ in range(5):
            assert isinstance(self.act(floor, token, type="deliver", pin="0000"), PinWrong)
        with pytest.raises(PinLocked):
            self.act(floor, token, type="deliver", pin="4711")
        assert floor.state(order) == "handed_over"

    def test_who_is_absent_is_called_by_others_riders_too(self, floor):
        _, token = carried(floor)
        for _ in range(2):
            with pytest.raises(CustomerMayCome):
                self.act(floor, token, type="return", reason="customer_absent")
            seen = self.act(floor, token, type="call")
            floor.clock.advance(60)
        assert len(seen["calls"]) == 2
        floor.clock.advance(480)
        seen = self.act(floor, token, type="return", reason="customer_absent")
        assert seen["delivery_state"] == "returning"

    def test_the_way_back(self, floor):
        order, token = carried(floor)
        self.act(floor, token, type="return", reason="customer_refused")
        self.act(floor, token, type="milestone", name="returned")
        assert floor.state(order) == "cancelled"

    def test_other_tokens_open_nothing(self, floor):
        carried(floor)
        with pytest.raises(RideUnknown), floor.reading() as tx:
            queries.by_carrier_token(tx, "0" * 48)

    def test_own_riders_have_no_link_and_other_shops_see_none(self, floor):
        order, _ = riding(floor)
        order_no = floor.line(order, 1).order_no
        with pytest.raises(LinkUnknown), floor.reading() as tx:
            queries.carrier_token(tx, order_no, None)
        third, _ = carried(floor)
        order_no = floor.line(third, 1).order_no
        with pytest.raises(LinkUnknown), floor.reading() as tx:
            queries.carrier_token(tx, order_no, frozenset({1}))
