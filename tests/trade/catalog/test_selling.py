"""A product that several people could not find goes off sale, and is counted once; somebody puts it back."""

import pytest

from fulfil.contracts.fulfilment import StockoutReported
from fulfil.kit.errors import Refusal
from fulfil.store.model import Store
from fulfil.trade.catalog import queries, rules, service
from fulfil.trade.catalog.rules import Delisting
from fulfil.trade.stock import queries as stock
from fulfil.trade.stock import service as stock_service
from tests.trade.shop import MILK


def report(shop, number, reason="not_found", effect="empty"):
    """Somebody could not find the milk of order `number`: stock and catalogue hear of it, in that order."""
    told = StockoutReported(number, shop.store_id, number, 9, 1, MILK, 1, 3, reason, effect)

    def hear(tx):
        stock_service.on_stockout(tx, told)
        service.on_stockout(tx, told)

    shop.write(hear)


def off_sale(shop):
    shown = shop.read(lambda tx: queries.off_sale(tx, shop.store_id, 9))
    return [(one["sku"], one["reason"]) for one in shown]


def sell(shop, on_sale, sku=MILK, reason="looked"):
    said = {"on_sale": on_sale, "reason": reason, "actor": "staff:1"}
    shop.write(lambda tx: service.sell(tx, shop.store_id, sku, **said))


def test_after_reports_of_three_orders_it_is_off_sale(shop):
    for number in (1, 1, 2):
        report(shop, number)
    assert off_sale(shop) == []
    report(shop, 3)
    assert off_sale(shop) == [(MILK, "reported_short")]
    with pytest.raises(Refusal) as refused:
        shop.add(1, MILK, 1)
    assert refused.value.code == "unknown_product"


def test_reports_of_another_day_or_of_goods_that_are_there_do_not_count(shop):
    for number in (1, 2):
        report(shop, number)
    shop.clock.advance(24 * 3600 + 1)
    report(shop, 3)
    for number in (4, 5):
        report(shop, number, "short_weight", "none")
    assert off_sale(shop) == []
    report(shop, 6)
    report(shop, 7)
    assert off_sale(shop) == [(MILK, "reported_short")]


def test_once_somebody_has_looked_counting_begins_anew(shop):
    for number in (1, 2, 3):
        report(shop, number)
    shop.clock.advance(60)
    for _ in range(2):
        sell(shop, True)
    assert off_sale(shop) == []
    shop.clock.advance(60)
    for number in (4, 5):
        report(shop, number)
    assert off_sale(shop) == []
    report(shop, 6)
    assert off_sale(shop) == [(MILK, "reported_short")]
    shop.write(lambda tx: tx.update(Store, {"id": shop.store_id}, policy={"delist_reports": 1}))
    sell(shop, True)
    shop.clock.advance(60)
    report(shop, 7)
    assert off_sale(shop) == [(MILK, "reported_short")]


def test_somebody_takes_it_off_by_hand(shop):
    sell(shop, False, reason="leaks")
    assert off_sale(shop) == [(MILK, "leaks")]
    with pytest.raises(Refusal) as refused:
        sell(shop, False, sku="none")
    assert (refused.value.status, refused.value.code) == (404, "unknown_product")


@pytest.mark.parametrize(
    ("policy", "numbers"),
    [({}, Delisting(3, 24)), ({"delist_reports": 1, "delist_hours": 2, "other": 9}, Delisting(1, 2))],
)
def test_a_shop_says_when(policy, numbers):
    assert rules.Delisting.of(policy) == numbers


def test_a_shelf_is_counted_once_however_many_report_it(shop):
    def to_count():
        return [(row.sku, row.reason) for row in shop.read(lambda tx: stock.to_count(tx, shop.store_id, 9))]

    report(shop, 1, "damaged", "minus")
    assert to_count() == []
    for number in (2, 3):
        report(shop, number)
    assert to_count() == [(MILK, "not_found")]
    shop.write(lambda tx: stock_service.count_shelf(tx, shop.store_id, MILK, 7, "staff:1"))
    assert to_count() == [] and shop.stock(MILK)["shelf"] == 7
    report(shop, 4, "wrong_location", "minus")
    assert to_count() == [(MILK, "wrong_location")]
