"""A paid order is cancelled: fulfilment stops if it still can, and the goods go back (F7, floor rule 8)."""

from __future__ import annotations

from sqlalchemy.engine import Row

from fulfil.contracts.fulfilment import CancelRefused
from fulfil.contracts.stage import TicketView
from fulfil.contracts.trade import OrderCancelRequested, OrderExpired
from fulfil.dispatch import queries, rules
from fulfil.dispatch.errors import UnknownFulfilment
from fulfil.dispatch.model import CapacityHold
from fulfil.dispatch.service import containers, flow, offers, tickets
from fulfil.dispatch.states import LIVE_TICKET, PAST_COUNTER, STOPPED, TicketState
from fulfil.kit.db import Tx


def on_cancel_requested(tx: Tx, asked: OrderCancelRequested) -> None:
    """Stop the order, or say that it is too late: the commit of the release decides. Safe to repeat."""
    row = queries.fulfilment_of_order(tx, asked.order_no, lock=True)
    if row is None:
        raise UnknownFulfilment(f"Order {asked.order_no} has no fulfilment order.")
    if row.state in STOPPED:
        return
    if row.state in PAST_COUNTER:
        tx.publish(
            CancelRefused(
                order_no=row.order_no, store_id=row.store_id, fulfilment_id=row.id, reason=row.state
            )
        )
        return
    end_live_tickets(tx, row.id, reason="cancelled", actor=asked.by)
    picked = flow.picked_lines(tx, row.id)
    containers.quarantine_totes(tx, row.id)
    flow.end_cancelled(tx, row, reason=asked.reason, picked=picked, actor=asked.by)
    flow.open_put_back(tx, row.id, picked)


def end_void(tx: Tx, ticket: TicketView) -> None:
    """The counter has no bag of this order left: it is void. `ticket`, the handoff, ends by its own op."""
    end_live_tickets(tx, ticket.fulfilment_id, reason="cancelled", but=ticket.id)
    flow.void(tx, queries.fulfilment_row(tx, ticket.fulfilment_id, lock=True))


def end_live_tickets(
    tx: Tx, fulfilment_id: int, *, reason: str, actor: str = "system", but: int | None = None
) -> None:
    """Cancel the order's live tickets. Goods still have to go back, and shelves to be counted."""
    for row in queries.tickets_of(tx, fulfilment_id, live=True, lock=True):
        if row.kind in rules.OUTLIVING or row.id == but:
            continue
        _end(tx, row, reason=reason, actor=actor)


def end_ticket(tx: Tx, ticket_id: int, *, reason: str) -> None:
    """One ticket is needed no more; whoever has it hears of it. Harmless when it has ended."""
    fulfilment_id = queries.ticket_row(tx, ticket_id).fulfilment_id
    queries.fulfilment_row(tx, fulfilment_id, lock=True)
    row = queries.ticket_row(tx, ticket_id, lock=True)
    if row.state in LIVE_TICKET:
        _end(tx, row, reason=reason, actor="system")
        flow.advance(tx, fulfilment_id)


def _end(tx: Tx, row: Row, *, reason: str, actor: str) -> None:
    if row.state == TicketState.OFFERED:
        offers.withdraw_offer(tx, row, reason=reason)
    tickets.cancel(tx, row, reason=reason, actor=actor)


def on_expired(tx: Tx, expired: OrderExpired) -> None:
    """Nobody paid: the capacity that was promised is free again."""
    tx.delete(CapacityHold, {"order_no": expired.order_no})
