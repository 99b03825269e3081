"""An order in the shop and what belongs to it: lines, tickets, totes, bags."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.engine import Row

from fulfil.contracts.stage import FulfilmentLine, FulfilmentView, TicketView
from fulfil.dispatch.errors import UnknownFulfilment, UnknownTicket
from fulfil.dispatch.model import Bag, BagLine, Fulfilment, FulfilmentLineRow, StockoutReport, Ticket, Tote
from fulfil.dispatch.rules import SHELF_EFFECT
from fulfil.dispatch.states import LIVE_TICKET
from fulfil.kit.db import Tx
from fulfil.kit.statements import among, one_of

Parts = dict[tuple[str, str, str], int]  # part numbers by stage, kind and zone

# A statement that is built once costs a fifth of one that is built for every call.
_ID = bindparam("id")
_FULFILMENT = select(*Fulfilment.__table__.columns)
_FULFILMENT_OF_ID = _FULFILMENT.where(Fulfilment.id == _ID)
_FULFILMENT_LOCKED = _FULFILMENT_OF_ID.with_for_update()
_FULFILMENT_OF_ORDER = _FULFILMENT.where(Fulfilment.order_no == bindparam("order"))
_FULFILMENT_OF_ORDER_LOCKED = _FULFILMENT_OF_ORDER.with_for_update()
_OF_PICKUP_CODE = _FULFILMENT.where(
    Fulfilment.store_id == bindparam("store"),
    Fulfilment.pickup_code == bindparam("code"),
    one_of(Fulfilment.state, "open", "working", "ready"),
)
_LINES = (
    select(*FulfilmentLineRow.__table__.columns)
    .where(FulfilmentLineRow.fulfilment_id == _ID)
    .order_by(FulfilmentLineRow.line_no)
)
# From what is in the shop to its lines: a sku has lines in every past order.
_PICKED = (
    select(FulfilmentLineRow.order_no, func.sum(FulfilmentLineRow.picked).label("picked"))
    .select_from(Fulfilment)
    .join(FulfilmentLineRow, FulfilmentLineRow.fulfilment_id == Fulfilment.id)
    .where(
        Fulfilment.store_id == bindparam("store"),
        one_of(Fulfilment.state, "open", "working", "ready"),
        FulfilmentLineRow.sku == bindparam("sku"),
        FulfilmentLineRow.picked > 0,
    )
    .group_by(FulfilmentLineRow.order_no)
    .order_by(FulfilmentLineRow.order_no)
)
_TICKET = select(*Ticket.__table__.columns)
_TICKET_OF_ID = _TICKET.where(Ticket.id == _ID)
_TICKET_LOCKED = _TICKET_OF_ID.with_for_update()
_TICKET_OF_PERSON = _TICKET_OF_ID.where(Ticket.assignee_id == bindparam("person_id"))
LIVE = one_of(Ticket.state, *LIVE_TICKET)
_TOTE = select(*Tote.__table__.columns)
_TOTES = _TOTE.where(Tote.fulfilment_id == _ID).order_by(Tote.code)
_TOTES_OF_ZONE = _TOTES.where(Tote.zone == bindparam("zone"))
_TOTE_OF_CODE = _TOTE.where(Tote.store_id == bindparam("store"), Tote.code == bindparam("code"))
_TOTE_LOCKED = _TOTE_OF_CODE.with_for_update()
_BAG = select(*Bag.__table__.columns)
_BAG_OF_CODE = _BAG.where(Bag.store_id == bindparam("store"), Bag.code == bindparam("code"))
_BAGS = _BAG.where(Bag.fulfilment_id == _ID, Bag.state != "discarded").order_by(Bag.n)
_IN_BAGS = (
    select(BagLine.bag_id, BagLine.line_no, BagLine.sku, BagLine.quantity)
    .where(among(BagLine.bag_id, "ids"), BagLine.quantity > 0)
    .order_by(BagLine.bag_id, BagLine.line_no)
)
_HELD_BY = _TICKET.where(Ticket.assignee_id == bindparam("person_id"), LIVE).order_by(
    Ticket.accepted_at, Ticket.id
)


def fulfilment_row(tx: Tx, fulfilment_id: int, *, lock: bool = False) -> Row:
    """The fulfilment order's row, locked if asked. Raises UnknownFulfilment."""
    row = tx.one(_FULFILMENT_LOCKED if lock else _FULFILMENT_OF_ID, {"id": fulfilment_id})
    if row is None:
        raise UnknownFulfilment()
    return row


def standing(tx: Tx, fulfilment_id: int) -> tuple[Row, list[Row], datetime | None]:
    """The fulfilment order, locked, its live tickets, and `deciding_until`. Raises UnknownFulfilment."""
    found = tx.later(_FULFILMENT_LOCKED, {"id": fulfilment_id})
    live = tx.later(_tickets_of(False, False, True, False), {"id": fulfilment_id})
    until = deciding_until(tx, fulfilment_id)
    rows = found()
    if not rows:
        raise UnknownFulfilment()
    return rows[0], live(), until


def fulfilment_of_order(tx: Tx, order_no: int, *, lock: bool = False) -> Row | None:
    return tx.one(_FULFILMENT_OF_ORDER_LOCKED if lock else _FULFILMENT_OF_ORDER, {"order": order_no})


def waiting_for_pickup(tx: Tx, store_id: int, pickup_code: str) -> Row | None:
    """The fulfilment order, not yet handed over, whose code a third party's rider says."""
    return next(iter(waiting_for_pickup_later(tx, store_id, pickup_code)()), None)


def waiting_for_pickup_later(tx: Tx, store_id: int, pickup_code: str) -> Callable[[], list[Row]]:
    """The same, one or none, asked now and to be had by calling."""
    return tx.later(_OF_PICKUP_CODE, {"store": store_id, "code": pickup_code})


def lines(tx: Tx, fulfilment_id: int) -> list[Row]:
    """The fulfilment order's lines by number."""
    return tx.all(_LINES, {"id": fulfilment_id})


def fulfilment_view(tx: Tx, fulfilment_id: int) -> FulfilmentView:
    """The fulfilment order as stages see it. Raises UnknownFulfilment."""
    return fulfilment_seen(tx, fulfilment_row(tx, fulfilment_id))


def fulfilment_seen(tx: Tx, row: Row) -> FulfilmentView:
    """The same of a row that was read already."""
    return _seen(row, lines(tx, row.id))


def _seen(row: Row, its_lines: Sequence[Row]) -> FulfilmentView:
    return _as(FulfilmentView, row, lines=tuple(_as(FulfilmentLine, line) for line in its_lines))


def before_opening(tx: Tx, fulfilment_id: int) -> Callable[[Row], tuple[FulfilmentView, Parts]]:
    """What is to be known before stages of an order open: `fulfilment_seen` of its row, and `last_parts`."""
    its_lines, parts = tx.later(_LINES, {"id": fulfilment_id}), tx.later(_LAST_PARTS, {"id": fulfilment_id})
    return lambda row: (_seen(row, its_lines()), _parts(parts()))


def ticket_row(tx: Tx, ticket_id: int, *, lock: bool = False) -> Row:
    """The ticket's row, locked if asked. Raises UnknownTicket."""
    row = tx.one(_TICKET_LOCKED if lock else _TICKET_OF_ID, {"id": ticket_id})
    if row is None:
        raise UnknownTicket()
    return row


def lock_ticket(tx: Tx, ticket: Row) -> Callable[[], Row]:
    """Lock a ticket after its fulfilment order; its row as it is then, to be had by calling."""
    tx.later(_FULFILMENT_LOCKED, {"id": ticket.fulfilment_id})
    rows = tx.later(_TICKET_LOCKED, {"id": ticket.id})
    return lambda: rows()[0]


def ticket_held(tx: Tx, ticket_id: int, person_id: int) -> Row | None:
    """The ticket, if this person has it or had it last."""
    return tx.one(_TICKET_OF_PERSON, {"id": ticket_id, "person_id": person_id})


def ticket_view(row: Row) -> TicketView:
    """The ticket as its stage sees it."""
    return _as(TicketView, row)


def _as(view: Any, row: Row, **given: Any) -> Any:
    """A row as one of the contract's views; their fields have the columns' names."""
    return view(**given, **{name: getattr(row, name) for name in _names(view) if name not in given})


@cache
def _names(view: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(view))


def tickets_of(
    tx: Tx,
    fulfilment_id: int,
    *,
    stage: str | None = None,
    kind: str | None = None,
    live: bool = False,
    lock: bool = False,
) -> list[Row]:
    """The fulfilment order's tickets in the order they were opened."""
    asked = _tickets_of(stage is not None, kind is not None, live, lock)
    return tx.all(asked, {"id": fulfilment_id, "stage": stage, "kind": kind})


@cache
def _tickets_of(stage: bool, kind: bool, live: bool, lock: bool) -> Select:
    asked = _TICKET.where(Ticket.fulfilment_id == _ID).order_by(Ticket.id)
    if stage:
        asked = asked.where(Ticket.stage == bindparam("stage"))
    if kind:
        asked = asked.where(Ticket.kind == bindparam("kind"))
    if live:
        asked = asked.where(LIVE)
    return asked.with_for_update() if lock else asked


def last_parts(tx: Tx, fulfilment_id: int) -> Parts:
    """The highest part number of the order's live tickets by stage, kind and zone."""
    return _parts(tx.all(_LAST_PARTS, {"id": fulfilment_id}))


def _parts(rows: Iterable[Row]) -> Parts:
    return {(row.stage, row.kind, row.zone): row.part for row in rows}


_LAST_PARTS = (
    select(Ticket.stage, Ticket.kind, Ticket.zone, func.max(Ticket.part).label("part"))
    .where(Ticket.fulfilment_id == _ID, LIVE)
    .group_by(Ticket.stage, Ticket.kind, Ticket.zone)
)


def deciding_until(tx: Tx, fulfilment_id: int) -> datetime | None:
    """Until when what comes instead of missing goods of this order is decided; None: nothing is open."""
    return tx.scalar(_DECIDING, {"id": fulfilment_id})


_DECIDING = (
    select(StockoutReport.decide_by)
    .where(
        StockoutReport.fulfilment_id == _ID,
        StockoutReport.outcome.is_(None),
        StockoutReport.decide_by.is_not(None),
    )
    .order_by(StockoutReport.decide_by.desc())
    .limit(1)
)


def reported_skus(tx: Tx, store_id: int, skus: Iterable[str], since: datetime) -> set[str]:
    """Which of these skus somebody reported missing in the shop since then, so that stock believes it."""
    return set(tx.scalars(_REPORTED, {"store": store_id, "since": since, "skus": sorted(skus)}))


_BELIEVED = [reason for reason, effect in SHELF_EFFECT.items() if effect != "none"]
_REPORTED = (
    select(StockoutReport.sku)
    .distinct()
    .where(
        StockoutReport.store_id == bindparam("store"),
        StockoutReport.at > bindparam("since"),
        among(StockoutReport.sku, "skus"),
        one_of(StockoutReport.reason, *_BELIEVED),
    )
)


def report_row(tx: Tx, report_id: int) -> Row | None:
    """A stock-out report."""
    return tx.one(_REPORT, {"id": report_id})


_REPORT = select(*StockoutReport.__table__.columns).where(StockoutReport.id == _ID)


def tickets_held_by(tx: Tx, person_id: int) -> list[Row]:
    """The live tickets that somebody accepted, in the order they did."""
    return tx.all(_HELD_BY, {"person_id": person_id})


def tote_row(tx: Tx, store_id: int, code: str, *, lock: bool = False) -> Row | None:
    return tx.one(_TOTE_LOCKED if lock else _TOTE_OF_CODE, {"store": store_id, "code": code})


def totes_of(tx: Tx, fulfilment_id: int, zone: str | None = None) -> list[Row]:
    """The totes that hold this order's goods, of one zone if asked, by code."""
    return totes_later(tx, fulfilment_id, zone)()


def totes_later(tx: Tx, fulfilment_id: int, zone: str | None = None) -> Callable[[], list[Row]]:
    """The same, asked now and to be had by calling."""
    if zone is None:
        return tx.later(_TOTES, {"id": fulfilment_id})
    return tx.later(_TOTES_OF_ZONE, {"id": fulfilment_id, "zone": zone})


def bag_row(tx: Tx, store_id: int, code: str) -> Row | None:
    return tx.one(_BAG_OF_CODE, {"store": store_id, "code": code.strip().upper()})


def bags_of(tx: Tx, fulfilment_id: int) -> list[Row]:
    """The order's bags by number, discarded ones left out."""
    return tx.all(_BAGS, {"id": fulfilment_id})


def bag_lines(tx: Tx, bag_ids: Iterable[int]) -> list[Row]:
    """What is in these bags: rows of bag_id, line_no, sku, quantity."""
    return tx.all(_IN_BAGS, {"ids": sorted(bag_ids)})


def picked_not_shipped(tx: Tx, store_id: int, sku: str) -> dict[int, int]:
    """Pieces or grams of a sku that were picked and are still in the shop, by order (floor rule 7)."""
    rows = tx.all(_PICKED, {"store": store_id, "sku": sku})
    return {row.order_no: int(row.picked) for row in rows}
