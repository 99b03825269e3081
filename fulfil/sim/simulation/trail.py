"""How it came to a violation: the steps that have to do with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from fulfil.dispatch.model import TerminalOp, Ticket
from fulfil.kit.checks import Violation
from fulfil.kit.db import Tx

OF_TICKET = re.compile(r" on (\d+) epoch ")
NAMED_SHOWN, LAST_SHOWN = 40, 8
NAME_CHARS_MIN = 4  # what is shorter is found in steps that have nothing to do with it


def names(tx: Tx, violation: Violation) -> set[str]:
    """The numbers of a violation's row, and of the order and the tickets that it belongs to."""
    row = violation.id.split("/")[0]
    ticket = (
        Ticket.id == int(row)
        if row.isdigit()
        else Ticket.id.in_(sa.select(TerminalOp.ticket_id).where(TerminalOp.id == row))
    )
    order = Ticket.order_no == int(row) if row.isdigit() else sa.false()
    of_ticket = tx.scalars(sa.select(Ticket.order_no).where(ticket))
    tickets = tx.scalars(sa.select(Ticket.id).where(sa.or_(order, Ticket.order_no.in_(of_ticket))))
    found = {row, *map(str, of_ticket), *map(str, tickets)}
    return {name for name in found if len(name) >= NAME_CHARS_MIN}


def tickets_in(steps: Iterable[str], name: str) -> set[str]:
    """The tickets of ops that name this, such as of an op that the database does not know."""
    return {found for step in steps if name in step for found in OF_TICKET.findall(step)}


def cut(steps: Sequence[str], named: Iterable[str]) -> list[str]:
    """The last steps that have one of the names in them, then the very last ones, in order."""
    wanted = set(named)
    places = [n for n, step in enumerate(steps) if any(name in step for name in wanted)][-NAMED_SHOWN:]
    last = range(max(0, len(steps) - LAST_SHOWN), len(steps))
    return [steps[n] for n in sorted({*places, *last})]
