"""The guards against races, taken out one by one: what the races must find where they are missing.

Each function patches the running process. The served control keeps the patches for its life.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from pytest import MonkeyPatch

from fulfil.contracts.fulfilment import HandedOver, LineQuantity
from fulfil.contracts.stage import TicketView
from fulfil.dispatch import queries as dispatched
from fulfil.dispatch import service as dispatch
from fulfil.dispatch.service import flow, offers, ops, supervise
from fulfil.kit import idempotency, states
from fulfil.kit.db import Tx
from fulfil.kit.security import hash_token, new_token
from fulfil.picking import rules as picking_rules
from fulfil.picking.errors import OverPick
from fulfil.picking.service import lines as picking
from fulfil.staff import queries as staff
from fulfil.staff import rules as staff_rules
from fulfil.staff import service as staff_service
from fulfil.staff.model import Device, EnrolmentCode
from fulfil.trade.aftersales.service import decisions
from fulfil.trade.cart.service import carts
from fulfil.trade.orders import rules as orders
from fulfil.trade.orders.service import steps
from fulfil.trade.orders.service.draft import Draft
from fulfil.trade.payments import queries as payments
from fulfil.trade.payments import service as payment_service
from fulfil.trade.payments.model import PaymentDocument
from fulfil.trade.payments.rules import Said
from fulfil.trade.payments.service import hearing, refunding
from fulfil.trade.payments.service.channel import Notice
from fulfil.trade.stock import queries as stock
from fulfil.trade.stock.model import Stock
from fulfil.trade.stock.service import holding

PLENTY = 10**6


def sell_unseen(patch: MonkeyPatch) -> None:
    """Stock is taken whatever is there, and a movement counts from what was first seen on hand."""
    take = (
        sa.update(Stock.__table__)
        .where(Stock.store_id == sa.bindparam("the_store"), Stock.sku == sa.bindparam("the_sku"))
        .values(reserved=Stock.reserved + sa.bindparam("quantity"), version=Stock.version + 1)
    )
    counted, row_of, seen = stock.available, stock.stock, {}

    def stale(tx: Tx, store_id: int, sku: str, *, lock: bool = False) -> Any:
        row = row_of(tx, store_id, sku, lock=lock)
        return seen.setdefault(sku, row) if lock else row

    patch.setattr(holding, "_TAKE", take)
    patch.setattr(stock, "stock", stale)
    patch.setattr(
        stock,
        "available",
        lambda tx, store_id, skus, *, lock=False: (
            dict.fromkeys(skus, PLENTY) if lock else counted(tx, store_id, skus)
        ),
    )


def forget_what_was_answered(patch: MonkeyPatch) -> None:
    """Idempotency keys, ops and callbacks are new every time, and each callback adds its money."""
    patch.setattr(
        idempotency, "once", lambda db, name, _who, _key, _hash, effect, _hidden: db.write(effect, name)
    )
    patch.setattr(ops, "_store", lambda *_args, **_values: None)
    patch.setattr(payment_service, "hear_notice", _heard_again)
    patch.setattr(hearing, "_paid", _added(hearing._paid))


def _heard_again(tx: Tx, channel: str, notice: Notice) -> None:
    if isinstance(notice.said, Said):
        hearing.hear_payment(tx, channel, notice.said)
    else:
        hearing.hear_refund(tx, channel, notice.said)


def _added(paid: Callable[..., None]) -> Callable[..., None]:
    def add(tx: Tx, row: Any, said: Any, books: Any) -> None:
        paid(tx, row, said, books)
        document = books.document
        tx.update(
            PaymentDocument, PaymentDocument.id == document.id, captured=document.captured + said.amount
        )
        event = hearing.PaymentSucceeded(
            order_no=document.order_no,
            store_id=document.store_id,
            payment_id=document.id,
            amount=row.amount,
            currency=row.currency,
            at=tx.now,
        )
        tx.publish(event)

    return add


def order_any_cart(patch: MonkeyPatch) -> None:
    """A cart is ordered as it is now, whatever was seen of it, and as often as it is asked for."""
    shown, order = steps._shown, steps.STEPS["order"]

    def newest(tx: Tx, draft: Draft) -> Any:
        version = carts.load(tx, draft.request.cart).version
        draft.request = replace(draft.request, cart_version=version)
        return shown(tx, draft)

    def unnumbered(tx: Tx, draft: Draft) -> None:
        draft.request = replace(draft.request, cart_version=draft.order_no)
        order.do(tx, draft)

    patch.setattr(steps, "_shown", newest)
    patch.setitem(steps.STEPS, "order", replace(order, do=unnumbered))
    patch.setattr(carts, "empty", lambda *_args: None)


def take_any_money(patch: MonkeyPatch) -> None:
    """Money pays an order whatever has become of it."""
    patch.setattr(orders, "money_means", lambda state, paid, captured, payable: "pays")


def take_any_extra(patch: MonkeyPatch) -> None:
    """An extra that was paid counts whatever has become of its question."""

    def always(_tx: Tx, _order: Any, row: Any, amount: int) -> Any:
        offered = [decisions._proposal(one) for one in row.proposals]
        return next(one for one in offered if one.price.extra == amount)

    patch.setattr(decisions, "_paid_for", always)


def order_at_any_price(patch: MonkeyPatch) -> None:
    """An order is made at today's prices, whatever the customer was shown."""
    shown = steps._shown

    def unseen(tx: Tx, draft: Draft) -> Any:
        now = shown(tx, draft)
        prices = {line.sku: line.unit_price for line in now.lines}
        lines = tuple(replace(line, price=prices[line.sku]) for line in now.cart.lines)
        draft.shown = replace(now, cart=replace(now.cart, lines=lines, shown=now.totals.payable))
        return draft.shown

    patch.setattr(steps, "_shown", unseen)


def refund_unseen(patch: MonkeyPatch) -> None:
    """Refunds are counted from what the order's first one saw; the database allows it."""
    documents, seen = payments.documents, {}

    def stale(tx: Tx, order_no: int, *, lock: bool = False) -> Any:
        return seen.setdefault(order_no, documents(tx, order_no, lock=lock))

    def reserve(tx: Tx, document_id: int, part: int) -> None:
        tx.update(
            PaymentDocument, PaymentDocument.id == document_id, refunding=PaymentDocument.refunding + part
        )

    patch.setattr(refunding, "queries", SimpleNamespace(**vars(payments) | {"documents": stale}))
    patch.setattr(refunding, "_reserve", reserve)


def drop_constraints(engine: sa.Engine) -> None:
    """The database takes any sum of refunds."""
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "PRAGMA ignore_check_constraints=ON"
            if engine.dialect.name == "sqlite"
            else "ALTER TABLE payment_documents DROP CONSTRAINT ck_payment_documents_refunds"
        )


def let_everybody_win(patch: MonkeyPatch) -> None:
    """Every step is legal from every state, whoever acts, whatever was decided before."""
    patch.setattr(ops, "_require_holder", lambda *_args: None)
    patch.setattr(
        offers,
        "_pending",
        lambda tx, _row, offer_id, _person: tx.one(offers._OFFER.where(offers.Offer.id == offer_id)),
    )
    patch.setattr(supervise, "HELD_TICKET", ())
    patch.setattr(picking, "usable_tote", lambda _tx, _ticket, tote: tote)
    patch.setattr(picking_rules, "short_quantity", lambda _line, quantity: quantity)
    patch.setattr(picking_rules, "picked_after", _picked_after)
    patch.setattr(dispatch, "hand_over", _hand_over)
    patch.setattr(states.Machine, "next", _any_next)


def _picked_after(line: Any, amount: int) -> int:
    if line.picked + amount > line.quantity:
        raise OverPick(line.picked + amount, line.quantity)
    return line.picked + amount


def _hand_over(
    tx: Tx, ticket: TicketView, carrier: str, lines: Sequence[LineQuantity], _rider_id: int | None = None
) -> None:
    row = dispatched.fulfilment_row(tx, ticket.fulfilment_id)
    flow._move(tx, row, "hand_over", progressed="hand_over", carrier=carrier, handed_over_at=tx.now)
    tx.publish(
        HandedOver(
            order_no=row.order_no, store_id=row.store_id, fulfilment_id=row.id, at=tx.now, lines=tuple(lines)
        )
    )


def _any_next(machine: states.Machine, state: str, event: str) -> str:
    return next(row[event] for row in (machine.table[state], *machine.table.values()) if event in row)


def trust_anybody(patch: MonkeyPatch) -> None:
    """Wrong PINs are not counted, codes work again, ended sessions and lost roles still act."""
    patch.setattr(staff_rules, "attempt", lambda failures, *_args: staff_rules.Attempt(True, failures, None))
    patch.setattr(staff_service, "enrol", _enrol)
    patch.setattr(staff, "_SESSION_OF_TOKEN", _without_end(staff._SESSION_OF_TOKEN))
    patch.setattr(ops, "_session", _still_live(ops._session))
    patch.setattr(ops, "_require_role", lambda *_args: None)


def _enrol(tx: Tx, code: str, name: str, kind: str) -> dict[str, Any]:
    store_id = tx.scalar(
        sa.select(EnrolmentCode.store_id).where(
            EnrolmentCode.code_hash == hash_token(staff_rules.enrolment_code(code))
        )
    )
    device_id, key = tx.number(), new_token(tx.kit.random, "fd_")
    tx.insert(
        Device,
        id=device_id,
        store_id=store_id,
        name=name,
        kind=kind,
        key_hash=hash_token(key),
        enrolled_at=tx.now,
        pin_failures=0,
    )
    return {"device_key": key, "device_id": device_id, "store_id": store_id}


def _without_end(statement: sa.Select) -> sa.Select:
    kept = [part for part in statement.whereclause if "ended_at" not in str(part)]
    return sa.select(*statement.selected_columns).select_from(*statement.get_final_froms()).where(*kept)


def _still_live(session: Callable[..., Any]) -> Callable[..., Any]:
    def of(tx: Tx, sender: Any, op: Any) -> Any:
        row = session(tx, sender, op)
        return row and SimpleNamespace(**{**row._mapping, "ended_at": None})

    return of


ALL = (
    sell_unseen,
    forget_what_was_answered,
    order_any_cart,
    take_any_money,
    let_everybody_win,
    trust_anybody,
)
