"""An order ends without its goods, or money came that it does not want: all of it goes back (A7, P6)."""

from __future__ import annotations

from fulfil.contracts.fulfilment import FulfilmentCancelled, FulfilmentVoided
from fulfil.contracts.trade import PaymentUnneeded
from fulfil.kit.db import Tx
from fulfil.trade.aftersales import queries, rules
from fulfil.trade.aftersales.service import decisions
from fulfil.trade.aftersales.service.cases import open_case
from fulfil.trade.aftersales.service.refunds import flush, give_back, return_payment, tell_refunded
from fulfil.trade.aftersales.states import Kind
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
    return_payment(tx, order, event.payment_id, event.amount, event.reason)


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
