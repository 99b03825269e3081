"""Ask channels that stay silent, until every payment and refund has its last word (P10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.kit.moves import move
from fulfil.trade.payments import queries, rules
from fulfil.trade.payments.errors import ChannelUnavailable
from fulfil.trade.payments.model import PayRefund, PayTransaction
from fulfil.trade.payments.rules import Said
from fulfil.trade.payments.service import refunding
from fulfil.trade.payments.service.channel import ChannelRefused, channel_named
from fulfil.trade.payments.service.hearing import hear_payment
from fulfil.trade.payments.states import TRANSACTION, TransactionState

TASK = "payments.query"
MORE_TASK = "payments.ask_more"
# Ten answers hold up an offer behind them by some fifteen milliseconds, fifty by a tenth of a second.
ASKED_AT_ONCE_MAX = 10
PORTIONS_MAX, PORTION = 5, timedelta(seconds=1)


def ask_silent(tx: Tx, portions: int = PORTIONS_MAX) -> None:
    """Sweep: a call task for every payment and refund whose channel should be asked by now.

    They are asked ten at a time, the longest waiting first, and a second later the next ten, `portions` in
    all. The wait doubles each time; the guard on the count makes it safe on every node.
    """
    payments = queries.silent_transactions(tx, ASKED_AT_ONCE_MAX)
    refunds = queries.silent_refunds(tx, ASKED_AT_ONCE_MAX)
    if portions > 1 and ASKED_AT_ONCE_MAX in (len(payments), len(refunds)):
        tx.kit.tasks.post(tx, MORE_TASK, {"portions": portions - 1}, run_at=tx.now + PORTION)
    for row in payments:
        lost = row.state in (TransactionState.CREATED, TransactionState.UNKNOWN)
        first = rules.POLL_FIRST_SECONDS if lost else rules.POLL_PENDING_SECONDS
        if _postponed(tx, PayTransaction, row, first):
            tx.kit.tasks.add(tx, TASK, {"serial_no": row.id})
    for row in refunds:
        if _postponed(tx, PayRefund, row, rules.POLL_PENDING_SECONDS):
            tx.kit.tasks.add(tx, refunding.TASK, {"number": row.id})


def ask_more(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Handler: the next portion of a sweep that found many."""
    ask_silent(tx, payload["portions"])


def _postponed(tx: Tx, model: Any, row: Row, first_seconds: int) -> bool:
    next_poll_at = tx.now + rules.poll_after(row.polls + 1, first_seconds)
    same = (model.id == row.id, model.polls == row.polls, model.next_poll_at <= tx.now)
    return tx.update(model, *same, polls=row.polls + 1, next_poll_at=next_poll_at) == 1


def query_payment(kit: Kit, payload: Mapping[str, Any], _task_id: int) -> Callable[[Tx], None] | None:
    """Call handler: ask the channel about a payment. Its silence changes nothing: the next poll is set."""
    serial_no = payload["serial_no"]
    with kit.db.read() as tx:
        row = queries.transaction(tx, serial_no)
    assert row is not None, "a transaction is committed before its channel is asked"
    if row.next_poll_at is None:
        return None
    try:
        said = channel_named(kit, row.channel).query(serial_no)
    except (ChannelUnavailable, ChannelRefused):
        return None
    return lambda tx: _said(tx, row.channel, said)


def _said(tx: Tx, channel: str, said: Said) -> None:
    hear_payment(tx, channel, said)
    if said.state != "succeeded":
        _give_up_when_over(tx, said.serial_no)


def _give_up_when_over(tx: Tx, serial_no: int) -> None:
    """Nobody paid and nobody can any more: a middle state becomes final (P10), and nobody asks any more."""
    row = queries.transaction(tx, serial_no, lock=True)
    assert row is not None, "the caller has just read it"
    if not rules.given_up(tx.now, row.expires_at):
        return
    if row.state == TransactionState.FAILED:
        tx.update(PayTransaction, {"id": serial_no}, next_poll_at=None)
    elif TRANSACTION.allows(row.state, "close"):
        move(tx, PayTransaction, TRANSACTION, row, "close", next_poll_at=None, settled_at=tx.now)
