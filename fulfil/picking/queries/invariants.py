"""Invariants 12 and 8 as far as picking's own tables show them."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import func, select

from fulfil.dispatch.model import Ticket
from fulfil.dispatch.states import TicketState
from fulfil.kit.checks import Violation
from fulfil.kit.db import Tx
from fulfil.picking.model import CountLine, Pick, PickLine, PutBackLine, SecondLook
from fulfil.picking.rules import OVERWEIGHT_PERCENT
from fulfil.picking.states import PickLineState, PutBackLineState


def violations(tx: Tx) -> list[Violation]:
    """Invariants 12 and 8 as far as picking's own tables show them."""
    return [
        *_unbalanced_lines(tx),
        *_picks_without_sum(tx),
        *_looks_without_sum(tx),
        *_put_back_sums(tx),
        *_uncounted(tx),
    ]


def _unbalanced_lines(tx: Tx) -> list[Violation]:
    done = PickLine.picked + PickLine.short + PickLine.substituted + PickLine.looking
    most = PickLine.quantity + PickLine.quantity * OVERWEIGHT_PERCENT / 100
    light = (PickLine.picked > 0) & (done >= func.coalesce(PickLine.least, PickLine.quantity))
    whole = light | (done >= PickLine.quantity)
    rows = tx.all(
        select(PickLine.id, PickLine.state, done.label("done"), PickLine.quantity).where(
            ((PickLine.state != PickLineState.TODO) & ~whole)
            | ((PickLine.state == PickLineState.LOOKING) != (whole & (PickLine.looking > 0)))
            | ((PickLine.state == PickLineState.TODO) & whole)
            | (done > most)
        )
    )
    return [
        Violation(12, "pick_lines", str(row.id), f"{row.state} with {row.done} of {row.quantity}")
        for row in rows
    ]


def _picks_without_sum(tx: Tx) -> list[Violation]:
    summed: dict[int, int] = defaultdict(int)
    for line, total in tx.all(select(Pick.pick_line_id, func.sum(Pick.delta)).group_by(Pick.pick_line_id)):
        summed[line] = int(total)
    rows = tx.all(select(PickLine.id, PickLine.picked))
    return [
        Violation(12, "pick_lines", str(row.id), f"picked {row.picked}, its picks: {summed[row.id]}")
        for row in rows
        if summed[row.id] != row.picked
    ]


def _looks_without_sum(tx: Tx) -> list[Violation]:
    """What of a line nobody picks meanwhile is what experts look for."""
    asked = (
        select(SecondLook.pick_line_id, func.sum(SecondLook.quantity).label("asked"))
        .where(SecondLook.outcome.is_(None))
        .group_by(SecondLook.pick_line_id)
        .subquery()
    )
    sought = func.coalesce(asked.c.asked, 0)
    rows = tx.all(
        select(PickLine.id, PickLine.looking, sought.label("sought"))
        .outerjoin(asked, asked.c.pick_line_id == PickLine.id)
        .where(PickLine.looking != sought)
    )
    return [
        Violation(12, "pick_lines", str(row.id), f"looking {row.looking}, its second looks: {row.sought}")
        for row in rows
    ]


def _uncounted(tx: Tx) -> list[Violation]:
    """A ticket that counts a shelf is done with the count, and only with it."""
    done = Ticket.state == TicketState.DONE
    rows = tx.all(
        select(CountLine.id, Ticket.state)
        .join(Ticket, Ticket.id == CountLine.ticket_id)
        .where(done != CountLine.counted.is_not(None))
    )
    return [Violation(12, "count_lines", str(row.id), f"its ticket is {row.state}") for row in rows]


def _put_back_sums(tx: Tx) -> list[Violation]:
    decided = PutBackLine.restocked + PutBackLine.wasted
    amounts_of = (PutBackLine.id, PutBackLine.state, decided.label("decided"), PutBackLine.quantity)
    rows = tx.all(
        select(*amounts_of).where(
            ((PutBackLine.state == PutBackLineState.CLOSED) & (decided != PutBackLine.quantity))
            | ((PutBackLine.state == PutBackLineState.TODO) & (decided >= PutBackLine.quantity))
        )
    )
    return [
        Violation(8, "put_back_lines", str(row.id), f"{row.state} with {row.decided} of {row.quantity}")
        for row in rows
    ]
