"""What the supervisor sees: live tickets, counts, holds, reports, histories."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import aliased

from fulfil.dispatch.model import Fulfilment, Hold, Offer, StockoutReport, TerminalOp, Ticket
from fulfil.dispatch.queries.documents import LIVE
from fulfil.dispatch.states import OfferState
from fulfil.kit.db import Tx
from fulfil.kit.moves import History
from fulfil.kit.statements import one_of

# Built once: the board asks them again after every change.
_STORE = bindparam("store")
_OP = aliased(TerminalOp)
_PENDING = (
    select(*Offer.__table__.columns)
    .where(Offer.person_id == bindparam("person"), one_of(Offer.state, OfferState.PENDING))
    .order_by(Offer.id)
)
_TICKETS = (
    select(*Ticket.__table__.columns, Fulfilment.ride_seconds)
    .join(Fulfilment, Fulfilment.id == Ticket.fulfilment_id)
    .where(Ticket.store_id == _STORE, LIVE)
    .order_by(Ticket.due_at, Ticket.id)
    .limit(bindparam("most"))
)
_TICKET_COUNTS = (
    select(Ticket.stage, Ticket.state, func.count())
    .where(Ticket.store_id == _STORE, LIVE)
    .group_by(Ticket.stage, Ticket.state)
    .order_by(Ticket.stage, Ticket.state)
)
_ORDER_COUNTS = (
    select(Fulfilment.state, func.count())
    .where(
        Fulfilment.store_id == _STORE,
        one_of(
            Fulfilment.state, "open", "working", "ready", "handed_over", "returning", "returned", "cancelling"
        ),
    )
    .group_by(Fulfilment.state)
    .order_by(Fulfilment.state)
)
_HOLDS = (
    select(*Hold.__table__.columns)
    .join(Ticket, Ticket.id == Hold.ticket_id)
    .where(Ticket.store_id == _STORE, LIVE, Hold.released_at.is_(None))
    .order_by(Hold.id)
)
_HELD_FOR = (
    select(Ticket.fulfilment_id)
    .distinct()
    .join(Hold, Hold.ticket_id == Ticket.id)
    .where(
        Ticket.store_id == _STORE,
        LIVE,
        Hold.released_at.is_(None),
        Hold.reason == bindparam("reason"),
        Hold.placed_by == "system",
    )
    .order_by(Ticket.fulfilment_id)
    .limit(bindparam("most"))
)
_OTHER = aliased(Ticket)
_UNSTARTED = (
    select(Fulfilment.id)
    .where(
        Fulfilment.store_id == _STORE,
        one_of(Fulfilment.state, "open"),
        select(_OTHER.id)
        .where(_OTHER.fulfilment_id == Fulfilment.id, one_of(_OTHER.state, "queued", "offered"))
        .correlate(Fulfilment)
        .exists(),
        ~select(_OTHER.id)
        .where(_OTHER.fulfilment_id == Fulfilment.id, one_of(_OTHER.state, "accepted", "working"))
        .correlate(Fulfilment)
        .exists(),
        ~select(Hold.id)
        .join(_OTHER, _OTHER.id == Hold.ticket_id)
        .where(
            _OTHER.fulfilment_id == Fulfilment.id,
            Hold.released_at.is_(None),
            Hold.reason == bindparam("reason"),
        )
        .correlate(Fulfilment)
        .exists(),
    )
    .order_by(Fulfilment.id)
    .limit(bindparam("most"))
)
_UNDECIDED = (
    select(*StockoutReport.__table__.columns)
    .where(
        StockoutReport.store_id == _STORE,
        StockoutReport.outcome.is_(None),
        or_(StockoutReport.decide_by.is_(None), StockoutReport.decide_by < bindparam("now")),
    )
    .order_by(StockoutReport.at)
    .limit(100)
)

# Packing tickets open when all is picked: with the picking that somebody has, that is all in between.
_IN_FLIGHT = (
    select(Ticket.fulfilment_id)
    .distinct()
    .where(
        Ticket.store_id == _STORE,
        LIVE,
        Ticket.kind == "work",
        or_(Ticket.stage == "packing", and_(Ticket.stage == "picking", Ticket.state != "queued")),
    )
    .order_by(Ticket.fulfilment_id)
)
# Of who has a ticket, the last op on it: there is an index by ticket, and few are live.
_LAST_OPS = (
    select(TerminalOp.person_id, TerminalOp.type, TerminalOp.received_at)
    .join(Ticket, Ticket.id == TerminalOp.ticket_id)
    .where(
        Ticket.store_id == _STORE,
        LIVE,
        Ticket.assignee_id == TerminalOp.person_id,
        TerminalOp.received_at
        == select(func.max(_OP.received_at))
        .where(_OP.ticket_id == Ticket.id)
        .correlate(Ticket)
        .scalar_subquery(),
    )
    .order_by(TerminalOp.received_at, TerminalOp.seq)
)

_STEPS = (
    select(*History.__table__.columns)
    .where(History.store_id == _STORE, History.order_no == bindparam("order"))
    .order_by(History.id)
)


def pending_offers(tx: Tx, person_id: int) -> list[Row]:
    """What is shown to somebody now, oldest first."""
    return tx.all(_PENDING, {"person": person_id})


def board_tickets(tx: Tx, store_id: int, limit: int) -> list[Row]:
    """Live tickets with their order's ride, the first due first."""
    return tx.all(_TICKETS, {"store": store_id, "most": limit})


def ticket_counts(tx: Tx, store_id: int) -> list[tuple[str, str, int]]:
    """(stage, state, how many) of live tickets."""
    return [tuple(row) for row in tx.all(_TICKET_COUNTS, {"store": store_id})]


def order_counts(tx: Tx, store_id: int) -> list[tuple[str, int]]:
    """(state, how many) of orders that have not ended."""
    return [tuple(row) for row in tx.all(_ORDER_COUNTS, {"store": store_id})]


def open_holds(tx: Tx, store_id: int) -> list[Row]:
    """Holds on live tickets that nobody has released."""
    return tx.all(_HOLDS, {"store": store_id})


def unstarted(tx: Tx, store_id: int, reason: str, most: int) -> list[int]:
    """Fulfilment orders with which nobody has begun and that are not held for this reason, by number."""
    return tx.scalars(_UNSTARTED, {"store": store_id, "reason": reason, "most": most})


def held_for(tx: Tx, store_id: int, reason: str, most: int) -> list[int]:
    """Fulfilment orders that the system holds for this reason, by number."""
    return tx.scalars(_HELD_FOR, {"store": store_id, "reason": reason, "most": most})


def in_flight(tx: Tx, store_id: int) -> list[int]:
    """The fulfilment orders that picking has begun with and packing has not ended."""
    return tx.scalars(_IN_FLIGHT, {"store": store_id})


def last_ops(tx: Tx, store_id: int) -> dict[int, Row]:
    """The last op (type, received_at) of everybody who has a ticket, by person."""
    return {row.person_id: row for row in tx.all(_LAST_OPS, {"store": store_id})}


def undecided_reports(tx: Tx, store_id: int) -> list[Row]:
    """Stock-out reports that nobody has answered, oldest first; a customer who is asked still has time."""
    return tx.all(_UNDECIDED, {"store": store_id, "now": tx.now})


def history(tx: Tx, store_id: int, order_no: int) -> list[Row]:
    """Every step of an order, oldest first: of its documents, of its payments, and of the switches meanwhile.

    Payments name no order, so trade hands their steps in as "payment_steps".
    """
    steps = tx.all(_STEPS, {"store": store_id, "order": order_no})
    steps += tx.kit.services["payment_steps"](tx, order_no)
    if steps:
        steps += tx.kit.gateway.flips(tx, min(step.at for step in steps), max(step.at for step in steps))
    return sorted(steps, key=lambda step: step.id)
