"""Money goes back: refunds from the frozen shares, together or at once, and the channel's word (A2, A7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from fulfil.contracts.trade import OrderRefunded, RefundSettled
from fulfil.kit.db import Tx
from fulfil.kit.moves import begin, move
from fulfil.store import queries as stores
from fulfil.trade.aftersales import queries, rules
from fulfil.trade.aftersales.model import Case, Refund, RefundItem
from fulfil.trade.aftersales.rules import Item
from fulfil.trade.aftersales.service.cases import move_case, open_case
from fulfil.trade.aftersales.states import CASE, REFUND, Kind, Part
from fulfil.trade.orders import service as order_service
from fulfil.trade.payments import queries as payments
from fulfil.trade.payments import service as payment_service


def give_back(
    tx: Tx,
    order: Row,
    case_id: int,
    items: Sequence[Item],
    reason: str,
    *,
    payment_id: int | None = None,
    more: bool = False,
) -> int | None:
    """Owe the customer what the case's items say; returns the refund, None when no money has to move.

    While the order's goods are not packed it is collected with what other cases give back, and goes at the
    seal; otherwise at once (floor rule 9). What goes back to one payment, `payment_id`, always goes alone.
    With `more` it is collected in any case: the caller adds what else is owed, and calls `flush`.
    Units whose share rounds to nothing are written, too: the shares of the next ones count on them.
    """
    if not items:
        move_case(tx, case_id, "close")
        return None
    collected = None if payment_id is not None else queries.collecting(tx, order.id)
    refund = collected or _open(tx, order, case_id)
    owe(tx, refund, case_id, items)
    if payment_id is None and (more or _collects(tx, order)):
        return refund.id
    return send(tx, queries.refund_row(tx, refund.id), reason, payment_id=payment_id)


def return_payment(tx: Tx, order: Row, payment_id: int, amount: int, reason: str) -> None:
    """Money that the order does not want goes back where it came from, once (P6)."""
    source_ref = f"payment:{payment_id}"
    if queries.known(tx, source_ref):
        return
    case_id = open_case(tx, order, Kind.LATE_PAYMENT, source_ref, reason)
    item = Item(Part.PAYMENT, rules.NO_LINE, 0, amount)
    give_back(tx, order, case_id, [item], reason, payment_id=payment_id)


def flush(tx: Tx, order_no: int) -> int | None:
    """Send what was collected of an order, as one refund; returns it, None when nothing waits."""
    refund = queries.collecting(tx, order_no)
    if refund is None:
        return None
    reasons = dict.fromkeys(row.reason for row in queries.cases_of_refund(tx, refund))
    return send(tx, refund, ", ".join(reasons))


def ask_audit(tx: Tx, order: Row, case_id: int, amount: int, *, asked_by: str, asked_note: str) -> int:
    """Write a refund that a second person has to agree to; its items follow with the agreement."""
    refund = _open(tx, order, case_id)
    tx.update(Case, {"id": case_id}, refund_id=refund.id)
    move_refund(
        tx, refund, "ask_audit", actor=asked_by, amount=amount, asked_by=asked_by, asked_note=asked_note
    )
    return refund.id


def owe(tx: Tx, refund: Row, case_id: int, items: Sequence[Item]) -> None:
    """Add what a case gives back to a refund that is not under way yet."""
    tx.insert_many(
        RefundItem,
        [
            {
                "refund_id": refund.id,
                "case_id": case_id,
                "kind": item.kind,
                "line_no": item.line_no,
                "quantity": item.quantity,
                "amount": item.amount,
                "store_id": refund.store_id,
                "order_no": refund.order_no,
            }
            for item in items
        ],
    )
    amount = refund.amount + sum(item.amount for item in items)
    tx.update(Refund, {"id": refund.id}, amount=amount)
    move_case(tx, case_id, "refund", refund_id=refund.id)


def send(
    tx: Tx, refund: Row, reason: str, *, payment_id: int | None = None, event: str = "request", **changes: Any
) -> int | None:
    """Drive the payments of a refund whose items are written. Returns None when there is no money in it."""
    if refund.amount == 0:
        move_refund(tx, refund, "succeed")
        end_cases(tx, refund, "close")
        return None
    move_refund(tx, refund, event, **changes)
    payment_service.refund(
        tx,
        refund_id=refund.id,
        amount=refund.amount,
        reason=reason,
        payment_id=payment_id,
        store_id=refund.store_id,
        order_no=refund.order_no,
    )
    return refund.id


def settled(tx: Tx, event: RefundSettled) -> None:
    """The channel's word on a part of a refund: only now has the money moved (A7).

    Repeats are harmless: what arrived is summed from the payments, not counted here. Money that comes back
    after it was settled by other means, all of it or a part, came back twice: that waits for a person.
    """
    order = order_service.lock(tx, event.order_no)
    refund = queries.refund_row(tx, event.refund_id)
    assert refund is not None, "payments refunds only what aftersales asked for"
    done, failed = payments.refund_progress(tx, refund.id)
    tx.update(Refund, {"id": refund.id}, settled=done, failed=failed)
    word = rules.heard(refund.state, refund.amount, refund.settled, done, failed)
    if word == "succeed":
        move_refund(tx, refund, word)
        end_cases(tx, refund, "close")
    elif word == "refuse":
        move_refund(tx, refund, word, reason="paid_in_part", asked_by=None, reference=None)
        tx.hint(f"board:{refund.store_id}")
    elif word == "fail":
        move_refund(tx, refund, word)
        end_cases(tx, refund, "fail")
        tx.after_commit(lambda: tx.kit.metrics.count("aftersales_refund_failed"))
    tell_refunded(tx, order, refund, done - refund.settled)


def tell_refunded(tx: Tx, order: Row, refund: Row | None, amount: int, case_id: int = 0) -> None:
    """Say how much has just gone back, and whether a stopped order ends with it.

    Without a refund it is `case_id` that ends without money.
    """
    first = case_id if refund is None else refund.case_id
    tx.publish(
        OrderRefunded(
            order_no=order.id,
            store_id=order.store_id,
            refund_id=0 if refund is None else refund.id,
            case_id=first,
            kind=queries.case_row(tx, first).kind,
            amount=amount,
            whole=queries.over(tx, order.id),
        )
    )


def move_refund(tx: Tx, refund: Row, event: str, *, actor: str = "system", **changes: Any) -> None:
    """Move a refund as read in `refund`. Raises IllegalMove, StaleRow."""
    move(tx, Refund, REFUND, refund, event, actor=actor, **changes)


def end_cases(tx: Tx, refund: Row, event: str) -> None:
    """Move the cases that share a refund, as far as they still can be."""
    for case in queries.cases_of_refund(tx, refund):
        if CASE.allows(case.state, event):
            move_case(tx, case.id, event)


def _open(tx: Tx, order: Row, case_id: int) -> Row:
    refund_id = tx.number()
    where = {"store_id": order.store_id, "order_no": order.id}
    tx.insert(
        Refund,
        id=refund_id,
        case_id=case_id,
        amount=0,
        currency=order.currency,
        state=REFUND.initial,
        version=1,
        settled=0,
        failed=0,
        created_at=tx.now,
        **where,
    )
    begin(tx, Refund, REFUND, refund_id, **where)
    return queries.refund_row(tx, refund_id)


def _collects(tx: Tx, order: Row) -> bool:
    """Whether more may be owed before the order is packed, and one refund shall give all of it back."""
    policy = stores.store(tx, order.store_id).policy
    once = payment_service.refunds_once(tx, order.id)
    return rules.collects(order.state, order.delivery_state, policy, once)
