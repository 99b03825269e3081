"""Hear what a channel says of a payment or a refund, by callback or when asked (P8, P10).

Any number of repeats has one effect. What does not fit our books is held for a person and counted; it is
never guessed into a state.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Row

from fulfil.contracts.trade import PaymentSucceeded
from fulfil.kit.db import Tx
from fulfil.kit.moves import move
from fulfil.trade.payments import queries, rules
from fulfil.trade.payments.errors import BadSignature
from fulfil.trade.payments.model import PaymentDocument, PayNonce, PayTransaction
from fulfil.trade.payments.queries import Books
from fulfil.trade.payments.rules import Said
from fulfil.trade.payments.service.channel import Notice
from fulfil.trade.payments.service.documents import fail
from fulfil.trade.payments.service.holding import hold
from fulfil.trade.payments.service.refund_word import hear_refund
from fulfil.trade.payments.states import DOCUMENT, TRANSACTION, TransactionState


def hear_notice(tx: Tx, channel: str, notice: Notice) -> None:
    """Take in a signed callback. A nonce with the same body again is a repeat: no effect, no refusal.

    Raises BadSignature when a nonce comes back with another body.
    """
    given = {"channel": channel, "nonce": notice.nonce, "digest": notice.digest}
    first = tx.insert_new_later(PayNonce, **given, at=tx.now)
    books = _books(tx, channel, notice.said) if isinstance(notice.said, Said) else None
    if first() is None:
        if queries.nonce_digest(tx, channel, notice.nonce) != notice.digest:
            raise BadSignature("This nonce was used for another callback.")
    elif books is not None:
        _hear_payment(tx, channel, notice.said, books())
    else:
        hear_refund(tx, channel, notice.said)


def hear_payment(tx: Tx, channel: str, said: Said) -> None:
    """Move the payment as the channel says; publish PaymentSucceeded when its money has come."""
    _hear_payment(tx, channel, said, _books(tx, channel, said)())


def _books(tx: Tx, channel: str, said: Said) -> Callable[[], Books]:
    return queries.books_later(tx, said.serial_no, channel, said.channel_txn)


def _hear_payment(tx: Tx, channel: str, said: Said, books: Books) -> None:
    row = books.transaction
    if row is None or row.channel != channel:
        hold(tx, channel, "unknown_serial", said, said.serial_no)
    elif said.state == "succeeded":
        _paid(tx, row, said, books)
    elif said.state == "failed":
        # A declined payer may try again at the cashier, and that callback may be lost, too.
        fail(tx, row, next_poll_at=tx.now + timedelta(seconds=rules.POLL_PENDING_SECONDS))


def _paid(tx: Tx, row: Row, said: Said, books: Books) -> None:
    misfit = rules.misfit(said, amount=row.amount, currency=row.currency, account=row.account)
    if row.state == TransactionState.SUCCEEDED:
        if misfit is None and said.channel_txn == row.channel_txn:
            return
        misfit = misfit or "charged_twice"
    if books.known is not None:
        misfit = misfit or "channel_txn_reused"
    document = books.document
    if misfit is not None or document is None:
        hold(tx, row.channel, misfit or "no_document", said, row.id)
        return
    move(
        tx,
        PayTransaction,
        TRANSACTION,
        row,
        "succeed",
        channel_txn=said.channel_txn,
        next_poll_at=None,
        settled_at=tx.now,
    )
    move(tx, PaymentDocument, DOCUMENT, document, "succeed", captured=row.amount)
    tx.publish(
        PaymentSucceeded(
            order_no=document.order_no,
            store_id=document.store_id,
            payment_id=document.id,
            amount=row.amount,
            currency=row.currency,
            at=tx.now,
            extra_for=document.extra_for,
        )
    )


def sweep_nonces(tx: Tx) -> None:
    """Forget nonces whose signatures are long out of their window."""
    tx.delete(PayNonce, PayNonce.at < tx.now - timedelta(seconds=rules.NONCE_KEPT_SECONDS))
