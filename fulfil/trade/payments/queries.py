"""Every select of the payment centre."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Row, and_, bindparam, case, exists, func, or_, select

from fulfil.kit.checks import Check, Violation, broken
from fulfil.kit.db import Tx
from fulfil.kit.moves import History
from fulfil.kit.statements import one_of
from fulfil.trade.payments.model import PaymentDocument, PayNonce, PayNotice, PayRefund, PayTransaction
from fulfil.trade.payments.states import DocumentState, RefundState, TransactionState

# Built once, since every order that is paid asks them.
_D, _T = PaymentDocument.__table__.c, PayTransaction.__table__.c
_DOCUMENTS = select(*_D).where(_D.order_no == bindparam("the_order")).order_by(_D.pay_seq)
_DOCUMENTS_LOCKED = _DOCUMENTS.with_for_update()
_DOCUMENT_OF = select(*_D).where(_D.serial_no == bindparam("serial")).with_for_update()
_DOCUMENT_STATE = select(_D.state).where(_D.serial_no == bindparam("serial"))
_TRANSACTION = select(*_T).where(_T.id == bindparam("serial"))
_TRANSACTION_LOCKED = _TRANSACTION.with_for_update()
_SERIAL_OF = select(_T.id).where(_T.channel == bindparam("the_channel"), _T.channel_txn == bindparam("txn"))
_CAPTURED = select(func.coalesce(func.sum(_D.captured), 0)).where(_D.order_no == bindparam("the_order"))
_CHANNELS = (
    select(_T.channel)
    .select_from(_D.id.table.join(_T.id.table, _T.id == _D.serial_no))
    .where(_D.order_no == bindparam("the_order"), _D.captured > 0)
    .distinct()
    .order_by(_T.channel)
)
_VIEWS = (
    select(
        _D.pay_seq,
        _D.amount,
        _D.currency,
        _D.state,
        _D.serial_no,
        _T.state.label("transaction_state"),
        _T.method,
        _T.channel,
        _T.pay_token,
        _T.pay_url,
    )
    .select_from(_D.id.table.outerjoin(_T.id.table, _T.id == _D.serial_no))
    .order_by(_D.pay_seq)
)
_PAYMENTS_OF = _VIEWS.where(_D.order_no == bindparam("the_order"))
_SILENT = (
    select(PayTransaction.id, PayTransaction.polls, PayTransaction.state)
    .where(PayTransaction.next_poll_at <= bindparam("now"))
    .order_by(PayTransaction.next_poll_at, PayTransaction.id)
    .limit(bindparam("most"))
)
_SILENT_REFUNDS = (
    select(PayRefund.id, PayRefund.polls)
    .where(PayRefund.next_poll_at <= bindparam("now"))
    .order_by(PayRefund.next_poll_at, PayRefund.id)
    .limit(bindparam("most"))
)
_REFUND = select(*PayRefund.__table__.c).where(PayRefund.id == bindparam("number"))
_REFUND_LOCKED = _REFUND.with_for_update()
_NONCE = select(PayNonce.digest).where(
    PayNonce.channel == bindparam("the_channel"), PayNonce.nonce == bindparam("the_nonce")
)
_STEPS = (
    select(*History.__table__.c)
    .join(_D.id.table, _D.serial_no == History.entity_id)
    .where(
        _D.order_no == bindparam("the_order"),
        History.entity == PayTransaction.__tablename__,
        History.seq.is_not(None),
    )
    .order_by(History.id)
)
_PARTS = _VIEWS.where(_D.serial_no == bindparam("serial"))
_WAY = (
    select(_T.method, _T.channel)
    .select_from(_D.id.table.join(_T.id.table, _T.id == _D.serial_no))
    .where(_D.order_no == bindparam("the_order"), _D.extra_for.is_(None), _D.captured > 0)
    .order_by(_D.pay_seq)
    .limit(1)
)
_EXTRAS = _VIEWS.add_columns(_D.extra_for).where(
    _D.order_no == bindparam("the_order"), _D.extra_for.is_not(None)
)
_ORDER_OF = (
    select(_D.order_no)
    .select_from(_D.id.table.join(_T.id.table, _T.id == _D.serial_no))
    .where(_T.token == bindparam("the_token"))
)
_NET = select(func.coalesce(func.sum(_D.captured - _D.refunded), 0)).where(
    _D.order_no == bindparam("the_order")
)
_SETTLED = select(
    *(
        func.coalesce(func.sum(case((PayRefund.state == state, PayRefund.amount), else_=0)), 0)
        for state in (RefundState.SUCCEEDED, RefundState.FAILED)
    )
).where(PayRefund.refund_id == bindparam("the_refund"))
_NOTICE = (
    select(
        PayNotice.id,
        PayNotice.kind,
        PayNotice.amount,
        PayNotice.at,
        PayNotice.body,
        PayNotice.resolved_at,
        PayNotice.resolved_by,
        PayNotice.note,
        PayTransaction.currency,
        PayTransaction.store_id,
        PaymentDocument.order_no,
    )
    .outerjoin(PayTransaction, PayTransaction.id == PayNotice.serial_no)
    .outerjoin(PaymentDocument, PaymentDocument.serial_no == PayTransaction.id)
)
_NOTICE_OF_ID = _NOTICE.where(PayNotice.id == bindparam("the_notice"))


def documents(tx: Tx, order_no: int, *, lock: bool = False) -> list[Row]:
    """All payment documents of an order by pay_seq, locked until the end when `lock`."""
    return tx.all(_DOCUMENTS_LOCKED if lock else _DOCUMENTS, {"the_order": order_no})


def documents_later(tx: Tx, order_no: int) -> Callable[[], list[Row]]:
    """The same, unlocked, asked now and to be had by calling."""
    return tx.later(_DOCUMENTS, {"the_order": order_no})


def way_of(tx: Tx, order_no: int) -> Row | None:
    """The method and channel by which an order was paid."""
    return tx.one(_WAY, {"the_order": order_no})


def extras(tx: Tx, order_no: int) -> dict[int, dict[str, Any]]:
    """What questions of an order ask to be paid on top, by question: its last attempt as in `payments_of`."""
    rows = tx.all(_EXTRAS, {"the_order": order_no})
    return {row.extra_for: view for row, view in zip(rows, _views(rows), strict=True)}


def last_failed(tx: Tx, order_no: int) -> bool:
    """Whether the latest attempt to pay an order failed, and no other has begun."""
    rows = [row for row in documents(tx, order_no) if row.extra_for is None]
    return bool(rows) and rows[-1].state == DocumentState.FAILED


def steps(tx: Tx, order_no: int) -> list[Row]:
    """The steps of an order's transactions, which name no order themselves (P2), oldest first."""
    return tx.all(_STEPS, {"the_order": order_no})


def document_of(tx: Tx, serial_no: int) -> Row | None:
    """The payment document whose money a transaction brings, locked."""
    return tx.one(_DOCUMENT_OF, {"serial": serial_no})


class Books(NamedTuple):
    """What our books say of a payment, its rows locked: `known` is our serial number of the channel's
    transaction, `document` the payment document whose money ours brings.
    """

    transaction: Row | None
    known: int | None
    document: Row | None


def books_later(tx: Tx, serial_no: int, channel: str, channel_txn: str | None) -> Callable[[], Books]:
    """The books on what a channel speaks of, asked now and to be had by calling."""
    asked = [
        tx.later(_TRANSACTION_LOCKED, {"serial": serial_no}),
        tx.later(_SERIAL_OF, {"the_channel": channel, "txn": channel_txn}),
        tx.later(_DOCUMENT_OF, {"serial": serial_no}),
    ]

    def told() -> Books:
        transaction, known, document = (next(iter(rows()), None) for rows in asked)
        return Books(transaction, known and known.id, document)

    return told


def is_wanted(tx: Tx, serial_no: int) -> Callable[[], bool]:
    """Whether somebody still wants the money that a transaction would bring, to be had by calling."""
    states = tx.later(_DOCUMENT_STATE, {"serial": serial_no})
    return lambda: DocumentState.CLOSED not in {row.state for row in states()}


def order_of_token(tx: Tx, token: str) -> int | None:
    """The order that a transaction's unguessable token leads back to."""
    return tx.scalar(_ORDER_OF, {"the_token": token})


def transaction(tx: Tx, serial_no: int, *, lock: bool = False) -> Row | None:
    """A payment at a channel by its serial number, locked until the end when `lock`."""
    return tx.one(_TRANSACTION_LOCKED if lock else _TRANSACTION, {"serial": serial_no})


def silent_transactions(tx: Tx, limit: int) -> list[Row]:
    """Payments whose channel should be asked by now, longest waiting first."""
    return tx.all(_SILENT, {"now": tx.now, "most": limit})


def silent_refunds(tx: Tx, limit: int) -> list[Row]:
    """Refunds whose channel should be asked by now, longest waiting first."""
    return tx.all(_SILENT_REFUNDS, {"now": tx.now, "most": limit})


def refund(tx: Tx, number: int, *, lock: bool = False) -> Row | None:
    """A refund payment by the number that the channel knows, locked until the end when `lock`."""
    return tx.one(_REFUND_LOCKED if lock else _REFUND, {"number": number})


def nonce_digest(tx: Tx, channel: str, nonce: str) -> str | None:
    """Digest of the body that came with this nonce before."""
    return tx.scalar(_NONCE, {"the_channel": channel, "the_nonce": nonce})


def held(tx: Tx, store_id: int, *, strays: bool, resolved: bool, limit: int) -> list[Row]:
    """What channels said of a shop's payments that fits no books, newest first.

    `strays`: also what names no payment of ours; `resolved`: also what somebody has resolved. `currency` is
    the payment's, null where there is none; `body` is what the channel said.
    """
    mine = PayTransaction.store_id == store_id
    asked = _NOTICE.where(or_(mine, PayTransaction.id.is_(None)) if strays else mine)
    if not resolved:
        asked = asked.where(PayNotice.resolved_at.is_(None))
    return tx.all(asked.order_by(PayNotice.id.desc()).limit(limit))


def notice(tx: Tx, notice_id: int) -> Row | None:
    """One notice as `held` gives it; `store_id` is null where it names no payment of ours."""
    return tx.one(_NOTICE_OF_ID, {"the_notice": notice_id})


def captured(tx: Tx, order_no: int) -> int:
    """All money that came for an order, minor units."""
    return int(tx.scalar(_CAPTURED, {"the_order": order_no}))


def channels_of(tx: Tx, order_no: int) -> list[str]:
    """The channels that took money for an order."""
    return tx.scalars(_CHANNELS, {"the_order": order_no})


def net(tx: Tx, order_no: int) -> int:
    """What came for an order less what has gone back, minor units."""
    return int(tx.scalar(_NET, {"the_order": order_no}))


def refund_progress(tx: Tx, refund_id: int) -> tuple[int, int]:
    """What the channels have paid back and what they have finally refused of an aftersales refund."""
    row = tx.one(_SETTLED, {"the_refund": refund_id})
    return int(row[0]), int(row[1])


def payments_of(tx: Tx, order_no: int) -> list[dict[str, Any]]:
    """An order's payments for its page, oldest first."""
    return _views(tx.all(_PAYMENTS_OF, {"the_order": order_no}))


def parts(tx: Tx, serial_no: int) -> list[dict[str, Any]]:
    """The parts of one payment; today every payment is one part."""
    return parts_later(tx, serial_no)()


def parts_later(tx: Tx, serial_no: int) -> Callable[[], list[dict[str, Any]]]:
    """The same, asked now and to be had by calling."""
    rows = tx.later(_PARTS, {"serial": serial_no})
    return lambda: _views(rows())


def _views(rows: list[Row]) -> list[dict[str, Any]]:
    """Payments JSON-ready; `serial_no`, `token` and `pay_url` are null until a channel has answered."""
    return [
        {
            "serial_no": None if row.serial_no is None else str(row.serial_no),
            "pay_seq": row.pay_seq,
            "method": row.method,
            "channel": row.channel,
            "amount": row.amount,
            "currency": row.currency,
            "state": row.transaction_state or row.state,
            "token": row.pay_token,
            "pay_url": row.pay_url,
        }
        for row in rows
    ]


def violations(tx: Tx) -> list[Violation]:
    """Broken invariants 1 and 5 of the trust page among payments."""
    return broken(tx, _checks())


@cache
def _checks() -> tuple[Check, ...]:
    return _refund_sums(), _captures(), _orphans(), _unexplained()


def _refund_sums() -> Check:
    done, pending = RefundState.SUCCEEDED, (RefundState.CREATED, RefundState.REQUESTED, RefundState.UNKNOWN)
    sums = (
        select(
            PayRefund.payment_id,
            func.sum(case((PayRefund.state == done, PayRefund.amount), else_=0)).label("refunded"),
            func.sum(case((one_of(PayRefund.state, *pending), PayRefund.amount), else_=0)).label("refunding"),
        )
        .group_by(PayRefund.payment_id)
        .subquery()
    )
    refunded, refunding = func.coalesce(sums.c.refunded, 0), func.coalesce(sums.c.refunding, 0)
    wrong = (
        (PaymentDocument.refunded != refunded)
        | (PaymentDocument.refunding != refunding)
        | (refunded + refunding > PaymentDocument.captured)
    )
    asked = (
        select(PaymentDocument.id)
        .outerjoin(sums, sums.c.payment_id == PaymentDocument.id)
        .where(wrong)
        .order_by(PaymentDocument.id)
    )
    return Check(1, "payment_document", "its refunds do not add up to what it says of them", asked)


def _captures() -> Check:
    paid = PaymentDocument.state == DocumentState.SUCCEEDED
    held = PaymentDocument.captured != case((paid, PaymentDocument.amount), else_=0)
    brought = and_(
        PayTransaction.id == PaymentDocument.serial_no,
        PayTransaction.state == TransactionState.SUCCEEDED,
        PayTransaction.amount == PaymentDocument.captured,
        PayTransaction.currency == PaymentDocument.currency,
        PayTransaction.store_id == PaymentDocument.store_id,
    )
    asked = (
        select(PaymentDocument.id)
        .outerjoin(PayTransaction, brought)
        .where(held | (paid & PayTransaction.id.is_(None)))
        .order_by(PaymentDocument.id)
    )
    return Check(5, "payment_document", "its captured money has no succeeded transaction", asked)


def _orphans() -> Check:
    asked = (
        select(PayTransaction.id)
        .outerjoin(PaymentDocument, PaymentDocument.serial_no == PayTransaction.id)
        .where(
            PayTransaction.state == TransactionState.SUCCEEDED,
            PaymentDocument.id.is_(None) | (PaymentDocument.state != DocumentState.SUCCEEDED),
        )
        .order_by(PayTransaction.id)
    )
    return Check(5, "pay_transaction", "it took money that no payment document shows", asked)


def _unexplained() -> Check:
    """A notice is one open exception until somebody resolves it, which the timeline then shows."""
    told = exists().where(
        History.entity == PayNotice.__tablename__,
        History.entity_id == PayNotice.id,
        History.event == "resolve",
        History.actor == PayNotice.resolved_by,
    )
    asked = select(PayNotice.id).where(PayNotice.resolved_at.is_not(None), ~told).order_by(PayNotice.id)
    return Check(5, "pay_notice", "it is resolved, and nobody did it", asked)
