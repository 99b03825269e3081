"""Tickets that join a tour which is walked already: given, and the rest walked anew (F5)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import pytest

from fulfil.dispatch.service import joining, supervise
from fulfil.store.rules import floor_of
from tests.dispatch.aisles import HALL, THREE, AisleShop, a_picker, order, three_waiting, walking
from tests.dispatch.aisles import shop as shop


def joins(shop: AisleShop) -> None:
    """What the sweep does that looks for tickets that may join."""
    shop.write(joining.look_for_joins)
    shop.run()


def test_a_ticket_joins_a_tour_that_is_walked(shop: AisleShop) -> None:
    picker, held = walking(shop)
    shop.picks(picker, held[0]["id"], lines=2)  # at A01-01 now
    late_comer = order(shop, "a16", "a55")
    assert shop.work(picker)["offers"] == [], "the hands are full"
    seen = shop.work(picker)["seq"]
    joins(shop)
    fresh = shop.held(picker)
    assert [(int(t["fulfilment_id"]), t["tour"]["sequence"]) for t in fresh][3:] == [(late_comer, 4)]
    assert {t["tour"]["of"] for t in fresh} == {4}
    assert fresh[3]["state"] == "accepted" and fresh[3]["tour"]["tickets"][3] == fresh[3]["id"]
    walk = shop.walk(picker)
    assert [shelf for _, _, shelf in walk] == [
        "A01-02-1",
        "A01-03-1",
        "A01-06-1",
        "A05-05-1",
        "A05-03-1",
        "A05-02-1",
        "A05-01-1",
    ]
    assert [position for position, _, _ in walk] == [2, 3, 4, 5, 6, 7, 8], "what is done stays first"
    told = [event["ticket"]["id"] for event in shop.pushed(picker, seen) if event["type"] == "ticket.changed"]
    assert told[-4:] == [t["id"] for t in fresh]
    tour = shop.tour(fresh[0]["tour"]["id"])
    assert (tour.orders, tour.state, tour.metres) == (4, "walking", fresh[0]["tour"]["metres"])
    for ticket in fresh:
        shop.finishes(picker, ticket["id"])
    assert shop.tour(tour.id).state == "done"


@pytest.fixture
def hall(database_url: str) -> Iterator[AisleShop]:
    """A shop of which no aisle is parallel to another."""
    made = AisleShop(database_url, floor=HALL)
    yield made
    assert made.violations() == []
    made.kit.close()


def test_an_irregular_floor_is_walked_in_tours_too_and_what_comes_later_joins(hall: AisleShop) -> None:
    """Three orders in one round; what stands on the rest of it joins, and the walk goes on from the shelf."""
    orders = three_waiting(hall)
    picker = a_picker(hall)
    offer = hall.offer(picker)
    alone = sum(hall.tickets(one)[0].metres for one in orders)
    assert offer["tour"]["orders"] == 3 and offer["tour"]["metres"] < 0.6 * alone
    hall.answers(picker)
    held = hall.held(picker)
    first, *rest = hall.walk(picker)
    assert [position for position, *_ in (first, *rest)] == [1, 2, 3, 4, 5, 6]
    hall.picks(picker, first[1], lines=2)
    here = first[2]
    late_comer = order(hall, "a16")
    joins(hall)
    assert [int(ticket["fulfilment_id"]) for ticket in hall.held(picker)][3:] == [late_comer]
    area = floor_of(HALL).areas[0]
    left = [shelf for *_, shelf in hall.walk(picker)]
    walked = hall.tour(held[0]["tour"]["id"]).metres
    assert walked == round(area.past([here, *left])), "on from where the picker stands"
    assert walked <= 1.1 * min(area.past([here, *way]) for way in permutations(left))
    for ticket in hall.held(picker):
        hall.finishes(picker, ticket["id"])
    assert hall.tour(held[0]["tour"]["id"]).state == "done"


def test_a_cart_takes_no_more_orders_than_it_has_slots(shop: AisleShop) -> None:
    picker, held = walking(shop)
    shop.finishes(picker, held[0]["id"])
    for n in range(3):
        order(shop, f"a1{4 + n}", due_minutes=100 + n)
        joins(shop)
    fresh = shop.held(picker)
    assert [t["tour"]["sequence"] for t in fresh] == [2, 3, 4, 5], "a slot in which something was stays taken"
    assert len(fresh[0]["tour"]["tickets"]) == 5


def test_what_is_held_between_the_look_and_the_giving_joins_nothing(shop: AisleShop) -> None:
    _, held = walking(shop)
    (waiting,) = shop.tickets(order(shop, "a14"), "picking")
    shop.write(lambda tx: supervise.hold(tx, waiting.id, "spilt", actor="staff:1"))
    chosen = joining.Join(waiting.id, int(held[0]["tour"]["id"]), 100)
    shop.write(lambda tx: joining._join(tx, chosen, {waiting.id: waiting.version}))
    assert shop.ticket(waiting.id).state == "queued"


def test_who_is_out_of_touch_is_joined_by_nothing(shop: AisleShop) -> None:
    picker, _ = walking(shop)
    order(shop, "a14")
    shop.clock.advance(60)
    joins(shop)
    assert len(shop.held(picker)) == 3


@pytest.mark.parametrize(("minutes", "tickets"), [(9.3, 3), (9.6, 4)])
def test_nothing_joins_that_would_make_an_order_late(shop: AisleShop, minutes: float, tickets: int) -> None:
    for skus in THREE:
        order(shop, *skus, due_minutes=minutes)
    picker = a_picker(shop)
    shop.answers(picker)
    assert len(shop.held(picker)) == 3
    order(shop, "a36", "a46")
    joins(shop)
    assert len(shop.held(picker)) == tickets


def test_what_was_begun_by_somebody_else_joins_nothing(shop: AisleShop) -> None:
    picker, _ = walking(shop)
    second = shop.hire("P2", "picker")
    given_back = order(shop, "a14")
    shop.answers(second)
    (ticket,) = shop.held(second)
    shop.picks(second, ticket["id"], lines=2)
    shop.shift(second, "off")
    shop.write(lambda tx: supervise.reassign(tx, int(ticket["id"]), None, confirmed=True, actor="staff:1"))
    joins(shop)
    assert shop.tickets(given_back)[0].state == "queued" and len(shop.held(picker)) == 3
