"""Cold goods in tours: picked last, and back in the cold in time (floor rule 3)."""

from __future__ import annotations

from typing import Any

import pytest

from fulfil.dispatch.service import joining, planning
from tests.dispatch.aisles import AisleShop, a_picker, order
from tests.dispatch.aisles import shop as shop
from tests.dispatch.small import Somebody

LONG = tuple(f"a{aisle}{bay}" for aisle in range(1, 6) for bay in range(1, 7))
LEAD_SECONDS = 300


def plans(shop: AisleShop) -> None:
    """What the sweep does for which time alone frees a ticket."""
    shop.write(planning.plan_waiting)
    shop.run()


def offers(shop: AisleShop, somebody: Somebody) -> list[str]:
    return [offer["ticket"]["zone"] for offer in shop.work(somebody)["offers"]]


def test_what_is_cold_waits_for_the_tour_in_which_the_rest_of_its_order_is_walked(shop: AisleShop) -> None:
    """Its order's own goods are picked at once; they come back with the tour that they are picked in."""
    mixed = order(shop, "a11", "c11", due_minutes=100)
    order(shop, *LONG[1:18], due_minutes=101)
    picker = a_picker(shop)
    assert shop.offer(picker)["tour"]["orders"] == 2
    shop.answers(picker)
    mine = next(ticket for ticket in shop.held(picker) if int(ticket["fulfilment_id"]) == mixed)
    shop.picks(picker, mine["id"])
    second = a_picker(shop, "P2")
    left = (shop.tour(mine["tour"]["id"]).ends_at - shop.clock.now()).total_seconds()
    assert left > LEAD_SECONDS + 30 and offers(shop, second) == []
    shop.passes(left - LEAD_SECONDS - 5, picker, second)
    plans(shop)
    assert offers(shop, second) == []
    shop.passes(10, picker, second)
    plans(shop)
    assert offers(shop, second) == ["chilled"]


def test_what_is_cold_does_not_wait_where_its_order_is_walked_alone(shop: AisleShop) -> None:
    order(shop, "a11", "c11", due_minutes=100)
    first, second = a_picker(shop), a_picker(shop, "P2")
    shop.answers(first)
    plans(shop)
    assert offers(shop, second) == ["chilled"]


def walking_cold(shop: AisleShop) -> tuple[Somebody, list[dict[str, Any]]]:
    """A picker on a tour past the chilled goods of two orders, of which the first has some in its tote."""
    for minutes in (100, 101):
        order(shop, "c11", "c12", due_minutes=minutes)
    picker = a_picker(shop)
    shop.answers(picker)
    held = shop.held(picker)
    assert len(held) == 2
    shop.picks(picker, held[0]["id"], lines=2)
    return picker, held


def joins(shop: AisleShop) -> None:
    shop.write(joining.look_for_joins)
    shop.run()


@pytest.mark.parametrize(("minutes", "tickets"), [(5, 3), (27, 2)])
def test_nothing_joins_a_tour_whose_goods_have_little_time_out_of_the_cold(
    shop: AisleShop, minutes: int, tickets: int
) -> None:
    picker, _ = walking_cold(shop)
    shop.clock.advance(60 * minutes)
    shop.kit.services["presence"].beat(picker.id)
    order(shop, "c13", due_minutes=100)
    joins(shop)
    assert len(shop.held(picker)) == tickets


@pytest.mark.parametrize(("minutes", "first"), [(2, "later"), (24, "given back")])
def test_what_gets_warm_in_a_tote_goes_before_what_is_due_earlier(
    shop: AisleShop, minutes: int, first: str
) -> None:
    picker, held = walking_cold(shop)
    shop.clock.advance(60 * minutes)
    shop.kit.services["presence"].beat(picker.id)
    assert shop.does(picker, held[0], "give_back", reason="called away")["status"] == "applied"
    later = order(shop, "c14", due_minutes=30)
    second = a_picker(shop, "P2")
    asked = int(shop.offer(second)["ticket"]["fulfilment_id"])
    assert asked == (later if first == "later" else int(held[0]["fulfilment_id"]))
