"""Work on a line: pick, undo, what is missing, found elsewhere, the customer's answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

from sqlalchemy import Row

from fulfil.contracts.fulfilment import StockoutReported
from fulfil.contracts.stage import Op, Outcome, TicketView
from fulfil.contracts.trade import ShortageDecided
from fulfil.dispatch import queries as dispatched
from fulfil.dispatch import service as dispatch
from fulfil.dispatch.rules import replaceable, tote_code
from fulfil.dispatch.service import tickets
from fulfil.dispatch.states import HELD_TICKET
from fulfil.kit import moves
from fulfil.kit.db import Tx
from fulfil.picking import queries, rules
from fulfil.picking.errors import CountFirst, LineUnknown, NotPicked
from fulfil.picking.model import Pick, PickLine
from fulfil.picking.rules import Amounts
from fulfil.picking.service.totes import usable_tote
from fulfil.picking.states import PICK_LINE, PickLineState


def pick(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """Put something into a tote.

    Raises LineUnknown, LineClosed, OverPick, ToteNeeded and the totes' refusals.
    """
    line = line_at_work(tx, ticket, payload["line"])
    amount = _amount(line, payload)
    picked = rules.picked_after(queries.amounts(line), amount)
    tote = usable_tote(tx, ticket, payload.get("tote"))
    if ticket.zone != "ambient":
        dispatch.cold_out(tx, ticket.fulfilment_id, ticket.zone)
    change_picked(tx, line, picked=picked, tote=tote, kind="pick", op=op)
    return Outcome()


def unpick(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """Take something out of its tote again. Raises LineUnknown, NotPicked."""
    line = line_at_work(tx, ticket, payload["line"])
    picked = rules.picked_before(queries.amounts(line), payload["quantity"])
    tote = tote_code(payload["tote"]) if "tote" in payload else line.tote
    if tote is None or queries.line_in_tote(tx, line.id, tote) < payload["quantity"]:
        raise NotPicked("This tote does not hold that much of the line.")
    change_picked(tx, line, picked=picked, tote=tote, kind="unpick", op=op)
    return Outcome()


def report(
    tx: Tx,
    ticket: TicketView,
    op: Op,
    line: Row,
    quantity: int,
    reason: str,
    *,
    heavier: int = 0,
    photo: str | None = None,
) -> int:
    """So much of an open line is missing: write the stock-out report, and settle the line. Its number."""
    report_id = dispatch.report_shortage(
        tx, ticket, line.line_no, quantity, reason, op.id, heavier=heavier, photo=photo
    )
    before = queries.amounts(line)
    after = replace(before, short=before.short + quantity)
    _change(
        tx,
        line,
        op,
        after,
        ask=replaceable("picking", line.on_shortage, reason),
        detail={"reason": reason, "quantity": quantity},
        short=after.short,
    )
    return report_id


def looked_for(tx: Tx, line: Row, op: Op, quantity: int, detail: Mapping[str, Any]) -> None:
    """An expert looks for so much of an open line again: nobody picks it meanwhile."""
    before = queries.amounts(line)
    after = replace(before, looking=before.looking + quantity)
    _change(tx, line, op, after, ask=False, detail=detail, looking=after.looking)


def moved(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """Remember where the goods really stood; a hint for the planogram, nothing else changes."""
    note_place(tx, ticket, op, line_at_work(tx, ticket, payload["line"]), payload["location"])
    return Outcome()


def note_place(tx: Tx, ticket: TicketView, op: Op, line: Row, place: str) -> None:
    """Remember where a line's goods really stood."""
    location = rules.place_code(place)
    tx.update(PickLine, {"id": line.id}, found_at=location)
    moves.record(
        tx,
        store_id=ticket.store_id,
        order_no=ticket.order_no,
        entity=PickLine.__tablename__,
        entity_id=line.id,
        event="moved",
        actor=actor(op),
        detail={"sku": line.sku, "location": line.location, "found_at": location},
    )


def customer_decided(tx: Tx, decided: ShortageDecided) -> None:
    """The answer to a shortage settles the line that waited for it. Harmless when none does."""
    report = dispatched.report_row(tx, decided.report_id)
    line = None if report is None else queries.line_of_ticket(tx, report.ticket_id, decided.line_no)
    if line is None:
        return
    ticket = dispatched.ticket_row(tx, line.ticket_id, lock=True)
    replaced = {}
    if decided.substitute is not None and decided.quantity <= line.short:
        replaced = {
            "short": line.short - decided.quantity,
            "substituted": line.substituted + decided.quantity,
        }
    if line.state == PickLineState.DECIDING:
        moves.move(tx, PickLine, PICK_LINE, line, "decide", reason=decided.outcome, **replaced)
    elif replaced:
        tx.update(PickLine, {"id": line.id}, **replaced)
    if ticket.state in HELD_TICKET:
        tickets.show(tx, ticket)


def warn_others(tx: Tx, reported: StockoutReported) -> None:
    """Whoever still has to fetch the same goods for another order hears of it before walking there."""
    if reported.shelf_effect == "none":
        return
    found = queries.lines_elsewhere(tx, reported.store_id, reported.sku, reported.order_no)
    for ticket_id, lines in groupby(found, key=lambda line: line.ticket_id):
        ticket = dispatched.ticket_row(tx, ticket_id, lock=True)
        for line in lines:
            tx.update(PickLine, {"id": line.id}, warning=rules.REPORTED_SHORT)
        tickets.touch(tx, ticket)
        if ticket.state in HELD_TICKET:
            tickets.show(tx, dispatched.ticket_row(tx, ticket_id))


def line_at_work(tx: Tx, ticket: TicketView, line_id: int) -> Row:
    """A line of the ticket, unless totes must be counted first. Raises LineUnknown, CountFirst."""
    recount = queries.pick_list(tx, ticket.id).recount
    if recount:
        raise CountFirst(recount)
    line = queries.pick_line(tx, ticket.id, line_id)
    if line is None:
        raise LineUnknown()
    return line


def change_picked(tx: Tx, line: Row, *, picked: int, tote: str, kind: str, op: Op) -> None:
    """Set a line's `picked`, with the pick that explains it, here and on the fulfilment order."""
    delta = picked - line.picked
    tx.insert(
        Pick,
        store_id=line.store_id,
        pick_line_id=line.id,
        kind=kind,
        tote=tote,
        delta=delta,
        person_id=op.person_id,
        op_id=op.id,
        at=tx.now,
    )
    dispatch.add_picked(tx, line.fulfilment_id, line.line_no, delta)
    after = replace(queries.amounts(line), picked=picked)
    _change(tx, line, op, after, ask=False, detail={"picked": picked}, picked=picked, tote=tote)


def _change(
    tx: Tx, line: Row, op: Op, after: Amounts, *, ask: bool, detail: Mapping[str, Any], **changes: Any
) -> None:
    """Write the changes of a line, and move its state where its amounts ask for it."""
    event = rules.state_event(after, ask=ask)
    if event is None:
        tx.update(PickLine, {"id": line.id}, **changes)
        return
    moves.move(
        tx, PickLine, PICK_LINE, line, event, actor=actor(op), detail={"sku": line.sku, **detail}, **changes
    )


def actor(op: Op) -> str:
    """Who did it, as history names people."""
    return f"staff:{op.person_id}"


def _amount(line: Row, payload: Mapping[str, Any]) -> int:
    """Grams for weighed goods, pieces for others."""
    if line.weighed and "weight_g" in payload:
        return payload["weight_g"]
    return payload["quantity"]
