"""Second looks: before costly goods count as missing, an expert of the zone looks again (floor rule 12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from fulfil.contracts.stage import Op, Outcome, TicketSpec, TicketView
from fulfil.dispatch import queries as dispatched
from fulfil.dispatch import service as dispatch
from fulfil.dispatch.rules import LOOK, URGENT
from fulfil.dispatch.service import tickets
from fulfil.dispatch.states import HELD_TICKET, LIVE_TICKET
from fulfil.kit import moves
from fulfil.kit.db import Tx
from fulfil.picking import queries, rules
from fulfil.picking.errors import LineUnknown, MoreThanMissing
from fulfil.picking.model import PickLine, SecondLook
from fulfil.picking.service.lines import actor, change_picked, looked_for, report
from fulfil.picking.service.tickets import insert_list
from fulfil.picking.service.totes import usable_tote
from fulfil.picking.states import PICK_LINE, PickLineState
from fulfil.store import queries as stores

OVER = "picking.look_over"


def expert_for(tx: Tx, ticket: TicketView, line: Row, quantity: int, reason: str) -> int | None:
    """Who looks again before so much of a line counts as missing; None: the report is believed as it is."""
    if reason not in rules.LOOKED_FOR:
        return None
    gone = rules.missing_in_all(queries.amounts(line), quantity)
    worth = tx.kit.services["goods_worth"](tx, ticket.order_no, line.line_no, gone)
    if worth < rules.second_look_from(stores.store(tx, ticket.store_id).policy):
        return None
    return dispatch.expert_of(tx, ticket.store_id, ticket.zone, but=(ticket.assignee_id,))


def ask(tx: Tx, ticket: TicketView, op: Op, line: Row, quantity: int, expert_id: int) -> Outcome:
    """Let an expert look again; the picker goes on with the rest of the line and with the others."""
    until = tx.now + timedelta(seconds=rules.LOOK_SECONDS)
    looked_for(tx, line, op, quantity, {"quantity": quantity, "person_id": expert_id})
    asked = {
        "pick_line_id": line.id,
        "asked_ticket": ticket.id,
        "quantity": quantity,
        "reason": op.payload["reason"],
        "photo": op.payload.get("photo"),
        "op_id": op.id,
        "asked_by": op.person_id,
    }
    look = dispatch.open_ticket(
        tx,
        ticket.fulfilment_id,
        "picking",
        TicketSpec(
            zone=ticket.zone, part=1, lines=1, grams=0, kind=LOOK, priority=URGENT, due_at=until, detail=asked
        ),
    )
    dispatch.offer_to(tx, look.id, expert_id)
    tx.kit.tasks.add(tx, OVER, {"ticket_id": look.id}, run_at=until)
    return Outcome()


def open_look(tx: Tx, ticket: TicketView, asked: Mapping[str, Any]) -> None:
    """Write what is looked for."""
    insert_list(tx, ticket)
    tx.insert(
        SecondLook, id=ticket.id, store_id=ticket.store_id, order_no=ticket.order_no, outcome=None, **asked
    )


def found(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """So much is there after all, and in the order's tote; only what is still missing is reported.

    Raises LineUnknown, MoreThanMissing, ToteNeeded and the totes' refusals.
    """
    look, line, asked = _looked(tx, ticket, payload["line"])
    if payload["quantity"] > look.quantity:
        raise MoreThanMissing(missing=look.quantity)
    tote = usable_tote(tx, asked, payload.get("tote"))
    line = _looked_for_no_more(tx, look, asked, line, by=actor(op))
    change_picked(tx, line, picked=line.picked + payload["quantity"], tote=tote, kind="pick", op=op)
    if asked.state not in HELD_TICKET:
        dispatch.stage_totes(tx, asked, queries.staged_place(tx, asked))
    _end(tx, look, asked, "found", short=look.quantity - payload["quantity"])
    return Outcome(done=True)


def not_found(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """The report was right. Raises LineUnknown."""
    look, line, asked = _looked(tx, ticket, payload["line"])
    _looked_for_no_more(tx, look, asked, line, by=actor(op))
    _end(tx, look, asked, "not_found", short=look.quantity)
    return Outcome(done=True)


def look_over(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Timer: nobody has looked in time, so the report is believed. Harmless when somebody has."""
    fulfilment_id = dispatched.ticket_row(tx, payload["ticket_id"]).fulfilment_id
    dispatched.fulfilment_row(tx, fulfilment_id, lock=True)
    look = queries.second_look(tx, payload["ticket_id"])
    if look.outcome is not None or dispatched.ticket_row(tx, look.id).state not in LIVE_TICKET:
        return
    asked = dispatched.ticket_view(dispatched.ticket_row(tx, look.asked_ticket, lock=True))
    _looked_for_no_more(tx, look, asked, queries.pick_line(tx, asked.id, look.pick_line_id), by="system")
    _end(tx, look, asked, "silent", short=look.quantity)
    dispatch.end_ticket(tx, look.id, reason="look_over")


def _looked(tx: Tx, ticket: TicketView, line_id: int) -> tuple[Row, Row, TicketView]:
    """The look, the line that it is about, and the ticket of that line, locked."""
    look = queries.second_look(tx, ticket.id)
    if look.pick_line_id != line_id:
        raise LineUnknown()
    asked = dispatched.ticket_view(dispatched.ticket_row(tx, look.asked_ticket, lock=True))
    return look, queries.pick_line(tx, asked.id, line_id), asked


def _end(tx: Tx, look: Row, asked: TicketView, outcome: str, *, short: int) -> None:
    """The look has its answer; what is still missing is reported as the picker said."""
    tx.update(SecondLook, {"id": look.id}, outcome=outcome)
    line = queries.pick_line(tx, asked.id, look.pick_line_id)
    missing = min(short, queries.amounts(line).missing)
    if missing:
        said = Op(id=look.op_id, type="short", payload={}, person_id=look.asked_by, session_id=0)
        report(tx, asked, said, line, missing, look.reason, photo=look.photo)
    row = dispatched.ticket_row(tx, asked.id)
    tickets.touch(tx, row)
    if row.state in HELD_TICKET:
        tickets.show(tx, dispatched.ticket_row(tx, asked.id))


def _looked_for_no_more(tx: Tx, look: Row, asked: TicketView, line: Row, *, by: str) -> Row:
    """What was looked for is missing again, until somebody says what became of it. The line as it is now."""
    looking = line.looking - look.quantity
    if line.state == PickLineState.LOOKING:
        moves.move(
            tx, PickLine, PICK_LINE, line, "reopen", actor=by, detail={"sku": line.sku}, looking=looking
        )
    else:
        tx.update(PickLine, {"id": line.id}, looking=looking)
    return queries.pick_line(tx, asked.id, line.id)
