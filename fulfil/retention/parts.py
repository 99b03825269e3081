"""All rows of one order, in all tables: found from the order's number along what refers to what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import sqlalchemy as sa

from fulfil.delivery.model import Delivery, Milestone, Return, ReturnRow
from fulfil.dispatch.model import (
    Bag,
    BagLine,
    CapacityHold,
    ColdClock,
    Fulfilment,
    FulfilmentLineRow,
    Hold,
    Offer,
    Prediction,
    StockoutReport,
    TerminalOp,
    Ticket,
)
from fulfil.handoff.model import Handover, HandoverBag
from fulfil.kit.db import Base, Tx
from fulfil.kit.errors import StaleRow
from fulfil.kit.moves import History
from fulfil.kit.statements import among
from fulfil.messages.model import Message
from fulfil.packing.model import PackLine
from fulfil.picking.model import CountLine, Pick, PickLine, PickList, PutBackLine, SecondLook
from fulfil.prep.model import PrepLine, PrepOrder
from fulfil.trade.aftersales.model import Case, CaseLine, Decision, Refund, RefundItem, Substitution
from fulfil.trade.orders.model import Order, OrderAttribute, OrderDelivery, OrderItem, Submission
from fulfil.trade.payments.model import PaymentDocument, PayNotice, PayRefund, PayTransaction
from fulfil.trade.stock.model import Reservation, StockMovement, StockShortage

Rows = dict[str, list[dict[str, Any]]]
ORDER_NO = "orders.id"


@dataclass(frozen=True)
class Part:
    """Rows of `model` whose `column` is among the values of `of` ("table.column") of rows found before."""

    model: Any
    column: str
    of: str = ORDER_NO
    where: Any = None

    @property
    def table(self) -> sa.Table:
        return self.model.__table__

    @cached_property
    def found(self) -> sa.Select:
        return sa.select(*self.table.c).where(*self._mine()).order_by(*self.table.primary_key)

    @cached_property
    def gone(self) -> sa.Delete:
        return sa.delete(self.table).where(*self._mine())

    def _mine(self) -> list[Any]:
        return [among(self.table.c[self.column], "values"), *([] if self.where is None else [self.where])]


# Parents before what is found through them. A transaction never sees its order, so its steps are of no
# order either. The store is named for the index that begins with it.
PARTS = (
    Part(Order, "id"),
    Part(OrderItem, "order_no"),
    Part(OrderAttribute, "order_no"),
    Part(OrderDelivery, "id"),
    Part(Submission, "id"),
    Part(CapacityHold, "order_no"),
    Part(Reservation, "order_no"),
    Part(StockShortage, "order_no"),
    Part(StockMovement, "order_no"),
    Part(PaymentDocument, "order_no"),
    Part(PayTransaction, "id", "payment_documents.serial_no"),
    Part(PayNotice, "serial_no", "payment_documents.serial_no"),
    Part(PayRefund, "payment_id", "payment_documents.id"),
    Part(Case, "order_no"),
    Part(Refund, "case_id", "cases.id"),
    Part(RefundItem, "refund_id", "refunds.id"),
    Part(CaseLine, "case_id", "cases.id"),
    Part(Decision, "case_id", "cases.id"),
    Part(Substitution, "case_id", "cases.id"),
    Part(Message, "order_no"),
    Part(Fulfilment, "order_no"),
    Part(FulfilmentLineRow, "fulfilment_id", "fulfilments.id"),
    Part(ColdClock, "fulfilment_id", "fulfilments.id"),
    Part(Prediction, "fulfilment_id", "fulfilments.id"),
    Part(Ticket, "fulfilment_id", "fulfilments.id"),
    Part(Offer, "ticket_id", "tickets.id"),
    Part(Hold, "ticket_id", "tickets.id"),
    Part(TerminalOp, "ticket_id", "tickets.id"),
    Part(StockoutReport, "fulfilment_id", "fulfilments.id"),
    Part(Bag, "fulfilment_id", "fulfilments.id"),
    Part(BagLine, "bag_id", "bags.id"),
    Part(PickList, "id", "tickets.id"),
    Part(PickLine, "ticket_id", "pick_lists.id"),
    Part(Pick, "pick_line_id", "pick_lines.id"),
    Part(PutBackLine, "ticket_id", "pick_lists.id"),
    Part(CountLine, "ticket_id", "pick_lists.id"),
    Part(SecondLook, "id", "pick_lists.id"),
    Part(PrepOrder, "id", "tickets.id"),
    Part(PrepLine, "ticket_id", "prep_orders.id"),
    Part(PackLine, "ticket_id", "tickets.id"),
    Part(Handover, "ticket_id", "tickets.id"),
    Part(HandoverBag, "handover_id", "handovers.id"),
    Part(Delivery, "ticket_id", "tickets.id"),
    Part(Milestone, "delivery_id", "deliveries.id"),
    Part(Return, "ticket_id", "tickets.id"),
    Part(ReturnRow, "return_id", "returns.id"),
    Part(History, "order_no", where=among(History.__table__.c.store_id, "stores")),
    Part(
        History,
        "entity_id",
        "payment_documents.serial_no",
        where=sa.and_(History.entity == PayTransaction.__tablename__, History.seq.is_not(None)),
    ),
)


@cache
def children_first() -> tuple[Part, ...]:
    """The parts in an order in which they can be deleted; known when all tables are."""
    place = {table.name: place for place, table in enumerate(Base.metadata.sorted_tables)}
    return tuple(sorted(PARTS, key=lambda part: -place[part.table.name]))


def rows_of(tx: Tx, order: Any) -> Rows:
    """Every row of the order (`id` and `store_id` are looked at), as dicts by table and primary key."""
    found: Rows = {}
    for part in PARTS:
        given = _given(found, part, order)
        if given["values"]:
            found.setdefault(part.table.name, []).extend(
                dict(row._mapping) for row in tx.all(part.found, _asked(part, given))
            )
    return found


def delete(tx: Tx, order: Any, found: Rows) -> None:
    """Delete exactly these rows. Raises StaleRow when one has come or gone since they were found."""
    gone: dict[str, int] = {}
    for part in children_first():
        given = _given(found, part, order)
        if given["values"]:
            name = part.table.name
            gone[name] = gone.get(name, 0) + tx.change(part.gone, _asked(part, given))
    if {name: len(rows) for name, rows in found.items() if rows} != {n: k for n, k in gone.items() if k}:
        raise StaleRow()


def _given(found: Rows, part: Part, order: Any) -> dict[str, list[Any]]:
    return {
        "values": [order.id] if part.of == ORDER_NO else list(_values(found, part.of)),
        "stores": [order.store_id],
    }


def _asked(part: Part, given: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return given if part.model is History and part.column == "order_no" else {"values": given["values"]}


def _values(found: Rows, of: str) -> Iterator[Any]:
    table, _, column = of.partition(".")
    for row in found.get(table, ()):
        if row[column] is not None:
            yield row[column]
