"""Money comes, or the time to pay passes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import Row

from fulfil.contracts.trade import (
    Contact,
    OrderExpired,
    OrderPaid,
    PaidLine,
    PaymentSucceeded,
    PaymentUnneeded,
)
from fulfil.kit.db import Tx
from fulfil.kit.security import Principal
from fulfil.trade.orders import queries, rules
from fulfil.trade.orders.errors import OrderCancelled, UnknownOrder
from fulfil.trade.orders.model import Order
from fulfil.trade.orders.service import intake, showing
from fulfil.trade.orders.service.access import lock, move_delivery, move_order, owns
from fulfil.trade.orders.service.slipping import promised_now
from fulfil.trade.orders.states import OrderState
from fulfil.trade.payments import service as payments
from fulfil.trade.stock import service as stock

STOPPED = (OrderState.CANCELLING, OrderState.CANCELLED)


def to_pay(tx: Tx, who: Principal, order_no: int) -> None:
    """Hold an order of `who` while its payment begins: a cancel comes before it or after it.

    Raises UnknownOrder, also for others' orders, and OrderCancelled.
    """
    held = queries.order_later(tx, order_no, lock=True)
    payments.foresee(tx, order_no)
    row = held()
    if not owns(row, who):
        raise UnknownOrder()
    if row.state in STOPPED:
        raise OrderCancelled(state=row.state)


def on_payment(tx: Tx, event: PaymentSucceeded) -> None:
    """Inline, in the payment's transaction: the order is paid, or the money is not needed (P6).

    What came is summed from the payments, so a repeated event changes nothing. Of what came for a question's
    sake aftersales decides what it means.
    """
    held = queries.order_later(tx, event.order_no, lock=True)
    told = queries.items_later(tx, event.order_no)
    captured, row = payments.captured(tx, event.order_no), held()
    if event.extra_for is not None:
        tx.update(Order, {"id": row.id}, paid=captured)
        showing.changed(tx, row)
        return
    meaning = rules.money_means(row.state, row.paid, captured, row.payable)
    if meaning == "nothing":
        return
    if meaning == "pays":
        promised_at = promised_now(tx, row)
        move_order(
            tx,
            row,
            "pay",
            actor=f"payment:{event.payment_id}",
            paid=captured,
            paid_at=tx.now,
            promised_at=promised_at,
        )
        items = told()
        paid = _paid(tx, row, promised_at, items)
        tx.publish(paid)
        intake.take_in(tx, paid, row.channel, items)
        if captured > row.payable:
            _unneeded(tx, row, event, captured - row.payable, "overpaid")
        return
    tx.update(Order, {"id": row.id}, paid=captured)
    showing.changed(tx, row)
    if meaning == "unneeded":
        _unneeded(tx, row, event, captured - row.paid, f"order_{row.state}")


def _unneeded(tx: Tx, row: Row, event: PaymentSucceeded, amount: int, reason: str) -> None:
    tx.publish(
        PaymentUnneeded(
            order_no=row.id, store_id=row.store_id, payment_id=event.payment_id, amount=amount, reason=reason
        )
    )


def _paid(tx: Tx, row: Row, promised_at: datetime, items: Sequence[Row]) -> OrderPaid:
    contact = {name: row.contact.get(name) for name in ("lat", "lng")}
    return OrderPaid(
        order_no=row.id,
        store_id=row.store_id,
        paid_at=tx.now,
        promised_at=promised_at,
        contact=Contact(
            name=row.contact["name"], phone=row.contact["phone"], address=row.contact["address"], **contact
        ),
        note=row.note,
        delivery_pin=row.delivery_pin,
        lines=tuple(
            PaidLine(
                item.line_no,
                item.sku,
                item.quantity,
                item.unit,
                item.payable,
                item.on_shortage,
                item.if_silent,
            )
            for item in items
        ),
    )


def expire(tx: Tx, order_no: int) -> None:
    """Timer: nobody paid in time. Stock and capacity are free again; a later payment goes back."""
    row = lock(tx, order_no)
    if row.state != OrderState.PLACED or row.expires_at > tx.now:
        return
    move_order(tx, row, "expire", reason="unpaid", ended_at=tx.now)
    end_unpaid(tx, row)
    tx.publish(OrderExpired(order_no=row.id, store_id=row.store_id))


def end_unpaid(tx: Tx, row: Row) -> None:
    """Free what an unpaid order held, and stop asking for money."""
    stock.release(tx, row.id)
    tx.kit.services["promise"].release(tx, row.id)
    payments.close(tx, row.id)
    move_delivery(tx, row, rules.delivery_steps(row.delivery_state, "cancel"))
