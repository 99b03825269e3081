"""A tour's own row: begun when it is offered, walked once it is accepted, over with its last ticket.

Whoever changes it holds the locks of its tickets, or of the one that comes or leaves; the tour is locked
after them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.engine import Row

from fulfil.dispatch import queries
from fulfil.dispatch.errors import OfferGone
from fulfil.dispatch.model import Tour
from fulfil.dispatch.states import LIVE_TICKET, TOUR, TicketState, TourState
from fulfil.kit import moves
from fulfil.kit.db import Tx


def out_of(row: Row) -> dict[str, Any]:
    """The columns that take a ticket out of its tour; none when it is in none."""
    return {} if row.tour_id is None else {"tour_id": None, "tour_sequence": None}


def begin(tx: Tx, rows: Sequence[Row], person_id: int, metres: int) -> int:
    """A tour of these tickets that is about to be shown to somebody. Returns its number."""
    tour_id, first = tx.number(), rows[0]
    tx.insert(
        Tour,
        id=tour_id,
        store_id=first.store_id,
        person_id=person_id,
        zone=first.zone,
        state=TOUR.initial,
        version=1,
        orders=len(rows),
        metres=metres,
        offered_at=tx.now,
    )
    moves.begin(
        tx,
        Tour,
        TOUR,
        tour_id,
        store_id=first.store_id,
        detail={"person_id": person_id, "tickets": [row.id for row in rows]},
    )
    return tour_id


def walk(tx: Tx, tour_id: int, metres: int, seconds: int) -> None:
    """It is accepted, and should take so many seconds. Raises OfferGone when it is no longer offered."""
    tour = queries.tour_row(tx, tour_id, lock=True)
    if tour is None or tour.state != TourState.OFFERED:
        raise OfferGone()
    _move(
        tx,
        tour,
        "accept",
        actor=f"staff:{tour.person_id}",
        walking_at=tx.now,
        ends_at=tx.now + timedelta(seconds=seconds),
        metres=metres,
    )


def join(tx: Tx, tour: Row, ticket: Row, metres: int, seconds: int) -> None:
    """One more ticket is in it, and what is left should take so many seconds; `tour` is locked and walked."""
    _move(
        tx,
        tour,
        "join",
        detail={"ticket_id": ticket.id},
        orders=tour.orders + 1,
        metres=metres,
        ends_at=tx.now + timedelta(seconds=seconds),
    )


def left(tx: Tx, row: Row, *, reason: str = "") -> list[Row]:
    """A ticket (as it was in the tour) has left it or is done. Returns the others that are still to do.

    With the last of them the tour is over: done, if anything of it was picked to the end.
    """
    tour = queries.tour_row(tx, row.tour_id, lock=True)
    members = queries.tour_tickets(tx, row.tour_id)
    rest = [member for member in members if member.state in LIVE_TICKET]
    if not rest:
        done = any(member.state == TicketState.DONE for member in members)
        _move(tx, tour, "finish" if done else "dissolve", reason=reason, ended_at=tx.now)
    return rest


def document(tx: Tx, row: Row) -> dict[str, Any] | None:
    """The tour of a ticket as screens see it; `of` is the last slot in use. None: it is picked alone."""
    tour = None if row.tour_id is None else queries.tour_row(tx, row.tour_id)
    if tour is None:
        return None
    members = sorted(queries.tour_tickets(tx, tour.id), key=lambda member: member.tour_sequence)
    return {
        "id": str(tour.id),
        "sequence": row.tour_sequence,
        "of": members[-1].tour_sequence,
        "tickets": [str(member.id) for member in members],
        "metres": tour.metres,
    }


def offered(tx: Tx, row: Row) -> dict[str, Any] | None:
    """A tour as its offer shows it; None: the ticket is offered alone."""
    tour = None if row.tour_id is None else queries.tour_row(tx, row.tour_id)
    if tour is None:
        return None
    members = queries.tour_tickets(tx, tour.id)
    return {
        "id": str(tour.id),
        "orders": len(members),
        "lines": sum(member.lines for member in members),
        "grams": sum(member.grams for member in members),
        "metres": tour.metres,
    }


def _move(
    tx: Tx,
    tour: Row,
    event: str,
    *,
    actor: str = "system",
    reason: str = "",
    detail: dict[str, Any] | None = None,
    **changes: Any,
) -> None:
    moves.move(tx, Tour, TOUR, tour, event, actor=actor, reason=reason, detail=detail, **changes)
