"""Payment documents: opened when the order is placed, failed when a channel says no, closed when the order
no longer wants money (P1, P2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Row, bindparam, select

from fulfil.kit.db import Tx
from fulfil.kit.moves import begin, move
from fulfil.trade.payments import queries
from fulfil.trade.payments.model import PaymentDocument, PayTransaction
from fulfil.trade.payments.states import DOCUMENT, TRANSACTION

FIRST_SEQ = 1
_D = PaymentDocument.__table__.c
_FIRST_LOCKED = (
    select(_D.id).where(_D.order_no == bindparam("the_order"), _D.pay_seq == FIRST_SEQ).with_for_update()
)


def open_document(
    tx: Tx, *, order_no: int, store_id: int, amount: int, currency: str, expires_at: datetime
) -> int:
    """Write the order's first payment document, before any channel is asked (P1). Returns its id."""
    return add_document(
        tx,
        order_no=order_no,
        store_id=store_id,
        pay_seq=FIRST_SEQ,
        amount=amount,
        currency=currency,
        expires_at=expires_at,
    )


def open_extra(
    tx: Tx, *, order_no: int, store_id: int, extra_for: int, amount: int, currency: str, expires_at: datetime
) -> int:
    """Ask for `amount` more than the order was paid with, for one question's sake (floor rule 9).

    What was asked for that question before is asked for no more. Returns the document's id.
    """
    close_extra(tx, order_no, extra_for)
    return add_document(
        tx,
        order_no=order_no,
        store_id=store_id,
        pay_seq=next_seq(tx, order_no),
        amount=amount,
        currency=currency,
        expires_at=expires_at,
        extra_for=extra_for,
    )


def next_seq(tx: Tx, order_no: int) -> int:
    """The number of the order's next document; its payments are locked by the caller."""
    return queries.documents(tx, order_no)[-1].pay_seq + 1


def add_document(
    tx: Tx,
    *,
    order_no: int,
    store_id: int,
    pay_seq: int,
    amount: int,
    currency: str,
    expires_at: datetime,
    extra_for: int | None = None,
) -> int:
    """Write a further document for another attempt; UNIQUE (order, pay_seq) stops a second one (P2)."""
    payment_id = tx.number()
    tx.insert(
        PaymentDocument,
        id=payment_id,
        store_id=store_id,
        order_no=order_no,
        pay_seq=pay_seq,
        amount=amount,
        currency=currency,
        state=DOCUMENT.initial,
        version=1,
        serial_no=None,
        captured=0,
        refunding=0,
        refunded=0,
        expires_at=expires_at,
        created_at=tx.now,
        extra_for=extra_for,
    )
    begin(tx, PaymentDocument, DOCUMENT, payment_id, store_id=store_id, order_no=order_no)
    return payment_id


def lock_order(tx: Tx, order_no: int) -> None:
    """Hold the order's payments until the end: its first document is the row that everybody locks."""
    tx.later(_FIRST_LOCKED, {"the_order": order_no})


def foresee(tx: Tx, order_no: int) -> None:
    """Hold the order's payments and ask for them now, since `held` will."""
    tx.keep(PaymentDocument, order_no, lambda: _held_later(tx, order_no))


def held(tx: Tx, order_no: int) -> list[Row]:
    """All payment documents of an order by pay_seq, held until the end."""
    return tx.keep(PaymentDocument, order_no, lambda: _held_later(tx, order_no))()


def _held_later(tx: Tx, order_no: int) -> Callable[[], list[Row]]:
    lock_order(tx, order_no)
    return queries.documents_later(tx, order_no)


def fail(tx: Tx, transaction: Row, *, next_poll_at: datetime | None) -> None:
    """A channel said no to this transaction (locked): its document fails with it, and another may follow.

    What has an end already keeps it. `next_poll_at` where the payer may try once more at the channel itself.
    """
    if not TRANSACTION.allows(transaction.state, "fail"):
        return
    move(tx, PayTransaction, TRANSACTION, transaction, "fail", next_poll_at=next_poll_at, settled_at=tx.now)
    document = queries.document_of(tx, transaction.id)
    if document is not None and DOCUMENT.allows(document.state, "fail"):
        move(tx, PaymentDocument, DOCUMENT, document, "fail")
        tx.hint(f"track:{document.order_no}")


def close(tx: Tx, order_no: int) -> None:
    """Stop asking for money. Safe to repeat; what was paid stays paid.

    A payment under way is asked about at once: money that comes after all is told to the order (P6).
    """
    lock_order(tx, order_no)
    _close(tx, queries.documents(tx, order_no))


def close_extra(tx: Tx, order_no: int, extra_for: int) -> None:
    """The same for what one question asks for."""
    lock_order(tx, order_no)
    _close(tx, [row for row in queries.documents(tx, order_no) if row.extra_for == extra_for])


def _close(tx: Tx, rows: Iterable[Row]) -> None:
    for row in rows:
        if not DOCUMENT.allows(row.state, "close"):
            continue
        move(tx, PaymentDocument, DOCUMENT, row, "close")
        if row.serial_no is not None:
            waiting = [state for state in TRANSACTION.states if TRANSACTION.allows(state, "close")]
            tx.update(
                PayTransaction,
                PayTransaction.id == row.serial_no,
                PayTransaction.state.in_(waiting),
                next_poll_at=tx.now,
            )
