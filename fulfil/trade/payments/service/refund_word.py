"""The channel's word on a refund: paid back, refused, or still on its way (floor rule 9)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Row

from fulfil.contracts.trade import RefundSettled
from fulfil.kit.db import Tx
from fulfil.kit.moves import move
from fulfil.trade.payments import queries, rules
from fulfil.trade.payments.model import PaymentDocument, PayRefund
from fulfil.trade.payments.rules import RefundSaid
from fulfil.trade.payments.service.holding import hold
from fulfil.trade.payments.states import REFUND, RefundState

ASKED = (RefundState.REQUESTED, RefundState.UNKNOWN)


def hear_refund(tx: Tx, channel: str, said: RefundSaid, *, answered: bool = False) -> None:
    """Move the refund as the channel says; publish RefundSettled with its last word.

    `answered`: it is the answer to our own asking. Otherwise a no while nobody has asked again repeats the
    one that was heard before, and is no further refusal.
    """
    row = queries.refund(tx, said.number, lock=True)
    if row is None or row.channel != channel:
        hold(tx, channel, "unknown_refund", said, None)
    elif said.state == "succeeded":
        _paid_back(tx, row, said)
    elif said.state == "failed" and (answered or row.state in ASKED) and REFUND.allows(row.state, "fail"):
        _refused(tx, row)
    elif said.state == "pending" and REFUND.allows(row.state, "request"):
        _move(tx, row, "request", next_poll_at=tx.now + timedelta(seconds=rules.POLL_PENDING_SECONDS))
    elif said.state == "absent":
        lose_sight(tx, said.number)


def lose_sight(tx: Tx, number: int) -> None:
    """The channel did not answer: unknown, and asked again under the same number (P10)."""
    row = queries.refund(tx, number, lock=True)
    assert row is not None, "a refund stays until the last word on it"
    if REFUND.allows(row.state, "lose_sight"):
        wait = rules.poll_after(row.polls, rules.POLL_FIRST_SECONDS)
        _move(tx, row, "lose_sight", next_poll_at=tx.now + wait)


def _paid_back(tx: Tx, row: Row, said: RefundSaid) -> None:
    if said.amount != row.amount:
        hold(tx, row.channel, "refund_amount_mismatch", said, row.serial_no)
        return
    if row.state == RefundState.SUCCEEDED:
        return
    pending = row.amount if row.state != RefundState.FAILED else 0
    # A refund that was given up and comes true after all takes from what is left, if anything is.
    room = PaymentDocument.captured - PaymentDocument.refunded - PaymentDocument.refunding + pending
    booked = tx.update(
        PaymentDocument,
        PaymentDocument.id == row.payment_id,
        room >= row.amount,
        refunding=PaymentDocument.refunding - pending,
        refunded=PaymentDocument.refunded + row.amount,
    )
    if not booked:
        hold(tx, row.channel, "refund_above_captured", said, row.serial_no)
        return
    _move(tx, row, "succeed", channel_refund=said.channel_refund, next_poll_at=None, settled_at=tx.now)
    _settled(tx, row, succeeded=True)


def _refused(tx: Tx, row: Row) -> None:
    if rules.try_refund_again(row.attempts + 1, row.created_at, tx.now):
        wait = rules.poll_after(row.attempts, rules.POLL_PENDING_SECONDS)
        _move(tx, row, "retry", attempts=row.attempts + 1, next_poll_at=tx.now + wait)
        return
    tx.update(
        PaymentDocument,
        PaymentDocument.id == row.payment_id,
        refunding=PaymentDocument.refunding - row.amount,
    )
    _move(tx, row, "fail", attempts=row.attempts + 1, next_poll_at=None, settled_at=tx.now)
    tx.after_commit(lambda: tx.kit.metrics.count("payments_refund_failed"))
    _settled(tx, row, succeeded=False)


def _move(tx: Tx, row: Row, event: str, **changes: object) -> None:
    move(tx, PayRefund, REFUND, row, event, **changes)


def _settled(tx: Tx, row: Row, *, succeeded: bool) -> None:
    tx.publish(
        RefundSettled(
            order_no=row.order_no,
            store_id=row.store_id,
            refund_id=row.refund_id,
            amount=row.amount,
            succeeded=succeeded,
        )
    )
