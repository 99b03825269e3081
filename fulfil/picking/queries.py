"""Everything picking reads: lines with their goods, what is in which tote, and its invariants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from fulfil.contracts.stage import TicketView
from fulfil.dispatch import queries as dispatch
from fulfil.dispatch.model import Ticket, Tote
from fulfil.dispatch.states import HELD_TICKET, TicketState
from fulfil.kit.checks import Violation
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.statements import among, one_of
from fulfil.picking.model import CountLine, Pick, PickLine, PickList, PutBackLine, SecondLook
from fulfil.picking.rules import OVERWEIGHT_PERCENT, Amounts, legal_pick, legal_put_back, search_ends
from fulfil.picking.states import PickLineState, PutBackLineState
from fulfil.store.model import Item, Place

PICTURES = "/ui/pictures/"
GOODS = (Item.gtin, Item.name_zh, Item.name_en, Item.pack, Item.picture, Item.scale_item)


def _with_goods(model: Any) -> Any:
    goods = and_(Item.store_id == model.store_id, Item.sku == model.sku)
    return (select(*model.__table__.columns, *GOODS).outerjoin(Item, goods)
            .where(model.ticket_id == _TICKET).order_by(model.position, model.id))


# Built once, since every snapshot and every scan asks them.
_TICKET, _ID = bindparam("ticket"), bindparam("the_id")
_LIST = (select(PickList.id, PickList.kind, PickList.zone, PickList.recount, PickList.staged_place)
         .where(PickList.id == _TICKET))
_PICK_LINES, _PUT_BACK_LINES = _with_goods(PickLine), _with_goods(PutBackLine)
_PICK_LINE = select(PickLine.__table__).where(PickLine.id == _ID, PickLine.ticket_id == _TICKET)
_PUT_BACK_LINE = select(PutBackLine.__table__).where(PutBackLine.id == _ID, PutBackLine.ticket_id == _TICKET)
_PROGRESS = (select(func.count().filter(PickLine.state == PickLineState.TODO),
                    func.coalesce(func.sum(PickLine.picked), 0)).where(PickLine.ticket_id == _TICKET))
_LINE_IN_TOTE = (select(func.coalesce(func.sum(Pick.delta), 0))
                 .where(Pick.pick_line_id == _ID, Pick.tote == bindparam("the_tote")))
_STAGED = select(Tote.place, func.count().label("totes")).where(
    Tote.store_id == bindparam("store"), Tote.place.is_not(None)).group_by(Tote.place).subquery()
_STAGING_PLACE = (
    select(Place.code).outerjoin(_STAGED, _STAGED.c.place == Place.code)
    .where(Place.store_id == bindparam("store"), Place.kind == "staging", Place.zone == bindparam("the_zone"))
    .order_by(func.coalesce(_STAGED.c.totes, 0), Place.code).limit(1))


def pick_list(tx: Tx, ticket_id: int) -> Row:
    """The picking document of a ticket."""
    return tx.one(_LIST, {"ticket": ticket_id})


def pick_lines(tx: Tx, ticket_id: int) -> list[Row]:
    """Lines of a ticket in walk order, with the goods' identity."""
    return tx.all(_PICK_LINES, {"ticket": ticket_id})


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
    PickLine.ticket_id == _TICKET, PickLine.line_no == bindparam("the_line"))


def lines_to_do(tx: Tx, ticket_ids: Iterable[int]) -> list[Row]:
    """Lines of these tickets that are still to do: id, ticket_id, line_no, location."""
    return tx.all(_TO_DO, {"ids": sorted(ticket_ids)})


def shelves(tx: Tx, ticket_ids: Iterable[int]) -> dict[int, list[str]]:
    """Where the lines stand that are still to do, by ticket."""
    found: dict[int, list[str]] = defaultdict(list)
    for line in lines_to_do(tx, ticket_ids):
        found[line.ticket_id].append(line.location)
    return found


def last_shelf(tx: Tx, ticket_ids: Iterable[int]) -> str | None:
    """Where something of these tickets was picked last; None before anything was."""
    return tx.scalar(_LAST_SHELF, {"ids": sorted(ticket_ids)})


def last_position_done(tx: Tx, ticket_ids: Iterable[int]) -> int:
    """The highest position of a line of these tickets that is not to do any more; 0 when there is none."""
    return tx.scalar(_LAST_POSITION, {"ids": sorted(ticket_ids)}) or 0


_OF_TICKETS = among(PickLine.ticket_id, "ids")
_TO_DO = (
    select(PickLine.id, PickLine.ticket_id, PickLine.line_no, PickLine.location)
    .where(_OF_TICKETS, one_of(PickLine.state, PickLineState.TODO))
    .order_by(PickLine.ticket_id, PickLine.line_no))
_LAST_SHELF = (
    select(PickLine.location).join(Pick, Pick.pick_line_id == PickLine.id)
    .where(_OF_TICKETS).order_by(Pick.id.desc()).limit(1))
_LAST_POSITION = select(func.max(PickLine.position)).where(
    _OF_TICKETS, PickLine.state != PickLineState.TODO)


def lines_elsewhere(tx: Tx, store_id: int, sku: str, order_no: int) -> list[Row]:
    """Lines of other orders that still want this sku and carry no warning: id and ticket, by ticket."""
    return tx.all(_ELSEWHERE, {"store": store_id, "the_sku": sku, "the_order": order_no})


# From the shop's live tickets, which are few, to their lines: a sku has lines in every past order.
_ELSEWHERE = (
    select(PickLine.id, PickLine.ticket_id).join(Ticket, Ticket.id == PickLine.ticket_id)
    .where(Ticket.store_id == bindparam("store"), dispatch.LIVE, Ticket.stage == "picking",
           PickLine.sku == bindparam("the_sku"), PickLine.order_no != bindparam("the_order"),
           one_of(PickLine.state, PickLineState.TODO), PickLine.warning.is_(None))
    .order_by(PickLine.ticket_id, PickLine.id))


def count_line(tx: Tx, ticket_id: int) -> Row:
    """What a ticket counts, with the goods' identity."""
    return tx.one(_COUNT_LINE, {"ticket": ticket_id})


_COUNT_LINE = (
    select(*CountLine.__table__.columns, *GOODS)
    .outerjoin(Item, and_(Item.store_id == CountLine.store_id, Item.sku == CountLine.sku))
    .where(CountLine.ticket_id == _TICKET))


def second_look(tx: Tx, ticket_id: int) -> Row:
    """What a ticket looks for again."""
    return tx.one(_SECOND_LOOK, {"ticket": ticket_id})


_SECOND_LOOK = select(*SecondLook.__table__.columns).where(SecondLook.id == _TICKET)
_LOOKED_FOR = (
    select(*PickLine.__table__.columns, *GOODS)
    .outerjoin(Item, and_(Item.store_id == PickLine.store_id, Item.sku == PickLine.sku))
    .where(PickLine.id == _ID))


def staged_place(tx: Tx, ticket: TicketView) -> str | None:
    """Where a ticket's totes stand, or where they should when they stand nowhere yet."""
    return pick_list(tx, ticket.id).staged_place or staging_place(tx, ticket.store_id, ticket.zone)


def tickets_to_count(tx: Tx, store_id: int, count_id: int) -> list[int]:
    """Live tickets that count a shelf for this task."""
    return tx.scalars(_TICKETS_TO_COUNT, {"store": store_id, "count": count_id})


_TICKETS_TO_COUNT = (
    select(CountLine.ticket_id).join(Ticket, Ticket.id == CountLine.ticket_id)
    .where(CountLine.store_id == bindparam("store"), CountLine.count_id == bindparam("count"), dispatch.LIVE)
    .order_by(CountLine.ticket_id))


def checked(tx: Tx, ticket_ids: Iterable[int]) -> dict[int, int]:
    """Who counted first what these tickets count again, and who missed what they look for, by ticket."""
    asked = {"ids": sorted(ticket_ids)}
    return {row.ticket_id: row.person_id for one in (_COUNTED_FIRST, _MISSED) for row in tx.all(one, asked)}


_FIRST = aliased(CountLine)
_COUNTED_FIRST = (
    select(CountLine.ticket_id, Ticket.assignee_id.label("person_id"))
    .join(_FIRST, and_(_FIRST.store_id == CountLine.store_id, _FIRST.count_id == CountLine.count_id))
    .join(Ticket, Ticket.id == _FIRST.ticket_id)
    .where(among(CountLine.ticket_id, "ids"), CountLine.second.is_(True), _FIRST.second.is_(False),
           _FIRST.counted.is_not(None)))
_MISSED = select(SecondLook.id.label("ticket_id"), SecondLook.asked_by.label("person_id")).where(
    among(SecondLook.id, "ids"))


def progress(tx: Tx, ticket_id: int) -> tuple[int, int]:
    """How many lines are still to do, and how much was picked in all."""
    row = tx.one(_PROGRESS, {"ticket": ticket_id})
    return int(row[0]), int(row[1])


def put_back_open(tx: Tx, ticket_id: int) -> int:
    """How many put-back lines are not decided yet."""
    return tx.scalar(select(func.count()).select_from(PutBackLine).where(
        PutBackLine.ticket_id == ticket_id, PutBackLine.state == PutBackLineState.TODO))


def in_tote(tx: Tx, ticket_id: int, tote: str) -> dict[int, int]:
    """What the ticket's picks put into a tote: line id → quantity, without zeros."""
    rows = tx.all(select(Pick.pick_line_id, func.sum(Pick.delta))
                  .join(PickLine, PickLine.id == Pick.pick_line_id)
                  .where(PickLine.ticket_id == ticket_id, Pick.tote == tote).group_by(Pick.pick_line_id))
    return {line: int(quantity) for line, quantity in rows if quantity}


def line_in_tote(tx: Tx, line_id: int, tote: str) -> int:
    """How much of a line is in a tote."""
    return int(tx.scalar(_LINE_IN_TOTE, {"the_id": line_id, "the_tote": tote}))


def filled_totes(tx: Tx, ticket_id: int) -> list[str]:
    """Totes that hold something of the ticket, by code."""
    return tx.scalars(_FILLED_TOTES, {"the_ticket": ticket_id})


_FILLED_TOTES = (
    select(Pick.tote).join(PickLine, PickLine.id == Pick.pick_line_id)
    .where(PickLine.ticket_id == bindparam("the_ticket")).group_by(Pick.tote)
    .having(func.sum(Pick.delta) > 0).order_by(Pick.tote))


def amounts(line: Row) -> Amounts:
    """How far a pick line is, for the rules."""
    return Amounts(line.state, line.quantity, line.picked, line.short, line.substituted, line.weighed,
                   line.least)


def pick_snapshot(tx: Tx, ticket: TicketView) -> dict[str, Any]:
    """What a handheld needs to pick offline: lines in walk order, totes, where to stage, what is legal."""
    rows = pick_lines(tx, ticket.id)
    listed = pick_list(tx, ticket.id)
    totes = sorted((tote for tote in dispatch.totes_of(tx, ticket.fulfilment_id, ticket.zone)
                    if tote.ticket_id == ticket.id), key=lambda tote: (tote.bound_at, tote.code))
    picked = sum(row.picked for row in rows)
    emptied = _emptied(tx, ticket, rows)
    return {
        "lines": [{**_pick_line_view(row), "empties": row.id in emptied} for row in rows],
        "totes": [_tote_view(tote) for tote in totes],
        "recount": listed.recount,
        "search_until": rfc3339(search_until(tx, ticket)) if listed.recount else None,
        "staging": {"zone": ticket.zone, "place": listed.staged_place
                    or staging_place(tx, ticket.store_id, ticket.zone)},
        "legal": legal_pick([row.state for row in rows], picked=picked, recount=bool(listed.recount)),
    }


def _emptied(tx: Tx, ticket: TicketView, rows: list[Row]) -> set[int]:
    """Lines whose shelf is empty, by the books, once they are picked. Only who picks needs to know."""
    if ticket.state not in HELD_TICKET:
        return set()
    asked = {row.sku: row for row in rows if row.left_empty is None
             and (row.picked or row.state == PickLineState.TODO)}
    wanted = {sku: amounts(row).missing for sku, row in asked.items()}
    return {asked[sku].id for sku in tx.kit.services["emptied"](tx, ticket.store_id, wanted)}


def count_snapshot(tx: Tx, ticket: TicketView) -> dict[str, Any]:
    """What a handheld needs to count a shelf. What the books say is not told: the eyes decide."""
    row = count_line(tx, ticket.id)
    state = PickLineState.TODO if row.counted is None else PickLineState.CLOSED
    return {
        "lines": [{**_identity(row), "position": 1, "state": state, "weighed": row.unit == "g",
                   "counted": row.counted, "second": row.second}],
        "totes": [],
        "legal": ["count"] if row.counted is None else [],
    }  # fmt: skip


def look_snapshot(tx: Tx, ticket: TicketView) -> dict[str, Any]:
    """What a handheld needs to look again: the goods, what their picker saw, the tote that they go into."""
    look = second_look(tx, ticket.id)
    row = tx.one(_LOOKED_FOR, {"the_id": look.pick_line_id})
    is_open = look.outcome is None
    totes = [tote for tote in dispatch.totes_of(tx, ticket.fulfilment_id, ticket.zone)
             if tote.ticket_id == look.asked_ticket and not tote.quarantine]
    return {
        "lines": [{**_goods_view(row), "position": 1, "quantity": look.quantity, "weighed": row.weighed,
                   "found_at": row.found_at, "reason": look.reason, "photo": look.photo,
                   "state": PickLineState.TODO if is_open else PickLineState.CLOSED}],
        "totes": [_tote_view(tote) for tote in sorted(totes, key=lambda tote: (tote.bound_at, tote.code))],
        "legal": ["found", "not_found"] if is_open else [],
    }  # fmt: skip


def search_until(tx: Tx, ticket: TicketView) -> datetime | None:
    """Until when the successor searches for totes of this ticket; None while nobody has it."""
    taken_at = dispatch.ticket_row(tx, ticket.id).accepted_at
    return None if taken_at is None else search_ends(taken_at)


def put_back_snapshot(tx: Tx, ticket: TicketView) -> dict[str, Any]:
    """What a handheld needs to bring goods back: lines in walk order and where the goods are now."""
    rows = put_back_lines(tx, ticket.id)
    totes = dispatch.totes_of(tx, ticket.fulfilment_id, ticket.zone)
    return {
        "lines": [{
            **_goods_view(row), "quantity": row.quantity, "restocked": row.restocked, "wasted": row.wasted,
            "state": row.state,
        } for row in rows],
        "totes": [_tote_view(tote) for tote in totes],
        "legal": legal_put_back([row.state for row in rows]),
    }  # fmt: skip


def _tote_view(tote: Row) -> dict[str, Any]:
    return {"code": tote.code, "order_no": str(tote.order_no), "place": tote.place}


def staging_place(tx: Tx, store_id: int, zone: str) -> str | None:
    """The staging place of a temperature that holds the fewest totes, by code; None when there is none."""
    return tx.scalar(_STAGING_PLACE, {"store": store_id, "the_zone": zone})


def _pick_line_view(row: Row) -> dict[str, Any]:
    return {
        **_goods_view(row), "quantity": row.quantity, "weighed": row.weighed, "picked": row.picked,
        "short": row.short, "substituted": row.substituted, "state": row.state, "tote": row.tote,
        "found_at": row.found_at, "on_shortage": row.on_shortage, "substitutes": row.substitutes,
        "warning": row.warning if row.state == PickLineState.TODO else None,
        "least": row.least, "left_empty": row.left_empty,
    }  # fmt: skip


def _goods_view(row: Row) -> dict[str, Any]:
    """Identity of an order's line and its goods, as every screen shows them."""
    return {**_identity(row), "line_no": row.line_no, "position": row.position}


def _identity(row: Row) -> dict[str, Any]:
    return {
        "id": str(row.id), "sku": row.sku,
        "name": {"zh": row.name_zh or row.sku, "en": row.name_en or row.sku},
        "gtin": row.gtin, "scale_item": row.scale_item, "pack": row.pack, "location": row.location,
        "unit": row.unit, "picture": f"{PICTURES}{row.picture}" if row.picture else None,
    }  # fmt: skip


def violations(tx: Tx) -> list[Violation]:
    """Invariants 12 and 8 as far as picking's own tables show them."""
    return [*_unbalanced_lines(tx), *_picks_without_sum(tx), *_put_back_sums(tx), *_uncounted(tx)]


def _unbalanced_lines(tx: Tx) -> list[Violation]:
    done = PickLine.picked + PickLine.short + PickLine.substituted
    most = PickLine.quantity + PickLine.quantity * OVERWEIGHT_PERCENT / 100
    light = (PickLine.picked > 0) & (done >= func.coalesce(PickLine.least, PickLine.quantity))
    whole = light | (done >= PickLine.quantity)
    rows = tx.all(select(PickLine.id, PickLine.state, done.label("done"), PickLine.quantity).where(
        (PickLine.state.not_in((PickLineState.TODO, PickLineState.LOOKING)) & ~whole)
        | ((PickLine.state == PickLineState.TODO) & whole)
        | (done > most)))
    return [Violation(12, "pick_lines", str(row.id), f"{row.state} with {row.done} of {row.quantity}")
            for row in rows]


def _picks_without_sum(tx: Tx) -> list[Violation]:
    summed: dict[int, int] = defaultdict(int)
    for line, total in tx.all(select(Pick.pick_line_id, func.sum(Pick.delta)).group_by(Pick.pick_line_id)):
        summed[line] = int(total)
    rows = tx.all(select(PickLine.id, PickLine.picked))
    return [Violation(12, "pick_lines", str(row.id), f"picked {row.picked}, its picks: {summed[row.id]}")
            for row in rows if summed[row.id] != row.picked]


def _uncounted(tx: Tx) -> list[Violation]:
    """A ticket that counts a shelf is done with the count, and only with it."""
    done = Ticket.state == TicketState.DONE
    rows = tx.all(select(CountLine.id, Ticket.state).join(Ticket, Ticket.id == CountLine.ticket_id)
                  .where(done != CountLine.counted.is_not(None)))
    return [Violation(12, "count_lines", str(row.id), f"its ticket is {row.state}") for row in rows]


def _put_back_sums(tx: Tx) -> list[Violation]:
    decided = PutBackLine.restocked + PutBackLine.wasted
    amounts_of = (PutBackLine.id, PutBackLine.state, decided.label("decided"), PutBackLine.quantity)
    rows = tx.all(select(*amounts_of).where(
        ((PutBackLine.state == PutBackLineState.CLOSED) & (decided != PutBackLine.quantity))
        | ((PutBackLine.state == PutBackLineState.TODO) & (decided >= PutBackLine.quantity))))
    return [Violation(8, "put_back_lines", str(row.id), f"{row.state} with {row.decided} of {row.quantity}")
            for row in rows]
