"""The invariants find what they are for: each broken row is found, a sound shop has none."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from fulfil.dispatch import queries
from fulfil.dispatch.model import Fulfilment, FulfilmentLineRow, Ticket, Tour
from fulfil.staff.model import Person, StaffSession
from tests.dispatch.aisles import AisleShop
from tests.dispatch.small import SmallShop


@pytest.fixture
def broken(database_url: str):
    """A shop with one accepted ticket; the test breaks it."""
    shop = SmallShop(database_url)
    picker = shop.hire("P1", "picker")
    fulfilment_id = shop.paid(("tea", 2))
    ticket = shop.accepts(picker)
    assert shop.violations() == []
    yield shop, fulfilment_id, int(ticket["id"])
    shop.kit.close()


FAULTS = {
    6: lambda tx, f, t: tx.update(Ticket, Ticket.id == t, state="done"),
    8: lambda tx, f, t: tx.update(Fulfilment, Fulfilment.id == f, state="cancelled"),
    9: lambda tx, f, t: tx.update(Ticket, Ticket.id == t, epoch=3),
    10: lambda tx, f, t: tx.update(StaffSession, StaffSession.id > 0, ended_at=tx.now - timedelta(hours=1)),
    11: lambda tx, f, t: tx.update(Ticket, Ticket.id == t, state="working"),
    12: lambda tx, f, t: tx.update(Fulfilment, Fulfilment.id == f, state="ready"),
    13: lambda tx, f, t: tx.update(FulfilmentLineRow, FulfilmentLineRow.fulfilment_id == f, short=1),
}


@pytest.mark.parametrize("invariant", FAULTS)
def test_a_planted_fault_is_found(broken, invariant):
    shop, fulfilment_id, ticket_id = broken
    shop.write(lambda tx: FAULTS[invariant](tx, fulfilment_id, ticket_id))
    assert invariant in {found.invariant for found in shop.read(queries.violations)}


def test_an_order_without_a_ride_is_found(database_url: str) -> None:
    shop = SmallShop(database_url)
    picker = shop.hire("P1", "picker", "packer")
    order = shop.paid(("tea", 1))
    picking = shop.accepts(picker)
    shop.does(picker, picking, "pick", line_no=1, quantity=1)
    shop.does(picker, picking, "finish")
    shop.does(picker, shop.accepts(picker), "finish")
    assert shop.fulfilment(order).state == "ready" and shop.violations() == []
    [ride] = shop.tickets(order, "delivery")
    shop.write(lambda tx: tx.update(Ticket, Ticket.id == ride.id, state="done"))
    messages = {found.message for found in shop.read(queries.violations)}
    assert "is ready, and nobody can ride with it" in messages
    shop.kit.close()


@pytest.fixture
def toured(database_url: str):
    """A shop with a tour of two that is walked; the test breaks it."""
    shop = AisleShop(database_url)
    for sku in ("a11", "a12"):
        shop.paid((sku, 1))
    shop.hire("P2", "picker", on_duty=False)
    picker = shop.hire("P1", "picker")
    shop.run()
    shop.answers(picker)
    assert shop.violations() == []
    yield shop, int(shop.held(picker)[0]["tour"]["id"]), picker.id
    shop.kit.close()


BROKEN_TOURS = {
    "a ticket of it is somebody else's": lambda tx, tour, person: tx.update(
        Tour, Tour.id == tour, person_id=tx.scalar(sa.select(Person.id).where(Person.id != person))
    ),
    "it is over and has a live ticket": lambda tx, tour, _: tx.update(Tour, Tour.id == tour, state="done"),
    "it goes on and has no live ticket": lambda tx, tour, _: tx.update(
        Ticket, Ticket.tour_id == tour, state="done"
    ),
    "who walks it walks another one, too": lambda tx, tour, person: tx.insert(
        Tour,
        id=tour + 1,
        store_id=tx.one(sa.select(Tour.store_id)).store_id,
        person_id=person,
        zone="ambient",
        state="walking",
        version=1,
        orders=1,
        metres=1,
        offered_at=tx.now,
    ),
    "it is live in a tour that is not there": lambda tx, tour, _: tx.update(
        Ticket, Ticket.tour_id == tour, tour_id=tour + 99
    ),
    "its state differs from the last history row": lambda tx, tour, _: tx.update(
        Tour, Tour.id == tour, version=3
    ),
}


@pytest.mark.parametrize("message", BROKEN_TOURS)
def test_a_broken_tour_is_found(toured, message):
    shop, tour_id, picker_id = toured
    shop.write(lambda tx: BROKEN_TOURS[message](tx, tour_id, picker_id))
    found = [(one.entity, one.message) for one in shop.read(queries.violations)]
    assert message in [said for entity, said in found if entity in ("tours", "tickets")]
