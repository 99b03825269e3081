"""A shop that lives for weeks: what it keeps is what its settings say, however long it lives."""

from __future__ import annotations

from datetime import timedelta
from itertools import cycle

import pytest
import sqlalchemy as sa

from fulfil.sim.simulation import series
from fulfil.sim.simulation.plan import Plan
from fulfil.trade.orders import rules
from fulfil.trade.orders.model import ArchivedOrder
from tests.retention.conftest import LongLived
from tests.retention.test_archive import counts

WEEKS = 2
ENDS = ("delivered", "short", "cancelled", "expired", "paid_late")
# What was archived stays longer than this test, and so does how it is found. Its pickers take a new tote for
# every order, and nobody counts shelves: one count of each sku stays open.
STAY = {"figures", "archived_orders", "order_views", "stock_counts", "totes"}


def test_a_shop_does_not_grow(sqlite_url: str, carts_path: str) -> None:
    """After as many days as things are kept, another two weeks add nothing but archived orders."""
    shop = LongLived(
        sqlite_url,
        carts_path,
        personal_days=3,
        archive_after_days=8,
        op_days=3,
        session_days=2,
        guest_days=3,
        member_days=5,
        message_days=3,
    )
    ends, kept = cycle(ENDS), []
    for day in range(10 + WEEKS * 7):
        getattr(shop, next(ends))()
        shop.pass_days(1)
        if day >= 9 and (day - 9) % len(ENDS) == 0:
            kept.append(counts(shop))
            assert shop.violations() == []
    grown = {
        table: (kept[0][table], kept[-1][table])
        for table in kept[0]
        if table not in STAY and kept[-1][table] > kept[0][table]
    }
    assert grown == {}
    assert kept[-1]["archived_orders"] == kept[0]["archived_orders"] + 5 * (len(kept) - 1) > 10
    assert 0 < kept[-1]["orders"] <= 10
    shop.kit.close()


def test_crashes_and_lost_messages_do_not_disturb_the_sweeps(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Simulated days with everything kept for a day: what people were told is found, live or archived."""
    for name in ("ARCHIVE_AFTER", "PERSONAL", "OP", "SESSION", "GUEST", "KEY", "LIVE"):
        monkeypatch.setenv(f"FULFIL_{name}_DAYS", "1")
    monkeypatch.setattr(rules, "CLOSED_AFTER", timedelta(hours=12))
    plan = Plan(days=3, seed="3", faults="heavy", orders=4, hours=(10, 10))
    outcome = series.simulate(plan, lambda step, share: None, database_url=sqlite_url)
    assert outcome.violations == [], "\n".join(outcome.steps)
    assert outcome.figures["crashes"] > 0
    engine = sa.create_engine(sqlite_url)
    with engine.connect() as connection:
        states = set(connection.scalars(sa.select(ArchivedOrder.state)))
    engine.dispose()
    assert "closed" in states
