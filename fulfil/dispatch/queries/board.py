"""What the supervisor sees: live tickets, counts, holds, reports, histories."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.engine import Row

from fulfil.dispatch.model import Fulfilment, Hold, Offer, StockoutReport, Ticket
from fulfil.dispatch.queries.documents import LIVE
from fulfil.dispatch.states import FULFILMENT, OfferState
from fulfil.kit.db import Tx
from fulfil.kit.moves import History
from fulfil.kit.statements import one_of


def pending_offers(tx: Tx, person_id: int) -> list[Row]:
    """What is shown to somebody now, oldest first."""
    return tx.all(select(*Offer.__table__.columns)
                  .where(Offer.person_id == person_id, one_of(Offer.state, OfferState.PENDING))
                  .order_by(Offer.id))


def board_tickets(tx: Tx, store_id: int, limit: int) -> list[Row]:
    """Live tickets with their order's ride, the first due first."""
    return tx.all(select(*Ticket.__table__.columns, Fulfilment.ride_seconds)
                  .join(Fulfilment, Fulfilment.id == Ticket.fulfilment_id)
                  .where(Ticket.store_id == store_id, LIVE)
                  .order_by(Ticket.due_at, Ticket.id).limit(limit))


def ticket_counts(tx: Tx, store_id: int) -> list[tuple[str, str, int]]:
    """(stage, state, how many) of live tickets."""
    return [tuple(row) for row in tx.all(
        select(Ticket.stage, Ticket.state, func.count())
        .where(Ticket.store_id == store_id, LIVE)
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
                  .where(Ticket.store_id == store_id, LIVE,
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
    found = select(*Fulfilment.__table__.columns).where(Fulfilment.store_id == store_id)
    exact = tx.all(found.where(Fulfilment.order_no == digits))
    if exact:
        return exact
    return tx.all(found.where(
        Fulfilment.state.in_(sorted(FULFILMENT.states)),
        Fulfilment.due_at > now - timedelta(days=7),
        Fulfilment.order_no % 10 ** len(str(digits)) == digits).order_by(Fulfilment.id.desc()).limit(20))
