"""What clients were told, kept outside the database: a lost acknowledgement shows here (invariant 17)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from fulfil.dispatch.model import StockoutReport, TerminalOp
from fulfil.kit.checks import Violation
from fulfil.kit.db import Tx
from fulfil.kit.moves import History
from fulfil.picking.model import Pick
from fulfil.retention.archive import unpacked
from fulfil.sim.sandbox.book import Book
from fulfil.trade.orders.model import ArchivedOrder, Order
from fulfil.trade.payments.model import PayNotice, PayRefund, PayTransaction

NEVER_STORED = "op_id_reused"
APPLIED, REJECTED = "applied", "rejected"


@dataclass
class Told:
    """The answer to an op: `applied` or `rejected` with a code."""

    status: str
    code: str | None


@dataclass
class Logbook:
    """Everything that people sent and heard. Orders by number, ops by id."""

    sent: dict[str, str] = field(default_factory=dict)  # op → its stage and type
    told: dict[str, Told] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)  # number → what was to be paid
    owners: dict[str, set[str]] = field(default_factory=dict)  # guest → the orders they heard of
    pins: dict[str, str] = field(default_factory=dict)
    cancels: set[str] = field(default_factory=set)
    contradictions: list[Violation] = field(default_factory=list)
    _fresh: list[str] = field(default_factory=list)

    def send(self, op: Mapping[str, Any], stage: str) -> None:
        self.sent.setdefault(op["id"], f"{stage}.{op['type']}")

    def hear(self, results: list[Mapping[str, Any]]) -> None:
        """Remember answers; the same op must never be answered otherwise."""
        for result in results:
            status = REJECTED if result["status"] == REJECTED else APPLIED
            told = Told(status, result["code"])
            before = self.told.setdefault(result["id"], told)
            if before is told:
                self._fresh.append(result["id"])
            elif before != told:
                self.contradictions.append(
                    Violation(
                        17,
                        "ops",
                        result["id"],
                        f"was answered {before.status} {before.code}, then {told.status} {told.code}",
                    )
                )

    def placed(self, guest: str, order: Mapping[str, Any]) -> None:
        self.orders[order["order_no"]] = order["total"]
        self.owners.setdefault(guest, set()).add(order["order_no"])
        self.pins[order["order_no"]] = order["delivery_pin"]

    def violations(self, tx: Tx, book: Book) -> list[Violation]:
        """Where the database is not what clients and the channel were told; ops since the last look."""
        return [*self.contradictions, *self._ops(tx), *self._orders(tx), *self._cancels(tx), *money(tx, book)]

    def _ops(self, tx: Tx) -> Iterator[Violation]:
        fresh, self._fresh = self._fresh, []
        stored = {row.id: row for row in tx.all(sa.select(TerminalOp.id, TerminalOp.status, TerminalOp.code))}
        picks = dict(map(tuple, tx.all(sa.select(Pick.op_id, sa.func.count()).group_by(Pick.op_id))))
        shorts = set(tx.scalars(sa.select(StockoutReport.op_id)))
        for op in fresh:
            told, row = self.told[op], stored.get(op)
            if told.code == NEVER_STORED:
                continue
            if row is None or (row.status, row.code) != (told.status, told.code):
                yield Violation(
                    17,
                    "ops",
                    op,
                    f"{self.sent[op]} was answered {told.status} {told.code}, "
                    f"stored is {row and (row.status, row.code)}",
                )
            elif told.status == REJECTED and (op in picks or op in shorts):
                yield Violation(17, "ops", op, f"{self.sent[op]} was rejected and left an effect")
            elif told.status == APPLIED and self.sent[op] == "picking.pick" and picks.get(op) != 1:
                yield Violation(17, "ops", op, f"an acknowledged pick is counted {picks.get(op, 0)} times")
            elif told.status == APPLIED and self.sent[op] == "picking.short" and op not in shorts:
                yield Violation(13, "ops", op, "a shortage was acknowledged and has no report")
        for op in stored.keys() - self.sent.keys():
            yield Violation(17, "ops", op, "nobody sent this op")

    def _orders(self, tx: Tx) -> Iterator[Violation]:
        stored = {
            str(row.id): row
            for row in (
                *archived(tx, "orders"),
                *tx.all(sa.select(Order.id, Order.owner_id, Order.payable).where(Order.valid)),
            )
        }
        for number, total in self.orders.items():
            if number not in stored or stored[number].payable != total:
                yield Violation(17, "orders", number, "was acknowledged and is not there as it was told")
        for number, row in stored.items():
            if number not in self.owners.get(str(row.owner_id), ()):
                yield Violation(17, "orders", number, "its owner never heard of it")

    def _cancels(self, tx: Tx) -> Iterator[Violation]:
        steps = [
            *archived(tx, "history"),
            *tx.all(
                sa.select(History.order_no, History.entity, History.event).where(
                    History.event == "cancel_refused"
                )
            ),
        ]
        refused = {
            str(step.order_no) for step in steps if (step.entity, step.event) == ("orders", "cancel_refused")
        }
        states = {
            str(row.id): row.state
            for row in (*archived(tx, "orders"), *tx.all(sa.select(Order.id, Order.state)))
        }
        for number in sorted(self.cancels - refused):
            if states.get(number) not in ("cancelled", "cancelling", "expired"):
                yield Violation(17, "orders", number, f"cancelled as it was told; it is {states.get(number)}")


def archived(tx: Tx, table: str) -> Iterator[Any]:
    """The rows of a table that went to the archive with their orders."""
    for document in tx.scalars(sa.select(ArchivedOrder.document).order_by(ArchivedOrder.order_no)):
        yield from (SimpleNamespace(**row) for row in unpacked(document).get(table, ()))


def money(tx: Tx, book: Book) -> list[Violation]:
    """5: what the channel took and gave back is in our books, or an open exception says that it is not."""
    found = []
    ours = {
        str(row.id): row
        for row in (
            *archived(tx, "pay_transactions"),
            *tx.all(sa.select(PayTransaction.id, PayTransaction.state, PayTransaction.amount)),
        )
    }
    held = {
        str(row.serial_no) for row in (*archived(tx, "pay_notices"), *tx.all(sa.select(PayNotice.serial_no)))
    }
    for row in book.transactions.values():
        mine = ours.get(row.serial_no)
        taken = mine is not None and mine.state == "succeeded" and mine.amount == row.charged
        if row.state == "succeeded" and not taken and row.serial_no not in held:
            found.append(
                Violation(5, "pay_transactions", row.serial_no, "the channel took money unknown to us")
            )
    back = {
        str(row.id): row
        for row in (
            *archived(tx, "pay_refunds"),
            *tx.all(sa.select(PayRefund.id, PayRefund.state, PayRefund.amount)),
        )
    }
    for refund in book.refunds.values():
        mine = back.get(refund.refund_id)
        if refund.state == "succeeded" and (
            mine is None or (mine.state, mine.amount) != ("succeeded", refund.amount)
        ):
            found.append(
                Violation(5, "pay_refunds", refund.refund_id, "the channel gave back more than we know")
            )
    for number, mine in back.items():
        if mine.state == "succeeded" and book.refunds[number].state != "succeeded":
            found.append(Violation(5, "pay_refunds", number, "the channel did not make this refund"))
    return found
