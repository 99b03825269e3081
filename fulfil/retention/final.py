"""Whether an order is over for good: ended, nothing owed, nothing waits for anybody (F7, A7, P10)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from fulfil.dispatch.model import Fulfilment, Ticket, Tote
from fulfil.dispatch.states import FULFILMENT, LIVE_TICKET
from fulfil.kit.db import Tx
from fulfil.kit.statements import one_of
from fulfil.kit.task_rows import Task
from fulfil.messages.model import Message
from fulfil.messages.states import MessageState
from fulfil.trade.aftersales.model import Case, Refund
from fulfil.trade.aftersales.states import PENDING, UNSETTLED, CaseState
from fulfil.trade.orders.model import Order
from fulfil.trade.orders.states import OrderState
from fulfil.trade.payments.model import PaymentDocument, PayNotice, PayRefund, PayTransaction
from fulfil.trade.payments.states import DocumentState, RefundState, TransactionState
from fulfil.trade.stock.model import Reservation, StockShortage

ENDED = (OrderState.CLOSED, OrderState.CANCELLED, OrderState.EXPIRED)
TASK_KEY = "order:"


def final() -> sa.ColumnElement[bool]:
    """The condition on a row of `orders`. A completed order is not: its time for aftersales still runs."""
    return sa.and_(
        Order.valid, one_of(Order.state, *ENDED), *(~sa.exists().where(*waits) for waits in _WAITING)
    )


def is_final(tx: Tx, order_no: int) -> bool:
    return tx.scalar(_IS_FINAL, {"the_order": order_no}) is not None


def _of_order(model: Any, *where: Any) -> tuple[Any, ...]:
    return model.order_no == Order.id, *where


def _paying(serial: Any, *where: Any) -> tuple[Any, ...]:
    return PaymentDocument.order_no == Order.id, serial == PaymentDocument.serial_no, *where


def _fulfilling(model: Any, *where: Any) -> tuple[Any, ...]:
    return Fulfilment.order_no == Order.id, model.fulfilment_id == Fulfilment.id, *where


_ENDED_FULFILMENT = [state for state in FULFILMENT.states if not FULFILMENT.table[state]]
_WAITING: tuple[tuple[Any, ...], ...] = (
    (Task.key == sa.literal(TASK_KEY, sa.Text) + sa.cast(Order.id, sa.Text),),
    _of_order(PaymentDocument, PaymentDocument.state == DocumentState.OPEN),
    _paying(
        PayTransaction.id,
        sa.or_(
            PayTransaction.next_poll_at.is_not(None),
            one_of(
                PayTransaction.state,
                TransactionState.CREATED,
                TransactionState.REQUESTED,
                TransactionState.UNKNOWN,
            ),
        ),
    ),
    _paying(PayNotice.serial_no, PayNotice.resolved_at.is_(None)),
    _of_order(PayRefund, ~one_of(PayRefund.state, RefundState.SUCCEEDED, RefundState.FAILED)),
    _of_order(Refund, one_of(Refund.state, *PENDING, *UNSETTLED)),
    _of_order(Message, Message.state == MessageState.QUEUED),
    _of_order(Case, ~one_of(Case.state, CaseState.CLOSED, CaseState.REFUSED)),
    _of_order(Fulfilment, ~one_of(Fulfilment.state, *_ENDED_FULFILMENT)),
    _fulfilling(Ticket, one_of(Ticket.state, *LIVE_TICKET)),
    _fulfilling(Tote),
    _of_order(Reservation, Reservation.state == "live"),
    _of_order(StockShortage, StockShortage.state == "open"),
)
_IS_FINAL = sa.select(Order.id).where(Order.id == sa.bindparam("the_order"), final())
