"""What speeds are learned from, and what was learned."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Row

from fulfil.dispatch.model import Fulfilment, PromiseMargin, TerminalOp, Ticket, Tour, WorkSpeed
from fulfil.kit.db import Tx
from fulfil.kit.statements import among

_DONE = (
    select(
        Ticket.id,
        Ticket.store_id,
        Ticket.assignee_id,
        Ticket.stage,
        Ticket.zone,
        Ticket.accepted_at,
        Ticket.estimate_seconds,
        Ticket.tour_id,
        Ticket.tour_sequence,
        Tour.walking_at,
        Tour.ends_at,
        Tour.ended_at.label("tour_ended_at"),
        Fulfilment.handed_over_at,
    )
    .join(Fulfilment, Fulfilment.id == Ticket.fulfilment_id)
    .outerjoin(Tour, Tour.id == Ticket.tour_id)
    .where(among(Ticket.id, "ids"), Ticket.assignee_id.is_not(None), Ticket.epoch == 1)
    .order_by(Ticket.id)
)
_STEPS = (
    select(TerminalOp.ticket_id, TerminalOp.type, TerminalOp.at, TerminalOp.received_at)
    .where(among(TerminalOp.ticket_id, "ids"), TerminalOp.status == "applied", TerminalOp.type != "accept")
    .order_by(TerminalOp.ticket_id, TerminalOp.received_at, TerminalOp.seq)
)
_SPEEDS = (
    select(*WorkSpeed.__table__.columns)
    .where(WorkSpeed.store_id == bindparam("store"))
    .order_by(WorkSpeed.id)
)
_MARGIN = select(PromiseMargin.seconds).where(PromiseMargin.store_id == bindparam("store"))
_OF_PEOPLE = (
    select(*WorkSpeed.__table__.columns).where(among(WorkSpeed.person_id, "ids")).order_by(WorkSpeed.id)
)


def done(tx: Tx, ticket_ids: Iterable[int]) -> list[Row]:
    """Those of these tickets that one person did from beginning to end, with their tour."""
    return tx.all(_DONE, {"ids": sorted(ticket_ids)})


def steps(tx: Tx, ticket_ids: Iterable[int]) -> list[Row]:
    """The ops of these tickets, in the order in which they came."""
    return tx.all(_STEPS, {"ids": sorted(ticket_ids)})


def speeds(tx: Tx, store_id: int) -> list[Row]:
    """What a shop has learned of everybody."""
    return tx.all(_SPEEDS, {"store": store_id})


def speeds_of_people(tx: Tx, person_ids: Iterable[int]) -> list[Row]:
    """What was learned of these people."""
    return tx.all(_OF_PEOPLE, {"ids": sorted(person_ids)})


def margin(tx: Tx, store_id: int) -> float | None:
    """Seconds that a shop promises more than it predicts, once something was delivered."""
    return tx.scalar(_MARGIN, {"store": store_id})
