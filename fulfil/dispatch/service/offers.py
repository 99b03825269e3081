"""Offers: a ticket is shown to one person, who accepts, declines, or lets the time pass (F4)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Row

from fulfil.dispatch import queries
from fulfil.dispatch.errors import OfferGone, PersonUnavailable
from fulfil.dispatch.model import Offer
from fulfil.dispatch.service import loads, tickets
from fulfil.dispatch.states import OFFER, OfferState, TicketState
from fulfil.kit import moves
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.statements import one_of
from fulfil.staff import queries as staff

EXPIRE = "dispatch.offer_expire"
# A device that answers in the last moment is still right: its answer may need this long to arrive.
GRACE = timedelta(seconds=1)


def offer(tx: Tx, row: Row, person_id: int, seconds: int) -> int:
    """Show a queued ticket to somebody for so many seconds. Returns the offer's number."""
    offer_id, until = tx.number(), tx.now + timedelta(seconds=seconds)
    row = tickets.move(tx, row, "offer", detail={"person_id": person_id}, offered_at=tx.now)
    tx.insert(Offer, id=offer_id, store_id=row.store_id, order_no=row.order_no, ticket_id=row.id,
              person_id=person_id, state=OFFER.initial, version=1, offered_at=tx.now, expires_at=until)
    moves.begin(tx, Offer, OFFER, offer_id, store_id=row.store_id, order_no=row.order_no,
                detail={"ticket_id": row.id, "person_id": person_id})
    loads.give(tx, person_id, row.estimate_seconds)
    tx.kit.tasks.add(tx, EXPIRE, {"offer_id": offer_id}, run_at=until + GRACE)
    tx.live(person_id, "ticket.offered", {"offer": view(tx, offer_id, until, row)})
    tickets.changed(tx, row.store_id, row.order_no)
    return offer_id


def view(tx: Tx, offer_id: int, expires_at, ticket: Row) -> dict:
    """An offer as the screen shows it; `seconds` are those left."""
    return {"id": str(offer_id), "expires_at": rfc3339(expires_at),
            "seconds": max(0, round((expires_at - tx.now).total_seconds())),
            "ticket": tickets.snapshot(tx, ticket)}


def accept(tx: Tx, row: Row, offer_id: int, person_id: int, session_id: int) -> Row:
    """The person takes the ticket. Raises OfferGone, naming the state and the holder, when it is too late."""
    pending = _pending(tx, row, offer_id, person_id)
    _move(tx, pending, "accept")
    loads.acted(tx, person_id)
    return _taken(tx, row, "accept", person_id, session_id, actor=f"staff:{person_id}")


def decline(tx: Tx, row: Row, offer_id: int, person_id: int, reason: str) -> Row:
    """The person does not want it; nothing is held against them (F4)."""
    pending = _pending(tx, row, offer_id, person_id)
    _move(tx, pending, "decline", reason=reason)
    loads.acted(tx, person_id)
    loads.take_back(tx, person_id, row.estimate_seconds)
    return _back(tx, row, "decline", reason=reason, actor=f"staff:{person_id}")


def expire(tx: Tx, offer_id: int) -> None:
    """The time is up: the next one is asked. Who misses offers in a row is not asked until they act."""
    pending = tx.one(_OFFER_OF_ID, {"the_id": offer_id})
    if pending is None or pending.state != OfferState.PENDING:
        return
    row = queries.ticket_row(tx, pending.ticket_id, lock=True)
    pending = tx.one(_OFFER_LOCKED, {"the_id": offer_id})
    if pending.state != OfferState.PENDING:
        return
    _move(tx, pending, "expire")
    loads.missed(tx, pending.person_id)
    loads.take_back(tx, pending.person_id, row.estimate_seconds)
    fresh = _back(tx, row, "expire")
    tickets.withdrawn(tx, pending.person_id, fresh, "expired", offer_id=offer_id)


def withdraw(tx: Tx, row: Row, *, reason: str) -> Row:
    """Take an offered ticket back into the queue, whoever it is shown to."""
    withdraw_offer(tx, row, reason=reason)
    return tickets.move(tx, row, "withdraw", reason=reason, offered_at=None)


def withdraw_offer(tx: Tx, row: Row, *, reason: str) -> None:
    """End the ticket's pending offer and clear it from the screen; the ticket itself is the caller's."""
    pending = tx.lock(_OFFER.where(Offer.ticket_id == row.id, one_of(Offer.state, OfferState.PENDING)))
    if pending is None:
        return
    _move(tx, pending, "withdraw", reason=reason)
    loads.take_back(tx, pending.person_id, row.estimate_seconds)
    tickets.withdrawn(tx, pending.person_id, row, reason, offer_id=pending.id)


def assign(tx: Tx, row: Row, person_id: int, *, actor: str = "system") -> Row:
    """Give a queued ticket to somebody without asking. Raises PersonUnavailable if they are not signed in."""
    session = staff.live_session(tx, person_id)
    if session is None or session.store_id != row.store_id or not staff.hold_session(tx, session.id):
        raise PersonUnavailable()
    return give(tx, row, person_id, session.id, actor=actor)


def give(tx: Tx, row: Row, person_id: int, session_id: int, *, actor: str = "system") -> Row:
    """Give a queued ticket to somebody whose live session is held (`staff.hold_session`)."""
    loads.give(tx, person_id, row.estimate_seconds)
    return _taken(tx, row, "assign", person_id, session_id, actor=actor)


_OFFER = select(*Offer.__table__.columns)
_OFFER_OF_ID = _OFFER.where(Offer.id == bindparam("the_id"))
_OFFER_LOCKED = _OFFER_OF_ID.with_for_update()


def _pending(tx: Tx, row: Row, offer_id: int, person_id: int) -> Row:
    pending = tx.one(_OFFER_LOCKED, {"the_id": offer_id})
    if pending is None or pending.ticket_id != row.id or pending.person_id != person_id:
        raise OfferGone(state=row.state)
    if pending.state != OfferState.PENDING or row.state != TicketState.OFFERED:
        raise OfferGone(state=row.state, offer_state=pending.state)
    return pending


def _taken(tx: Tx, row: Row, event: str, person_id: int, session_id: int, *, actor: str) -> Row:
    fresh = tickets.move(tx, row, event, actor=actor, assignee_id=person_id, session_id=session_id,
                         detail={"person_id": person_id, "session_id": session_id}, accepted_at=tx.now)
    tickets.changed(tx, row.store_id, row.order_no)
    if queries.waits(tx, row.fulfilment_id):  # its cold goods may be due now that the others are begun
        tickets.plan_soon(tx, row.store_id)
    return fresh


def _back(tx: Tx, row: Row, event: str, *, reason: str = "", actor: str = "system") -> Row:
    fresh = tickets.move(tx, row, event, reason=reason, actor=actor, tried=row.tried + 1, offered_at=None)
    tickets.plan_soon(tx, row.store_id)
    tickets.changed(tx, row.store_id, row.order_no)
    return fresh


def _move(tx: Tx, pending: Row, event: str, *, reason: str = "") -> None:
    moves.move(tx, Offer, OFFER, pending.id, event, state=pending.state, version=pending.version,
               store_id=pending.store_id, order_no=pending.order_no, reason=reason,
               actor=f"staff:{pending.person_id}" if event in ("accept", "decline") else "system",
               detail={"ticket_id": pending.ticket_id, "person_id": pending.person_id},
               answered_at=tx.now)
