"""A packing ticket opens when all picking of its order has ended."""

from __future__ import annotations

from fulfil.contracts.stage import FulfilmentView, TicketView
from fulfil.kit import moves
from fulfil.kit.db import Tx
from fulfil.packing.model import PackLine
from fulfil.packing.states import PACK_LINE


def open_packing(tx: Tx, ticket: TicketView, fulfilment: FulfilmentView) -> None:
    """Write a line for everything that was picked."""
    rows = [
        {
            "id": tx.number(),
            "store_id": ticket.store_id,
            "ticket_id": ticket.id,
            "fulfilment_id": ticket.fulfilment_id,
            "order_no": ticket.order_no,
            "line_no": line.line_no,
            "sku": line.sku,
            "zone": line.zone,
            "quantity": line.picked,
            "unit": line.unit,
            "packed": 0,
            "short": 0,
            "state": PACK_LINE.initial,
            "version": 1,
        }
        for line in fulfilment.lines
        if line.picked
    ]
    tx.insert_many(PackLine, rows)
    moves.begin_many(
        tx,
        PackLine,
        PACK_LINE,
        [row["id"] for row in rows],
        store_id=ticket.store_id,
        order_no=ticket.order_no,
    )
