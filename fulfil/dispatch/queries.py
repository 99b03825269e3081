"""Every select on dispatch's tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, case, exists, func, or_, select, union_all
from sqlalchemy.engine import Row

from fulfil.contracts.stage import FulfilmentLine, FulfilmentView, TicketView
from fulfil.dispatch.errors import UnknownFulfilment, UnknownTicket
from fulfil.dispatch.model import (
    Bag,
    BagLine,
    CapacityHold,
    Fulfilment,
    FulfilmentLineRow,
    Hold,
    Offer,
    StockoutReport,
    Ticket,
    Tote,
    WorkerLoad,
)
from fulfil.dispatch.rules import PUT_BACK
from fulfil.dispatch.states import FULFILMENT, HELD_TICKET, LIVE_TICKET, OfferState, TicketState
from fulfil.kit.checks import Violation
from fulfil.kit.db import Tx
from fulfil.kit.moves import History
from fulfil.kit.statements import one_of
from fulfil.staff.model import StaffSession

# A statement that is built once costs a fifth of one that is built for every call.
_ID = bindparam("id")
_FULFILMENT = select(*Fulfilment.__table__.columns)
_FULFILMENT_OF_ID = _FULFILMENT.where(Fulfilment.id == _ID)
_FULFILMENT_LOCKED = _FULFILMENT_OF_ID.with_for_update()
_FULFILMENT_OF_ORDER = _FULFILMENT.where(Fulfilment.order_no == bindparam("order"))
_FULFILMENT_OF_ORDER_LOCKED = _FULFILMENT_OF_ORDER.with_for_update()
_OF_PICKUP_CODE = _FULFILMENT.where(
    Fulfilment.store_id == bindparam("store"), Fulfilment.pickup_code == bindparam("code"),
    one_of(Fulfilment.state, ("open", "working", "ready")))
_LINES = (select(*FulfilmentLineRow.__table__.columns).where(FulfilmentLineRow.fulfilment_id == _ID)
          .order_by(FulfilmentLineRow.line_no))
_TICKET = select(*Ticket.__table__.columns)
_TICKET_OF_ID = _TICKET.where(Ticket.id == _ID)
_TICKET_LOCKED = _TICKET_OF_ID.with_for_update()
_TICKET_OF_PERSON = _TICKET_OF_ID.where(Ticket.assignee_id == bindparam("person_id"))
_LIVE = one_of(Ticket.state, LIVE_TICKET)
_TOTE = select(*Tote.__table__.columns)
_TOTES = _TOTE.where(Tote.fulfilment_id == _ID).order_by(Tote.code)
_TOTES_OF_ZONE = _TOTES.where(Tote.zone == bindparam("zone"))
_BAG = select(*Bag.__table__.columns)


def fulfilment_row(tx: Tx, fulfilment_id: int, *, lock: bool = False) -> Row:
    """The fulfilment order's row, locked if asked. Raises UnknownFulfilment."""
    row = tx.one(_FULFILMENT_LOCKED if lock else _FULFILMENT_OF_ID, {"id": fulfilment_id})
    if row is None:
        raise UnknownFulfilment()
    return row


def fulfilment_of_order(tx: Tx, order_no: int, *, lock: bool = False) -> Row | None:
    return tx.one(_FULFILMENT_OF_ORDER_LOCKED if lock else _FULFILMENT_OF_ORDER, {"order": order_no})


def waiting_for_pickup(tx: Tx, store_id: int, pickup_code: str) -> Row | None:
    """The fulfilment order, not yet handed over, whose code a third party's rider says."""
    return tx.one(_OF_PICKUP_CODE, {"store": store_id, "code": pickup_code})


def lines(tx: Tx, fulfilment_id: int) -> list[Row]:
    """The fulfilment order's lines by number."""
    return tx.all(_LINES, {"id": fulfilment_id})


def fulfilment_view(tx: Tx, fulfilment_id: int) -> FulfilmentView:
    """The fulfilment order as stages see it. Raises UnknownFulfilment."""
    return fulfilment_seen(tx, fulfilment_row(tx, fulfilment_id))


def fulfilment_seen(tx: Tx, row: Row) -> FulfilmentView:
    """The same of a row that was read already."""
    return _as(FulfilmentView, row, lines=tuple(_as(FulfilmentLine, line) for line in lines(tx, row.id)))


def ticket_row(tx: Tx, ticket_id: int, *, lock: bool = False) -> Row:
    """The ticket's row, locked if asked. Raises UnknownTicket."""
    row = tx.one(_TICKET_LOCKED if lock else _TICKET_OF_ID, {"id": ticket_id})
    if row is None:
        raise UnknownTicket()
    return row


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


def tickets_of(tx: Tx, fulfilment_id: int, *, stage: str | None = None, kind: str | None = None,
               live: bool = False, lock: bool = False) -> list[Row]:
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
        asked = asked.where(_LIVE)
    return asked.with_for_update() if lock else asked


def last_parts(tx: Tx, fulfilment_id: int) -> dict[tuple[str, str, str], int]:
    """The highest part number of the order's live tickets by stage, kind and zone."""
    return {(row.stage, row.kind, row.zone): row.part for row in tx.all(_LAST_PARTS, {"id": fulfilment_id})}


_LAST_PARTS = (
    select(Ticket.stage, Ticket.kind, Ticket.zone, func.max(Ticket.part).label("part"))
    .where(Ticket.fulfilment_id == _ID, _LIVE).group_by(Ticket.stage, Ticket.kind, Ticket.zone))


def tickets_held_by(tx: Tx, person_id: int) -> list[Row]:
    """The live tickets that somebody accepted, in the order they did."""
    return tx.all(_TICKET.where(Ticket.assignee_id == person_id, Ticket.state.in_(LIVE_TICKET))
                  .order_by(Ticket.accepted_at, Ticket.id))


def tote_row(tx: Tx, store_id: int, code: str, *, lock: bool = False) -> Row | None:
    asked = _TOTE.where(Tote.store_id == store_id, Tote.code == code)
    return tx.lock(asked) if lock else tx.one(asked)


def totes_of(tx: Tx, fulfilment_id: int, zone: str | None = None) -> list[Row]:
    """The totes that hold this order's goods, of one zone if asked, by code."""
    if zone is None:
        return tx.all(_TOTES, {"id": fulfilment_id})
    return tx.all(_TOTES_OF_ZONE, {"id": fulfilment_id, "zone": zone})


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


def picked_not_shipped(tx: Tx, store_id: int, sku: str) -> dict[int, int]:
    """Pieces or grams of a sku that were picked and are still in the shop, by order (floor rule 7)."""
    rows = tx.all(
        select(FulfilmentLineRow.order_no, func.sum(FulfilmentLineRow.picked).label("picked"))
        .join(Fulfilment, Fulfilment.id == FulfilmentLineRow.fulfilment_id)
        .where(FulfilmentLineRow.store_id == store_id, FulfilmentLineRow.sku == sku,
               FulfilmentLineRow.picked > 0, Fulfilment.state.in_(("open", "working", "ready")))
        .group_by(FulfilmentLineRow.order_no).order_by(FulfilmentLineRow.order_no))
    return {row.order_no: int(row.picked) for row in rows}


def waiting_tickets(tx: Tx, store_id: int, stages: Iterable[str], limit: int) -> list[Row]:
    """Queued tickets that nobody holds back, with their order's ride; of each stage the first `limit`."""
    return tx.all(_waiting(tuple(sorted(stages)), limit), {"store_id": store_id})


@cache
def _waiting(stages: tuple[str, ...], limit: int) -> Select:
    heads = [
        select(Ticket.id).where(Ticket.store_id == bindparam("store_id"), Ticket.stage == stage,
                                Ticket.state == TicketState.QUEUED, Ticket.held.is_(False))
        .order_by(Ticket.priority.desc(), Ticket.due_at).limit(limit).subquery() for stage in stages]
    return (select(*Ticket.__table__.columns, Fulfilment.ride_seconds)
            .join(Fulfilment, Fulfilment.id == Ticket.fulfilment_id)
            .where(Ticket.id.in_(union_all(*(select(head.c.id) for head in heads)))).order_by(Ticket.id))


def stores_with_waiting(tx: Tx) -> list[int]:
    """Shops where a ticket waits."""
    return tx.scalars(select(Ticket.store_id).where(Ticket.state == TicketState.QUEUED)
                      .distinct().order_by(Ticket.store_id))


def unpacked(tx: Tx, store_id: int) -> int:
    """Orders that are picked and not packed yet."""
    return tx.scalar(_UNPACKED, {"id": store_id})


_UNPACKED = select(func.count()).select_from(Ticket).where(
    Ticket.store_id == _ID, Ticket.stage == "packing", _LIVE)


def ambient_left(tx: Tx, fulfilment_ids: Iterable[int]) -> dict[int, Row]:
    """Of orders with live ambient picking: how many of its tickets wait, and lines that are left."""
    return {row.fulfilment_id: row for row in tx.all(_AMBIENT_LEFT, {"ids": sorted(fulfilment_ids)})}


_LINES_LEFT = (
    select(func.count()).where(
        FulfilmentLineRow.fulfilment_id == Ticket.fulfilment_id, FulfilmentLineRow.zone == "ambient",
        FulfilmentLineRow.picked + FulfilmentLineRow.short < FulfilmentLineRow.quantity)
    .correlate(Ticket).scalar_subquery())
_WAITING = func.sum(case((one_of(Ticket.state, (TicketState.QUEUED, TicketState.OFFERED)), 1), else_=0))
_AMBIENT_LEFT = (
    select(Ticket.fulfilment_id, _WAITING.label("waiting"), _LINES_LEFT.label("lines_left"))
    .where(Ticket.fulfilment_id.in_(bindparam("ids", expanding=True)), Ticket.stage == "picking",
           Ticket.kind != PUT_BACK, Ticket.zone == "ambient", _LIVE)
    .group_by(Ticket.fulfilment_id))


def answers(tx: Tx, ticket_ids: Iterable[int]) -> list[Row]:
    """Offers of these tickets that were declined or expired, in order."""
    return tx.all(select(Offer.ticket_id, Offer.person_id, Offer.state, Offer.answered_at)
                  .where(Offer.ticket_id.in_(sorted(ticket_ids)),
                         Offer.state.in_((OfferState.DECLINED, OfferState.EXPIRED))).order_by(Offer.id))


def given_back(tx: Tx, ticket_ids: Iterable[int]) -> list[Row]:
    """Who gave these tickets back: rows of ticket_id, detail {from: person}, at, in order."""
    return tx.all(select(History.entity_id.label("ticket_id"), History.detail, History.at)
                  .where(History.entity == Ticket.__tablename__, History.entity_id.in_(sorted(ticket_ids)),
                         History.seq.is_not(None), History.event == "give_back").order_by(History.id))


_MEASURES = (func.count(), func.sum(Ticket.estimate_seconds))
_HELD = (select(Ticket.assignee_id, Ticket.stage, *_MEASURES)
         .where(Ticket.store_id == _ID, one_of(Ticket.state, HELD_TICKET), Ticket.assignee_id.is_not(None))
         .group_by(Ticket.assignee_id, Ticket.stage))
_SHOWN = (select(Offer.person_id, Ticket.stage, *_MEASURES).join(Ticket, Ticket.id == Offer.ticket_id)
          .where(Ticket.store_id == _ID, Ticket.state == TicketState.OFFERED,
                 Offer.state == OfferState.PENDING)
          .group_by(Offer.person_id, Ticket.stage))
_LOADS = select(*WorkerLoad.__table__.columns).where(WorkerLoad.store_id == _ID)


def in_hand(tx: Tx, store_id: int) -> list[tuple[int, str, int, int]]:
    """(person, stage, tickets, estimated seconds) of the shop's accepted tickets and pending offers."""
    rows = [*tx.all(_HELD, {"id": store_id}), *tx.all(_SHOWN, {"id": store_id})]
    return [(row[0], row[1], row[2], int(row[3])) for row in rows]


def loads(tx: Tx, store_id: int) -> list[Row]:
    """What the shop's people did this shift and missed in a row."""
    return tx.all(_LOADS, {"id": store_id})


def missed(tx: Tx, person_id: int) -> int:
    """How many offers somebody missed in a row."""
    return tx.scalar(select(WorkerLoad.missed).where(WorkerLoad.person_id == person_id)) or 0


def work_before(tx: Tx, store_id: int) -> Row:
    """Estimated seconds of live picking and packing, and what is not picked yet: orders and lines."""
    picking, packing = Ticket.stage == "picking", Ticket.stage == "packing"

    def total(what, where):
        return func.coalesce(func.sum(case((where, what), else_=0)), 0)

    return tx.one(select(
        total(Ticket.estimate_seconds, picking).label("pick_seconds"),
        total(Ticket.estimate_seconds, packing).label("pack_seconds"),
        total(Ticket.lines, picking).label("unpicked_lines"),
        func.count(case((picking, Ticket.fulfilment_id)).distinct()).label("unpicked_orders"),
    ).where(Ticket.store_id == store_id, Ticket.state.in_(LIVE_TICKET)))


def capacity_held(tx: Tx, store_id: int, now: datetime) -> tuple[int, int]:
    """Orders and lines that were promised and are not paid yet."""
    row = tx.one(select(func.count(), func.coalesce(func.sum(CapacityHold.lines), 0))
                 .where(CapacityHold.store_id == store_id, CapacityHold.until > now))
    return int(row[0]), int(row[1])


def rides_before(tx: Tx, store_id: int) -> int:
    """Estimated seconds of the rides of all orders that are not delivered yet."""
    return int(tx.scalar(select(func.coalesce(func.sum(Fulfilment.ride_seconds), 0)).where(
        Fulfilment.store_id == store_id,
        Fulfilment.state.in_(("open", "working", "ready", "handed_over")))))


def held_in_shop(tx: Tx) -> list[Row]:
    """Accepted tickets whose holder should be heard of; riders under way are not."""
    return tx.all(_TICKET.where(Ticket.state.in_(HELD_TICKET), Ticket.assignee_id.is_not(None),
                                ~((Ticket.stage == "delivery") & (Ticket.state == TicketState.WORKING)))
                  .order_by(Ticket.id))


def pending_offers(tx: Tx, person_id: int) -> list[Row]:
    """What is shown to somebody now, oldest first."""
    return tx.all(select(*Offer.__table__.columns)
                  .where(Offer.person_id == person_id, Offer.state == OfferState.PENDING).order_by(Offer.id))


def board_tickets(tx: Tx, store_id: int, limit: int) -> list[Row]:
    """Live tickets with their order's ride, the first due first."""
    return tx.all(select(*Ticket.__table__.columns, Fulfilment.ride_seconds)
                  .join(Fulfilment, Fulfilment.id == Ticket.fulfilment_id)
                  .where(Ticket.store_id == store_id, Ticket.state.in_(LIVE_TICKET))
                  .order_by(Ticket.due_at, Ticket.id).limit(limit))


def ticket_counts(tx: Tx, store_id: int) -> list[tuple[str, str, int]]:
    """(stage, state, how many) of live tickets."""
    return [tuple(row) for row in tx.all(
        select(Ticket.stage, Ticket.state, func.count())
        .where(Ticket.store_id == store_id, Ticket.state.in_(LIVE_TICKET))
        .group_by(Ticket.stage, Ticket.state).order_by(Ticket.stage, Ticket.state))]


def order_counts(tx: Tx, store_id: int) -> list[tuple[str, int]]:
    """(state, how many) of orders that have not ended."""
    return [tuple(row) for row in tx.all(
        select(Fulfilment.state, func.count())
        .where(Fulfilment.store_id == store_id, Fulfilment.state.in_(
            ("open", "working", "ready", "handed_over", "returning", "returned", "cancelling")))
        .group_by(Fulfilment.state).order_by(Fulfilment.state))]


def open_holds(tx: Tx, store_id: int) -> list[Row]:
    """Holds on live tickets that nobody has released."""
    return tx.all(select(*Hold.__table__.columns).join(Ticket, Ticket.id == Hold.ticket_id)
                  .where(Ticket.store_id == store_id, Ticket.state.in_(LIVE_TICKET),
                         Hold.released_at.is_(None)).order_by(Hold.id))


def undecided_reports(tx: Tx, store_id: int) -> list[Row]:
    """Stock-out reports that nobody has answered, oldest first."""
    return tx.all(select(*StockoutReport.__table__.columns)
                  .where(StockoutReport.store_id == store_id, StockoutReport.outcome.is_(None))
                  .order_by(StockoutReport.at).limit(100))


def history(tx: Tx, store_id: int, order_no: int) -> list[Row]:
    """Every step of an order, oldest first."""
    return tx.all(select(*History.__table__.columns)
                  .where(History.store_id == store_id, History.order_no == order_no).order_by(History.id))


def find_orders(tx: Tx, store_id: int, digits: int, now: datetime) -> list[Row]:
    """The order of this number, else recent ones whose number ends so, the latest first."""
    exact = tx.all(_FULFILMENT.where(Fulfilment.order_no == digits, Fulfilment.store_id == store_id))
    if exact:
        return exact
    return tx.all(_FULFILMENT.where(
        Fulfilment.store_id == store_id, Fulfilment.state.in_(sorted(FULFILMENT.states)),
        Fulfilment.due_at > now - timedelta(days=7),
        Fulfilment.order_no % 10 ** len(str(digits)) == digits).order_by(Fulfilment.id.desc()).limit(20))


def violations(tx: Tx) -> list[Violation]:
    """Invariants 6, 8, 9, 10, 11, 12 and 13, as far as dispatch's tables show them."""
    return [Violation(number, entity, str(row[0]), message)
            for number, entity, message, statement in _broken() for row in tx.all(statement)]


def _broken() -> list[tuple[int, str, str, Any]]:
    live, line = Ticket.state.in_(LIVE_TICKET), FulfilmentLineRow
    accounted = line.picked + line.short + line.substituted
    incomplete = or_(and_(line.unit != "g", accounted != line.quantity), accounted == 0)
    ended = Fulfilment.state.in_(("delivered", "cancelled", "void"))
    of_order = Ticket.fulfilment_id == Fulfilment.id
    live_work = exists().where(of_order, live, Ticket.kind != PUT_BACK)
    in_shop = select(Fulfilment.id).where(Fulfilment.state.in_(("open", "working", "ready", "handed_over")))
    joined = select(Fulfilment.id, line.line_no).join(line, line.fulfilment_id == Fulfilment.id)
    accepted = and_(History.entity == "tickets", History.event.in_(("accept", "assign")))
    report_sums = (select(StockoutReport.fulfilment_id, StockoutReport.line_no,
                          func.sum(StockoutReport.quantity).label("quantity"))
                   .group_by(StockoutReport.fulfilment_id, StockoutReport.line_no).subquery())
    reported = and_(report_sums.c.fulfilment_id == line.fulfilment_id, report_sums.c.line_no == line.line_no)
    found = [
        (6, "fulfilments", "is not ended and has no live ticket", in_shop.where(~live_work)),
        (8, "fulfilments", "is ended and has a live ticket", select(Fulfilment.id).where(ended, live_work)),
        (9, "tickets", "its epoch is not one more than how often it was taken away",
         select(Ticket.id).where(Ticket.epoch != 1 + select(func.count()).where(
             History.entity == "tickets", History.entity_id == Ticket.id,
             History.event.in_(("take_over", "give_back"))).correlate(Ticket).scalar_subquery())),
        (10, "tickets", "was accepted by somebody who was not signed in then",
         select(Ticket.id).join(History, and_(accepted, History.entity_id == Ticket.id)).where(
             Ticket.assignee_id.is_not(None), Ticket.accepted_at == History.at, ~exists().where(
                 StaffSession.person_id == Ticket.assignee_id, StaffSession.store_id == Ticket.store_id,
                 StaffSession.started_at <= History.at,
                 or_(StaffSession.ended_at.is_(None), StaffSession.ended_at >= History.at)))),
        (12, "fulfilments", "is ready, and a line is neither picked nor short nor substituted",
         joined.where(Fulfilment.state.in_(("ready", "handed_over", "delivered")), incomplete)),
        (12, "fulfilments", "is past picking, and picking or packing is not done",
         select(Fulfilment.id).where(
             Fulfilment.state.in_(("ready", "handed_over", "delivered")),
             exists().where(of_order, live, Ticket.stage.in_(("picking", "packing")),
                            Ticket.kind != PUT_BACK))),
        (13, "fulfilment_lines", "what is short is not what was reported",
         select(line.order_no, line.line_no).outerjoin(report_sums, reported)
         .where(line.short != func.coalesce(report_sums.c.quantity, 0))),
    ]
    for model in (Fulfilment, Ticket, Offer, Bag):
        found += _off_history(model)
    return found


def _off_history(model: Any) -> list[tuple[int, str, str, Any]]:
    """Rows whose state is not the last of their history, and histories with gaps or jumps."""
    name = model.__tablename__
    mine = and_(History.entity == name, History.seq.is_not(None))
    last = select(History.entity_id, History.seq, History.to_state).where(mine).subquery()
    before = select(History.entity_id, History.seq, History.to_state).where(mine).subquery()
    return [
        (11, name, "its state differs from the last history row",
         select(model.id).outerjoin(last, and_(last.c.entity_id == model.id, last.c.seq == model.version))
         .where(last.c.to_state.is_distinct_from(model.state))),
        (11, name, "its history is not one path",
         select(History.entity_id).outerjoin(before, and_(before.c.entity_id == History.entity_id,
                                                          before.c.seq == History.seq - 1))
         .where(mine, History.seq > 1, before.c.to_state.is_distinct_from(History.from_state))),
    ]
