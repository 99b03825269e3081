"""A rider comes to the counter, and a supervisor gives up a missing bag."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from fulfil.dispatch import queries as dispatch
from fulfil.dispatch import service as work
from fulfil.handoff import queries, rules
from fulfil.handoff.errors import HandoverUnknown, RiderUnknown
from fulfil.handoff.model import Arrival, Handover
from fulfil.handoff.rules import OWN, THIRD_PARTY
from fulfil.handoff.states import BagCheck, HandoverState
from fulfil.kit import moves
from fulfil.kit.db import Tx


def arrive(tx: Tx, store_id: int, counter_id: int, code: str) -> dict[str, Any]:
    """Record that a rider is here and say what is theirs: orders with bags and shelves.

    Whoever serves the rider gets the handovers, wherever in the shop they waited.

    `code` is a badge of our staff, or the pickup code of a third party's order. Raises RiderUnknown.
    """
    fulfilment = dispatch.waiting_for_pickup(tx, store_id, code.strip())
    if fulfilment is not None:
        rider, orders = None, [fulfilment]
    else:
        rider = _own_rider(tx, store_id, code)
        orders = queries.orders_of_rider(tx, store_id, rider.id)
    carrier = THIRD_PARTY if rider is None else OWN
    tx.insert(
        Arrival,
        id=tx.number(),
        store_id=store_id,
        carrier=carrier,
        counter_id=counter_id,
        rider_id=None if rider is None else rider.id,
        orders=len(orders),
        at=tx.now,
    )
    for order in orders:
        _note_arrival(tx, order, carrier, rider, counter_id)
    return {
        "carrier": carrier,
        "rider": None if rider is None else queries.person_view(rider),
        "orders": [queries.arrived_order(tx, order) for order in orders],
    }


def rider_came(tx: Tx, handover: Row, code: str) -> tuple[str, int | None]:
    """Who takes this order: `(carrier, person id)`, noted on the handover. Raises RiderUnknown."""
    fulfilment = dispatch.fulfilment_row(tx, handover.fulfilment_id)
    if code.strip() == fulfilment.pickup_code:
        carrier, rider_id = THIRD_PARTY, None
    else:
        carrier, rider_id = OWN, _own_rider(tx, handover.store_id, code).id
    tx.update(
        Handover,
        Handover.id == handover.id,
        carrier=carrier,
        rider_id=rider_id,
        arrived_at=handover.arrived_at or tx.now,
    )
    return carrier, rider_id


def allow_missing(tx: Tx, ticket_id: int, store_ids: frozenset[int] | None, person_id: int) -> dict[str, Any]:
    """A supervisor lets the order leave without the bags that are missing (floor rule 5).

    Raises HandoverUnknown.
    """
    row = queries.handover(tx, ticket_id)
    if row is None or row.state != HandoverState.OPEN:
        raise HandoverUnknown()
    if store_ids is not None and row.store_id not in store_ids:
        raise HandoverUnknown()
    missing = [bag.code for bag in queries.bags(tx, row.id) if bag.state == BagCheck.MISSING]
    tx.update(Handover, Handover.id == row.id, without_allowed_by=person_id)
    moves.record(
        tx,
        store_id=row.store_id,
        order_no=row.order_no,
        entity=Handover.__tablename__,
        entity_id=row.id,
        event="missing_allowed",
        actor=f"staff:{person_id}",
        detail={"missing": missing},
    )
    tx.hint(f"board:{row.store_id}")
    return {"ticket_id": str(ticket_id), "missing": missing}


def _own_rider(tx: Tx, store_id: int, code: str) -> Row:
    rider = queries.rider_by_badge(tx, store_id, rules.badge_of(code))
    if rider is None or not rules.may_ride(rider.roles, disabled=rider.disabled):
        raise RiderUnknown()
    return rider


def _note_arrival(tx: Tx, order: Row, carrier: str, rider: Row | None, counter_id: int) -> None:
    found = queries.open_handover(tx, order.id)
    if found is not None:
        tx.update(
            Handover,
            {"id": found.id},
            carrier=carrier,
            rider_id=None if rider is None else rider.id,
            arrived_at=found.arrived_at or tx.now,
        )
        work.bring_to(tx, found.ticket_id, counter_id, actor=f"staff:{counter_id}")
    moves.record(
        tx,
        store_id=order.store_id,
        order_no=order.order_no,
        entity="arrivals",
        entity_id=order.id,
        event="rider_arrived",
        actor=f"staff:{counter_id}",
        detail={"carrier": carrier},
    )
    tx.hint(f"board:{order.store_id}")
