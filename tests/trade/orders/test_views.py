"""Orders as they are shown: copies that follow within a second, and are never older than an answer (O4)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from fulfil.app import health, levels, owner
from fulfil.app.order_search import find
from fulfil.kit.task_rows import Task
from fulfil.store import service as stores
from fulfil.trade.orders import queries
from fulfil.trade.orders import service as orders
from fulfil.trade.orders.errors import UnknownOrder
from fulfil.trade.orders.model import Order, OrderChange, OrderView
from fulfil.trade.orders.service import showing
from tests.trade.shop import CONTACT, SHOP, Shop


def copied(shop: Shop) -> None:
    """A second has passed."""
    shop.write(showing.wake)
    shop.run_tasks()


def listed(shop: Shop, owner_id: int = 1, **more: Any) -> list[tuple[int, str, int]]:
    rows = shop.read(
        lambda tx: queries.of_owner(tx, "guest", owner_id, **{"before": None, "limit": 10} | more)
    )
    return [(row.id, row.state, row.paid) for row in rows]


def copies(shop: Shop) -> dict[int, str]:
    """What the views themselves say."""
    return {
        row.id: row.state for row in shop.read(lambda tx: tx.all(sa.select(OrderView.id, OrderView.state)))
    }


def marks(shop: Shop) -> list[int]:
    return shop.read(lambda tx: tx.scalars(sa.select(OrderChange.order_no).order_by(OrderChange.order_no)))


def lag(shop: Shop) -> float:
    return shop.read(levels.lag_seconds)


def test_a_list_is_right_before_and_after_the_copying(shop: Shop) -> None:
    first, second = shop.place(), shop.place()
    shop.pay(first)
    assert listed(shop) == [(second, "placed", 0), (first, "paid", 2530)] and copies(shop) == {}
    copied(shop)
    assert copies(shop) == {first: "paid", second: "placed"} and marks(shop) == []
    assert listed(shop) == [(second, "placed", 0), (first, "paid", 2530)]
    shop.write(lambda tx: orders.cancel(tx, second, "guest:1", ""))
    assert copies(shop)[second] == "placed" and listed(shop)[0] == (second, "cancelled", 0)
    copied(shop)
    assert copies(shop)[second] == "cancelled" and listed(shop)[0] == (second, "cancelled", 0)


def test_pages_of_a_list_meet_what_is_behind_in_its_place(shop: Shop) -> None:
    one, two, three, four, five = (shop.place() for _ in range(5))
    copied(shop)
    shop.pay(two)
    shop.pay(four)
    pages = [listed(shop, limit=2), listed(shop, limit=2, before=four), listed(shop, before=two)]
    assert [[row[:2] for row in page] for page in pages] == [
        [(five, "placed"), (four, "paid")],
        [(three, "placed"), (two, "paid")],
        [(one, "placed")],
    ]


def test_a_page_is_never_older_than_what_was_acknowledged(shop: Shop) -> None:
    order_no = shop.place()

    def state() -> str:
        row = shop.read(lambda tx: queries.shown(tx, "guest", 1, order_no))
        return row.state

    for copy_first in (False, True):
        if copy_first:
            copied(shop)
        assert state() == shop.order(order_no).state
    shop.write(lambda tx: tx.update(OrderView, {"id": order_no}, state="completed"))
    assert state() == "completed"  # it is the copy that is read
    shop.pay(order_no)
    assert state() == "paid"
    shop.write(lambda tx: orders.cancel(tx, order_no, "guest:1", ""))
    assert state() == "cancelling"
    with pytest.raises(UnknownOrder):
        shop.read(lambda tx: queries.shown(tx, "guest", 2, order_no))


def test_every_change_marks_its_order_once(shop: Shop) -> None:
    order_no = shop.place()
    assert marks(shop) == [order_no]
    for act in (
        lambda: shop.pay(order_no),
        lambda: shop.write(lambda tx: orders.cancel(tx, order_no, "guest:1", "")),
        lambda: shop.settle_refunds(),
    ):
        copied(shop)
        before = shop.order(order_no)
        act()
        shop.run_tasks()
        assert shop.order(order_no) != before and marks(shop) == [order_no]


def test_how_far_it_is_behind_is_told(shop: Shop) -> None:
    assert lag(shop) == 0
    shop.place()
    shop.clock.advance(3)
    shop.place()
    assert lag(shop) == 3.0 and health.health(shop.kit)[1]["read_model_lag_seconds"] == 3.0
    assert b"fulfil_read_model_lag_seconds 3.0" in levels.measured(shop.kit)
    copied(shop)
    assert lag(shop) == 0 and b"fulfil_read_model_lag_seconds 0.0" in levels.measured(shop.kit)


def test_a_shop_has_one_task_and_goes_on_until_all_are_copied(shop: Shop, monkeypatch) -> None:
    monkeypatch.setattr(showing, "COPIED_AT_ONCE", 2)
    numbers = [shop.place() for _ in range(5)]
    for _ in range(3):
        shop.write(showing.wake)
    waiting = sa.select(sa.func.count()).select_from(Task).where(Task.handler == showing.TASK)
    assert shop.read(lambda tx: tx.scalar(waiting)) == 1
    shop.run_tasks()
    assert sorted(copies(shop)) == numbers and marks(shop) == []


@pytest.mark.parametrize(
    "damage",
    [
        "delete from order_views",
        "update order_views set paid = 1, name = 'x'",
        "update order_views set archived_at = 1",
    ],
)
def test_a_copy_that_was_damaged_is_seen_and_made_anew(shop: Shop, damage: str) -> None:
    order_no = shop.place()
    copied(shop)
    assert shop.read(queries.violations) == []
    shop.write(lambda tx: tx.execute(sa.text(damage)))
    assert [found.invariant for found in shop.read(queries.violations)] == [22]
    assert owner.rebuild_views(shop.kit) == {"marked": 1, "dropped": 0}
    assert listed(shop) == [(order_no, "placed", 0)]
    copied(shop)
    assert shop.read(queries.violations) == [] and copies(shop) == {order_no: "placed"}


def test_a_copy_of_nothing_is_seen_and_dropped(shop: Shop) -> None:
    order_no = shop.place()
    copied(shop)
    shop.write(
        lambda tx: tx.execute(
            sa.text(
                "insert into order_views select {} from order_views".format(
                    ", ".join(
                        "id + 1" if column.name == "id" else column.name for column in OrderView.__table__.c
                    )
                )
            )
        )
    )
    [found] = shop.read(queries.violations)
    assert (found.invariant, found.id) == (22, str(order_no + 1))
    assert owner.rebuild_views(shop.kit) == {"marked": 1, "dropped": 1}
    copied(shop)
    assert shop.read(queries.violations) == []


def found(shop: Shop, text: str) -> list[int]:
    return [int(one["order_no"]) for one in shop.read(lambda tx: find(tx, shop.store_id, text))]


def order_of(shop: Shop, name: str, phone: str) -> int:
    shop.add(1, "100001", 1)
    asked = shop.request(1, contact=CONTACT | {"name": name, "phone": phone})
    return int(shop.write(lambda tx: orders.place(tx, asked))["order_no"])


def test_an_order_is_found_by_what_people_know_of_it(shop: Shop) -> None:
    wang = order_of(shop, "王 小明", "13800138000")
    ann = order_of(shop, "Ann  O'Hara", "+86 139 0013 9001")
    assert found(shop, str(ann)) == [ann]  # a number, at once
    assert found(shop, "王") == []
    copied(shop)
    for text, right in (
        (str(wang), [wang]),
        (str(wang)[-4:], [wang]),
        ("13800138000", [wang]),
        ("+8613800138000", [wang]),
        ("8000", [wang]),
        ("王", [wang]),
        ("王 小", [wang]),
        ("ann o'h", [ann]),
        ("ANN", [ann]),
        ("O'Hara", []),
        ("13900139001", [ann]),
        (f"BAG-{ann}-2", [ann]),
        (f"bag-{ann}-1", [ann]),
        ("BAG-1-1", []),
        ("%", []),
        ("_", []),
        ("9" * 30, []),
        ("BAG-", []),
        ("00", [wang]),
        ("77", []),
        (" ", []),
    ):
        assert found(shop, text) == right, text
    far = shop.write(lambda tx: stores.create_store(tx, **SHOP))
    for text in (str(ann), "ann", "13900139001", f"BAG-{ann}-1", str(ann)[-4:]):
        assert shop.read(lambda tx, text=text: find(tx, far, text)) == []


def test_a_found_order_tells_how_far_it_is(shop: Shop) -> None:
    order_no = shop.place()
    [one] = shop.read(lambda tx: find(tx, shop.store_id, str(order_no)))
    assert (one["state"], one["fulfilment_id"], one["archived"]) == ("placed", None, False)
    shop.pay(order_no)
    shop.run_tasks()
    copied(shop)
    [one] = shop.read(lambda tx: find(tx, shop.store_id, "li"))
    assert (one["state"], one["order_state"], one["total"]) == ("open", "paid", 2530)
    assert one["fulfilment_id"] is not None


def at_once(*works: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_a_change_beside_the_copying_is_never_lost(shop: Shop) -> None:
    """Whoever copies takes the mark before it looks; whoever changes marks after it has changed."""
    numbers = [shop.place() for _ in range(6)]

    def change() -> None:
        for number in numbers * 3:

            def more(tx, number=number) -> None:
                row = orders.lock(tx, number)
                tx.update(Order, {"id": number}, paid=row.paid + 1)
                showing.changed(tx, row)

            shop.write(more)

    def copy() -> None:
        for _ in range(40):
            shop.write(lambda tx: showing.copy_marked(tx, {"store_id": shop.store_id}))

    at_once(change, copy)
    copied(shop)
    shown = shop.read(lambda tx: tx.scalars(sa.select(OrderView.paid).order_by(OrderView.id)))
    assert shown == [3] * 6 and marks(shop) == []
