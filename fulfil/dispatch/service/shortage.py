"""What is missing of a line: the stock-out report goes out, the decision comes back (F6)."""

from __future__ import annotations

from sqlalchemy import bindparam, or_, select, update

from fulfil.contracts.fulfilment import StockoutReported
from fulfil.contracts.stage import TicketView
from fulfil.contracts.trade import ShortageDecided
from fulfil.dispatch import queries
from fulfil.dispatch.errors import LineUnknown, ShortTooMuch
from fulfil.dispatch.model import FulfilmentLineRow, StockoutReport
from fulfil.dispatch.rules import SHELF_EFFECT
from fulfil.dispatch.service import tickets
from fulfil.dispatch.states import HELD_TICKET
from fulfil.kit import moves
from fulfil.kit.db import Tx

Line = FulfilmentLineRow

# Built once: every pick counts on a line.
_L = FulfilmentLineRow.__table__.c
_LINE = (_L.fulfilment_id == bindparam("fulfilment"), _L.line_no == bindparam("line"))
_ADD_PICKED = (
    update(FulfilmentLineRow.__table__).where(*_LINE, _L.picked + bindparam("more") >= 0)
    .values(picked=_L.picked + bindparam("more")))


def add_picked(tx: Tx, fulfilment_id: int, line_no: int, delta: int) -> None:
    """Count so much more (or less) of a line as picked: pieces, or grams of weighed goods.

    Raises LineUnknown, and ShortTooMuch when less than nothing would be left.
    """
    if not tx.change(_ADD_PICKED, {"fulfilment": fulfilment_id, "line": line_no, "more": delta}):
        _refuse(tx, fulfilment_id, line_no)


def report_shortage(tx: Tx, ticket: TicketView, line_no: int, quantity: int, reason: str, op_id: str) -> int:
    """Write the stock-out report of so much of a line and tell stock and aftersales. Returns its number.

    What was counted as picked and is missing now is first taken back with `add_picked`. Reasons are those of
    `rules.SHELF_EFFECT`. Raises LineUnknown, and ShortTooMuch when more is missing than is left of the line.
    """
    fits = or_(Line.unit == "g", Line.picked + Line.short + Line.substituted + quantity <= Line.quantity)
    if not tx.update(Line, *_key(ticket.fulfilment_id, line_no), fits,
                     Line.short + Line.substituted + quantity <= Line.quantity, short=Line.short + quantity):
        _refuse(tx, ticket.fulfilment_id, line_no)
    line = tx.one(select(Line.sku, Line.quantity).where(*_key(ticket.fulfilment_id, line_no)))
    report_id = tx.number()
    tx.insert(StockoutReport, id=report_id, store_id=ticket.store_id, order_no=ticket.order_no,
              fulfilment_id=ticket.fulfilment_id, ticket_id=ticket.id, line_no=line_no, sku=line.sku,
              quantity=quantity, reason=reason, op_id=op_id, at=tx.now)
    moves.record(tx, store_id=ticket.store_id, order_no=ticket.order_no, entity="stockout_reports",
                 entity_id=report_id, event="stockout", reason=reason,
                 actor=f"staff:{ticket.assignee_id}" if ticket.assignee_id else "system",
                 detail={"line_no": line_no, "sku": line.sku, "quantity": quantity})
    tx.publish(StockoutReported(
        order_no=ticket.order_no, store_id=ticket.store_id, report_id=report_id,
        fulfilment_id=ticket.fulfilment_id, line_no=line_no, sku=line.sku, quantity=quantity,
        ordered=line.quantity, reason=reason, shelf_effect=SHELF_EFFECT[reason]))
    tickets.changed(tx, ticket.store_id, ticket.order_no)
    return report_id


def on_decided(tx: Tx, decided: ShortageDecided) -> None:
    """Store the decision beside its report, once, and show it to whoever works on the order."""
    report = tx.one(select(StockoutReport.fulfilment_id, StockoutReport.store_id)
                    .where(StockoutReport.id == decided.report_id))
    if report is None or not tx.update(
            StockoutReport, StockoutReport.id == decided.report_id, StockoutReport.outcome.is_(None),
            outcome=decided.outcome, amount=decided.amount, decided_at=tx.now):
        return
    moves.record(tx, store_id=report.store_id, order_no=decided.order_no, entity="stockout_reports",
                 entity_id=decided.report_id, event="decided",
                 detail={"outcome": decided.outcome, "amount": decided.amount, "line_no": decided.line_no})
    for row in queries.tickets_of(tx, report.fulfilment_id, live=True):
        if row.state in HELD_TICKET:
            tickets.show(tx, row)
    tickets.changed(tx, report.store_id, decided.order_no)


def _key(fulfilment_id: int, line_no: int) -> tuple:
    return Line.fulfilment_id == fulfilment_id, Line.line_no == line_no


def _refuse(tx: Tx, fulfilment_id: int, line_no: int) -> None:
    if tx.one(select(Line.line_no).where(*_key(fulfilment_id, line_no))) is None:
        raise LineUnknown(line_no=line_no)
    raise ShortTooMuch(line_no=line_no)
