"""A long past for a shop: a few hundred real orders, copied inside the database until they are a million.

Every row of the real orders is copied with its numbers moved on by a stride and its times by a step, so that
whatever refers to what still does. Which columns those are, the tables say. Rows that are kept for days only
(docs/retention.md) do not pile up with past orders and are not copied, or for their days only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from fulfil.kit.base import Kit
from fulfil.kit.columns import MICROSECOND
from fulfil.kit.db import Base, Tx
from fulfil.kit.ids import SEGMENT, NumberSegment
from fulfil.sim.bench.progress import Tell

# What belongs to the shop and its people, or is kept for a few days whatever happened before.
NOT_COPIED = frozenset(
    {
        "alarms",
        "api_tokens",
        "archived_orders",
        "arrivals",
        "capacity_holds",
        "categories",
        "customer_sessions",
        "customers",
        "devices",
        "enrolment_codes",
        "figure_marks",
        "figures",
        "floor_plans",
        "idempotency_keys",
        "items",
        "live_heads",
        "live_log",
        "login_codes",
        "number_segments",
        "pay_nonces",
        "people",
        "places",
        "planned_shifts",
        "presence",
        "products",
        "promise_margins",
        "shifts",
        "staff_sessions",
        "stock",
        "stores",
        "submissions",
        "substitute_counts",
        "switches",
        "tasks",
        "totes",
        "webhooks",
        "work_speeds",
        "worker_loads",
        "workloads",
    }
)
# Columns that hold the number of a document.
NUMBERS = frozenset(
    {
        "order_no",
        "fulfilment_id",
        "ticket_id",
        "bag_id",
        "handover_id",
        "delivery_id",
        "pick_line_id",
        "case_id",
        "refund_id",
        "return_id",
        "payment_id",
        "serial_no",
        "entity_id",
        "owner_id",
        "id",
    }
)
# Texts that repeat a unique one of another table.
REPEATED = {"handover_bags": {"code"}, "order_views": {"track_token"}, "picks": {"op_id"}}
DAYS_KEPT = {"ops": "op_days"}  # by setting
SPREAD = timedelta(days=165)  # before personal data is erased: sweeps find as little to do as with few orders
ROWS_AT_ONCE = 250_000
CARRIED = "carried"


@dataclass(frozen=True)
class Copied:
    """A table whose rows are copied. `found_by`: the column whose values tell the real rows from copies."""

    table: sa.Table
    found_by: sa.Column
    moved: frozenset[str]
    suffixed: frozenset[str]

    @classmethod
    def of(cls, table: sa.Table) -> Copied:
        moved = frozenset(
            column.name
            for column in table.c
            if column.name in NUMBERS and not isinstance(column.type, sa.Text)
        )
        first = next(iter(table.primary_key.columns))
        found_by = first if first.name in moved else next(c for c in table.c if c.name in moved)
        return cls(
            table, found_by, moved, frozenset(_unique_texts(table, moved)) | REPEATED.get(table.name, set())
        )

    def statement(self, top: int, stride: int, step: int, first: int, last: int) -> sa.Insert:
        """Insert the copies numbered `first` to `last` of all rows whose `found_by` is at most `top`."""
        copies = sa.select(sa.cast(first, sa.BigInteger).label("k")).cte("copies", recursive=True)
        copies = copies.union_all(sa.select(copies.c.k + 1).where(copies.c.k < last))
        columns = [self._column(column, copies.c.k, stride, step) for column in self.table.c]
        rows = (
            sa.select(*columns)
            .select_from(self.table.join(copies, sa.true()))
            .where(self.found_by <= top)
            .order_by(copies.c.k, *self.table.primary_key.columns)
        )
        if self.table.name == "history":
            rows = rows.where(self.table.c.entity.in_([copied.table.name for copied in copied_tables()]))
        if self.table.name == "stock_movements":  # the others are deliveries and counts of the shop
            rows = rows.where(self.table.c.order_no.is_not(None))
        return self.table.insert().from_select([column.name for column in self.table.c], rows)

    def _column(self, column: sa.Column, k: Any, stride: int, step: int) -> Any:
        number = sa.type_coerce(column, sa.BigInteger)
        if column.name in self.moved:
            return number + k * stride
        if column.name in self.suffixed:
            return column.concat(sa.literal(":", sa.Text)).concat(sa.cast(k, sa.Text))
        if type(column.type).__name__ == "_Utc":
            return number + k * step
        return column


class Past:
    """Multiplies what stands in `kit`'s database; its real orders must have ended."""

    def __init__(self, kit: Kit, real_orders: int, orders: int) -> None:
        self._kit = kit
        self._copies = max(1, math.ceil(orders / real_orders) - 1)
        self._step = int(SPREAD / MICROSECOND) // self._copies

    def make(self, tell: Tell) -> None:
        """Copy, chunk by chunk; afterwards numbers go on behind the last copy, and stock adds up."""
        with self._kit.db.read() as tx:
            tops = {
                copied.table.name: tx.scalar(sa.select(sa.func.max(copied.found_by))) or 0
                for copied in copied_tables()
            }
            rows = {
                copied.table.name: tx.scalar(sa.select(sa.func.count()).select_from(copied.table))
                for copied in copied_tables()
            }
        stride = max(tops.values())
        done, total = 0, max(1, self._copies * sum(rows.values()))
        for copied in copied_tables():
            name = copied.table.name
            for first, last in self._chunks(name, rows[name]):
                statement = copied.statement(tops[name], stride, self._step, first, last)
                self._kit.db.write(lambda tx, s=statement: tx.execute(s), "bench-past", numbers=0)
                done += rows[name] * (last - first + 1)
                tell(f"Copying {name}", done / total)
        self._kit.db.write(lambda tx: _settle(tx, stride * (self._copies + 2)), "bench-past", numbers=0)
        self._kit.ids.ensure(self._kit.db, SEGMENT + 1)  # leaves the segment that was fetched before

    def _chunks(self, name: str, rows: int) -> Iterator[tuple[int, int]]:
        """First and last number of the copies that one transaction makes."""
        each, first = max(1, ROWS_AT_ONCE // max(1, rows)), 1
        if name in DAYS_KEPT:
            kept = timedelta(days=getattr(self._kit.config, DAYS_KEPT[name]))
            first = max(1, self._copies - int(kept / MICROSECOND) // self._step)
        if rows:
            for number in range(first, self._copies + 1, each):
                yield number, min(self._copies, number + each - 1)


def _settle(tx: Tx, next_number: int) -> None:
    """Let new numbers begin behind the copies', and let the movements of each product add up to its stock."""
    tx.execute(sa.update(NumberSegment).values(next=next_number))
    if tx.dialect == "postgresql":
        for copied in copied_tables():
            _move_sequence(tx, copied.table)
    stock, moved = Base.metadata.tables["stock"], Base.metadata.tables["stock_movements"]
    summed = (
        sa.select(sa.func.sum(moved.c.delta))
        .where(moved.c.store_id == stock.c.store_id, moved.c.sku == stock.c.sku)
        .scalar_subquery()
    )
    for row in tx.all(sa.select(stock.c.store_id, stock.c.sku, (stock.c.on_hand - summed).label("lacks"))):
        if row.lacks:
            tx.execute(
                moved.insert().values(
                    store_id=row.store_id,
                    sku=row.sku,
                    delta=row.lacks,
                    asked=row.lacks,
                    kind=CARRIED,
                    source_ref=f"{CARRIED}:{row.sku}",
                    order_no=None,
                    actor="system",
                    at=tx.now,
                )
            )


def _move_sequence(tx: Tx, table: sa.Table) -> None:
    key = next(iter(table.primary_key.columns))
    if table.autoincrement_column is not None and key.autoincrement is True:
        tx.execute(
            sa.text(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', '{key.name}'), "
                f"(SELECT max({key.name}) FROM {table.name}))"
            )
        )


def _unique_texts(table: sa.Table, moved: frozenset[str]) -> Iterator[str]:
    """The text of each unique constraint that no moved number makes unique. Partial ones hold what lives."""
    uniques = [
        list(rule.columns)
        for rule in table.constraints
        if isinstance(rule, (sa.UniqueConstraint, sa.PrimaryKeyConstraint))
    ]
    uniques += [
        list(index.columns)
        for index in table.indexes
        if index.unique and index.dialect_options["sqlite"]["where"] is None
    ]
    for columns in uniques:
        if not any(column.name in moved for column in columns):
            yield next(c.name for c in reversed(columns) if isinstance(c.type, sa.Text))


@cache
def copied_tables() -> tuple[Copied, ...]:
    """Parents before children; known when all tables are."""
    return tuple(Copied.of(table) for table in Base.metadata.sorted_tables if table.name not in NOT_COPIED)
