"""Give money back through the channels that took it; never more than came (A2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.kit.errors import StaleRow
from fulfil.kit.moves import begin
from fulfil.trade.payments import queries, rules
from fulfil.trade.payments.errors import ChannelUnavailable, RefundAboveCaptured
from fulfil.trade.payments.model import PaymentDocument, PayRefund
from fulfil.trade.payments.rules import Refundable
from fulfil.trade.payments.service.channel import RefundAsked, channel_named
from fulfil.trade.payments.service.refund_word import hear_refund, lose_sight
from fulfil.trade.payments.states import REFUND, RefundState

TASK = "payments.refund"


def refund(
    tx: Tx,
    *,
    order_no: int,
    store_id: int,
    refund_id: int,
    amount: int,
    reason: str,
    payment_id: int | None = None,
) -> None:
    """Reserve `amount` on the order's captured documents and let the channels pay it back.

    `payment_id` is drained first: money that was not wanted goes back where it came from. Raises
    RefundAboveCaptured when refunded + pending + amount would exceed what was captured.
    """
    rows = {row.id: row for row in queries.documents(tx, order_no, lock=True)}
    left = [Refundable(row.id, row.captured - row.refunded - row.refunding) for row in rows.values()]
    parts = rules.spread(left, amount, payment_id)
    if parts is None:
        raise RefundAboveCaptured(amount=amount, left=sum(part.left for part in left))
    for document_id, part in parts:
        _reserve(tx, document_id, part)
        number = _write(tx, rows[document_id], refund_id, part, reason, store_id)
        tx.kit.tasks.add(tx, TASK, {"number": number})


def refunds_once(tx: Tx, order_no: int) -> bool:
    """Whether a channel that took the order's money wants all of its changes in one refund."""
    channels = tx.kit.services["channels"]
    return any(channels[name].refunds_once for name in queries.channels_of(tx, order_no) if name in channels)


def _reserve(tx: Tx, document_id: int, part: int) -> None:
    # The guard holds without the lock, too: two refunds of 60 never both fit into 100.
    room = PaymentDocument.captured - PaymentDocument.refunded - PaymentDocument.refunding
    reserved = tx.update(
        PaymentDocument,
        PaymentDocument.id == document_id,
        room >= part,
        refunding=PaymentDocument.refunding + part,
    )
    if not reserved:
        raise StaleRow()


def _write(tx: Tx, document: Row, refund_id: int, part: int, reason: str, store_id: int) -> int:
    transaction = queries.transaction(tx, document.serial_no)
    assert transaction is not None, "captured money came through a transaction"
    number = tx.number()
    tx.insert(
        PayRefund,
        id=number,
        store_id=store_id,
        order_no=document.order_no,
        refund_id=refund_id,
        payment_id=document.id,
        serial_no=transaction.id,
        channel=transaction.channel,
        amount=part,
        currency=document.currency,
        reason=reason,
        state=REFUND.initial,
        version=1,
        attempts=0,
        channel_refund=None,
        polls=0,
        next_poll_at=tx.now + timedelta(seconds=rules.POLL_PENDING_SECONDS),
        created_at=tx.now,
        settled_at=None,
    )
    begin(tx, PayRefund, REFUND, number, store_id=store_id, order_no=document.order_no)
    return number


def refund_again(kit: Kit, payload: Mapping[str, Any], _task_id: int) -> Callable[[Tx], None] | None:
    """Call handler: ask the channel for a refund, or about one that it has accepted.

    The number makes every repeat harmless; no answer leaves the refund unknown.
    """
    number = payload["number"]
    with kit.db.read() as tx:
        row = queries.refund(tx, number)
    assert row is not None, "a refund is committed before its channel is asked"
    if row.state in (RefundState.SUCCEEDED, RefundState.FAILED):
        return None
    channel = channel_named(kit, row.channel)
    try:
        if row.state == RefundState.REQUESTED:
            said = channel.query_refund(number)
        else:
            said = channel.refund(RefundAsked(number, row.serial_no, row.amount, row.currency))
    except ChannelUnavailable:
        return lambda tx: lose_sight(tx, number)
    return lambda tx: hear_refund(tx, row.channel, said, answered=True)
