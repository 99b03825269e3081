"""Use cases of preparation: opening its tickets, cooking, what is sold out, collecting, planning again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from fulfil.contracts.fulfilment import FulfilmentCancelled, ToteSeen
from fulfil.contracts.stage import FulfilmentView, Op, Outcome, TicketSpec, TicketView
from fulfil.dispatch import queries as dispatched
from fulfil.dispatch import rules as dispatch_rules
from fulfil.dispatch import service as dispatch
from fulfil.dispatch.service import tickets
from fulfil.kit import moves
from fulfil.kit.db import Tx
from fulfil.prep import queries, rules
from fulfil.prep.errors import PrepLineUnknown
from fulfil.prep.model import PrepLine, PrepOrder
from fulfil.prep.rules import Beside, Job
from fulfil.prep.states import PREP_LINE, PrepLineState


def specs(fulfilment: FulfilmentView) -> list[TicketSpec]:
    """One ticket a station and temperature, none when all stands on shelves."""
    return [
        TicketSpec(
            zone=job.zone, part=1, lines=len(job.lines), grams=job.grams, detail=job, seconds=job.seconds
        )
        for job in rules.jobs(fulfilment.lines)
    ]


def open_prep(tx: Tx, ticket: TicketView, job: Job) -> None:
    """Write what the station makes; it begins when `rules.start_at` says."""
    tx.insert(
        PrepOrder,
        id=ticket.id,
        store_id=ticket.store_id,
        fulfilment_id=ticket.fulfilment_id,
        order_no=ticket.order_no,
        station=job.station,
        label=rules.label(ticket.id),
        seconds=job.seconds,
        start_at=_start_at(tx, ticket.fulfilment_id, ticket.due_at, job.seconds),
    )
    rows = [
        {
            "id": tx.number(),
            "store_id": ticket.store_id,
            "ticket_id": ticket.id,
            "fulfilment_id": ticket.fulfilment_id,
            "order_no": ticket.order_no,
            "line_no": line.line_no,
            "sku": line.sku,
            "quantity": rules.missing(line),
            "short": 0,
            "batch": rules.Recipe.of(line.prep or "").batch,
            "state": PREP_LINE.initial,
            "version": 1,
            "cooking_at": None,
            "ready_at": None,
        }
        for line in job.lines
    ]
    tx.insert_many(PrepLine, rows)
    moves.begin_many(
        tx,
        PrepLine,
        PREP_LINE,
        [row["id"] for row in rows],
        store_id=ticket.store_id,
        order_no=ticket.order_no,
    )


def cook(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """The station begins with all that waits. Raises NothingWaits, TooEarly."""
    order, lines = queries.prep_order(tx, ticket.id), queries.prep_lines(tx, ticket.id)
    planned = min(order.start_at, _start_at(tx, order.fulfilment_id, ticket.due_at, order.seconds))
    rules.check_cook({line.state for line in lines}, tx.now, planned)
    for line in lines:
        if line.state == PrepLineState.WAITING:
            _move(tx, line, "cook", op, cooking_at=tx.now)
    return Outcome()


def ready(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """All that was begun is made and stands labelled at its station. Raises NothingCooks."""
    lines = queries.prep_lines(tx, ticket.id)
    rules.check_ready({line.state for line in lines})
    for line in lines:
        if line.state == PrepLineState.COOKING:
            dispatch.add_picked(tx, ticket.fulfilment_id, line.line_no, line.quantity - line.short)
            _move(tx, line, "finish", op, ready_at=tx.now)
    order = queries.prep_order(tx, ticket.id)
    dispatch.bind_tote(tx, ticket, order.label)
    dispatch.stage_totes(tx, ticket, order.station.upper())
    return Outcome(done=rules.over(_states(tx, ticket)), detail={"label": order.label})


def short(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """Portions that can't be made: the stock-out loop hears of them (F6).

    Raises PrepLineUnknown, PrepLineClosed, MoreThanLeft.
    """
    line = queries.prep_line(tx, ticket.id, payload["line"])
    if line is None:
        raise PrepLineUnknown()
    after = rules.short_after(line.state, line.quantity, line.short, payload.get("quantity"))
    reason = rules.REASONS[payload["reason"]]
    dispatch.report_shortage(tx, ticket, line.line_no, after - line.short, reason, op.id)
    if after == line.quantity:
        _move(tx, line, "drop", op, reason=payload["reason"], short=after)
    else:
        tx.update(PrepLine, {"id": line.id}, short=after)
    return Outcome(began=line.state == PrepLineState.COOKING, done=rules.over(_states(tx, ticket)))


def cancel(tx: Tx, ticket: TicketView) -> None:
    """What waits is not made. What is on the fire counts as picked: it leaves the books with its put-back."""
    for line in queries.prep_lines(tx, ticket.id):
        if line.state == PrepLineState.COOKING:
            dispatch.add_picked(tx, ticket.fulfilment_id, line.line_no, line.quantity - line.short)
        if line.state in rules.OPEN:
            _move(tx, line, "drop", None, reason="cancelled")


def on_cancelled(tx: Tx, cancelled: FulfilmentCancelled) -> None:
    """What was ready for an order that is cancelled is collected by nobody."""
    for line in queries.ready_lines(tx, cancelled.fulfilment_id):
        _move(tx, line, "drop", None, reason="cancelled")


def on_tote_seen(tx: Tx, seen: ToteSeen) -> None:
    """Whoever packs has scanned the label of what was made, or has packed it: it is collected."""
    if not rules.is_label(seen.code):
        return
    order = queries.labelled(tx, seen.store_id, seen.code)
    for line in queries.prep_lines(tx, order.id):
        if line.state == PrepLineState.READY:
            _move(tx, line, "collect", None)
    if seen.emptied:
        dispatch.throw_away_tote(tx, seen.store_id, seen.code)


def plan_again(tx: Tx) -> None:
    """Sweep: picking begins and ends at its own time; who cooks sees when that changes their start."""
    for order in queries.waiting_orders(tx):
        row = dispatched.ticket_row(tx, order.id)
        fresh = _start_at(tx, order.fulfilment_id, row.due_at, order.seconds)
        if rules.has_moved(order.start_at, fresh) and max(order.start_at, fresh) > tx.now:
            tx.update(PrepOrder, {"id": order.id}, start_at=fresh)
            tickets.show(tx, row)


def _start_at(tx: Tx, fulfilment_id: int, due_at: datetime, seconds: int) -> datetime:
    fulfilment = dispatched.fulfilment_row(tx, fulfilment_id)
    policy = tickets.policy_of(tx, fulfilment.store_id)
    picking = dispatched.tickets_of(tx, fulfilment_id, stage="picking", kind=dispatch_rules.WORK, live=True)
    lines = len(dispatched.lines(tx, fulfilment_id))
    after = dispatch_rules.after("prep", lines, fulfilment.ride_seconds, policy)
    return rules.start_at(
        tx.now,
        seconds,
        [Beside(row.accepted_at, row.estimate_seconds) for row in picking],
        due_at - timedelta(seconds=seconds + after),
    )


def _states(tx: Tx, ticket: TicketView) -> list[str]:
    return [line.state for line in queries.prep_lines(tx, ticket.id)]


def _move(tx: Tx, line: Row, event: str, op: Op | None, *, reason: str = "", **changes: Any) -> None:
    moves.move(
        tx,
        PrepLine,
        PREP_LINE,
        line,
        event,
        reason=reason,
        detail={"sku": line.sku},
        actor=f"staff:{op.person_id}" if op else "system",
        **changes,
    )
