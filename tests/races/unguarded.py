"""`fulfil serve` with its guards against races taken out: what the races must find on it."""

from __future__ import annotations

from tests.preloaded import serve_on_demand  # first: it patches what the others import

# isort: split
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from fulfil.contracts.fulfilment import HandedOver, LineQuantity
from fulfil.contracts.stage import TicketView
from fulfil.dispatch import queries as dispatched
from fulfil.dispatch import service as dispatch
from fulfil.dispatch.service import flow, offers, ops, supervise
from fulfil.kit import idempotency, states
from fulfil.kit.db import Tx
from fulfil.picking.service import lines as picking
from fulfil.trade.payments import queries as payments
from fulfil.trade.payments.model import PaymentDocument
from fulfil.trade.payments.service import hearing
from fulfil.trade.stock import queries as stock
from fulfil.trade.stock.model import Stock
from fulfil.trade.stock.service import holding

PLENTY = 10**6


def sell_unseen() -> None:
    """Stock is taken whatever is there."""
    holding._TAKE = sa.update(Stock.__table__).where(
        Stock.store_id == sa.bindparam("the_store"), Stock.sku == sa.bindparam("the_sku"),
    ).values(reserved=Stock.reserved + sa.bindparam("quantity"), version=Stock.version + 1)
    counted = stock.available
    stock.available = lambda tx, store_id, skus, *, lock=False: (
        dict.fromkeys(skus, PLENTY) if lock else counted(tx, store_id, skus))


def forget_what_was_answered() -> None:
    """Idempotency keys, ops and callbacks are new every time, and each callback adds its money."""
    idempotency.once = lambda tx, _principal, _key, _hash, effect: effect(tx)
    ops._store = lambda *_args, **_values: None
    hearing._first_heard = lambda *_args: True
    hearing._paid = _added(hearing._paid)


def _added(paid: Callable[..., None]) -> Callable[..., None]:
    def add(tx: Tx, row: Any, said: Any) -> None:
        document = payments.document_of(tx, row.id)
        paid(tx, row, said)
        tx.update(PaymentDocument, PaymentDocument.id == document.id,
                  captured=document.captured + said.amount)
        event = hearing.PaymentSucceeded(
            order_no=document.order_no, store_id=document.store_id, payment_id=document.id,
            amount=row.amount, currency=row.currency, at=tx.now)
        tx.publish(event)

    return add


def let_everybody_win() -> None:
    """Every step is legal from every state, whoever acts, whatever was decided before."""
    ops._require_holder = lambda *_args: None
    offers._pending = lambda tx, _row, offer_id, _person: tx.one(
        offers._OFFER.where(offers.Offer.id == offer_id))
    supervise.HELD_TICKET = ()
    picking.usable_tote = lambda _tx, _ticket, tote: tote
    dispatch.hand_over = _hand_over
    states.Machine.next = _any_next


def _hand_over(tx: Tx, ticket: TicketView, carrier: str, lines: Sequence[LineQuantity],
               _rider_id: int | None = None) -> None:
    row = dispatched.fulfilment_row(tx, ticket.fulfilment_id)
    flow._move(tx, row, "hand_over", progressed="hand_over", carrier=carrier, handed_over_at=tx.now)
    tx.publish(HandedOver(order_no=row.order_no, store_id=row.store_id, fulfilment_id=row.id, at=tx.now,
                          lines=tuple(lines)))


def _any_next(machine: states.Machine, state: str, event: str) -> str:
    return next(row[event] for row in (machine.table[state], *machine.table.values()) if event in row)


if __name__ == "__main__":
    sell_unseen()
    forget_what_was_answered()
    let_everybody_win()
    serve_on_demand()
