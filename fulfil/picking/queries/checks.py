"""Shelves to count and goods to look for again: who counts or looks, and who did before."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Row, and_, bindparam, select
from sqlalchemy.orm import aliased

from fulfil.dispatch import queries as dispatch
from fulfil.dispatch.model import Ticket
from fulfil.kit.db import Tx
from fulfil.kit.statements import among
from fulfil.picking.model import CountLine, PickLine, SecondLook
from fulfil.picking.queries.lists import GOODS, ID, TICKET
from fulfil.store.model import Item


def count_line(tx: Tx, ticket_id: int) -> Row:
    """What a ticket counts, with the goods' identity."""
    return tx.one(_COUNT_LINE, {"ticket": ticket_id})


_COUNT_LINE = (
    select(*CountLine.__table__.columns, *GOODS)
    .outerjoin(Item, and_(Item.store_id == CountLine.store_id, Item.sku == CountLine.sku))
    .where(CountLine.ticket_id == TICKET)
)


def second_look(tx: Tx, ticket_id: int) -> Row:
    """What a ticket looks for again."""
    return tx.one(_SECOND_LOOK, {"ticket": ticket_id})


def looked_for(tx: Tx, look: Row) -> Row:
    """The line that a second look is about, with the goods' identity."""
    return tx.one(_LOOKED_FOR, {"the_id": look.pick_line_id})


_SECOND_LOOK = select(*SecondLook.__table__.columns).where(SecondLook.id == TICKET)
_LOOKED_FOR = (
    select(*PickLine.__table__.columns, *GOODS)
    .outerjoin(Item, and_(Item.store_id == PickLine.store_id, Item.sku == PickLine.sku))
    .where(PickLine.id == ID)
)


def tickets_to_count(tx: Tx, store_id: int, count_id: int) -> list[int]:
    """Live tickets that count a shelf for this task."""
    return tx.scalars(_TICKETS_TO_COUNT, {"store": store_id, "count": count_id})


_TICKETS_TO_COUNT = (
    select(CountLine.ticket_id)
    .join(Ticket, Ticket.id == CountLine.ticket_id)
    .where(CountLine.store_id == bindparam("store"), CountLine.count_id == bindparam("count"), dispatch.LIVE)
    .order_by(CountLine.ticket_id)
)


def checked(tx: Tx, ticket_ids: Iterable[int]) -> dict[int, int]:
    """Who counted first what these tickets count again, and who missed what they look for, by ticket."""
    asked = {"ids": sorted(ticket_ids)}
    return {row.ticket_id: row.person_id for one in (_COUNTED_FIRST, _MISSED) for row in tx.all(one, asked)}


_FIRST = aliased(CountLine)
_COUNTED_FIRST = (
    select(CountLine.ticket_id, Ticket.assignee_id.label("person_id"))
    .join(_FIRST, and_(_FIRST.store_id == CountLine.store_id, _FIRST.count_id == CountLine.count_id))
    .join(Ticket, Ticket.id == _FIRST.ticket_id)
    .where(
        among(CountLine.ticket_id, "ids"),
        CountLine.second.is_(True),
        _FIRST.second.is_(False),
        _FIRST.counted.is_not(None),
    )
)
_MISSED = select(SecondLook.id.label("ticket_id"), SecondLook.asked_by.label("person_id")).where(
    among(SecondLook.id, "ids")
)
