"""Orders that are over, with everything that figures look at: a few selects for many orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, or_, select

from fulfil.delivery.model import Return
from fulfil.dispatch.model import Fulfilment, FulfilmentLineRow, StockoutReport, TerminalOp, Ticket
from fulfil.dispatch.states import TicketState
from fulfil.kit.db import Tx, Utc
from fulfil.kit.moves import History
from fulfil.kit.statements import among, one_of
from fulfil.reports.rules import STOCKOUTS, Ended, Line, Step

MEASURED_STAGES = ("picking", "packing", "delivery")
_SINCE, _AFTER = bindparam("since", type_=Utc), bindparam("after")
_ORDER = select(
    Fulfilment.id,
    Fulfilment.store_id,
    Fulfilment.order_no,
    Fulfilment.state,
    Fulfilment.opened_at,
    Fulfilment.due_at,
    Fulfilment.ready_at,
    Fulfilment.handed_over_at,
    Fulfilment.ended_at,
)
_ENDED_ORDER = _ORDER.where(Fulfilment.order_no == bindparam("order"), Fulfilment.ended_at.is_not(None))
_ENDED = (
    _ORDER.where(
        Fulfilment.ended_at >= _SINCE,
        Fulfilment.ended_at < bindparam("until", type_=Utc),
        or_(Fulfilment.ended_at > _SINCE, Fulfilment.id > _AFTER),
    )
    .order_by(Fulfilment.ended_at, Fulfilment.id)
    .limit(bindparam("most"))
)
_LINES = select(
    FulfilmentLineRow.fulfilment_id,
    FulfilmentLineRow.quantity,
    FulfilmentLineRow.picked,
    FulfilmentLineRow.short,
    FulfilmentLineRow.substituted,
    FulfilmentLineRow.unit,
    FulfilmentLineRow.substitutes,
).where(among(FulfilmentLineRow.fulfilment_id, "ids"))
_TICKETS = (
    select(
        Ticket.id,
        Ticket.fulfilment_id,
        Ticket.stage,
        Ticket.assignee_id,
        Ticket.accepted_at,
        Ticket.done_at,
        Ticket.lines,
        Ticket.grams,
        Ticket.estimate_seconds,
    )
    .where(
        among(Ticket.fulfilment_id, "ids"),
        Ticket.kind == "work",
        one_of(Ticket.state, TicketState.DONE),
        Ticket.accepted_at.is_not(None),
    )
    .order_by(Ticket.fulfilment_id, Ticket.id)
)
_OPS = (
    select(
        TerminalOp.ticket_id,
        TerminalOp.type,
        TerminalOp.at,
        TerminalOp.received_at,
        TerminalOp.session_id,
        TerminalOp.seq,
    )
    .where(among(TerminalOp.ticket_id, "ids"), TerminalOp.status == "applied")
    .order_by(TerminalOp.ticket_id, TerminalOp.received_at, TerminalOp.seq)
)
_STOCKOUTS = (
    select(StockoutReport.fulfilment_id, StockoutReport.sku, StockoutReport.quantity)
    .where(among(StockoutReport.fulfilment_id, "ids"), one_of(StockoutReport.reason, *STOCKOUTS))
    .order_by(StockoutReport.id)
)
# By the order, for which there is an index: steps of arrivals are few among those of an order.
_ARRIVALS = (
    select(History.entity_id, History.at)
    .where(
        History.store_id == bindparam("store"),
        among(History.order_no, "orders"),
        History.event == "rider_arrived",
    )
    .order_by(History.id)
)
_REFUSED = select(Return.fulfilment_id).where(among(Return.fulfilment_id, "ids"), Return.case_id.is_(None))


def ended_orders(tx: Tx, since: datetime, after: int, until: datetime, most: int) -> list[Row]:
    """Fulfilment orders that ended after (since, after) and before `until`, in the order of their ends."""
    return tx.all(_ENDED, {"since": since, "after": after, "until": until, "most": most})


def ended_order(tx: Tx, order_no: int) -> Row | None:
    """The fulfilment order of an order that is over; None: it is not, or it went to the archive."""
    return tx.one(_ENDED_ORDER, {"order": order_no})


def facts_of(tx: Tx, rows: Sequence[Row]) -> tuple[dict[int, Ended], list[Row]]:
    """What figures look at, by fulfilment order, and the tickets that were done for these orders."""
    ids = {"ids": [row.id for row in rows]}
    lines, tickets = _by(tx.all(_LINES, ids)), tx.all(_TICKETS, ids)
    by_order, stockouts = _by(tickets), _by(tx.all(_STOCKOUTS, ids))
    steps = _steps(tx, [ticket.id for ticket in tickets if ticket.stage == "picking"])
    arrived, refused = _arrived(tx, rows), set(tx.scalars(_REFUSED, ids))
    return {
        row.id: Ended(
            state=row.state,
            opened_at=row.opened_at,
            due_at=row.due_at,
            ready_at=row.ready_at,
            handed_over_at=row.handed_over_at,
            ended_at=row.ended_at,
            lines=[
                Line(line.quantity, line.picked, line.short, line.substituted, line.unit == "g")
                for line in lines[row.id]
                if line.substitutes is None
            ],
            units=sum(min(line.picked, 1) if line.unit == "g" else line.picked for line in lines[row.id]),
            picks=_times(by_order[row.id], "picking"),
            packs=_times(by_order[row.id], "packing"),
            steps=[steps[ticket.id] for ticket in by_order[row.id] if ticket.stage == "picking"],
            arrived_at=arrived.get(row.id),
            refused_at_door=row.id in refused,
            stockouts=[(one.sku, one.quantity) for one in stockouts[row.id]],
        )
        for row in rows
    }, tickets


def workloads_of(tickets: Iterable[Row]) -> list[Row]:
    """Those of the tickets that count as somebody's work."""
    return [row for row in tickets if row.stage in MEASURED_STAGES and row.assignee_id is not None]


def _by(rows: Iterable[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.fulfilment_id].append(row)
    return found


def _times(tickets: Iterable[Row], stage: str) -> list[tuple[Any, Any]]:
    return [(row.accepted_at, row.done_at) for row in tickets if row.stage == stage]


def _steps(tx: Tx, ticket_ids: list[int]) -> dict[int, list[Step]]:
    found: dict[int, list[Step]] = defaultdict(list)
    for op in tx.all(_OPS, {"ids": ticket_ids}):
        found[op.ticket_id].append(Step(op.type, op.at or op.received_at, op.session_id))
    return found


def _arrived(tx: Tx, rows: Sequence[Row]) -> dict[int, datetime]:
    """When a rider first came for each order."""
    by_store: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        by_store[row.store_id].append(row.order_no)
    found: dict[int, datetime] = {}
    for store_id, orders in by_store.items():
        for step in tx.all(_ARRIVALS, {"store": store_id, "orders": orders}):
            found.setdefault(step.entity_id, step.at)
    return found
