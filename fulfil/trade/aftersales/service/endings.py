"""An order ends without its goods, or money came that it does not want: all of it goes back (A7, P6)."""

from __future__ import annotations

from fulfil.contracts.fulfilment import FulfilmentCancelled, FulfilmentVoided
from fulfil.contracts.trade import PaymentUnneeded
from fulfil.kit.db import Tx
from fulfil.trade.aftersales import queries, rules
from fulfil.trade.aftersales.rules import Item
from fulfil.trade.aftersales.service import decisions
from fulfil.trade.aftersales.service.cases import open_case
from fulfil.trade.aftersales.service.refunds import flush, give_back, tell_refunded
from fulfil.trade.aftersales.states import Kind, Part
from fulfil.trade.orders import service as order_service


def cancelled(tx: Tx, event: FulfilmentCancelled) -> None:
    """Fulfilment stopped: all that is left goes back; the fees stay where the customer caused a return."""
    kind = Kind.RETURN if event.returned else Kind.CANCEL
    _refund_rest(tx, event.order_no, kind, f"{kind}:{event.fulfilment_id}", event.reason, event.fees_back)


def voided(tx: Tx, event: FulfilmentVoided) -> None:
    """Nothing will be delivered: all that is left goes back, fees included (floor rule 13)."""
    _refund_rest(tx, event.order_no, Kind.VOID, f"void:{event.fulfilment_id}", "every line was short", True)


def late_payment(tx: Tx, event: PaymentUnneeded) -> None:
    """Money that the order does not want goes back where it came from (P6)."""
    order = order_service.lock(tx, event.order_no)
    source_ref = f"payment:{event.payment_id}"
    if queries.known(tx, source_ref):
        return
    case_id = open_case(tx, order, Kind.LATE_PAYMENT, source_ref, event.reason)
    item = Item(Part.PAYMENT, rules.NO_LINE, 0, event.amount)
    give_back(tx, order, case_id, [item], event.reason, payment_id=event.payment_id)


def _refund_rest(tx: Tx, order_no: int, kind: Kind, source_ref: str, reason: str, fees_back: bool) -> None:
    order = order_service.lock(tx, order_no)
    if queries.known(tx, source_ref):
        return
    decisions.withdraw(tx, order)
    case_id = open_case(tx, order, kind, source_ref, reason)
    fees = rules.refundable_fees(fees_back, order.delivery, order.bags)
    items = rules.rest(queries.lines_of(tx, order_no), fees, queries.given(tx, order_no))
    give_back(tx, order, case_id, items, reason, more=True)
    flush(tx, order_no)
    if queries.over(tx, order_no):
        # Nothing is left to wait for: without this word the order would stay in "cancelling".
        tell_refunded(tx, order, None, 0, case_id)
