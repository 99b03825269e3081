"""Money goes back: refunds from the frozen shares, and the channel's word on them (A1, A2, A7)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row

from fulfil.contracts.trade import OrderRefunded, RefundSettled
from fulfil.kit.db import Tx
from fulfil.kit.moves import begin, move
from fulfil.trade.aftersales import queries
from fulfil.trade.aftersales.model import Refund, RefundItem
from fulfil.trade.aftersales.rules import Item
from fulfil.trade.aftersales.service.cases import move_case
from fulfil.trade.aftersales.states import REFUND, RefundState
from fulfil.trade.orders import service as order_service
from fulfil.trade.payments import queries as payments
from fulfil.trade.payments import service as payment_service


def give_back(
    tx: Tx, order: Row, case_id: int, items: Sequence[Item], reason: str, payment_id: int | None = None
) -> int | None:
    """Write the case's refund and drive the payments. Returns None when no money has to move.

    Units whose share rounds to nothing are written, too: the shares of the next ones count on them.
    """
    if not items:
        move_case(tx, case_id, "close")
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
    move_case(tx, case_id, "refund")
    if amount == 0:
        _end(tx, queries.refund_row(tx, refund_id), "succeed", "close")
        return None
    payment_service.refund(
        tx, refund_id=refund_id, amount=amount, reason=reason, payment_id=payment_id, **where
    )
    return refund_id


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
        tell_refunded(tx, order, refund.id, refund.case_id, done - refund.settled)


def tell_refunded(tx: Tx, order: Row, refund_id: int, case_id: int, amount: int) -> None:
    kind = queries.case_row(tx, case_id).kind
    tx.publish(OrderRefunded(
        order_no=order.id, store_id=order.store_id, refund_id=refund_id, case_id=case_id, kind=kind,
        amount=amount, whole=payments.net(tx, order.id) == 0,
    ))  # fmt: skip


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
    move_case(tx, refund.case_id, case_event)
