"""Cases of an order and their refunds, under the order's lock (A1, A2, A7).

Every use case locks the order's row first, so refunds of one order are decided one after the other; what was
given before is read inside that lock.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row

from fulfil.contracts.fulfilment import FulfilmentCancelled, FulfilmentVoided, StockoutReported
from fulfil.contracts.trade import OrderRefunded, PaymentUnneeded, RefundSettled, ShortageDecided
from fulfil.kit.db import Tx
from fulfil.kit.moves import begin, move
from fulfil.trade.aftersales import queries, rules
from fulfil.trade.aftersales.model import Case, Refund, RefundItem
from fulfil.trade.aftersales.rules import Item, Line
from fulfil.trade.aftersales.states import CASE, REFUND, Kind, Part, RefundState
from fulfil.trade.orders import queries as orders
from fulfil.trade.orders import service as order_service
from fulfil.trade.payments import queries as payments
from fulfil.trade.payments import service as payment_service


def shortage(tx: Tx, event: StockoutReported) -> None:
    """Refund the frozen share of what is missing and tell fulfilment and order the decision (F6).

    Every preference leads to a refund; the decision names its outcome, so others can follow it.
    """
    order = order_service.lock(tx, event.order_no)
    source_ref = f"report:{event.report_id}"
    if queries.known(tx, source_ref):
        return
    case_id = _open_case(tx, order, Kind.STOCKOUT, source_ref, event.reason, event.line_no, event.quantity)
    given = queries.given(tx, order.id)
    line = next(line for line in _lines(tx, order.id) if line.line_no == event.line_no)
    item = rules.shortage(line, event.quantity, given)
    _refund(tx, order, case_id, [item] if item.quantity else [], event.reason)
    tx.publish(ShortageDecided(
        order_no=order.id, store_id=order.store_id, report_id=event.report_id, line_no=event.line_no,
        quantity=event.quantity, outcome="refund", amount=item.amount,
    ))  # fmt: skip


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
    case_id = _open_case(tx, order, Kind.LATE_PAYMENT, source_ref, event.reason)
    item = Item(Part.PAYMENT, rules.NO_LINE, 0, event.amount)
    _refund(tx, order, case_id, [item], event.reason, payment_id=event.payment_id)


def settled(tx: Tx, event: RefundSettled) -> None:
    """The channel's word on a part of a refund: only now has the money moved (A7).

    Repeats are harmless: what arrived is summed from the payments, not counted here.
    """
    order = order_service.lock(tx, event.order_no)
    refund = queries.refund_row(tx, event.refund_id)
    assert refund is not None, "payments refunds only what aftersales asked for"
    done, failed = payments.refund_progress(tx, refund.id)
    tx.update(Refund, {"id": refund.id}, settled=done, failed=failed)
    if done == refund.amount:
        _end(tx, refund, "succeed", "close")
    elif done + failed == refund.amount and refund.state == RefundState.REQUESTED:
        _end(tx, refund, "fail", "fail")
        tx.after_commit(lambda: tx.kit.metrics.count("aftersales_refund_failed"))
    if event.succeeded and done > refund.settled:
        _tell_refunded(tx, order, refund.id, refund.case_id, done - refund.settled)


def _refund_rest(tx: Tx, order_no: int, kind: Kind, source_ref: str, reason: str, fees_back: bool) -> None:
    order = order_service.lock(tx, order_no)
    if queries.known(tx, source_ref):
        return
    case_id = _open_case(tx, order, kind, source_ref, reason)
    fees = rules.refundable_fees(fees_back, order.delivery, order.bags)
    items = rules.rest(_lines(tx, order_no), fees, queries.given(tx, order_no))
    refund_id = _refund(tx, order, case_id, items, reason)
    if refund_id is None and (kind == Kind.RETURN or payments.net(tx, order_no) == 0):
        # Nothing is left to wait for: without this word the order would stay in "cancelling".
        _tell_refunded(tx, order, 0, case_id, 0)


def _open_case(
    tx: Tx,
    order: Row,
    kind: Kind,
    source_ref: str,
    reason: str,
    line_no: int | None = None,
    quantity: int | None = None,
) -> int:
    case_id = tx.number()
    tx.insert(
        Case, id=case_id, store_id=order.store_id, order_no=order.id, kind=kind, source_ref=source_ref,
        state=CASE.initial, version=1, reason=reason, line_no=line_no, quantity=quantity, created_at=tx.now,
    )  # fmt: skip
    begin(tx, Case, CASE, case_id, store_id=order.store_id, order_no=order.id, detail={"kind": kind})
    return case_id


def _refund(
    tx: Tx, order: Row, case_id: int, items: Sequence[Item], reason: str, payment_id: int | None = None
) -> int | None:
    """Write the case's refund and drive the payments. Returns None when no money has to move.

    Units whose share rounds to nothing are written, too: the shares of the next ones count on them.
    """
    if not items:
        _move_case(tx, case_id, "close")
        return None
    amount = sum(item.amount for item in items)
    refund_id = tx.number()
    where = {"store_id": order.store_id, "order_no": order.id}
    tx.insert(
        Refund, id=refund_id, case_id=case_id, amount=amount, currency=order.currency, state=REFUND.initial,
        version=1, settled=0, failed=0, created_at=tx.now, **where,
    )  # fmt: skip
    begin(tx, Refund, REFUND, refund_id, **where, detail={"amount": amount})
    tx.insert_many(RefundItem, [
        {"refund_id": refund_id, "kind": item.kind, "line_no": item.line_no, "quantity": item.quantity,
         "amount": item.amount, **where}
        for item in items
    ])  # fmt: skip
    _move_case(tx, case_id, "refund")
    if amount == 0:
        _end(tx, queries.refund_row(tx, refund_id), "succeed", "close")
        return None
    payment_service.refund(
        tx, refund_id=refund_id, amount=amount, reason=reason, payment_id=payment_id, **where
    )
    return refund_id


def _lines(tx: Tx, order_no: int) -> list[Line]:
    return [Line(row.line_no, row.quantity, row.payable) for row in orders.items(tx, order_no)]


def _end(tx: Tx, refund: Row, event: str, case_event: str) -> None:
    move(
        tx,
        Refund,
        REFUND,
        refund.id,
        event,
        state=refund.state,
        version=refund.version,
        store_id=refund.store_id,
        order_no=refund.order_no,
    )
    _move_case(tx, refund.case_id, case_event)


def _move_case(tx: Tx, case_id: int, event: str) -> None:
    row = queries.case_row(tx, case_id)
    assert row is not None, "a refund belongs to a case"
    move(
        tx,
        Case,
        CASE,
        case_id,
        event,
        state=row.state,
        version=row.version,
        store_id=row.store_id,
        order_no=row.order_no,
    )


def _tell_refunded(tx: Tx, order: Row, refund_id: int, case_id: int, amount: int) -> None:
    kind = queries.case_row(tx, case_id).kind
    tx.publish(OrderRefunded(
        order_no=order.id, store_id=order.store_id, refund_id=refund_id, case_id=case_id, kind=kind,
        amount=amount, whole=payments.net(tx, order.id) == 0,
    ))  # fmt: skip
