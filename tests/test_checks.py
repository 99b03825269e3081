"""Every invariant that `fulfil check` covers catches a planted fault, in a database that has lived.

Each fault is planted in a transaction of its own that is rolled back, so all of them meet the same database.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from fulfil import checks
from fulfil.app import owner
from fulfil.kit.db import Tx
from fulfil.sim.clients import Customer
from fulfil.sim.inside import CONTACT, InsideShop
from fulfil.sim.shop import DATA
from tests.journeys.test_life_of_an_order import work_off
from tests.servers import redis_of


class Undone(Exception):
    """Ends a transaction so that nothing of it stays."""


@dataclass(frozen=True)
class Fault:
    """Damage by SQL, the invariant that must report it, and on which entity.

    `:order` in the SQL is the number of the order that was delivered, `:cancelled` of the one that was not.
    """

    invariant: int
    entity: str
    sql: str


MINE = "order_no = :order"
TASK = "(id, handler, payload, priority, run_at, state, attempts, lease_until, created_at)"
FAULTS = (
    # money
    Fault(1, "orders", "update orders set paid = paid + 1 where id = :order"),
    Fault(1, "orders", "update orders set refunded = refunded - 1 where id = :cancelled"),
    Fault(1, "payment_document", f"update payment_documents set refunding = 1 where {MINE}"),
    Fault(1, "refund", "update refunds set settled = settled - 1 where order_no = :cancelled"),
    Fault(
        1,
        "refund",
        "update refund_items set amount = amount + 1 where order_no = :cancelled and kind = 'line'",
    ),
    Fault(
        1,
        "order",
        "update payment_documents set captured = captured - 1, refunded = captured - 1"
        " where order_no = :cancelled",
    ),
    Fault(2, "products", "update products set currency = 'EUR'"),
    Fault(3, "orders", f"update order_items set amount = amount + 1, payable = payable + 1 where {MINE}"),
    Fault(5, "payment_document", f"update payment_documents set captured = captured + 1 where {MINE}"),
    Fault(5, "pay_transaction", f"update payment_documents set serial_no = null where {MINE}"),
    Fault(
        5,
        "pay_notice",
        "insert into pay_notices (channel, kind, digest, body, at, resolved_at,"
        " resolved_by, note) values ('x', 'x', 'x', '{}', 0, 1, 'staff:1', 'n')",
    ),
    # goods
    Fault(6, "fulfilments", f"update fulfilments set state = 'open' where {MINE}"),
    Fault(
        6,
        "orders",
        "update orders set state = 'paid' where id = (select min(id) from orders where state = 'expired')",
    ),
    Fault(7, "stock", "update stock set on_hand = on_hand + 1"),
    Fault(7, "stock", "update stock set reserved = reserved + 1"),
    Fault(8, "orders", f"update reservations set state = 'live', quantity = 1 where {MINE}"),
    Fault(8, "fulfilments", f"update tickets set state = 'queued' where {MINE} and stage = 'packing'"),
    Fault(8, "put_back_lines", "update put_back_lines set restocked = 0"),
    # work
    Fault(9, "tickets", f"update tickets set epoch = epoch + 1 where {MINE}"),
    Fault(10, "tickets", "update staff_sessions set started_at = started_at + 1"),
    Fault(11, "orders", "update orders set state = 'closed' where id = :order"),
    Fault(11, "tickets", f"update tickets set version = version + 1 where {MINE}"),
    Fault(11, "bags", f"update bags set state = 'open' where {MINE}"),
    Fault(11, "offers", f"delete from history where entity = 'offers' and seq = 1 and {MINE}"),
    Fault(11, "shifts", "update shifts set state = 'break' where state = 'available'"),
    Fault(11, "stores", "update stores set state = 'closed'"),
    Fault(
        11,
        "deliveries",
        f"update history set from_state = 'lost' where entity = 'deliveries' and {MINE} and seq = 2",
    ),
    Fault(12, "fulfilments", f"update fulfilment_lines set picked = picked - 1 where {MINE}"),
    Fault(12, "pick_lines", f"update pick_lines set picked = picked - 1 where {MINE}"),
    Fault(12, "pick_lines", "delete from picks"),
    Fault(12, "pack_lines", f"update pack_lines set packed = packed - 1 where {MINE}"),
    Fault(12, "handovers", "update handover_bags set state = 'missing'"),
    Fault(12, "deliveries", f"update fulfilments set state = 'returning' where {MINE}"),
    Fault(13, "fulfilment_lines", "delete from stockout_reports"),
    Fault(13, "order_item", "update refund_items set quantity = 1 where order_no = :cancelled"),
    # the ground floor
    Fault(14, "tasks", f"insert into tasks {TASK} values (-1, 'x', '{{}}', 5, 0, 2, 12, null, 0)"),
    Fault(14, "tasks", f"insert into tasks {TASK} values (-1, 'x', '{{}}', 5, 0, 1, 1, 1, 0)"),
    Fault(15, "idempotency_keys", "update idempotency_keys set answer = null"),
    Fault(18, "tickets", f"update tickets set store_id = (select max(id) from stores) where {MINE}"),
    Fault(18, "order_deliveries", "update order_deliveries set store_id = store_id + 1 where id = :order"),
    Fault(18, "orders", "delete from order_deliveries where id = :order"),
    Fault(18, "staff_sessions", "update devices set store_id = (select max(id) from stores)"),
    Fault(19, "live_log", "delete from live_log where seq = (select max(seq) from live_log)"),
    Fault(19, "live_log", "update live_heads set seq = seq + 1"),
    # what is shown
    Fault(22, "orders", "delete from order_views where id = :order"),
    Fault(22, "order_views", "update order_views set refunded = refunded + 1 where id = :order"),
    Fault(
        22,
        "order_views",
        "insert into order_views select -1, store_id, owner_kind, owner_id, state,"
        " 'none', goods, discount, delivery, bags, tax_included, payable, paid,"
        " refunded, currency, promised_at, expires_at, track_token, '', contact, '',"
        " created_at, paid_at, '', '', null from orders where id = :order",
    ),
    # what has had its time
    Fault(21, "live_log", "update live_log set at = 0"),
    Fault(21, "idempotency_keys", "update idempotency_keys set at = 0"),
    Fault(21, "ops", "update ops set received_at = 0"),
    Fault(21, "enrolment_codes", "update enrolment_codes set expires_at = 0"),
    Fault(21, "history", "update history set at = 0 where entity = 'shifts'"),
    Fault(21, "stock_movements", "update stock_movements set at = 0 where order_no is null"),
    Fault(21, "customers", "insert into customers (id, phone, created_at) values (1, '1', 0)"),
    Fault(21, "orders", "update orders set created_at = 0, ended_at = 0 where id = :cancelled"),
    Fault(21, "orders", "update orders set erased_at = 0 where id = :cancelled"),
)
# PostgreSQL never lets these in (its CHECKs and references can't be put aside), or says bytes otherwise.
SQLITE_FAULTS = (
    Fault(1, "orders", "update orders set refunded = paid + 1 where id = :order"),
    Fault(1, "orders", "update orders set payable = payable + 1 where id = :order"),
    Fault(18, "products", "delete from items where sku = (select min(sku) from items)"),
    Fault(
        18,
        "customer_sessions",
        "insert into customer_sessions (id, customer_id, token_hash, created_at,"
        " expires_at) values (1, 1, 'x', 0, 0)",
    ),
    Fault(
        21,
        "archived_orders",
        "insert into archived_orders (order_no, store_id, owner_kind, owner_id,"
        " state, ended_at, archived_at, document) select id, store_id, owner_kind,"
        " owner_id, state, 0, 0, x'' from orders where id = :cancelled",
    ),
    Fault(18, "picks", "update picks set pick_line_id = 1"),
)


@pytest.fixture(scope="module")
def sqlite_life(sqlite_databases, tmp_path_factory) -> Iterator[tuple[InsideShop, dict[str, int]]]:
    folder = tmp_path_factory.mktemp("life")
    yield from _life(sqlite_databases.fresh(folder), folder)


@pytest.fixture(scope="module")
def postgres_life(postgres_databases, tmp_path_factory) -> Iterator[tuple[InsideShop, dict[str, int]]]:
    url = postgres_databases.fresh()
    yield from _life(url, tmp_path_factory.mktemp("life"))
    postgres_databases.drop(url)


def _life(url: str, folder: Path) -> Iterator[tuple[InsideShop, dict[str, int]]]:
    """A shop that delivered an order with a short line; one was cancelled, one expired. And a second shop."""
    shop = InsideShop(url, str(folder / "carts.db"), redis_url=redis_of(url))
    second = json.loads((DATA / "shop.json").read_text("utf-8"))
    owner.init(shop.kit, shop=second, badge="A002", name_zh="店长", name_en="Administrator", pin="135790")
    yield shop, {"order": _delivered(shop), "cancelled": _cancelled(shop), "expired": _expired(shop)}
    shop.kit.close()


def _delivered(shop: InsideShop) -> int:
    picker, packer = shop.staff("picker"), shop.staff("packer")
    counter, rider = shop.staff("counter"), shop.staff("rider")
    customer, order_no = _paid(shop, 0, 3)
    ticket = picker.accept(picker.work()["offers"][0])
    ticket = picker.do(ticket, "tote", {"code": next(shop.totes)})
    line, tote = ticket["lines"][0]["id"], ticket["totes"][0]["code"]
    ticket = picker.do(ticket, "pick", {"line": line, "quantity": 2, "tote": tote})
    picker.do(ticket, "short", {"line": line, "quantity": 1, "reason": "not_found"})
    for person in (picker, packer, rider):
        work_off(shop, person)
    counter.http.call("POST", "/api/v1/handoff/arrivals", {"code": rider.session["person"]["badge"]})
    work_off(shop, counter)
    work_off(shop, rider)
    picker.shift("off")
    assert customer.order_view(order_no)["state"] == "completed"
    return int(order_no)


def _cancelled(shop: InsideShop) -> int:
    picker = shop.staff("picker", nth=1)
    customer, order_no = _paid(shop, 1, 2)
    ticket = picker.accept(picker.work()["offers"][0])
    ticket = picker.do(ticket, "tote", {"code": next(shop.totes)})
    picker.do(
        ticket, "pick", {"line": ticket["lines"][0]["id"], "quantity": 1, "tote": ticket["totes"][0]["code"]}
    )
    customer.cancel(order_no)
    work_off(shop, picker)
    assert customer.order_view(order_no)["state"] == "cancelled"
    return int(order_no)


def _expired(shop: InsideShop) -> int:
    customer = shop.customer()
    customer.put(_sku(shop, 2), 1)
    order_no = customer.order(CONTACT)["order_no"]
    shop.advance(16 * 60)
    assert customer.order_view(order_no)["state"] == "expired"
    return int(order_no)


def _paid(shop: InsideShop, product: int, quantity: int) -> tuple[Customer, str]:
    customer = shop.customer()
    customer.put(_sku(shop, product), quantity)
    order_no = customer.order(CONTACT)["order_no"]
    shop.pay(customer, order_no)
    return customer, order_no


def _sku(shop: InsideShop, product: int) -> str:
    dry = [row["sku"] for row in shop.access.skus if row["zone"] == "ambient" and not row["weighed"]]
    return dry[product]


def test_a_shop_that_did_all_this_is_clean(sqlite_life, postgres_life):
    for shop, _ in (sqlite_life, postgres_life):
        assert shop.violations() == []


@pytest.mark.parametrize("fault", (*FAULTS, *SQLITE_FAULTS), ids=lambda fault: fault.sql[:60])
def test_a_planted_fault_is_caught(sqlite_life, fault):
    assert (fault.invariant, fault.entity) in _found(*sqlite_life, fault)


def test_every_fault_is_caught_on_postgresql(postgres_life):
    assert [
        fault for fault in FAULTS if (fault.invariant, fault.entity) not in _found(*postgres_life, fault)
    ] == []


def test_every_invariant_that_applies_is_tried():
    assert {fault.invariant for fault in FAULTS} == {*range(1, 16), 18, 19, 21, 22} - {4}


def _found(shop: InsideShop, orders: dict[str, int], fault: Fault) -> set[tuple[int, str]]:
    """What the checks say of the damaged database; the damage is undone."""
    found: set[tuple[int, str]] = set()
    try:
        with shop.kit.db.transaction("fault") as tx:
            if tx.dialect == "sqlite":
                _unguard(tx, True)
            given = {name: orders[name] for name in orders if f":{name}" in fault.sql}
            assert tx.execute(sa.text(fault.sql), given).rowcount > 0, "the fault damages nothing"
            found |= {(violation.invariant, violation.entity) for violation in checks.violations(tx)}
            raise Undone
    except Undone:
        return found
    finally:
        if shop.kit.db.sqlite:
            with shop.kit.db.transaction("guard") as tx:
                _unguard(tx, False)


def _unguard(tx: Tx, free: bool) -> None:
    """Let damage in that the tables themselves would refuse, as a broken disk or a stray tool could do."""
    tx.execute(sa.text(f"PRAGMA ignore_check_constraints = {free:d}"))
    tx.execute(sa.text(f"PRAGMA defer_foreign_keys = {free:d}"))
