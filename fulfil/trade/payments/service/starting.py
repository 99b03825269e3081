"""Start a payment: the intent is committed, the channel is asked, its answer is committed (P1, P2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.kit.moves import begin, move
from fulfil.kit.security import new_token
from fulfil.trade.payments import queries, rules
from fulfil.trade.payments.errors import (
    AlreadyPaid,
    ChannelUnavailable,
    MethodUnavailable,
    NothingToPay,
    PaymentClosed,
    PaymentInProgress,
)
from fulfil.trade.payments.model import PaymentDocument, PayTransaction
from fulfil.trade.payments.service.channel import ChannelRefused, PaymentAsked, PaymentCreated, channel_named
from fulfil.trade.payments.service.documents import add_document, fail, held, next_seq
from fulfil.trade.payments.states import TRANSACTION, DocumentState, TransactionState

BUSINESS = "retail"
TOKEN_PREFIX = "pt_"


def intend(tx: Tx, order_no: int, method: str, channel: str, extra_for: int | None = None) -> int:
    """Make the transaction that will pay the order's open document, and return its serial number.

    `extra_for`: the document of that question instead of the order's own. A payment that is already under way
    is returned instead of a second one. Raises NothingToPay, AlreadyPaid, PaymentClosed, PaymentInProgress,
    MethodUnavailable, UnknownChannel.
    """
    account = channel_named(tx.kit, channel).account(BUSINESS, method)
    rows = [row for row in held(tx, order_no) if row.extra_for == extra_for]
    if not rows:
        raise NothingToPay()
    latest = rows[-1]
    # Of a question only the last choice is asked for: what was paid for another one goes back.
    if any(row.state == DocumentState.SUCCEEDED for row in (rows if extra_for is None else rows[-1:])):
        raise AlreadyPaid()
    if latest.state == DocumentState.CLOSED or latest.expires_at <= tx.now:
        raise PaymentClosed()
    if latest.state == DocumentState.OPEN and latest.serial_no is not None:
        return _under_way(tx, latest.serial_no)
    payment_id = latest.id
    if latest.state == DocumentState.FAILED:
        payment_id = add_document(
            tx,
            order_no=order_no,
            store_id=latest.store_id,
            pay_seq=next_seq(tx, order_no),
            amount=latest.amount,
            currency=latest.currency,
            expires_at=latest.expires_at,
            extra_for=extra_for,
        )
    return _new_transaction(tx, payment_id, latest, method, channel, account)


def intend_extra(tx: Tx, order_no: int, extra_for: int) -> int:
    """The same for what a question asks for, the way the order itself was paid.

    Raises as `intend`; NothingToPay where the question asks for nothing.
    """
    way = queries.way_of(tx, order_no)
    if way is None:
        raise NothingToPay()
    return intend(tx, order_no, way.method, way.channel, extra_for)


def _under_way(tx: Tx, serial_no: int) -> int:
    """The serial number of a payment that can go on. Raises PaymentInProgress while another call is out."""
    row = queries.transaction(tx, serial_no)
    assert row is not None, "a document names a transaction that exists"
    answer_by = row.created_at + timedelta(seconds=rules.CALL_SECONDS_MAX)
    if row.state == TransactionState.CREATED and tx.now < answer_by:
        raise PaymentInProgress(retry_after_seconds=1)
    return serial_no


def _new_transaction(tx: Tx, payment_id: int, document: Row, method: str, channel: str, account: str) -> int:
    serial_no = tx.number()
    tx.insert(
        PayTransaction,
        id=serial_no,
        store_id=document.store_id,
        method=method,
        channel=channel,
        account=account,
        amount=document.amount,
        currency=document.currency,
        token=new_token(tx.kit.random, TOKEN_PREFIX),
        state=TRANSACTION.initial,
        version=1,
        pay_token=None,
        pay_url=None,
        channel_txn=None,
        polls=0,
        created_at=tx.now,
        settled_at=None,
        next_poll_at=tx.now + timedelta(seconds=rules.POLL_PENDING_SECONDS),
        expires_at=document.expires_at,
    )
    begin(tx, PayTransaction, TRANSACTION, serial_no, store_id=document.store_id)
    tx.rewrite(PaymentDocument, {"id": payment_id, "serial_no": None}, serial_no=serial_no)
    return serial_no


def ask_channel(kit: Kit, serial_no: int, language: str = "") -> list[dict[str, Any]]:
    """Ask the channel where to pay, store its answer, and return the payment as a list of one part.

    Asking again with the same serial number is harmless, so a payment whose first answer was lost goes on.
    Nobody is led to pay for an order that was cancelled meanwhile. Who pays is led to a cashier of their
    `language`. Raises ChannelUnavailable when the channel is silent (the state is then unknown),
    MethodUnavailable when it says no, PaymentClosed.
    """
    with kit.db.look() as tx:
        wanted, row = queries.is_wanted(tx, serial_no), queries.transaction(tx, serial_no)
    assert row is not None, "an intent is committed before the channel is asked"
    if not wanted():
        raise PaymentClosed()
    if not TRANSACTION.allows(row.state, "request"):
        with kit.db.look() as tx:
            return _in_language(kit, queries.parts(tx, serial_no), language)
    channel = channel_named(kit, row.channel)
    asked = PaymentAsked(row.id, row.token, row.method, row.account, row.amount, row.currency, row.expires_at)
    try:
        created = channel.create(asked)
    except ChannelUnavailable:
        kit.db.write(lambda tx: _moved(tx, serial_no, "lose_sight"), "pay-unknown")
        raise
    except ChannelRefused as error:
        kit.db.write(lambda tx: _refused(tx, serial_no), "pay-refused")
        raise MethodUnavailable("The payment channel refuses this payment.") from error
    parts = kit.db.write(lambda tx: _answered(tx, serial_no, created), "pay-answered")()
    if parts is None:
        raise PaymentClosed()
    return _in_language(kit, parts, language)


def cashier(kit: Kit, payment: Mapping[str, Any], language: str) -> str | None:
    """Where a reader of that language pays what `queries` shows of a payment; None until the channel said."""
    url = payment["pay_url"]
    return None if url is None else channel_named(kit, payment["channel"]).cashier(url, language)


def _in_language(kit: Kit, parts: list[dict[str, Any]], language: str) -> list[dict[str, Any]]:
    return [{**part, "pay_url": cashier(kit, part, language)} for part in parts]


def _answered(tx: Tx, serial_no: int, created: PaymentCreated) -> Callable[[], list[dict[str, Any]] | None]:
    """Store where to pay. The payment, to be had by calling; None when nobody shall pay there any more."""
    _moved(
        tx,
        serial_no,
        "request",
        pay_token=created.pay_token,
        pay_url=created.pay_url,
        next_poll_at=tx.now + timedelta(seconds=rules.POLL_PENDING_SECONDS),
    )
    wanted, parts = queries.is_wanted(tx, serial_no), queries.parts_later(tx, serial_no)
    return lambda: parts() if wanted() else None


def _refused(tx: Tx, serial_no: int) -> None:
    row = queries.transaction(tx, serial_no, lock=True)
    assert row is not None, "its payment has only begun"
    fail(tx, row, next_poll_at=None)


def _moved(tx: Tx, serial_no: int, event: str, **changes: Any) -> None:
    """Move the transaction if it still waits; what a callback said in the meantime stands."""
    row = queries.transaction(tx, serial_no, lock=True)
    assert row is not None, "its payment has only begun"
    if not TRANSACTION.allows(row.state, event):
        return
    move(tx, PayTransaction, TRANSACTION, row, event, **changes)
