"""Pick lists and their lines, put-back lines, and what is in which tote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, func, select

from fulfil.contracts.stage import TicketView
from fulfil.dispatch import queries as dispatch
from fulfil.dispatch.model import Fulfilment, Ticket, Tote
from fulfil.kit.db import Tx
from fulfil.kit.statements import among, one_of
from fulfil.picking.model import Pick, PickLine, PickList, PutBackLine
from fulfil.picking.rules import Amounts, search_ends
from fulfil.picking.states import PickLineState, PutBackLineState
from fulfil.store.model import Item, Place

GOODS = (Item.gtin, Item.name_zh, Item.name_en, Item.pack, Item.picture, Item.scale_item)


def _with_goods(model: Any) -> Any:
    goods = and_(Item.store_id == model.store_id, Item.sku == model.sku)
    return (
        select(*model.__table__.columns, *GOODS)
        .outerjoin(Item, goods)
        .where(model.ticket_id == TICKET)
        .order_by(model.position, model.id)
    )


# Built once, since every snapshot and every scan asks them.
TICKET, ID = bindparam("ticket"), bindparam("the_id")
_LIST = (
    select(
        PickList.id, PickList.kind, PickList.zone, PickList.recount, PickList.staged_place, Fulfilment.note
    )
    .join(Ticket, Ticket.id == PickList.id)
    .join(Fulfilment, Fulfilment.id == Ticket.fulfilment_id)
    .where(PickList.id == TICKET)
)
_PICK_LINES, _PUT_BACK_LINES = _with_goods(PickLine), _with_goods(PutBackLine)
_PICK_LINE = select(PickLine.__table__).where(PickLine.id == ID, PickLine.ticket_id == TICKET)
_PUT_BACK_LINE = select(PutBackLine.__table__).where(PutBackLine.id == ID, PutBackLine.ticket_id == TICKET)
_PROGRESS = select(
    func.count().filter(PickLine.state == PickLineState.TODO), func.coalesce(func.sum(PickLine.picked), 0)
).where(PickLine.ticket_id == TICKET)
_LINE_IN_TOTE = select(func.coalesce(func.sum(Pick.delta), 0)).where(
    Pick.pick_line_id == ID, Pick.tote == bindparam("the_tote")
)
_STAGED = (
    select(Tote.place, func.count().label("totes"))
    .where(Tote.store_id == bindparam("store"), Tote.place.is_not(None))
    .group_by(Tote.place)
    .subquery()
)
_STAGING_PLACE = (
    select(Place.code)
    .outerjoin(_STAGED, _STAGED.c.place == Place.code)
    .where(Place.store_id == bindparam("store"), Place.kind == "staging", Place.zone == bindparam("the_zone"))
    .order_by(func.coalesce(_STAGED.c.totes, 0), Place.code)
    .limit(1)
)


def pick_list(tx: Tx, ticket_id: int) -> Row:
    """The picking document of a ticket, with what the customer noted on the order."""
    return tx.one(_LIST, {"ticket": ticket_id})


def pick_lines(tx: Tx, ticket_id: int) -> list[Row]:
    """Lines of a ticket in walk order, with the goods' identity."""
    return pick_lines_later(tx, ticket_id)()


def pick_lines_later(tx: Tx, ticket_id: int) -> Callable[[], list[Row]]:
    """The same, asked now and to be had by calling."""
    return tx.later(_PICK_LINES, {"ticket": ticket_id})


def put_back_lines(tx: Tx, ticket_id: int) -> list[Row]:
    """Put-back lines of a ticket in walk order, with the goods' identity."""
    return tx.all(_PUT_BACK_LINES, {"ticket": ticket_id})


def pick_line(tx: Tx, ticket_id: int, line_id: int) -> Row | None:
    """One line of that ticket, None when the ticket has no such line."""
    return tx.one(_PICK_LINE, {"the_id": line_id, "ticket": ticket_id})


def put_back_line(tx: Tx, ticket_id: int, line_id: int) -> Row | None:
    """One put-back line of that ticket, None when the ticket has no such line."""
    return tx.one(_PUT_BACK_LINE, {"the_id": line_id, "ticket": ticket_id})


def line_of_ticket(tx: Tx, ticket_id: int, line_no: int) -> Row | None:
    """The line of a picking ticket that has this number in the order; None for tickets of other stages."""
    return tx.one(_LINE_OF_TICKET, {"ticket": ticket_id, "the_line": line_no})


_LINE_OF_TICKET = select(PickLine.__table__).where(
    PickLine.ticket_id == TICKET, PickLine.line_no == bindparam("the_line")
)


def lines_to_do(tx: Tx, ticket_ids: Iterable[int]) -> list[Row]:
    """Lines of these tickets that are still to do: id, ticket_id, line_no, location."""
    return tx.all(_TO_DO, {"ids": sorted(ticket_ids)})


def shelves(tx: Tx, ticket_ids: Iterable[int]) -> dict[int, list[str]]:
    """Where the lines stand that are still to do, by ticket."""
    found: dict[int, list[str]] = defaultdict(list)
    for ticket_id, location in tx.all(_SHELVES, {"ids": sorted(ticket_ids)}):
        found[ticket_id].append(location)
    return found


def last_shelf(tx: Tx, ticket_ids: Iterable[int]) -> str | None:
    """Where something of these tickets was picked last; None before anything was."""
    return tx.scalar(_LAST_SHELF, {"ids": sorted(ticket_ids)})


def last_position_done(tx: Tx, ticket_ids: Iterable[int]) -> int:
    """The highest position of a line of these tickets that is not to do any more; 0 when there is none."""
    return tx.scalar(_LAST_POSITION, {"ids": sorted(ticket_ids)}) or 0


_OF_TICKETS = among(PickLine.ticket_id, "ids")
_IS_TO_DO = _OF_TICKETS, one_of(PickLine.state, PickLineState.TODO)
_IN_TURN = PickLine.ticket_id, PickLine.line_no
_TO_DO = (
    select(PickLine.id, PickLine.ticket_id, PickLine.line_no, PickLine.location)
    .where(*_IS_TO_DO)
    .order_by(*_IN_TURN)
)
_SHELVES = select(PickLine.ticket_id, PickLine.location).where(*_IS_TO_DO).order_by(*_IN_TURN)
_LAST_SHELF = (
    select(PickLine.location)
    .join(Pick, Pick.pick_line_id == PickLine.id)
    .where(_OF_TICKETS)
    .order_by(Pick.id.desc())
    .limit(1)
)
_LAST_POSITION = select(func.max(PickLine.position)).where(_OF_TICKETS, PickLine.state != PickLineState.TODO)


def lines_elsewhere(tx: Tx, store_id: int, sku: str, order_no: int) -> list[Row]:
    """Lines of other orders that still want this sku and carry no warning: id and ticket, by ticket."""
    return tx.all(_ELSEWHERE, {"store": store_id, "the_sku": sku, "the_order": order_no})


# From the shop's live tickets, which are few, to their lines: a sku has lines in every past order.
_ELSEWHERE = (
    select(PickLine.id, PickLine.ticket_id)
    .join(Ticket, Ticket.id == PickLine.ticket_id)
    .where(
        Ticket.store_id == bindparam("store"),
        dispatch.LIVE,
        Ticket.stage == "picking",
        PickLine.sku == bindparam("the_sku"),
        PickLine.order_no != bindparam("the_order"),
        one_of(PickLine.state, PickLineState.TODO),
        PickLine.warning.is_(None),
    )
    .order_by(PickLine.ticket_id, PickLine.id)
)


def staged_place(tx: Tx, ticket: TicketView) -> str | None:
    """Where a ticket's totes stand, or where they should when they stand nowhere yet."""
    return pick_list(tx, ticket.id).staged_place or staging_place(tx, ticket.store_id, ticket.zone)


def progress(tx: Tx, ticket_id: int) -> tuple[int, int]:
    """How many lines are still to do, and how much was picked in all."""
    row = tx.one(_PROGRESS, {"ticket": ticket_id})
    return int(row[0]), int(row[1])


def put_back_open(tx: Tx, ticket_id: int) -> int:
    """How many put-back lines are not decided yet."""
    return tx.scalar(
        select(func.count())
        .select_from(PutBackLine)
        .where(PutBackLine.ticket_id == ticket_id, PutBackLine.state == PutBackLineState.TODO)
    )


def in_tote(tx: Tx, ticket_id: int, tote: str) -> dict[int, int]:
    """What the ticket's picks put into a tote: line id → quantity, without zeros."""
    rows = tx.all(
        select(Pick.pick_line_id, func.sum(Pick.delta))
        .join(PickLine, PickLine.id == Pick.pick_line_id)
        .where(PickLine.ticket_id == ticket_id, Pick.tote == tote)
        .group_by(Pick.pick_line_id)
    )
    return {line: int(quantity) for line, quantity in rows if quantity}


def line_in_tote(tx: Tx, line_id: int, tote: str) -> int:
    """How much of a line is in a tote."""
    return int(tx.scalar(_LINE_IN_TOTE, {"the_id": line_id, "the_tote": tote}))


def filled_totes(tx: Tx, ticket_id: int) -> list[str]:
    """Totes that hold something of the ticket, by code."""
    return tx.scalars(_FILLED_TOTES, {"the_ticket": ticket_id})


_FILLED_TOTES = (
    select(Pick.tote)
    .join(PickLine, PickLine.id == Pick.pick_line_id)
    .where(PickLine.ticket_id == bindparam("the_ticket"))
    .group_by(Pick.tote)
    .having(func.sum(Pick.delta) > 0)
    .order_by(Pick.tote)
)


def amounts(line: Row) -> Amounts:
    """How far a pick line is, for the rules."""
    return Amounts(
        line.state,
        line.quantity,
        line.picked,
        line.short,
        line.substituted,
        line.weighed,
        line.least,
        line.looking,
    )


def search_until(tx: Tx, ticket: TicketView) -> datetime | None:
    """Until when the successor searches for totes of this ticket; None while nobody has it."""
    taken_at = dispatch.ticket_row(tx, ticket.id).accepted_at
    return None if taken_at is None else search_ends(taken_at)


def staging_place(tx: Tx, store_id: int, zone: str) -> str | None:
    """The staging place of a temperature that holds the fewest totes, by code; None when there is none."""
    return tx.scalar(_STAGING_PLACE, {"store": store_id, "the_zone": zone})
