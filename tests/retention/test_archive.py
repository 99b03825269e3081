"""An order that is over for good leaves the live tables whole, and can still be read."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa

from fulfil.app import owner
from fulfil.kit.base import Kit
from fulfil.kit.db import Base, Tx
from fulfil.kit.moves import record
from fulfil.retention import archive, parts
from fulfil.retention.parts import PARTS
from fulfil.sim.inside import InsideHttp, InsideShop
from fulfil.sim.sandbox.outbox import Delivery
from fulfil.sim.shop import DATA
from fulfil.trade.orders.model import ArchivedOrder, OrderView
from fulfil.trade.payments.model import PaymentDocument, PayNotice
from fulfil.trade.stock.model import Stock
from tests.kit.parcels import together
from tests.retention.conftest import WHO, LongLived

ENDS = {
    "delivered": "closed",
    "short": "closed",
    "cancelled": "cancelled",
    "expired": "expired",
    "paid_late": "expired",
}


def counts(shop: InsideShop) -> dict[str, int]:
    """Rows of every table."""
    with shop.kit.db.read() as tx:
        return {
            table.name: tx.scalar(sa.select(sa.func.count()).select_from(table))
            for table in Base.metadata.sorted_tables
        }


def test_orders_of_every_end_go_whole_and_all_invariants_hold(brief: LongLived) -> None:
    ends = brief.all_ends()
    on_hand = stock_of(brief)
    brief.pass_days(9)
    assert brief.violations() == []
    brief.pass_days(15)
    assert brief.violations() == []
    with brief.kit.db.read() as tx:
        kept = {str(row.order_no): row for row in tx.all(sa.select(*ArchivedOrder.__table__.c))}
    assert {name: kept[order_no].state for name, (_, order_no) in ends.items()} == ENDS
    left = counts(brief)
    assert {
        part.table.name: left[part.table.name]
        for part in PARTS
        if part.table.name not in ("history", "stock_movements") and left[part.table.name]
    } == {}
    assert stock_of(brief) == on_hand
    numbers = [int(order_no) for _, order_no in ends.values()]
    with brief.kit.db.read() as tx:
        for table in Base.metadata.sorted_tables:
            if "order_no" in table.c and table.name != "archived_orders":
                assert tx.scalar(sa.select(sa.func.count()).where(table.c.order_no.in_(numbers))) == 0, table
        entities = tx.scalars(sa.text("select distinct entity from history"))
    assert {"orders", "tickets", "pay_transactions", "payment_documents", "refunds"} & set(entities) == set()


def stock_of(shop: InsideShop) -> dict[str, int]:
    with shop.kit.db.read() as tx:
        return {row.sku: row.on_hand for row in tx.all(sa.select(Stock.sku, Stock.on_hand))}


def call(shop: LongLived, path: str, *, as_whom: Any = None) -> tuple[int, Any]:
    http = as_whom or shop.operator()
    return http.exchange("GET", f"/api/v1{path}")


def test_an_archived_order_is_read_as_it_was(brief: LongLived) -> None:
    customer, order_no = brief.short()
    track = customer.order_view(order_no)["track_url"].rsplit("/", 1)[1]
    _, found = call(brief, f"/dispatch/orders?store_id={brief.store_id}&q={order_no}")
    path = f"/dispatch/fulfilments/{found['orders'][0]['fulfilment_id']}/timeline"
    brief.pass_days(9)
    before, seen = call(brief, path)[1], customer.order_view(order_no)
    assert call(brief, f"/archive/orders/{order_no}")[0] == 404
    brief.pass_days(14)
    status, after = call(brief, path)
    assert (status, after["state"]) == (200, "delivered")
    without = [{**event, "reason": "", "detail": None} for event in before["events"]]
    assert [{**event, "reason": "", "detail": None} for event in after["events"]] == without != []
    kept = call(brief, f"/archive/orders/{order_no}")[1]
    assert {name: kept[name] for name in ("total", "paid", "refunded", "currency", "state")} == {
        name: seen[name] for name in ("total", "paid", "refunded", "currency", "state")
    }
    assert [line["payable"] for line in kept["lines"]] == [line["payable"] for line in seen["lines"]]
    assert kept["payments"][0]["captured"] == seen["paid"]
    assert kept["refunds"][0]["settled"] == seen["refunded"]
    assert call(brief, f"/track/{track}")[0] == 404
    assert call(brief, f"/orders/{order_no}", as_whom=customer.http)[0] in (401, 404)


def test_only_staff_of_the_shop_see_the_archive(brief: LongLived) -> None:
    _, order_no = brief.delivered()
    brief.pass_days(23)
    other = json.loads((DATA / "shop.json").read_text("utf-8"))
    far = owner.init(brief.kit, shop=other, badge="F001", name_zh="店长", name_en="Manager", pin="246801")
    token = owner.token_add(brief.kit, program="far", roles=["operator"], store=int(far["store_id"]))["token"]
    http = InsideHttp(brief)
    http.headers["Authorization"] = f"Bearer {token}"
    assert call(brief, f"/archive/orders/{order_no}", as_whom=http)[0] == 404
    assert call(brief, f"/archive/orders/{order_no}", as_whom=brief.crew["picker"].http)[0] == 403
    assert call(brief, f"/archive/orders/{order_no}")[0] == 200


WAITS = {
    "a task": "insert into tasks (handler, payload, key, priority, run_at, state, attempts, created_at)"
    " values ('x', '{}', 'order:' || :order, 5, 0, 2, 12, 0)",
    "an open payment": "update payment_documents set state = 'open' where order_no = :order",
    "an unknown payment": "update pay_transactions set state = 'unknown'",
    "a payment that is asked about": "update pay_transactions set next_poll_at = 1",
    "an open notice": "insert into pay_notices (channel, kind, digest, serial_no, body, at)"
    " select 'x', 'x', 'x', serial_no, '{}', 0 from payment_documents"
    " where order_no = :order",
    "a refund under way": "update pay_refunds set state = 'unknown' where order_no = :order",
    "a refund that failed": "update refunds set state = 'failed' where order_no = :order",
    "an open case": "update cases set state = 'refunding' where order_no = :order",
    "a fulfilment order": "update fulfilments set state = 'cancelling' where order_no = :order",
    "a live ticket": "update tickets set state = 'queued' where order_no = :order",
    "goods in a tote": "insert into totes (store_id, code, state, fulfilment_id, quarantine)"
    " select store_id, 'T', 'bound', id, {true} from fulfilments where order_no = :order",
    "a reservation": "update reservations set state = 'live' where order_no = :order",
    "an open shortage": "insert into stock_shortages (store_id, sku, order_no, line_no, quantity, state,"
    " opened_at) select store_id, sku, order_no, line_no, 1, 'open', 0"
    " from reservations where order_no = :order",
    "time for aftersales": "update orders set state = 'completed' where id = :order",
}


def test_an_order_of_which_something_waits_stays(brief: LongLived) -> None:
    order_no = int(brief.cancelled()[1])
    brief.pass_seconds(60)
    true = "1" if brief.kit.db.sqlite else "true"
    assert decided(brief, order_no) is True
    assert [
        name
        for name, sql in WAITS.items()
        if decided(brief, order_no, sql.replace("{true}", true)) is not False
    ] == []


def decided(shop: LongLived, order_no: int, sql: str = "") -> bool | None:
    """Whether the order would be archived after this change, all undone; None if it changes nothing."""
    try:
        with shop.kit.db.transaction("try") as tx:
            if sql and not tx.execute(sa.text(sql), {"order": order_no} if ":order" in sql else {}).rowcount:
                return None
            raise Undone(archive.archive(tx, order_no))
    except Undone as undone:
        return undone.args[0]


class Undone(Exception):
    """Carries what came out, and undoes it."""


def test_a_row_that_comes_meanwhile_keeps_the_order(
    brief: LongLived, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, order_no = brief.expired()
    rows_of = parts.rows_of

    def and_another_row(tx: Tx, order: Any) -> parts.Rows:
        found = rows_of(tx, order)
        record(
            tx, store_id=order.store_id, order_no=order.id, entity="orders", entity_id=order.id, event="late"
        )
        return found

    monkeypatch.setattr(parts, "rows_of", and_another_row)
    brief.pass_days(24)
    assert counts(brief)["archived_orders"] == 0
    assert call(brief, "/stores")[0] == 200
    monkeypatch.undo()
    brief.pass_days(1)
    assert counts(brief)["archived_orders"] == 1
    assert brief.violations() == []


def test_two_nodes_archive_an_order_once(postgres_url: str, carts_path: str) -> None:
    shop = LongLived(postgres_url, carts_path, archive_after_days=20)
    numbers = [int(shop.expired()[1]) for _ in range(3)]
    nodes = [Kit(shop.kit.config, clock=shop.clock) for _ in range(4)]
    results = together(
        [
            lambda node=node, number=number: node.db.write(lambda tx: archive.archive(tx, number), "archive")
            for node in nodes
            for number in numbers
        ]
    )
    assert sorted(result is True for result in results) == [False] * 9 + [True] * 3
    left = counts(shop)
    assert (left["archived_orders"], left["orders"]) == (3, 0)
    assert shop.violations() == []
    for node in (*nodes, shop.kit):
        node.close()


@pytest.mark.parametrize("attempt", range(4))
def test_a_late_word_of_the_channel_meets_the_archive(
    postgres_url: str, carts_path: str, attempt: int
) -> None:
    """Money that comes while its order is archived keeps the order, or is held: it is never lost."""
    shop = LongLived(postgres_url, carts_path, seed=attempt)
    customer, order_no = shop.ordered(1)
    payment = customer.start_payment(order_no)
    for _ in range(30):
        shop.pass_seconds(3600)
    assert decided(shop, int(order_no)) is True
    row = shop.book.pay(payment["pay_url"].rsplit("/", 1)[1], "succeeded")
    node = Kit(shop.kit.config, clock=shop.clock)
    results = together(
        [
            lambda: node.db.write(lambda tx: archive.archive(tx, int(order_no)), "archive"),
            lambda: shop.deliver_callbacks(row, Delivery()),
        ]
    )
    shop.settle()
    assert results[0] in (True, False)
    with shop.kit.db.read() as tx:
        held = tx.scalar(sa.select(sa.func.count()).select_from(PayNotice))
        refunded = (
            tx.scalar(sa.select(sa.func.sum(PaymentDocument.refunded)))
            if not results[0]
            else sum(
                payment["refunded"]
                for payment in archive.view(tx, archive.order(tx, int(order_no)))["payments"]
            )
        )
    # Last: the money had come and gone back before the archive looked.
    assert (results[0], held, bool(refunded)) in ((True, 1, False), (False, 0, True), (True, 0, True))
    assert shop.violations() == []
    for kit in (node, shop.kit):
        kit.close()


def test_an_archived_order_is_still_found_until_it_is_nobodys(brief: LongLived) -> None:
    """By number, phone, bag and name; a view that was lost is made of the archive."""
    _, order_no = brief.delivered()
    brief.pass_days(9)
    with brief.kit.db.transaction("test") as tx:
        archive.archive(tx, int(order_no))

    def found(text: str) -> list[tuple[str, bool]]:
        _, answer = call(brief, f"/dispatch/orders?store_id={brief.store_id}&q={text}")
        return [(one["order_no"], one["archived"]) for one in answer["orders"]]

    ways = (order_no, order_no[-4:], WHO["phone"], "zappelmann", f"BAG-{order_no}-1")
    for text in ways:
        assert found(text) == [(order_no, True)], text
    brief.kit.db.write(lambda tx: tx.delete(OrderView, {"id": int(order_no)}), "test")
    assert [broken.invariant for broken in brief.violations()] == [22]
    owner.rebuild_views(brief.kit)
    brief.pass_seconds(1)
    assert [found(text) for text in ways] == [[(order_no, True)]] * len(ways) and brief.violations() == []
    brief.pass_days(14)
    assert [found(text) for text in ways] == [
        [(order_no, True)],
        [(order_no, True)],
        [],
        [],
        [(order_no, True)],
    ]
    owner.rebuild_views(brief.kit)
    brief.pass_seconds(1)
    assert found("zappelmann") == [] and brief.violations() == []
