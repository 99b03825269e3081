"""Offers: a ticket is shown to one person, who accepts, declines, or lets the time pass (F4).

The tickets of a tour are shown together: one offer stands for all of theirs, and its answer counts for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Row

from fulfil.contracts.stage import PickingStage
from fulfil.dispatch import queries, rules
from fulfil.dispatch.errors import OfferGone, PersonUnavailable
from fulfil.dispatch.model import Offer
from fulfil.dispatch.service import loads, tickets, tours
from fulfil.dispatch.states import OFFER, OfferState, TicketState
from fulfil.kit import moves
from fulfil.kit.db import Tx
from fulfil.kit.statements import one_of
from fulfil.staff import queries as staff

EXPIRE = "dispatch.offer_expire"
# A device that answers in the last moment is still right: its answer may need this long to arrive.
GRACE = timedelta(seconds=1)


def offer(tx: Tx, row: Row, person_id: int, seconds: int) -> int:
    """Show a queued ticket to somebody for so many seconds. Returns the offer's number."""
    until = tx.now + timedelta(seconds=seconds)
    offer_id, row = _shown(tx, row, person_id, until)
    tx.kit.tasks.post(tx, EXPIRE, {"offer_id": offer_id}, run_at=until + GRACE)
    tx.live(person_id, "ticket.offered", {"offer": tickets.offer_view(tx, offer_id, until, row)})
    return offer_id


def offer_tour(tx: Tx, rows: Sequence[Row], person_id: int, seconds: int, metres: int) -> int:
    """Show queued tickets to somebody as one tour of so many metres, each in its slot of the cart.

    `rows` are in the order of the slots, and locked. Returns the tour's number.
    """
    until, tour_id = tx.now + timedelta(seconds=seconds), tours.begin(tx, rows, person_id, metres)
    for sequence, row in enumerate(rows, start=1):
        _shown(tx, row, person_id, until, tour_id=tour_id, tour_sequence=sequence)
    tx.kit.tasks.post(tx, EXPIRE, {"tour_id": tour_id}, run_at=until + GRACE)
    tickets.show_offer(tx, tour_id)
    return tour_id


def _shown(tx: Tx, row: Row, person_id: int, until: datetime, **tour: int) -> tuple[int, Row]:
    offer_id = tx.number()
    row = tickets.move(tx, row, "offer", detail={"person_id": person_id, **tour}, offered_at=tx.now, **tour)
    tx.insert(
        Offer,
        id=offer_id,
        store_id=row.store_id,
        order_no=row.order_no,
        ticket_id=row.id,
        person_id=person_id,
        state=OFFER.initial,
        version=1,
        offered_at=tx.now,
        expires_at=until,
    )
    moves.begin(
        tx,
        Offer,
        OFFER,
        offer_id,
        store_id=row.store_id,
        order_no=row.order_no,
        detail={"ticket_id": row.id, "person_id": person_id},
    )
    loads.give(tx, person_id, row)
    tickets.changed(tx, row.store_id, row.order_no)
    return offer_id, row


def accept(tx: Tx, row: Row, offer_id: int, person_id: int, session_id: int) -> Row:
    """The person takes the ticket, and its whole tour, whose tickets are locked (`lock_tour`).

    Raises OfferGone, naming the state and the holder, when it is too late.
    """
    pending = _pending(tx, row, offer_id, person_id)
    actor = f"staff:{person_id}"
    if row.tour_id is None:
        _move(tx, pending, "accept")
        return _taken(tx, row, "accept", person_id, session_id, actor=actor)
    for shown in queries.tour_offers(tx, row.tour_id):
        _move(tx, shown, "accept")
    taken = {
        member.id: _taken(tx, member, "accept", person_id, session_id, actor=actor)
        for member in queries.tour_tickets(tx, row.tour_id)
    }
    picking: PickingStage = tickets.stage_of(tx, row.stage)
    metres = picking.reorder(tx, [queries.ticket_view(one) for one in taken.values()])
    lines, grams = sum(one.lines for one in taken.values()), sum(one.grams for one in taken.values())
    tours.walk(
        tx,
        row.tour_id,
        metres,
        rules.estimate(row.stage, lines, grams, tickets.policy_of(tx, row.store_id), metres),
    )
    for member in taken.values():
        if member.id != row.id:
            tickets.show(tx, member)
    return taken[row.id]


def decline(tx: Tx, row: Row, offer_id: int, person_id: int, reason: str) -> None:
    """The person does not want it, nor what is shown with it; nothing is held against them (F4)."""
    _pending(tx, row, offer_id, person_id)
    _end(tx, row, "decline", reason=reason, actor=f"staff:{person_id}")


def expire(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Timer: the time of an offer, or of all offers of a tour, is up: the next one is asked.

    Who misses offers in a row is not asked until they act.
    """
    if not (shown := _still_shown(tx, payload)):
        return
    lock_tour(tx, queries.ticket_row(tx, shown[0].ticket_id))
    if not (shown := _still_shown(tx, payload)):
        return
    pending, row = shown[0], queries.ticket_row(tx, shown[0].ticket_id)
    loads.missed(tx, pending.person_id)
    _end(tx, row, "expire")
    tickets.withdrawn(tx, pending.person_id, row, "expired", offer_id=pending.id)


def lock_tour(tx: Tx, row: Row) -> Row:
    """The ticket; it and the others of its tour are locked then, in the order of their numbers.

    A ticket leaves a tour, but none comes to one that is only offered: who was in it before the locks still
    is, or has left.
    """
    others = () if row.tour_id is None else queries.tour_tickets(tx, row.tour_id)
    locked = {
        ticket_id: queries.ticket_row(tx, ticket_id, lock=True)
        for ticket_id in sorted({row.id, *(other.id for other in others)})
    }
    return locked[row.id]


def withdraw(tx: Tx, row: Row, *, reason: str) -> Row:
    """Take an offered ticket back into the queue, whoever sees it; the rest of its tour stays shown."""
    withdraw_offer(tx, row, reason=reason)
    fresh = tickets.move(tx, row, "withdraw", reason=reason, offered_at=None, **tours.out_of(row))
    if row.tour_id is not None:
        tickets.left_tour(tx, row, reason=reason)
    return fresh


def withdraw_offer(tx: Tx, row: Row, *, reason: str) -> None:
    """End the ticket's pending offer and clear it from the screen; the ticket itself is the caller's."""
    pending = tx.one(_OFFER_SHOWN, {"the_ticket": row.id})
    if pending is None:
        return
    _move(tx, pending, "withdraw", reason=reason)
    loads.take_back(tx, pending.person_id, row)
    tickets.withdrawn(tx, pending.person_id, row, reason, offer_id=pending.id)


def withdraw_all(tx: Tx, row: Row, *, reason: str) -> None:
    """Take an offered ticket and all that are shown with it back into the queue; they are locked."""
    pending = tx.one(_OFFER_SHOWN, {"the_ticket": row.id})
    _end(tx, row, "withdraw", reason=reason)
    tickets.withdrawn(tx, pending.person_id, row, reason, offer_id=pending.id)


def assign(tx: Tx, row: Row, person_id: int, *, actor: str = "system") -> Row:
    """Give a queued ticket to somebody without asking. Raises PersonUnavailable if they are not signed in."""
    session = staff.live_session(tx, person_id)
    if session is None or session.store_id != row.store_id or not staff.hold_session(tx, session.id):
        raise PersonUnavailable()
    return give(tx, row, person_id, session.id, actor=actor)


def give(tx: Tx, row: Row, person_id: int, session_id: int, *, actor: str = "system", **tour: int) -> Row:
    """Give a queued ticket to somebody whose live session is held (`staff.hold_session`).

    `tour` is `tour_id` and `tour_sequence` of a tour that they walk.
    """
    loads.give(tx, person_id, row)
    return _taken(tx, row, "assign", person_id, session_id, actor=actor, **tour)


_OFFER = select(*Offer.__table__.columns)
_OFFER_LOCKED = _OFFER.where(Offer.id == bindparam("the_id")).with_for_update()
_IS_PENDING = one_of(Offer.state, OfferState.PENDING)
_OFFER_PENDING = _OFFER.where(Offer.id == bindparam("the_id"), _IS_PENDING)
_OFFER_SHOWN = _OFFER.where(Offer.ticket_id == bindparam("the_ticket"), _IS_PENDING).with_for_update()


def _pending(tx: Tx, row: Row, offer_id: int, person_id: int) -> Row:
    pending = tx.one(_OFFER_LOCKED, {"the_id": offer_id})
    if pending is None or pending.ticket_id != row.id or pending.person_id != person_id:
        raise OfferGone(state=row.state)
    if pending.state != OfferState.PENDING or row.state != TicketState.OFFERED:
        holder = staff.people_named(tx, [row.assignee_id] if row.assignee_id else []).get(row.assignee_id)
        raise OfferGone(state=row.state, offer_state=pending.state, holder=holder)
    return pending


def _still_shown(tx: Tx, payload: Mapping[str, Any]) -> Sequence[Row]:
    """The pending offers that a timer is for."""
    if "tour_id" in payload:
        return queries.tour_offers(tx, payload["tour_id"])
    return tx.all(_OFFER_PENDING, {"the_id": payload["offer_id"]})


def _end(tx: Tx, row: Row, event: str, *, reason: str = "", actor: str = "system") -> None:
    """The offer of a ticket, or of all tickets of its tour, leads to nothing."""
    for member in [row] if row.tour_id is None else queries.tour_tickets(tx, row.tour_id):
        shown = tx.one(_OFFER_SHOWN, {"the_ticket": member.id})
        _move(tx, shown, event, reason=reason)
        loads.take_back(tx, shown.person_id, member)
        _back(tx, member, event, reason=reason, actor=actor)
    if row.tour_id is not None:
        tours.left(tx, row, reason=event)


def _taken(tx: Tx, row: Row, event: str, person_id: int, session_id: int, *, actor: str, **tour: int) -> Row:
    fresh = tickets.move(
        tx,
        row,
        event,
        actor=actor,
        assignee_id=person_id,
        session_id=session_id,
        detail={"person_id": person_id, "session_id": session_id, **tour},
        accepted_at=tx.now,
        **tour,
    )
    tickets.changed(tx, row.store_id, row.order_no)
    if queries.waits(tx, row.fulfilment_id):  # its cold goods may be due now that the others are begun
        tickets.plan_soon(tx, row.store_id)
    return fresh


def _back(tx: Tx, row: Row, event: str, *, reason: str, actor: str) -> None:
    tried = row.tried if event == "withdraw" else row.tried + 1
    tickets.move(
        tx, row, event, reason=reason, actor=actor, tried=tried, offered_at=None, **tours.out_of(row)
    )
    tickets.ask_again(tx, row)
    tickets.changed(tx, row.store_id, row.order_no)


def _move(tx: Tx, pending: Row, event: str, *, reason: str = "") -> None:
    moves.move(
        tx,
        Offer,
        OFFER,
        pending,
        event,
        reason=reason,
        actor=f"staff:{pending.person_id}" if event in ("accept", "decline") else "system",
        detail={"ticket_id": pending.ticket_id, "person_id": pending.person_id},
        answered_at=tx.now,
    )
