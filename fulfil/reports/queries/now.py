"""The floor as it is now: where pickers picked last, and which open lines lack elsewhere."""

from __future__ import annotations

from sqlalchemy import Row, bindparam, func, select

from fulfil.dispatch import queries as dispatch
from fulfil.dispatch.model import Ticket
from fulfil.kit.db import Tx
from fulfil.kit.statements import one_of
from fulfil.picking.model import Pick, PickLine
from fulfil.picking.states import PickLineState
from fulfil.store.model import Item

# From the shop's live tickets, which are few, to their picks.
_LAST = (
    select(Ticket.assignee_id, func.max(Pick.id).label("pick_id"))
    .join(PickLine, PickLine.ticket_id == Ticket.id)
    .join(Pick, Pick.pick_line_id == PickLine.id)
    .where(
        Ticket.store_id == bindparam("store"),
        dispatch.LIVE,
        Ticket.stage == "picking",
        Ticket.assignee_id.is_not(None),
        Pick.person_id == Ticket.assignee_id,
    )
    .group_by(Ticket.assignee_id)
    .subquery()
)
_WHEREABOUTS = (
    select(_LAST.c.assignee_id.label("person_id"), PickLine.location, PickLine.found_at, Pick.at)
    .join(Pick, Pick.id == _LAST.c.pick_id)
    .join(PickLine, PickLine.id == Pick.pick_line_id)
    .order_by(_LAST.c.assignee_id)
)
_WARNED = (
    select(
        PickLine.sku,
        PickLine.ticket_id,
        PickLine.order_no,
        PickLine.line_no,
        PickLine.location,
        Item.name_zh,
        Item.name_en,
    )
    .join(Ticket, Ticket.id == PickLine.ticket_id)
    .outerjoin(Item, (Item.store_id == PickLine.store_id) & (Item.sku == PickLine.sku))
    .where(
        Ticket.store_id == bindparam("store"),
        dispatch.LIVE,
        Ticket.stage == "picking",
        one_of(PickLine.state, PickLineState.TODO),
        PickLine.warning.is_not(None),
    )
    .order_by(PickLine.sku, PickLine.ticket_id, PickLine.line_no)
)


def whereabouts(tx: Tx, store_id: int) -> list[Row]:
    """Where and when everybody with a picking ticket picked last."""
    return tx.all(_WHEREABOUTS, {"store": store_id})


def warned_lines(tx: Tx, store_id: int) -> list[Row]:
    """Open lines whose goods somebody missed for another order, by sku (floor rule 6)."""
    return tx.all(_WARNED, {"store": store_id})
