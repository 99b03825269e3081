"""Shelves: a picker says whether one is empty now, and counts what somebody doubts (floor rules 6, 7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fulfil.contracts.fulfilment import ShelfCounted, ShelfNotEmpty
from fulfil.contracts.stage import Op, Outcome, TicketSpec, TicketView
from fulfil.contracts.trade import ShelfCountEnded, ShelfToCount
from fulfil.dispatch import queries as dispatched
from fulfil.dispatch import service as dispatch
from fulfil.dispatch.rules import COUNT
from fulfil.kit import moves
from fulfil.kit.db import Tx
from fulfil.picking import queries
from fulfil.picking.errors import LineUnknown, NotPicked
from fulfil.picking.model import CountLine, PickLine
from fulfil.picking.service.lines import actor, line_at_work
from fulfil.picking.service.tickets import insert_list
from fulfil.store import queries as stores

COUNT_WITHIN = timedelta(hours=4)  # orders come first


def zero_check(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """Whether the shelf is empty now, as the books say; if not, somebody counts it.

    Raises LineUnknown, and NotPicked where nothing was taken from it.
    """
    line = line_at_work(tx, ticket, payload["line"])
    if not line.picked:
        raise NotPicked("Nothing was taken from this shelf.")
    empty = payload["empty"]
    if line.left_empty is None:
        tx.update(PickLine, {"id": line.id}, left_empty=empty)
        moves.record(
            tx,
            store_id=ticket.store_id,
            order_no=ticket.order_no,
            entity=PickLine.__tablename__,
            entity_id=line.id,
            event="zero_check",
            actor=actor(op),
            detail={"sku": line.sku, "location": line.location, "empty": empty},
        )
        if not empty:
            tx.publish(ShelfNotEmpty(order_no=ticket.order_no, store_id=ticket.store_id, sku=line.sku))
    return Outcome()


def let_count(tx: Tx, wanted: ShelfToCount) -> None:
    """A shelf shall be counted: a ticket of the order that told of it, for whoever has time."""
    fulfilment = dispatched.fulfilment_of_order(tx, wanted.order_no, lock=True)
    if fulfilment is None:
        return
    item = stores.items(tx, wanted.store_id, [wanted.sku])[wanted.sku]
    floor = stores.floor(tx, wanted.store_id)
    dispatch.open_ticket(
        tx,
        fulfilment.id,
        "picking",
        TicketSpec(
            zone=item.zone,
            part=1,
            lines=1,
            grams=0,
            kind=COUNT,
            detail=wanted,
            due_at=tx.now + COUNT_WITHIN,
            begins=None if floor is None else floor.begins(item.location),
        ),
    )


def open_count(tx: Tx, ticket: TicketView, wanted: ShelfToCount) -> None:
    """Write what is to be counted."""
    insert_list(tx, ticket)
    item = stores.items(tx, ticket.store_id, [wanted.sku])[wanted.sku]
    tx.insert(
        CountLine,
        id=tx.number(),
        store_id=ticket.store_id,
        ticket_id=ticket.id,
        order_no=ticket.order_no,
        count_id=wanted.count_id,
        second=wanted.second,
        sku=wanted.sku,
        location=item.location,
        unit=item.unit,
        counted=None,
    )


def count(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """So much is on the shelf, which the books hear of. The ticket is done. Raises LineUnknown."""
    line = queries.count_line(tx, ticket.id)
    if line.id != payload["line"]:
        raise LineUnknown()
    tx.update(CountLine, {"id": line.id}, counted=payload["quantity"])
    moves.record(
        tx,
        store_id=ticket.store_id,
        order_no=ticket.order_no,
        entity=CountLine.__tablename__,
        entity_id=line.id,
        event="counted",
        actor=actor(op),
        detail={"sku": line.sku, "location": line.location, "quantity": payload["quantity"]},
    )
    tx.publish(
        ShelfCounted(
            order_no=ticket.order_no,
            store_id=ticket.store_id,
            count_id=line.count_id,
            sku=line.sku,
            quantity=payload["quantity"],
            by=actor(op),
        )
    )
    return Outcome(done=True)


def count_ended(tx: Tx, ended: ShelfCountEnded) -> None:
    """Somebody else has counted the shelf: nobody needs to walk there."""
    for ticket_id in queries.tickets_to_count(tx, ended.store_id, ended.count_id):
        dispatch.end_ticket(tx, ticket_id, reason="counted")
