"""Everything preparation reads: orders of stations with their lines, and its invariants."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, and_, bindparam, func, select

from fulfil.contracts.stage import TicketView
from fulfil.dispatch import queries as dispatch
from fulfil.dispatch.model import Ticket
from fulfil.dispatch.states import LIVE_TICKET
from fulfil.kit.checks import Check, Violation, broken
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.statements import among, one_of
from fulfil.prep.errors import UnknownPrepOrder
from fulfil.prep.model import PrepLine, PrepOrder
from fulfil.prep.rules import OPEN, legal_prep
from fulfil.prep.states import PrepLineState
from fulfil.store import queries as store
from fulfil.store.model import Item

PICTURES = "/ui/pictures/"
GOODS = (Item.name_zh, Item.name_en, Item.pack, Item.picture)

_ORDER = select(*PrepOrder.__table__.columns)
_ORDER_OF_ID = _ORDER.where(PrepOrder.id == bindparam("id"))
_ORDER_OF_LABEL = _ORDER.where(
    PrepOrder.store_id == bindparam("store"), PrepOrder.label == bindparam("label")
)
_LINES = (
    select(*PrepLine.__table__.columns, *GOODS)
    .outerjoin(Item, and_(Item.store_id == PrepLine.store_id, Item.sku == PrepLine.sku))
    .where(PrepLine.ticket_id == bindparam("ticket"))
    .order_by(PrepLine.line_no)
)
_LINE = select(PrepLine.__table__).where(
    PrepLine.id == bindparam("line"), PrepLine.ticket_id == bindparam("ticket")
)
_MADE_AT = (
    select(PrepOrder.id, PrepOrder.station, func.min(PrepLine.cooking_at).label("cooking_at"))
    .join(PrepLine, PrepLine.ticket_id == PrepOrder.id)
    .where(among(PrepOrder.id, "ids"))
    .group_by(PrepOrder.id, PrepOrder.station)
    .order_by(PrepOrder.id)
)
_READY = (
    select(*PrepLine.__table__.columns)
    .join(PrepOrder, PrepOrder.id == PrepLine.ticket_id)
    .where(PrepOrder.fulfilment_id == bindparam("id"), one_of(PrepLine.state, PrepLineState.READY))
    .order_by(PrepLine.id)
)
_WAITING = _ORDER.where(
    PrepOrder.id.in_(select(PrepLine.ticket_id).where(one_of(PrepLine.state, PrepLineState.WAITING)))
).order_by(PrepOrder.id)


def prep_order(tx: Tx, ticket_id: int) -> Row:
    """What a station makes for this ticket. Raises UnknownPrepOrder."""
    row = tx.one(_ORDER_OF_ID, {"id": ticket_id})
    if row is None:
        raise UnknownPrepOrder()
    return row


def labelled(tx: Tx, store_id: int, label: str) -> Row:
    """The same by the code on its label. Raises UnknownPrepOrder."""
    row = tx.one(_ORDER_OF_LABEL, {"store": store_id, "label": label})
    if row is None:
        raise UnknownPrepOrder()
    return row


def prep_lines(tx: Tx, ticket_id: int) -> list[Row]:
    """Lines of a ticket by number, with the goods' identity."""
    return tx.all(_LINES, {"ticket": ticket_id})


def prep_line(tx: Tx, ticket_id: int, line_id: int) -> Row | None:
    """One line of that ticket, None when the ticket has no such line."""
    return tx.one(_LINE, {"line": line_id, "ticket": ticket_id})


def made_at(tx: Tx, ticket_ids: Iterable[int]) -> dict[int, tuple[str, datetime | None]]:
    """The station of each ticket, and when the first of its lines was put on the fire."""
    return {row.id: (row.station, row.cooking_at) for row in tx.all(_MADE_AT, {"ids": sorted(ticket_ids)})}


def ready_lines(tx: Tx, fulfilment_id: int) -> list[Row]:
    """What was made for an order and is not collected."""
    return tx.all(_READY, {"id": fulfilment_id})


def waiting_orders(tx: Tx) -> list[Row]:
    """Orders of stations of all shops that are not begun, by ticket."""
    return tx.all(_WAITING)


def snapshot(tx: Tx, ticket: TicketView) -> dict[str, Any]:
    """What the kitchen's screen shows: when to begin, lines with their clocks, the label, what is legal."""
    order, rows = prep_order(tx, ticket.id), prep_lines(tx, ticket.id)
    return {
        "station": order.station,
        "start_at": rfc3339(order.start_at),
        "seconds": order.seconds,
        "label": {
            "code": order.label,
            "label": f"/api/v1/prep/orders/{ticket.id}/label?store_id={ticket.store_id}",
        },
        "lines": [_line_view(row) for row in rows],
        "legal": legal_prep({row.state for row in rows}, early=tx.now < order.start_at),
    }


def label(tx: Tx, order: Row) -> dict[str, Any]:
    """What a label says: order, station, dishes with their portions, when the order is due."""
    fulfilment = dispatch.fulfilment_view(tx, order.fulfilment_id)
    return {
        "code": order.label,
        "order_no": str(order.order_no),
        "station": order.station,
        "due": fulfilment.due_at,
        "tz": store.store(tx, order.store_id).tz,
        "dishes": [
            {"zh": row.name_zh or row.sku, "en": row.name_en or row.sku, "portions": row.quantity - row.short}
            for row in prep_lines(tx, order.id)
            if row.quantity > row.short
        ],
    }


def _line_view(row: Row) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "line_no": row.line_no,
        "sku": row.sku,
        "pack": row.pack,
        "name": {"zh": row.name_zh or row.sku, "en": row.name_en or row.sku},
        "picture": f"{PICTURES}{row.picture}" if row.picture else None,
        "unit": "each",
        "quantity": row.quantity,
        "short": row.short,
        "batch": row.batch,
        "state": row.state,
        "cooking_at": None if row.cooking_at is None else rfc3339(row.cooking_at),
    }


def violations(tx: Tx) -> list[Violation]:
    """Invariant 12 as far as preparation's own tables show it: work that goes on has its ticket."""
    return broken(tx, _checks())


@cache
def _checks() -> tuple[Check, ...]:
    ended = (
        select(PrepLine.id, PrepLine.state, Ticket.state.label("ticket"))
        .join(Ticket, Ticket.id == PrepLine.ticket_id)
        .where(one_of(PrepLine.state, *OPEN), ~one_of(Ticket.state, *LIVE_TICKET))
    )
    unmade = select(PrepLine.id, PrepLine.state).where(
        PrepLine.short == PrepLine.quantity, PrepLine.state != PrepLineState.DROPPED
    )
    return (
        Check(12, "prep_lines", "{state}, its ticket is {ticket}", ended),
        Check(12, "prep_lines", "{state}, nothing of it can be made", unmade),
    )
