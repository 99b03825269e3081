"""Shelves to count: one task a sku, a second count where the first is far from the books; emptied ones."""

import pytest

from fulfil.contracts.fulfilment import ShelfCounted, ShelfNotEmpty, StockoutReported
from fulfil.contracts.trade import ShelfCountEnded, ShelfToCount
from fulfil.store.model import Store
from fulfil.trade.stock import queries, rules, service
from fulfil.trade.stock.service.books import book
from tests.trade.shop import APPLES, MILK, Shop
from tests.trade.stock.test_service import Line


@pytest.fixture
def told(shop: Shop) -> list:
    """What stock says of shelves to count."""
    found: list = []
    for event in (ShelfToCount, ShelfCountEnded):
        shop.kit.events.subscribe(
            event, f"here.{event.__name__}", lambda tx, said: found.append(said), inline=True
        )
    return found


def doubt(shop: Shop, order_no: int = 1, sku: str = MILK) -> None:
    shop.write(lambda tx: service.on_not_empty(tx, ShelfNotEmpty(order_no, shop.store_id, sku)))


def count(shop: Shop, count_id: int, quantity: int, sku: str = MILK) -> None:
    counted = ShelfCounted(1, shop.store_id, count_id, sku, quantity, "staff:7")
    shop.write(lambda tx: service.on_counted(tx, counted))


def open_task(shop: Shop, sku: str = MILK):
    return shop.read(lambda tx: queries.open_count(tx, shop.store_id, sku))


@pytest.mark.parametrize(
    ("counted", "booked", "weighed", "again"),
    [
        (10, 10, False, False),
        (13, 10, False, False),
        (14, 10, False, True),
        (6, 10, False, True),
        (9000, 10000, True, False),
        (8999, 10000, True, True),
    ],
)
def test_a_count_far_from_the_books_is_made_again(counted, booked, weighed, again):
    assert rules.count_again(counted, booked, {}, weighed=weighed) is again
    assert not rules.count_again(
        counted, booked, {"count_over": 5000, "count_over_grams": 5000}, weighed=weighed
    )


def test_however_many_doubt_a_shelf_it_is_counted_once(shop, told):
    doubt(shop)
    report = StockoutReported(2, shop.store_id, 5, 9, 1, MILK, 1, 3, "not_found", "minus")
    shop.write(lambda tx: service.on_stockout(tx, report))
    doubt(shop, 3)
    (asked,) = told
    assert (asked.order_no, asked.sku, asked.second) == (1, MILK, False)
    assert open_task(shop).reason == "not_empty"


def test_a_count_near_the_books_is_believed_and_ends_the_task(shop, told):
    before = shop.stock(MILK)
    doubt(shop)
    count(shop, open_task(shop).id, before["shelf"] - 3)
    assert shop.stock(MILK)["on_hand"] == before["on_hand"] - 3
    assert open_task(shop) is None
    assert [type(one) for one in told] == [ShelfToCount, ShelfCountEnded]


def test_a_count_far_from_the_books_waits_for_a_second_one_which_decides(shop, told):
    before = shop.stock(MILK)
    doubt(shop)
    task = open_task(shop).id
    count(shop, task, 0)
    assert shop.stock(MILK)["on_hand"] == before["on_hand"] and open_task(shop).first == 0
    assert [one.second for one in told] == [False, True] and told[1].count_id == task
    count(shop, task, 1)
    assert shop.stock(MILK)["shelf"] == 1 and open_task(shop) is None


def test_a_count_at_the_desk_ends_the_task_and_late_ones_change_nothing(shop, told):
    doubt(shop)
    task = open_task(shop).id
    shop.write(lambda tx: service.count_shelf(tx, shop.store_id, MILK, 4, "staff:1"))
    assert told[-1] == ShelfCountEnded(shop.store_id, task)
    count(shop, task, 9)
    doubt(shop)
    count(shop, task, 9)
    assert shop.stock(MILK)["shelf"] == 4


@pytest.mark.parametrize(
    ("on_hand", "reserved", "picked", "wanted", "empty"),
    [
        (5, 5, 0, 5, True),
        (5, 5, 2, 3, True),
        (5, 5, 0, 3, False),
        (6, 5, 0, 5, False),
        (5, 6, 0, 5, True),
        (5, 5, 0, 6, True),
    ],
)
def test_a_shelf_is_emptied_by_whoever_takes_its_last(shop, on_hand, reserved, picked, wanted, empty):
    line = Line(1, APPLES, reserved)

    def effect(tx):
        service.count_shelf(tx, shop.store_id, APPLES, reserved + 9, "x")
        service.reserve(tx, shop.store_id, 1, [line], shop.clock.now())
        row = queries.stock(tx, shop.store_id, APPLES)
        book(tx, shop.store_id, APPLES, on_hand - row.on_hand, kind="count", source_ref="t", actor="x")
        tx.kit.services["picked"] = lambda tx, store_id, sku: {1: picked}
        return queries.emptied(tx, shop.store_id, {APPLES: wanted, "unknown": 1})

    shop.kit.services["picked"] = lambda tx, store_id, sku: {}
    shop.write(lambda tx: tx.update(Store, {"id": shop.store_id}, policy={"online_buffer_grams": 0}))
    assert shop.write(effect) == ({APPLES} if empty else set())
    assert shop.read(lambda tx: queries.emptied(tx, shop.store_id, {})) == set()
