"""What has to be picked, to be read from paper."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Row, bindparam, select

from fulfil.dispatch import queries as dispatch
from fulfil.dispatch.model import Ticket
from fulfil.kit.db import Tx
from fulfil.kit.statements import among, one_of
from fulfil.picking.model import PickLine
from fulfil.picking.states import PickLineState
from fulfil.store.model import Item

_TICKETS = (
    select(
        Ticket.id,
        Ticket.order_no,
        Ticket.zone,
        Ticket.part,
        Ticket.due_at,
        Ticket.priority,
        Ticket.grams,
        Ticket.held,
        Ticket.assignee_id,
    )
    .where(
        Ticket.store_id == bindparam("store"), dispatch.LIVE, Ticket.stage == "picking", Ticket.kind == "work"
    )
    .order_by(Ticket.priority.desc(), Ticket.due_at, Ticket.order_no, Ticket.zone, Ticket.part, Ticket.id)
)
_LINES = (
    select(
        PickLine.ticket_id,
        PickLine.line_no,
        PickLine.sku,
        PickLine.location,
        PickLine.quantity,
        PickLine.unit,
        PickLine.picked,
        PickLine.short,
        PickLine.substituted,
        PickLine.on_shortage,
        Item.gtin,
        Item.name_zh,
        Item.name_en,
        Item.pack,
    )
    .outerjoin(Item, (Item.store_id == PickLine.store_id) & (Item.sku == PickLine.sku))
    .where(among(PickLine.ticket_id, "tickets"), one_of(PickLine.state, PickLineState.TODO))
    .order_by(PickLine.ticket_id, PickLine.position, PickLine.id)
)


def tickets_to_pick(tx: Tx, store_id: int) -> list[Row]:
    """The shop's live picking tickets, the most urgent first."""
    return tx.all(_TICKETS, {"store": store_id})


def lines_to_pick(tx: Tx, ticket_ids: Iterable[int]) -> list[Row]:
    """The open lines of these tickets, each ticket's in walk order."""
    return tx.all(_LINES, {"tickets": sorted(ticket_ids)})
