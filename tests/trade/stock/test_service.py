"""Reservations and the books, in the face of everything that fulfilment reports."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from fulfil.contracts.fulfilment import (
    FulfilmentCancelled,
    FulfilmentVoided,
    GoodsPutBack,
    GoodsQuarantined,
    HandedOver,
    LineQuantity,
    StockoutReported,
)
from fulfil.kit.db import Tx
from fulfil.trade.stock import queries, service
from fulfil.trade.stock.errors import InsufficientStock, SourceRefReused, UnknownSku
from fulfil.trade.stock.model import Stock
from tests.trade.shop import APPLES, ICE, MILK, Shop


@dataclass
class Line:
    line_no: int
    sku: str
    quantity: int


def reserve(shop: Shop, order_no: int, *lines: Line, hours: int = 1) -> None:
    due = shop.clock.now() + timedelta(hours=hours)
    shop.write(lambda tx: service.reserve(tx, shop.store_id, order_no, lines, due))


def hear(shop: Shop, handle, event) -> None:
    shop.write(lambda tx: handle(tx, event))


def books(shop: Shop, sku: str = MILK) -> tuple[int, int, int]:
    row = shop.stock(sku)
    return row["on_hand"], row["reserved"], row["quarantine"]


@pytest.fixture(autouse=True)
def sound(shop: Shop):
    """Whatever a test does, the books stay sound."""
    yield
    assert shop.read(queries.violations) == []


def test_all_lines_or_none(shop: Shop) -> None:
    with pytest.raises(InsufficientStock) as refused:
        reserve(shop, 1, Line(1, MILK, 3), Line(2, ICE, 11), Line(3, "nothing", 1))
    assert refused.value.extra["lines"] == [{"sku": ICE, "available": 10}, {"sku": "nothing", "available": 0}]
    assert books(shop) == (50, 0, 0)
    reserve(shop, 1, Line(1, MILK, 3), Line(2, ICE, 10))
    assert (books(shop), shop.stock(ICE)["available"]) == ((50, 3, 0), 0)


def test_release_is_safe_to_repeat(shop: Shop) -> None:
    reserve(shop, 1, Line(1, MILK, 3))
    for _ in range(2):
        shop.write(lambda tx: service.release(tx, 1))
        assert books(shop) == (50, 0, 0)


def test_handed_over_goods_leave_the_books_once(shop: Shop) -> None:
    reserve(shop, 1, Line(1, MILK, 3), Line(2, APPLES, 1000))
    shipped = HandedOver(
        1, shop.store_id, 9, shop.clock.now(), (LineQuantity(1, MILK, 2), LineQuantity(2, APPLES, 1080))
    )
    for _ in range(2):
        hear(shop, service.on_handed_over, shipped)
        assert books(shop) == (48, 0, 0)
        assert books(shop, APPLES) == (18920, 0, 0)


@pytest.mark.parametrize(
    ("effect", "after"), [("none", (50, 1, 0)), ("minus", (48, 1, 0)), ("empty", (1, 1, 0))]
)
def test_a_stockout_report_counts_once(shop: Shop, effect: str, after: tuple) -> None:
    reserve(shop, 1, Line(1, MILK, 3))
    report = StockoutReported(1, shop.store_id, 5, 9, 1, MILK, 2, 3, "not_found", effect)
    for _ in range(2):
        hear(shop, service.on_stockout, report)
        assert books(shop) == after


def test_a_cancelled_orders_picked_goods_wait_in_quarantine(shop: Shop) -> None:
    reserve(shop, 1, Line(1, MILK, 3))
    stopped = FulfilmentCancelled(1, shop.store_id, 9, "customer", (LineQuantity(1, MILK, 2),))
    for _ in range(2):
        hear(shop, service.on_cancelled, stopped)
        assert books(shop) == (50, 0, 2)
    hear(shop, service.on_put_back, GoodsPutBack(1, shop.store_id, 77, 1, MILK, 1, "restock"))
    assert books(shop) == (50, 0, 1)
    hear(shop, service.on_put_back, GoodsPutBack(1, shop.store_id, 77, 1, MILK, 1, "waste"))
    assert books(shop) == (49, 0, 0)


def test_a_void_order_holds_nothing(shop: Shop) -> None:
    reserve(shop, 1, Line(1, MILK, 3))
    hear(shop, service.on_voided, FulfilmentVoided(1, shop.store_id, 9))
    assert books(shop) == (50, 0, 0)


@pytest.mark.parametrize(("reason", "after"), [("returned", (50, 0, 2)), ("cold_overrun", (48, 0, 2))])
def test_what_comes_back_is_on_hand_again(shop: Shop, reason: str, after: tuple) -> None:
    reserve(shop, 1, Line(1, MILK, 2))
    lines = (LineQuantity(1, MILK, 2),)
    hear(shop, service.on_handed_over, HandedOver(1, shop.store_id, 9, shop.clock.now(), lines))
    hear(shop, service.on_quarantined, GoodsQuarantined(1, shop.store_id, 9, reason, lines))
    assert books(shop) == after


def test_a_till_sale_posts_and_the_latest_due_order_is_short(shop: Shop) -> None:
    reserve(shop, 1, Line(1, ICE, 4), hours=3)
    reserve(shop, 2, Line(1, ICE, 6), hours=1)
    for _ in range(2):
        answer = shop.write(lambda tx: service.post_movement(tx, shop.store_id, ICE, -3, "till:7", "staff:1"))
        assert (answer["on_hand"], answer["reserved"], answer["available"]) == (7, 10, 0)
    short = shop.read(lambda tx: queries.open_shortages(tx, shop.store_id, ICE))
    assert [(row.order_no, row.line_no, row.quantity) for row in short] == [(1, 1, 3)]
    shop.write(lambda tx: service.post_movement(tx, shop.store_id, ICE, 3, "truck:1", "staff:1"))
    assert shop.read(lambda tx: queries.open_shortages(tx, shop.store_id, ICE)) == []


def test_what_is_picked_is_never_short(shop: Shop) -> None:
    shop.kit.services["picked"] = lambda tx, store_id, sku: {1: 4}
    reserve(shop, 1, Line(1, ICE, 4), hours=3)
    reserve(shop, 2, Line(1, ICE, 6), hours=1)
    shop.write(lambda tx: service.post_movement(tx, shop.store_id, ICE, -3, "till:7", "staff:1"))
    short = shop.read(lambda tx: queries.open_shortages(tx, shop.store_id, ICE))
    assert [(row.order_no, row.quantity) for row in short] == [(2, 3)]


def test_a_released_order_covers_another_ones_shortage(shop: Shop) -> None:
    reserve(shop, 1, Line(1, ICE, 4), hours=3)
    reserve(shop, 2, Line(1, ICE, 6), hours=1)
    shop.write(lambda tx: service.post_movement(tx, shop.store_id, ICE, -3, "till:7", "staff:1"))
    shop.write(lambda tx: service.release(tx, 2))
    assert shop.read(lambda tx: queries.open_shortages(tx, shop.store_id, ICE)) == []


def test_a_sale_of_more_than_there_is_ends_at_nothing(shop: Shop) -> None:
    answer = shop.write(lambda tx: service.post_movement(tx, shop.store_id, ICE, -13, "till:7", "staff:1"))
    assert answer["on_hand"] == 0
    moved = shop.read(lambda tx: queries.movement(tx, shop.store_id, "till:7"))
    assert (moved.delta, moved.asked) == (-10, -13)


def test_a_reference_means_one_movement(shop: Shop) -> None:
    shop.write(lambda tx: service.post_movement(tx, shop.store_id, ICE, -3, "till:7", "staff:1"))
    with pytest.raises(SourceRefReused):
        shop.write(lambda tx: service.post_movement(tx, shop.store_id, ICE, -4, "till:7", "staff:1"))
    with pytest.raises(UnknownSku):
        shop.write(lambda tx: service.post_movement(tx, shop.store_id, "nothing", -4, "till:8", "staff:1"))


def test_a_count_means_the_shelf_beside_totes_and_quarantine(shop: Shop) -> None:
    shop.kit.services["picked"] = lambda tx, store_id, sku: {1: 2}
    reserve(shop, 1, Line(1, MILK, 3))
    hear(
        shop,
        service.on_quarantined,
        GoodsQuarantined(1, shop.store_id, 9, "surplus", (LineQuantity(1, MILK, 1),)),
    )
    answer = shop.write(lambda tx: service.count_shelf(tx, shop.store_id, MILK, 20, "staff:1"))
    assert (answer["on_hand"], answer["shelf"], answer["picked"]) == (23, 20, 2)


def test_violations_find_planted_faults(shop: Shop) -> None:
    def plant(tx: Tx, **values: int) -> list:
        tx.update(Stock, Stock.store_id == shop.store_id, Stock.sku == MILK, **values)
        return [found.invariant for found in queries.violations(tx)]

    for values in ({"on_hand": 49}, {"reserved": 1}):
        with pytest.raises(Rollback) as found, shop.kit.db.transaction("plant") as tx:
            raise Rollback(plant(tx, **values))
        assert found.value.args == ([7],)


class Rollback(Exception):
    """Takes a planted fault back."""
