"""Erasing what tells whose an order was: names, phones, addresses, notes, PINs, and what people wrote.

The order itself stays: its money, its goods and its steps are the shop's books.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from fulfil.dispatch.model import Fulfilment, Hold, TerminalOp, Ticket
from fulfil.kit.db import Tx
from fulfil.kit.moves import History
from fulfil.messages.model import Message
from fulfil.retention.archive import packed, unpacked
from fulfil.retention.final import final, is_final
from fulfil.retention.walk import UNTIL, Walk
from fulfil.trade.aftersales.model import Case, CasePhoto, Refund
from fulfil.trade.cart.errors import CartsAway
from fulfil.trade.customers import service as customers
from fulfil.trade.customers.errors import OrdersUnderWay
from fulfil.trade.customers.model import Customer
from fulfil.trade.orders.model import ArchivedOrder, Order, OrderView, Submission
from fulfil.trade.orders.service import showing
from fulfil.trade.payments.model import PaymentDocument, PayNotice, PayRefund

LOOKED_AT, ORDERS_MAX, MEMBERS_MAX = 100, 10, 2
NOBODY = {"name": "", "phone": "", "address": ""}
NOWHERE = {"lat": None, "lng": None}
UNUSED = sa.func.coalesce(Customer.seen_at, Customer.created_at, type_=Customer.created_at.type) < UNTIL
_ORDER, _STORE = sa.bindparam("the_order"), sa.bindparam("the_store")
_TICKETS = (
    sa.select(Ticket.id)
    .join(Fulfilment, Fulfilment.id == Ticket.fulfilment_id)
    .where(Fulfilment.order_no == _ORDER)
)
_OWNED = sa.select(Order.id, Order.store_id, Order.owner_kind, Order.owner_id).where(Order.id == _ORDER)
_SERIALS = sa.select(PaymentDocument.serial_no).where(PaymentDocument.order_no == _ORDER)


@dataclass(frozen=True)
class Blank:
    """What columns of an order's rows in a table become. `mine` finds the rows, `only` some of them."""

    model: Any
    mine: Any
    values: dict[str, Any]
    only: tuple[str, str] | None = None

    @cached_property
    def statement(self) -> sa.Update:
        table = self.model.__table__
        some = [] if self.only is None else [table.c[self.only[0]] == self.only[1]]
        return sa.update(table).where(self.mine, *some).values(self.values)

    def wipe(self, rows: list[dict[str, Any]]) -> None:
        """The same to rows of an archived order."""
        for row in rows:
            if self.only is None or row[self.only[0]] == self.only[1]:
                row |= self.values


# It stays when its order goes to the archive.
SHOWN = Blank(
    OrderView,
    OrderView.id == _ORDER,
    {"contact": NOBODY, "note": "", "delivery_pin": "", "phone": "", "name": ""},
)
# Whatever people wrote may name a customer. A reason that the shop itself gave is told by its event, too.
PERSONAL = (
    Blank(Order, Order.id == _ORDER, {"contact": NOBODY, "note": "", "delivery_pin": ""}),
    SHOWN,
    Blank(Submission, Submission.id == _ORDER, {"draft": {}}),
    Blank(
        Fulfilment,
        Fulfilment.order_no == _ORDER,
        {"contact": NOBODY | NOWHERE, "note": "", "delivery_pin": ""},
    ),
    Blank(Case, Case.order_no == _ORDER, {"reason": "", "note": None, "decision_note": None}),
    Blank(Refund, Refund.order_no == _ORDER, {"asked_note": None, "answer_note": None, "reference": None}),
    Blank(PayRefund, PayRefund.order_no == _ORDER, {"reason": ""}),
    Blank(PayNotice, PayNotice.serial_no.in_(_SERIALS), {"body": {}, "note": ""}),
    Blank(Message, Message.order_no == _ORDER, {"recipient": "", "subject": "", "text": ""}),
    Blank(Hold, Hold.ticket_id.in_(_TICKETS), {"reason": ""}),
    Blank(TerminalOp, TerminalOp.ticket_id.in_(_TICKETS), {"payload": {}, "answer": {}, "message": None}),
    Blank(History, sa.and_(History.store_id == _STORE, History.order_no == _ORDER), {"reason": ""}),
    *(
        Blank(
            History,
            sa.and_(History.store_id == _STORE, History.order_no == _ORDER),
            {"detail": None},
            only=("event", event),
        )
        for event in ("hold", "resolve")
    ),
)


def erase(tx: Tx, order_no: int, store_id: int) -> None:
    """Make an order nobody's. Safe to repeat. The caller holds its lock and knows that it is final."""
    for blank in PERSONAL:
        given = {"the_order": order_no} | ({"the_store": store_id} if blank.model is History else {})
        tx.execute(blank.statement, given)
    tx.delete(CasePhoto, {"order_no": order_no})
    tx.update(Order, {"id": order_no}, erased_at=tx.now)
    showing.changed(tx, tx.one(_OWNED, {"the_order": order_no}))  # who copies it now may have read it before


def erase_archived(tx: Tx, order_no: int) -> None:
    """The same in the archive. Safe to repeat."""
    row = tx.lock(
        sa.select(
            ArchivedOrder.document,
            ArchivedOrder.erased_at,
            ArchivedOrder.store_id,
            ArchivedOrder.owner_kind,
            ArchivedOrder.owner_id,
        ).where(ArchivedOrder.order_no == order_no)
    )
    if row is None or row.erased_at is not None:
        return
    found = unpacked(row.document)
    for blank in PERSONAL:
        blank.wipe(found.get(blank.model.__tablename__, []))
    for order in found["orders"]:
        order["erased_at"] = tx.now
    tx.execute(SHOWN.statement, {"the_order": order_no})
    tx.delete(CasePhoto, {"order_no": order_no})
    tx.update(ArchivedOrder, {"order_no": order_no}, document=packed(found), erased_at=tx.now)
    showing.mark(tx, order_no, store_id=row.store_id, owner_kind=row.owner_kind, owner_id=row.owner_id)


class Erasing:
    """A sweep: orders that ended `personal_days` ago become nobody's; members unused for long, too."""

    def __init__(self) -> None:
        self._live = Walk(
            Order,
            "id",
            "ended_at",
            LOOKED_AT,
            where=final(),
            by_age=True,
            index=sa.and_(Order.erased_at.is_(None), Order.ended_at.is_not(None)),
        )
        self._archived = Walk(
            ArchivedOrder,
            "order_no",
            "ended_at",
            LOOKED_AT,
            by_age=True,
            index=ArchivedOrder.erased_at.is_(None),
        )
        self._members = Walk(Customer, "id", "created_at", LOOKED_AT, where=UNUSED)

    def __call__(self, tx: Tx) -> None:
        until = tx.now - timedelta(days=tx.kit.config.personal_days)
        for order_no in self._live.next(tx, until, most=ORDERS_MAX):
            row = _locked(tx, order_no)
            if row is not None and is_final(tx, order_no):
                erase(tx, row.id, row.store_id)
        for order_no in self._archived.next(tx, until, most=ORDERS_MAX):
            erase_archived(tx, order_no)
        self._unused_members(tx)

    def _unused_members(self, tx: Tx) -> None:
        until = tx.now - timedelta(days=tx.kit.config.member_days)
        for customer_id in self._members.next(tx, until, most=MEMBERS_MAX):
            try:
                with tx.savepoint():
                    forget_member(tx, customer_id)
            except (OrdersUnderWay, CartsAway):
                continue  # the walk comes by again


def forget_member(tx: Tx, customer_id: int) -> None:
    """The member's account, sessions and carts end, and what they ordered is nobody's any more.

    Raises OrdersUnderWay while an order of theirs is not over for good: goods and money still need a name.
    """
    orders = tx.all(_LIVE_OF_MEMBER, {"member": customer_id})
    if any(not is_final(tx, row.id) for row in orders):
        raise OrdersUnderWay()
    for row in orders:
        erase(tx, row.id, row.store_id)
        tx.kit.live.forget(tx, row.id)  # an order's own time is longer than that of pushes
    for order_no in tx.scalars(_ARCHIVED_OF_MEMBER, {"member": customer_id}):
        erase_archived(tx, order_no)
    tx.kit.services["carts"].forget(f"customer:{customer_id}")
    customers.forget(tx, customer_id)


def _locked(tx: Tx, order_no: int) -> sa.Row | None:
    return tx.one(_LOCKED, {"the_order": order_no})


_LOCKED = (
    sa.select(Order.id, Order.store_id).where(Order.id == _ORDER, Order.erased_at.is_(None)).with_for_update()
)
_LIVE_OF_MEMBER = (
    sa.select(Order.id, Order.store_id)
    .where(
        Order.owner_kind == "customer", Order.owner_id == sa.bindparam("member"), Order.erased_at.is_(None)
    )
    .order_by(Order.id)
    .with_for_update()
)
_ARCHIVED_OF_MEMBER = (
    sa.select(ArchivedOrder.order_no)
    .where(
        ArchivedOrder.owner_kind == "customer",
        ArchivedOrder.owner_id == sa.bindparam("member"),
        ArchivedOrder.erased_at.is_(None),
    )
    .order_by(ArchivedOrder.order_no)
)
