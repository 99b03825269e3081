"""Every select of the payment centre."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, select

from fulfil.kit.checks import Violation
from fulfil.kit.db import Tx
from fulfil.trade.payments.model import PaymentDocument, PayNonce, PayRefund, PayTransaction
from fulfil.trade.payments.states import DocumentState, RefundState, TransactionState

DOCUMENT_COLUMNS = tuple(PaymentDocument.__table__.c)
TRANSACTION_COLUMNS = tuple(PayTransaction.__table__.c)
REFUND_COLUMNS = tuple(PayRefund.__table__.c)


def documents(tx: Tx, order_no: int, *, lock: bool = False) -> list[Row]:
    """All payment documents of an order by pay_seq, locked until the end when `lock`."""
    statement = (
        select(*DOCUMENT_COLUMNS)
        .where(PaymentDocument.order_no == order_no)
        .order_by(PaymentDocument.pay_seq)
    )
    return tx.all(statement.with_for_update() if lock else statement)


def document_of(tx: Tx, serial_no: int) -> Row | None:
    """The payment document whose money a transaction brings, locked."""
    return tx.lock(select(*DOCUMENT_COLUMNS).where(PaymentDocument.serial_no == serial_no))


def order_of_token(tx: Tx, token: str) -> int | None:
    """The order that a transaction's unguessable token leads back to."""
    joined = select(PaymentDocument.order_no).join(
        PayTransaction, PayTransaction.id == PaymentDocument.serial_no
    )
    return tx.scalar(joined.where(PayTransaction.token == token))


def transaction(tx: Tx, serial_no: int, *, lock: bool = False) -> Row | None:
    statement = select(*TRANSACTION_COLUMNS).where(PayTransaction.id == serial_no)
    return tx.lock(statement) if lock else tx.one(statement)


def serial_of_channel_txn(tx: Tx, channel: str, channel_txn: str) -> int | None:
    """Our serial number of a channel's transaction."""
    same = (PayTransaction.channel == channel, PayTransaction.channel_txn == channel_txn)
    return tx.scalar(select(PayTransaction.id).where(*same))


def silent_transactions(tx: Tx, limit: int) -> list[Row]:
    """Payments whose channel should be asked by now, longest waiting first."""
    columns = (PayTransaction.id, PayTransaction.polls, PayTransaction.state)
    due = select(*columns).where(PayTransaction.next_poll_at <= tx.now)
    return tx.all(due.order_by(PayTransaction.next_poll_at, PayTransaction.id).limit(limit))


def silent_refunds(tx: Tx, limit: int) -> list[Row]:
    """Refunds whose channel should be asked by now, longest waiting first."""
    due = select(PayRefund.id, PayRefund.polls).where(PayRefund.next_poll_at <= tx.now)
    return tx.all(due.order_by(PayRefund.next_poll_at, PayRefund.id).limit(limit))


def refund(tx: Tx, number: int, *, lock: bool = False) -> Row | None:
    """A refund payment by the number that the channel knows."""
    statement = select(*REFUND_COLUMNS).where(PayRefund.id == number)
    return tx.lock(statement) if lock else tx.one(statement)


def nonce_digest(tx: Tx, channel: str, nonce: str) -> str | None:
    """Digest of the body that came with this nonce before."""
    return tx.scalar(select(PayNonce.digest).where(PayNonce.channel == channel, PayNonce.nonce == nonce))


def captured(tx: Tx, order_no: int) -> int:
    """All money that came for an order, minor units."""
    came = func.coalesce(func.sum(PaymentDocument.captured), 0)
    return int(tx.scalar(select(came).where(PaymentDocument.order_no == order_no)))


def net(tx: Tx, order_no: int) -> int:
    """What came for an order less what has gone back, minor units."""
    kept = func.coalesce(func.sum(PaymentDocument.captured - PaymentDocument.refunded), 0)
    return int(tx.scalar(select(kept).where(PaymentDocument.order_no == order_no)))


def refund_progress(tx: Tx, refund_id: int) -> tuple[int, int]:
    """What the channels have paid back and what they have finally refused of an aftersales refund."""

    def of(state: RefundState) -> Any:
        return func.coalesce(func.sum(case((PayRefund.state == state, PayRefund.amount), else_=0)), 0)

    row = tx.one(
        select(of(RefundState.SUCCEEDED), of(RefundState.FAILED)).where(PayRefund.refund_id == refund_id)
    )
    return int(row[0]), int(row[1])


def payments_of(tx: Tx, order_no: int) -> list[dict[str, Any]]:
    """An order's payments for its page, oldest first."""
    return _views(tx, PaymentDocument.order_no == order_no)


def parts(tx: Tx, serial_no: int) -> list[dict[str, Any]]:
    """The parts of one payment; today every payment is one part."""
    return _views(tx, PaymentDocument.serial_no == serial_no)


def _views(tx: Tx, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    """Payments JSON-ready; `serial_no`, `token` and `pay_url` are null until a channel has answered."""
    joined = PaymentDocument.__table__.outerjoin(
        PayTransaction.__table__, PayTransaction.id == PaymentDocument.serial_no
    )
    rows = tx.all(
        select(
            PaymentDocument.pay_seq, PaymentDocument.amount, PaymentDocument.currency, PaymentDocument.state,
            PaymentDocument.serial_no, PayTransaction.state.label("transaction_state"), PayTransaction.method,
            PayTransaction.channel, PayTransaction.pay_token, PayTransaction.pay_url,
        ).select_from(joined).where(which).order_by(PaymentDocument.pay_seq)
    )  # fmt: skip
    return [
        {
            "serial_no": None if row.serial_no is None else str(row.serial_no), "pay_seq": row.pay_seq,
            "method": row.method, "channel": row.channel, "amount": row.amount, "currency": row.currency,
            "state": row.transaction_state or row.state, "token": row.pay_token, "pay_url": row.pay_url,
        }
        for row in rows
    ]  # fmt: skip


def violations(tx: Tx) -> list[Violation]:
    """Broken invariants 1 and 5 of the trust page among payments."""
    return [*_refund_sums(tx), *_captures(tx), *_orphans(tx)]


def _refund_sums(tx: Tx) -> list[Violation]:
    done, pending = RefundState.SUCCEEDED, (RefundState.CREATED, RefundState.REQUESTED, RefundState.UNKNOWN)
    sums = (
        select(
            PayRefund.payment_id,
            func.sum(case((PayRefund.state == done, PayRefund.amount), else_=0)).label("refunded"),
            func.sum(case((PayRefund.state.in_(pending), PayRefund.amount), else_=0)).label("refunding"),
        ).group_by(PayRefund.payment_id).subquery()
    )  # fmt: skip
    refunded, refunding = func.coalesce(sums.c.refunded, 0), func.coalesce(sums.c.refunding, 0)
    wrong = (
        (PaymentDocument.refunded != refunded)
        | (PaymentDocument.refunding != refunding)
        | (refunded + refunding > PaymentDocument.captured)
    )
    rows = tx.all(
        select(PaymentDocument.id).outerjoin(sums, sums.c.payment_id == PaymentDocument.id).where(wrong)
        .order_by(PaymentDocument.id)
    )  # fmt: skip
    return [
        Violation(1, "payment_document", str(row.id), "its refunds do not add up to what it says of them")
        for row in rows
    ]


def _captures(tx: Tx) -> list[Violation]:
    paid = PaymentDocument.state == DocumentState.SUCCEEDED
    held = PaymentDocument.captured != case((paid, PaymentDocument.amount), else_=0)
    brought = and_(
        PayTransaction.id == PaymentDocument.serial_no,
        PayTransaction.state == TransactionState.SUCCEEDED,
        PayTransaction.amount == PaymentDocument.captured,
        PayTransaction.currency == PaymentDocument.currency,
        PayTransaction.store_id == PaymentDocument.store_id,
    )
    rows = tx.all(
        select(PaymentDocument.id).outerjoin(PayTransaction, brought)
        .where(held | (paid & PayTransaction.id.is_(None))).order_by(PaymentDocument.id)
    )  # fmt: skip
    return [
        Violation(5, "payment_document", str(row.id), "its captured money has no succeeded transaction")
        for row in rows
    ]


def _orphans(tx: Tx) -> list[Violation]:
    rows = tx.all(
        select(PayTransaction.id)
        .outerjoin(PaymentDocument, PaymentDocument.serial_no == PayTransaction.id)
        .where(
            PayTransaction.state == TransactionState.SUCCEEDED,
            PaymentDocument.id.is_(None) | (PaymentDocument.state != DocumentState.SUCCEEDED),
        )
        .order_by(PayTransaction.id)
    )
    return [
        Violation(5, "pay_transaction", str(row.id), "it took money that no payment document shows")
        for row in rows
    ]
