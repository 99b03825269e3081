"""Invariants 12 and 8 as far as picking's own tables show them."""

from __future__ import annotations

from functools import cache

from sqlalchemy import func, select

from fulfil.dispatch.model import Ticket
from fulfil.dispatch.states import TicketState
from fulfil.kit.checks import Check, Violation, broken
from fulfil.kit.db import Tx
from fulfil.picking.model import CountLine, Pick, PickLine, PutBackLine, SecondLook
from fulfil.picking.rules import OVERWEIGHT_PERCENT
from fulfil.picking.states import PickLineState, PutBackLineState


def violations(tx: Tx) -> list[Violation]:
    """Invariants 12 and 8 as far as picking's own tables show them."""
    return broken(tx, _checks())


@cache
def _checks() -> tuple[Check, ...]:
    return _unbalanced_lines(), _picks_without_sum(), _looks_without_sum(), _put_back_sums(), _uncounted()


def _unbalanced_lines() -> Check:
    done = PickLine.picked + PickLine.short + PickLine.substituted + PickLine.looking
    most = PickLine.quantity + PickLine.quantity * OVERWEIGHT_PERCENT / 100
    light = (PickLine.picked > 0) & (done >= func.coalesce(PickLine.least, PickLine.quantity))
    whole = light | (done >= PickLine.quantity)
    wrong = (
        ((PickLine.state != PickLineState.TODO) & ~whole)
        | ((PickLine.state == PickLineState.LOOKING) != (whole & (PickLine.looking > 0)))
        | ((PickLine.state == PickLineState.TODO) & whole)
        | (done > most)
    )
    asked = select(PickLine.id, PickLine.state, done.label("done"), PickLine.quantity).where(wrong)
    return Check(12, "pick_lines", "{state} with {done} of {quantity}", asked)


def _picks_without_sum() -> Check:
    picks = (
        select(Pick.pick_line_id, func.sum(Pick.delta).label("total")).group_by(Pick.pick_line_id).subquery()
    )
    total = func.coalesce(picks.c.total, 0)
    asked = (
        select(PickLine.id, PickLine.picked, total.label("total"))
        .outerjoin(picks, picks.c.pick_line_id == PickLine.id)
        .where(PickLine.picked != total)
    )
    return Check(12, "pick_lines", "picked {picked}, its picks: {total}", asked)


def _looks_without_sum() -> Check:
    """What of a line nobody picks meanwhile is what experts look for."""
    looks = (
        select(SecondLook.pick_line_id, func.sum(SecondLook.quantity).label("asked"))
        .where(SecondLook.outcome.is_(None))
        .group_by(SecondLook.pick_line_id)
        .subquery()
    )
    sought = func.coalesce(looks.c.asked, 0)
    asked = (
        select(PickLine.id, PickLine.looking, sought.label("sought"))
        .outerjoin(looks, looks.c.pick_line_id == PickLine.id)
        .where(PickLine.looking != sought)
    )
    return Check(12, "pick_lines", "looking {looking}, its second looks: {sought}", asked)


def _uncounted() -> Check:
    """A ticket that counts a shelf is done with the count, and only with it."""
    done = Ticket.state == TicketState.DONE
    asked = (
        select(CountLine.id, Ticket.state)
        .join(Ticket, Ticket.id == CountLine.ticket_id)
        .where(done != CountLine.counted.is_not(None))
    )
    return Check(12, "count_lines", "its ticket is {state}", asked)


def _put_back_sums() -> Check:
    decided = PutBackLine.restocked + PutBackLine.wasted
    wrong = ((PutBackLine.state == PutBackLineState.CLOSED) & (decided != PutBackLine.quantity)) | (
        (PutBackLine.state == PutBackLineState.TODO) & (decided >= PutBackLine.quantity)
    )
    asked = select(PutBackLine.id, PutBackLine.state, decided.label("decided"), PutBackLine.quantity)
    return Check(8, "put_back_lines", "{state} with {decided} of {quantity}", asked.where(wrong))
