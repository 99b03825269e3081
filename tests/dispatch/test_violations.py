"""The invariants find what they are for: each broken row is found, a sound shop has none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fulfil.dispatch import queries
from fulfil.dispatch.model import Fulfilment, FulfilmentLineRow, Ticket
from fulfil.staff.model import StaffSession
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
}  # fmt: skip


@pytest.mark.parametrize("invariant", FAULTS)
def test_a_planted_fault_is_found(broken, invariant):
    shop, fulfilment_id, ticket_id = broken
    shop.write(lambda tx: FAULTS[invariant](tx, fulfilment_id, ticket_id))
    assert invariant in {found.invariant for found in shop.read(queries.violations)}
