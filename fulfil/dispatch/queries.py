"""Every select on dispatch's tables."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.engine import Row

from fulfil.contracts.stage import FulfilmentLine, FulfilmentView, TicketView
from fulfil.dispatch.errors import UnknownFulfilment, UnknownTicket
from fulfil.dispatch.model import (
    Bag,
    BagLine,
    Fulfilment,
    FulfilmentLineRow,
    Ticket,
    Tote,
)
from fulfil.dispatch.states import LIVE_TICKET
from fulfil.kit.db import Tx

_FULFILMENT = select(*Fulfilment.__table__.columns)
_LINES = select(*FulfilmentLineRow.__table__.columns)
_TICKET = select(*Ticket.__table__.columns)
_TOTE = select(*Tote.__table__.columns)
_BAG = select(*Bag.__table__.columns)


def fulfilment_row(tx: Tx, fulfilment_id: int, *, lock: bool = False) -> Row:
    """The fulfilment order's row, locked if asked. Raises UnknownFulfilment."""
    asked = _FULFILMENT.where(Fulfilment.id == fulfilment_id)
    row = tx.lock(asked) if lock else tx.one(asked)
    if row is None:
        raise UnknownFulfilment()
    return row


def fulfilment_of_order(tx: Tx, order_no: int, *, lock: bool = False) -> Row | None:
    asked = _FULFILMENT.where(Fulfilment.order_no == order_no)
    return tx.lock(asked) if lock else tx.one(asked)


def waiting_for_pickup(tx: Tx, store_id: int, pickup_code: str) -> Row | None:
    """The fulfilment order, not yet handed over, whose code a third party's rider says."""
    return tx.one(_FULFILMENT.where(Fulfilment.store_id == store_id, Fulfilment.pickup_code == pickup_code,
                                    Fulfilment.state.in_(("open", "working", "ready"))))


def lines(tx: Tx, fulfilment_id: int) -> list[Row]:
    """The fulfilment order's lines by number."""
    return tx.all(_LINES.where(FulfilmentLineRow.fulfilment_id == fulfilment_id)
                  .order_by(FulfilmentLineRow.line_no))


def fulfilment_view(tx: Tx, fulfilment_id: int) -> FulfilmentView:
    """The fulfilment order as stages see it. Raises UnknownFulfilment."""
    row = fulfilment_row(tx, fulfilment_id)
    return FulfilmentView(
        id=row.id, order_no=row.order_no, store_id=row.store_id, state=row.state, due_at=row.due_at,
        lines=tuple(FulfilmentLine(
            line_no=line.line_no, sku=line.sku, quantity=line.quantity, unit=line.unit, zone=line.zone,
            location=line.location, grams=line.grams, picked=line.picked, short=line.short,
            substituted=line.substituted, on_shortage=line.on_shortage) for line in lines(tx, row.id)),
        contact=row.contact, delivery_pin=row.delivery_pin, note=row.note)


def ticket_row(tx: Tx, ticket_id: int, *, lock: bool = False) -> Row:
    """The ticket's row, locked if asked. Raises UnknownTicket."""
    asked = _TICKET.where(Ticket.id == ticket_id)
    row = tx.lock(asked) if lock else tx.one(asked)
    if row is None:
        raise UnknownTicket()
    return row


def ticket_view(row: Row) -> TicketView:
    """The ticket as its stage sees it."""
    return TicketView(
        id=row.id, store_id=row.store_id, fulfilment_id=row.fulfilment_id, order_no=row.order_no,
        stage=row.stage, kind=row.kind, zone=row.zone, part=row.part, state=row.state, version=row.version,
        epoch=row.epoch, assignee_id=row.assignee_id, due_at=row.due_at)


def tickets_of(tx: Tx, fulfilment_id: int, *, stage: str | None = None, kind: str | None = None,
               live: bool = False, lock: bool = False) -> list[Row]:
    """The fulfilment order's tickets in the order they were opened."""
    asked = _TICKET.where(Ticket.fulfilment_id == fulfilment_id).order_by(Ticket.id)
    if stage is not None:
        asked = asked.where(Ticket.stage == stage)
    if kind is not None:
        asked = asked.where(Ticket.kind == kind)
    if live:
        asked = asked.where(Ticket.state.in_(LIVE_TICKET))
    return tx.all(asked.with_for_update() if lock else asked)


def tickets_held_by(tx: Tx, person_id: int) -> list[Row]:
    """The live tickets that somebody accepted, in the order they did."""
    return tx.all(_TICKET.where(Ticket.assignee_id == person_id, Ticket.state.in_(LIVE_TICKET))
                  .order_by(Ticket.accepted_at, Ticket.id))


def tote_row(tx: Tx, store_id: int, code: str, *, lock: bool = False) -> Row | None:
    asked = _TOTE.where(Tote.store_id == store_id, Tote.code == code)
    return tx.lock(asked) if lock else tx.one(asked)


def totes_of(tx: Tx, fulfilment_id: int, zone: str | None = None) -> list[Row]:
    """The totes that hold this order's goods, of one zone if asked, by code."""
    asked = _TOTE.where(Tote.fulfilment_id == fulfilment_id).order_by(Tote.code)
    return tx.all(asked if zone is None else asked.where(Tote.zone == zone))


def bag_row(tx: Tx, store_id: int, code: str) -> Row | None:
    return tx.one(_BAG.where(Bag.store_id == store_id, Bag.code == code.strip().upper()))


def bags_of(tx: Tx, fulfilment_id: int) -> list[Row]:
    """The order's bags by number, discarded ones left out."""
    return tx.all(_BAG.where(Bag.fulfilment_id == fulfilment_id, Bag.state != "discarded").order_by(Bag.n))


def bag_lines(tx: Tx, bag_ids: Iterable[int]) -> list[Row]:
    """What is in these bags: rows of bag_id, line_no, sku, quantity."""
    return tx.all(select(BagLine.bag_id, BagLine.line_no, BagLine.sku, BagLine.quantity)
                  .where(BagLine.bag_id.in_(sorted(bag_ids)), BagLine.quantity > 0)
                  .order_by(BagLine.bag_id, BagLine.line_no))


def picked_not_shipped(tx: Tx, store_id: int, sku: str) -> int:
    """Pieces or grams of a sku that were picked and have not left the shop (floor rule 7)."""
    return tx.scalar(
        select(func.coalesce(func.sum(FulfilmentLineRow.picked), 0))
        .join(Fulfilment, Fulfilment.id == FulfilmentLineRow.fulfilment_id)
        .where(FulfilmentLineRow.store_id == store_id, FulfilmentLineRow.sku == sku,
               Fulfilment.state.in_(("open", "working", "ready"))))

