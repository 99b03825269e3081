"""Goods that come back with a rider, by the dispatcher's real pipeline, on both databases."""

from typing import Any

import pytest
from sqlalchemy import select

from fulfil.contracts.fulfilment import (
    BroughtLine,
    Delivered,
    GoodsBrought,
    GoodsPutBack,
    GoodsRefused,
    RefusedLine,
)
from fulfil.contracts.trade import OrderRecallRequested, ReturnApproved, ReturnCalledOff, ReturnLine
from fulfil.delivery import service
from fulfil.dispatch import queries as dispatched
from fulfil.kit.live import LiveEvent
from tests.floor import Floor, packed, picked, released


def on_its_way(floor: Floor) -> int:
    """An order of rice and milk, in two bags, with the rider."""
    order = floor.paid(("rice", 2), ("milk", 1))
    picked(floor, order, "ambient", "TOTE-001")
    picked(floor, order, "chilled", "TOTE-002")
    packed(floor, order)
    released(floor, order)
    return order


def rider_of(floor: Floor, order: int, kind: str = "work"):
    from tests.floor import Worker

    return Worker(floor, floor.people["rider"], floor.ticket(order, "delivery", kind=kind).id)


def bag(floor: Floor, order: int, zone: str) -> str:
    return next(row.code for row in floor.bags(order) if row.temperature == zone)


def granted(floor: Floor, order: int, *lines: tuple[int, int], case_id: int = 4711) -> None:
    with floor.reading() as tx:
        row = dispatched.fulfilment_row(tx, order)
    approved = ReturnApproved(
        row.order_no, floor.store_id, case_id, tuple(ReturnLine(*line) for line in lines)
    )
    for _ in range(2):
        floor.write(lambda tx: service.fetch(tx, approved))


def last_push(floor: Floor) -> dict[str, Any]:
    """The ticket that was pushed to the rider last."""
    with floor.reading() as tx:
        payload = tx.scalars(
            select(LiveEvent.payload)
            .where(LiveEvent.person_id == floor.people["rider"].id)
            .order_by(LiveEvent.seq)
        )[-1]
    return payload["ticket"]


def inspected(floor: Floor, order: int, zone: str, outcome: str) -> None:
    worker = floor.take(order, "picking", zone=zone, kind="put_back")
    for line in worker.sees()["lines"]:
        worker.does("put_back", line=line["id"], quantity=line["quantity"], outcome=outcome)
    worker.does("complete")


def test_bags_that_are_refused_come_back_and_the_others_are_delivered(floor: Floor) -> None:
    order = on_its_way(floor)
    rider = rider_of(floor, order)
    milk = bag(floor, order, "chilled")
    rider.does("refuse", bags=[milk], reason="damaged")
    assert rider.sees()["refused"] == {"bags": [milk], "reason": "damaged"}
    rider.does("deliver", pin="4711")
    assert floor.state(order) == "delivered" and len(floor.said(Delivered)) == 1
    [told] = floor.said(GoodsRefused)
    assert (told.reason, told.fees_back, told.lines) == ("damaged", True, (RefusedLine(2, 1),))
    back = rider_of(floor, order, "return")
    assert (back.state(), back.sees()["legal"]) == ("working", ["bring"])
    pushed = last_push(floor)
    assert (pushed["id"], pushed["kind"], pushed["state"]) == (str(back.ticket_id), "return", "working")
    assert "bring" in pushed["legal"]
    back.does("bring")
    [came] = floor.said(GoodsBrought)
    put_back = floor.ticket(order, "picking", zone="chilled", kind="put_back")
    assert (came.return_id, came.case_id) == (told.return_id, None)
    assert came.lines == (BroughtLine(2, 1, put_back.id),)
    inspected(floor, order, "chilled", "waste")
    assert [(one.ticket_id, one.line_no, one.outcome) for one in floor.said(GoodsPutBack)] == [
        (put_back.id, 2, "waste")
    ]


@pytest.mark.parametrize(("reason", "fees_back"), [("customer_refused", False), ("wrong", True)])
def test_whose_fault_it_was_says_whether_fees_go_back(
    sqlite_floor: Floor, reason: str, fees_back: bool
) -> None:
    order = on_its_way(sqlite_floor)
    rider = rider_of(sqlite_floor, order)
    rider.does("refuse", bags=[bag(sqlite_floor, order, "ambient")], reason=reason)
    rider.does("deliver")
    assert [told.fees_back for told in sqlite_floor.said(GoodsRefused)] == [fees_back]


def test_the_customer_may_take_them_after_all(sqlite_floor: Floor) -> None:
    order = on_its_way(sqlite_floor)
    rider = rider_of(sqlite_floor, order)
    rider.does("refuse", bags=[bag(sqlite_floor, order, "ambient")], reason="other")
    rider.does("refuse", bags=[], reason="other")
    rider.does("deliver")
    assert sqlite_floor.said(GoodsRefused) == []


def test_what_cannot_be_refused(sqlite_floor: Floor) -> None:
    order = on_its_way(sqlite_floor)
    rider = rider_of(sqlite_floor, order)
    every = [row.code for row in sqlite_floor.bags(order)]
    assert rider.refused("refuse", bags=every, reason="other")["code"] == "nothing_left_to_deliver"
    assert rider.refused("refuse", bags=["BAG-9-9"], reason="other")["code"] == "bag_not_here"
    assert rider.refused("bring")["code"] == "not_for_this_ride"


def test_what_was_granted_is_fetched_and_inspected(floor: Floor) -> None:
    order = on_its_way(floor)
    rider_of(floor, order).does("deliver")
    granted(floor, order, (1, 2))
    rider = floor.take(order, "delivery", kind="return")
    assert rider.sees()["lines"][0]["quantity"] == 2 and rider.sees()["address"] == "1 Test Road"
    assert rider.refused("deliver")["code"] == "not_for_this_ride"
    assert rider.refused("collect", lines=[{"line": 1, "quantity": 3}])["code"] == "more_than_approved"
    rider.does("collect", lines=[{"line": 1, "quantity": 1}])
    assert rider.refused("collect")["code"] == "illegal_move"
    rider.does("bring")
    put_back = floor.ticket(order, "picking", zone="ambient", kind="put_back")
    assert [(came.case_id, came.lines) for came in floor.said(GoodsBrought)] == [
        (4711, (BroughtLine(1, 1, put_back.id),))
    ]
    inspected(floor, order, "ambient", "restock")


def test_nobody_hands_anything_over(floor: Floor) -> None:
    order = on_its_way(floor)
    rider_of(floor, order).does("deliver")
    granted(floor, order, (1, 2))
    rider = floor.take(order, "delivery", kind="return")
    rider.does("collect", lines=[], reason="customer_absent")
    assert rider.state() == "done"
    assert [came.lines for came in floor.said(GoodsBrought)] == [(BroughtLine(1, 0, None),)]


def test_nobody_fetches_what_was_called_off(floor: Floor) -> None:
    order = on_its_way(floor)
    rider_of(floor, order).does("deliver")
    granted(floor, order, (1, 2))
    rider = floor.take(order, "delivery", kind="return")
    called_off(floor, order)
    called_off(floor, order)
    assert rider.state() == "cancelled"
    assert rider.refused("collect")["code"] == "ticket_ended"
    assert [came.lines for came in floor.said(GoodsBrought)] == [(BroughtLine(1, 0, None),)]


def test_what_a_rider_has_already_still_comes(floor: Floor) -> None:
    order = on_its_way(floor)
    rider_of(floor, order).does("deliver")
    granted(floor, order, (1, 2))
    rider = floor.take(order, "delivery", kind="return")
    rider.does("collect")
    called_off(floor, order)
    rider.does("bring")
    assert [line.quantity for came in floor.said(GoodsBrought) for line in came.lines] == [2]


def called_off(floor: Floor, order: int) -> None:
    with floor.reading() as tx:
        row = dispatched.fulfilment_row(tx, order)
    floor.write(
        lambda tx: service.call_off(
            tx, ReturnCalledOff(row.order_no, floor.store_id, 4711, "the street is closed")
        )
    )


def test_a_customer_who_does_not_want_it_any_more_asks_the_rider(floor: Floor) -> None:
    order = on_its_way(floor)
    rider = rider_of(floor, order)
    with floor.reading() as tx:
        row = dispatched.fulfilment_row(tx, order)
    asked = OrderRecallRequested(row.order_no, floor.store_id, "no more", "guest:1")
    assert rider.sees()["recalled"] is False
    for _ in range(2):
        floor.write(lambda tx: service.recalled(tx, asked))
    assert rider.sees()["recalled"] is True
    with floor.reading() as tx:
        push = floor.kit.live.since(tx, rider.person.id, 0)[-1]
    assert (push["type"], push["ticket"]["recalled"]) == ("ticket.changed", True)
    rider.does("return", reason="cancelled")
    rider.does("milestone", name="returned")
    assert floor.state(order) == "cancelled"
    floor.write(lambda tx: service.recalled(tx, asked))  # too late, and nobody minds
