"""A long past in small: copied orders are as sound as the real ones, and both shops go on living."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from fulfil.kit.db import Base
from fulfil.sim.bench import growth, past
from fulfil.sim.bench.databases import Databases
from fulfil.sim.bench.days import FATES
from fulfil.trade.orders.model import Order

REAL, PAST = len(FATES), 45
COPIED = -(-PAST // REAL) * REAL  # whole copies of all real orders
KEPT = 21  # the invariant of how long things are kept: sweeps reach it a few rows at a time


def quiet(_step: str, _share: float) -> None:
    """Nobody looks at a bar here."""


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def test_a_copied_past_is_sound_and_the_shop_goes_on(database, tmp_path):
    with Databases(database, tmp_path) as databases:
        shop = growth.Aged(databases, tmp_path, PAST, REAL, quiet)
        assert shop.past_orders == COPIED
        before = {row.state: row.n for row in states(shop)}
        assert {"closed", "cancelled", "expired"} == before.keys()
        assert all(n % (COPIED // REAL) == 0 for n in before.values())
        shop.live(1)
        assert [v for v in shop.house.violations() if v.invariant != KEPT] == []
        assert shop.cost_ms("pick") > 0 and (shop.database_seconds > 0) == (database == "postgresql")
        with shop.house.kit.db.read() as tx:
            first, last = tx.one(sa.select(sa.func.min(Order.created_at), sa.func.max(Order.created_at)))
            newest = tx.one(sa.select(Order.created_at).order_by(Order.id.desc()).limit(1)).created_at
            broken = tx.all(sa.text("PRAGMA foreign_key_check")) if database == "sqlite" else []
        assert last - first > past.SPREAD and newest == last
        assert shop.house.clock.now() - first < timedelta(days=shop.house.kit.config.personal_days)
        assert broken == []
        shop.close()


def states(shop: growth.Aged) -> list[sa.Row]:
    with shop.house.kit.db.read() as tx:
        return tx.all(sa.select(Order.state, sa.func.count().label("n")).group_by(Order.state))


def test_growth_compares_every_part_of_an_orders_way(capsys):
    told = growth.run(database="sqlite", orders=30, few=20, real_orders=REAL, rounds=1, tell=quiet)
    assert (told["few"], told["orders"], told["lives"]) == (20, 30, growth.ORDERS_A_ROUND)
    assert told["paths"].keys() == set(growth.HOT)
    for part in told["paths"].values():
        assert part["few_ms"] > 0 and part["many_ms"] > 0 and part["ratio"] > 0
    assert told["many_cpu_ms_per_order"] == pytest.approx(
        sum(part["many_ms"] for part in told["paths"].values()), abs=0.1
    )
    assert told["p50_ms"] > 0 and told["database_size_mib"] > 1
    assert capsys.readouterr().err == "", "messages to customers are nobody's to read here"


def test_a_table_that_holds_orders_is_copied():
    """A new table belongs to the shop, is kept for days, or piles up: then its numbers must be known."""
    assert Base.metadata.tables.keys() >= past.NOT_COPIED
    for copied in past.copied_tables():
        key = copied.table.primary_key.columns
        assert copied.moved & {column.name for column in key} or copied.suffixed & {c.name for c in key}
        referred = {
            column.name
            for column in copied.table.c
            for other in column.foreign_keys
            if other.column.table.name not in past.NOT_COPIED
        }
        assert referred <= copied.moved, f"{copied.table.name}: {referred - copied.moved} would stay behind"
