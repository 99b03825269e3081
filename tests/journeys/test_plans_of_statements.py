"""No statement of an order's life reads all of a table that grows: a million past orders must not be felt.

Nor all that a shop has in it: a shop's orders are as many. `fulfil bench growth` measures what this foresees.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from fulfil.kit.db import Base
from fulfil.sim.inside import InsideShop
from tests.journeys.test_life_of_an_order import paid_order, work_off

# These hold the shop, its people and goods, and what is live: they do not grow with past orders.
STAY_SMALL = {
    "api_tokens",
    "categories",
    "devices",
    "enrolment_codes",
    "items",
    "live_heads",
    "number_segments",
    "alarms",
    "order_changes",
    "webhooks",
    "people",
    "places",
    "planned_shifts",
    "presence",
    "products",
    "shifts",
    "stock",
    "stock_shortages",
    "stores",
    "switches",
    "work_speeds",
    "totes",
    "worker_loads",
    "tasks",
    "capacity_holds",
    "pay_notices",
}
QUERY = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
WHOLE_SHOP = re.compile(
    r"SEARCH (\w+) USING (?:COVERING )?INDEX (\w+) "
    r"\(store_id=\?(?: AND sku=\?)?( AND order_no=\?)?\)"
)


@pytest.fixture
def said() -> Iterator[set[str]]:
    """Every statement that SQLite runs meanwhile, with its values."""
    heard: set[str] = set()

    def listen(raw: sqlite3.Connection, _record: object) -> None:
        raw.set_trace_callback(heard.add)

    event.listen(sa.Engine, "connect", listen)
    yield heard
    event.remove(sa.Engine, "connect", listen)


def scanned(raw: sqlite3.Connection, statement: str) -> list[str]:
    """Steps of a statement that read all rows, or all of a shop; an index of what is live is not meant."""
    growing = set(Base.metadata.tables) - STAY_SMALL
    partial = {
        name
        for name, sql in raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'")
        if sql and " WHERE " in sql
    }
    steps = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}")]
    read = [
        step
        for step in steps
        if step.startswith("SCAN") and step.split()[1] in growing and step.split()[-1] not in partial
    ]
    for step in steps:
        found = WHOLE_SHOP.match(step)
        if (
            found
            and found[1] in growing
            and found[2] not in partial
            and (not found[3] or "order_no IS NULL" in statement)
        ):
            read.append(step)
    return read


def test_nothing_that_grows_is_read_as_a_whole(sqlite_url: str, tmp_path, said: set[str]) -> None:
    shop = InsideShop(sqlite_url, str(tmp_path / "carts.db"))
    crew = [shop.staff(role) for role in ("picker", "packer", "rider", "counter")]
    said.clear()
    paid_order(shop)
    customer, cancelled = paid_order(shop)
    customer.cancel(cancelled)
    for handheld in crew:
        work_off(shop, handheld)
    board = shop.operator().call("GET", f"/api/v1/dispatch/board?store_id={shop.store_id}")
    assert board["people"]
    shop.operator().call("GET", f"/api/v1/stores/{shop.store_id}/stock/{shop.access.skus[0]['sku']}")
    for text in (cancelled, "13900000001", "wang"):  # last digits are looked for among the newest 5000 orders
        shop.operator().call("GET", f"/api/v1/dispatch/orders?store_id={shop.store_id}&q={text}")
    shop.advance(120)
    for what in ("floor/now", "figures"):
        shop.operator().call("GET", f"/api/v1/stores/{shop.store_id}/{what}")
    shop.kit.close()
    with sqlite3.connect(shop.kit.db.url.database) as raw:
        statements = {line for line in said if line.lstrip().upper().startswith(QUERY)}
        found = {step: line for line in statements for step in scanned(raw, line)}
    assert len(statements) > 200
    assert not found, "\n".join(f"{step}: {line}" for step, line in found.items())


def test_who_looks_for_tasks_reads_no_timers(sqlite_url: str, tmp_path, said: set[str]) -> None:
    """Each order leaves some that lie minutes ahead, and every task is looked for several times."""
    shop = InsideShop(sqlite_url, str(tmp_path / "carts.db"))
    said.clear()
    paid_order(shop)
    shop.kit.close()
    looks = [line for line in said if "from tasks t" in line]
    with sqlite3.connect(shop.kit.db.url.database) as raw:
        steps = [row[3] for line in looks for row in raw.execute(f"EXPLAIN QUERY PLAN {line}")]
    wanted = "SEARCH t USING INDEX ix_tasks_due (priority=? AND run_at<?)"
    assert looks and steps.count(wanted) == len(looks)
    assert not [step for step in steps if step.startswith("SCAN t") or "ORDER BY" in step]


def test_the_control_a_scan_is_seen(sqlite_url: str) -> None:
    with sqlite3.connect(sa.make_url(sqlite_url).database) as raw:
        assert scanned(raw, "SELECT id FROM tickets WHERE grams = 7") == ["SCAN tickets"]
        assert scanned(raw, "SELECT id FROM tickets WHERE id = 7") == []


def test_the_control_what_reads_a_whole_shop_is_seen(sqlite_url: str) -> None:
    with sqlite3.connect(sa.make_url(sqlite_url).database) as raw:
        assert len(scanned(raw, "SELECT id FROM bags WHERE store_id = 7 AND place = 'A'")) == 1
        assert len(scanned(raw, "SELECT id FROM stock_movements WHERE store_id = 7 AND sku = 'A'")) == 1
        assert len(scanned(raw, "SELECT id FROM history WHERE store_id = 7 AND order_no IS NULL")) == 1
        assert scanned(raw, "SELECT id FROM history WHERE store_id = 7 AND order_no = 8") == []
