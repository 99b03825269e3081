"""What is missing of a line: the stock-out report goes out, the decision comes back (F6)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.engine import Row

from fulfil.contracts.fulfilment import StockoutReported
from fulfil.contracts.stage import PickingStage, TicketSpec, TicketView
from fulfil.contracts.trade import ShortageDecided, Substitute
from fulfil.dispatch import queries, rules
from fulfil.dispatch.errors import LineUnknown, ShortTooMuch
from fulfil.dispatch.model import FulfilmentLineRow, StockoutReport
from fulfil.dispatch.rules import SHELF_EFFECT
from fulfil.dispatch.service import flow, speeds, tickets
from fulfil.dispatch.states import HELD_TICKET, STOPPED
from fulfil.kit import moves
from fulfil.kit.db import Tx
from fulfil.store import queries as stores

GATE = "dispatch.decision_over"
Line = FulfilmentLineRow

# Built once: every pick counts on a line.
_L = FulfilmentLineRow.__table__.c
_LINE = (_L.fulfilment_id == bindparam("fulfilment"), _L.line_no == bindparam("line"))
_LINE_OF = select(*_L).where(*_LINE)
_ADD_PICKED = (
    update(FulfilmentLineRow.__table__)
    .where(*_LINE, _L.picked + bindparam("more") >= 0)
    .values(picked=_L.picked + bindparam("more"))
)


def add_picked(tx: Tx, fulfilment_id: int, line_no: int, delta: int) -> None:
    """Count so much more (or less) of a line as picked: pieces, or grams of weighed goods.

    Raises LineUnknown, and ShortTooMuch when less than nothing would be left.
    """
    if not tx.change(_ADD_PICKED, {"fulfilment": fulfilment_id, "line": line_no, "more": delta}):
        _refuse(tx, fulfilment_id, line_no)


def report_shortage(
    tx: Tx,
    ticket: TicketView,
    line_no: int,
    quantity: int,
    reason: str,
    op_id: str,
    *,
    heavier: int = 0,
    photo: str | None = None,
) -> int:
    """Write the stock-out report of so much of a line and tell stock and aftersales. Returns its number.

    `heavier`, grams, is what the only piece weighs that is there; `photo` shows its shelf.

    What was counted as picked and is missing now is first taken back with `add_picked`. Reasons are those of
    `rules.SHELF_EFFECT`. Raises LineUnknown, and ShortTooMuch when more is missing than is left of the line.
    """
    fits = or_(Line.unit == "g", Line.picked + Line.short + Line.substituted + quantity <= Line.quantity)
    if not tx.update(
        Line,
        *_key(ticket.fulfilment_id, line_no),
        fits,
        Line.short + Line.substituted + quantity <= Line.quantity,
        short=Line.short + quantity,
    ):
        _refuse(tx, ticket.fulfilment_id, line_no)
    line = _line(tx, ticket.fulfilment_id, line_no)
    until = None
    if rules.replaceable(ticket.stage, line.on_shortage, reason):
        until = _decide_by(tx, ticket)
        tx.kit.tasks.add(
            tx, GATE, {"fulfilment_id": ticket.fulfilment_id}, run_at=until + rules.DECISION_GRACE
        )
    report_id = _write(tx, ticket, line, quantity, reason, op_id, until, heavier, photo)
    tickets.changed(tx, ticket.store_id, ticket.order_no)
    return report_id


def on_decided(tx: Tx, decided: ShortageDecided) -> None:
    """Store the decision beside its report, once; let come what comes instead, and let the order go on."""
    report = queries.report_row(tx, decided.report_id)
    if report is None:
        return
    fulfilment = queries.fulfilment_row(tx, report.fulfilment_id, lock=True)
    if not tx.update(
        StockoutReport,
        StockoutReport.id == decided.report_id,
        StockoutReport.outcome.is_(None),
        outcome=decided.outcome,
        amount=decided.amount,
        decided_at=tx.now,
    ):
        return
    moves.record(
        tx,
        store_id=report.store_id,
        order_no=decided.order_no,
        entity="stockout_reports",
        entity_id=decided.report_id,
        event="decided",
        detail={"outcome": decided.outcome, "amount": decided.amount, "line_no": decided.line_no},
    )
    if decided.substitute is not None:
        _replace(tx, fulfilment, report, decided.substitute)
    for row in queries.tickets_of(tx, report.fulfilment_id, live=True):
        if row.state in HELD_TICKET:
            tickets.show(tx, row)
    tickets.changed(tx, report.store_id, decided.order_no)
    flow.advance(tx, report.fulfilment_id)


def _replace(tx: Tx, fulfilment: Row, report: Row, instead: Substitute) -> None:
    """What was short is replaced by a further line, which somebody picks."""
    tx.update(
        Line,
        *_key(fulfilment.id, report.line_no),
        short=Line.short - report.quantity,
        substituted=Line.substituted + report.quantity,
    )
    item = stores.items(tx, fulfilment.store_id, [instead.sku])[instead.sku]
    tx.insert(
        FulfilmentLineRow,
        fulfilment_id=fulfilment.id,
        line_no=instead.line_no,
        store_id=fulfilment.store_id,
        order_no=fulfilment.order_no,
        sku=instead.sku,
        quantity=instead.quantity,
        unit=item.unit,
        zone=item.zone,
        location=item.location,
        picked=0,
        short=0,
        substituted=0,
        grams=instead.quantity if item.unit == "g" else instead.quantity * item.grams,
        on_shortage="refund",
        if_silent="refund",
        substitutes=report.line_no,
    )
    if "packing" in fulfilment.stages or fulfilment.state in STOPPED:
        _too_late(tx, fulfilment, report, instead)
    else:
        _let_pick(tx, fulfilment, report, instead.line_no)


def _let_pick(tx: Tx, fulfilment: Row, report: Row, line_no: int) -> None:
    """Whoever still picks for this order in this zone takes it along, else an urgent ticket opens."""
    view = queries.fulfilment_seen(tx, fulfilment)
    line = next(line for line in view.lines if line.line_no == line_no)
    at_work = [
        row
        for row in queries.tickets_of(tx, fulfilment.id, stage="picking", live=True, lock=True)
        if row.kind == rules.WORK and row.zone == line.zone
    ]
    if not at_work:
        spec = TicketSpec(
            zone=line.zone, part=1, lines=1, grams=line.grams, priority=rules.URGENT, detail=(line_no,)
        )
        parts = queries.last_parts(tx, view.id)
        tickets.open_in(tx, view, "picking", [spec], tickets.policy_of(tx, fulfilment.store_id), parts)
        tickets.plan_soon(tx, fulfilment.store_id)
        return
    row = min(at_work, key=lambda row: (row.id != report.ticket_id, row.id))
    picking: PickingStage = tickets.stage_of(tx, "picking")
    picking.add(tx, queries.ticket_view(row), line_no, view)
    tickets.touch(tx, row, lines=row.lines + 1, grams=row.grams + line.grams)


def _too_late(tx: Tx, fulfilment: Row, report: Row, instead: Substitute) -> None:
    """The order is being packed, since nobody decided in time, or has ended: the goods stay here.

    Whoever hears this report gives back their money, and what of them was reserved.
    """
    ticket = queries.ticket_view(queries.ticket_row(tx, report.ticket_id))
    tx.update(Line, *_key(fulfilment.id, instead.line_no), short=instead.quantity)
    line = _line(tx, fulfilment.id, instead.line_no)
    _write(tx, ticket, line, instead.quantity, "too_late", f"decision:{report.id}", None)


def _write(
    tx: Tx,
    ticket: TicketView,
    line: Row,
    quantity: int,
    reason: str,
    op_id: str,
    until: datetime | None,
    heavier: int = 0,
    photo: str | None = None,
) -> int:
    report_id = tx.number()
    tx.insert(
        StockoutReport,
        id=report_id,
        store_id=ticket.store_id,
        order_no=ticket.order_no,
        fulfilment_id=ticket.fulfilment_id,
        ticket_id=ticket.id,
        line_no=line.line_no,
        sku=line.sku,
        quantity=quantity,
        reason=reason,
        op_id=op_id,
        at=tx.now,
        decide_by=until,
    )
    moves.record(
        tx,
        store_id=ticket.store_id,
        order_no=ticket.order_no,
        entity="stockout_reports",
        entity_id=report_id,
        event="stockout",
        reason=reason,
        actor=f"staff:{ticket.assignee_id}" if ticket.assignee_id else "system",
        detail={"line_no": line.line_no, "sku": line.sku, "quantity": quantity},
    )
    tx.publish(
        StockoutReported(
            order_no=ticket.order_no,
            store_id=ticket.store_id,
            report_id=report_id,
            fulfilment_id=ticket.fulfilment_id,
            line_no=line.line_no,
            sku=line.sku,
            quantity=quantity,
            ordered=line.quantity,
            reason=reason,
            shelf_effect=SHELF_EFFECT[reason],
            decide_by=until,
            heavier=heavier,
            photo=photo,
        )
    )
    return report_id


def _decide_by(tx: Tx, ticket: TicketView) -> datetime:
    """The order's other lines are picked meanwhile: what comes after picking must fit in before it is due."""
    fulfilment = queries.fulfilment_row(tx, ticket.fulfilment_id)
    policy = tickets.policy_of(tx, ticket.store_id)
    lines = len(queries.lines(tx, ticket.fulfilment_id))
    ride = speeds.ride(tx, ticket.store_id, fulfilment.ride_seconds)
    return rules.decide_by(tx.now, fulfilment.due_at, rules.after("picking", lines, ride, policy), policy)


def _line(tx: Tx, fulfilment_id: int, line_no: int) -> Row:
    return tx.one(_LINE_OF, {"fulfilment": fulfilment_id, "line": line_no})


def _key(fulfilment_id: int, line_no: int) -> tuple:
    return Line.fulfilment_id == fulfilment_id, Line.line_no == line_no


def _refuse(tx: Tx, fulfilment_id: int, line_no: int) -> None:
    if tx.one(select(Line.line_no).where(*_key(fulfilment_id, line_no))) is None:
        raise LineUnknown(line_no=line_no)
    raise ShortTooMuch(line_no=line_no)
