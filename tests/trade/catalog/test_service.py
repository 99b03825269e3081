"""Importing a catalogue: all or nothing, in bounded memory, live orders respected."""

import io
import tracemalloc
from pathlib import Path

import pytest

from fulfil.store import queries as stores
from fulfil.trade.catalog import queries, service
from fulfil.trade.catalog.errors import CatalogueUnreadable
from fulfil.trade.stock import queries as stock
from tests.trade.shop import APPLES, GOODS, ICE, MILK, Shop, csv_of, gtin, row


def load(shop: Shop, rows: list[dict]) -> service.ImportReport:
    return service.import_catalog(shop.kit, shop.store_id, csv_of(rows))


def found(report: service.ImportReport) -> list[tuple[int, str]]:
    return [(problem.row, problem.code) for problem in report.problems]


def price(shop: Shop, sku: str) -> int | None:
    rows = shop.read(lambda tx: queries.priced(tx, shop.store_id, [sku]))
    return rows[sku].price if sku in rows else None


def test_items_products_and_stock_come_together(shop: Shop) -> None:
    item = shop.read(lambda tx: stores.item(tx, shop.store_id, APPLES))
    assert (item.unit, item.weighed, item.scale_item, item.grams) == ("g", True, "00002", 1)
    assert (price(shop, MILK), shop.stock(MILK)["on_hand"]) == (1000, 50)
    assert shop.read(queries.violations) == shop.read(stock.violations) == []


def test_a_second_file_corrects_and_leaves_the_rest(shop: Shop) -> None:
    report = load(shop, [{**GOODS[0], "price_minor": "1100", "on_hand": "44"}, row(9)])
    assert (report.applied, report.rows) == (True, 2)
    assert [price(shop, sku) for sku in (MILK, APPLES, "100009")] == [1100, 1580, 1290]
    assert shop.stock(MILK)["on_hand"] == 44
    assert shop.read(stock.violations) == []


def test_one_wrong_row_stops_everything(shop: Shop) -> None:
    report = load(shop, [row(11), row(12, zone="warm"), row(13, gtin=gtin(11)), row(11, gtin=gtin(14))])
    assert found(report) == [(3, "zone_wrong"), (4, "gtin_twice"), (5, "sku_twice")]
    assert (report.applied, price(shop, "100011")) == (False, None)


def test_live_orders_are_respected(shop: Shop) -> None:
    shop.place(sku=ICE, quantity=3)
    report = load(shop, [row(11), {**GOODS[2], "on_hand": "2"}])
    assert found(report) == [(3, "on_hand_below_reserved")]
    assert price(shop, "100011") is None
    assert load(shop, [{**GOODS[2], "on_hand": "3"}]).applied


def test_an_order_between_check_and_write_takes_the_import_back(shop: Shop) -> None:
    file = csv_of([row(11), {**GOODS[2], "on_hand": "2"}])

    def meddle(share: float) -> None:
        if share == 0.5:  # the check has ended, nothing is written yet
            shop.place(sku=ICE, quantity=3)

    report = service.import_catalog(shop.kit, shop.store_id, file, meddle)
    assert (found(report), report.applied) == ([(3, "on_hand_below_reserved")], False)
    assert price(shop, "100011") is None


@pytest.mark.parametrize(
    ("raw", "codes"),
    [
        (b"", [(1, "empty")]),
        (b"sku,price\n1,2\n", [(1, "header_wrong")]),
        (csv_of([]).getvalue(), [(1, "empty")]),
        (csv_of([row(11)]).getvalue() + b"1,2,3\n", [(3, "cells_wrong")]),
        (csv_of([row(11, name_zh="caf")]).getvalue().replace(b"caf", b"caf\xe9"), [(2, "encoding_wrong")]),
        (csv_of([row(11)]).getvalue() + b'"x"y,' + b"\n", [(3, "csv_wrong")]),
    ],
)
def test_files_that_are_no_catalogue(shop: Shop, raw: bytes, codes: list) -> None:
    report = service.import_catalog(shop.kit, shop.store_id, io.BytesIO(raw))
    assert (found(report), report.applied) == (codes, False)


def test_a_byte_order_mark_and_quotes_are_fine(shop: Shop) -> None:
    raw = csv_of([row(11, name_en='"Tea, green"')]).getvalue()
    assert service.import_catalog(shop.kit, shop.store_id, io.BytesIO(b"\xef\xbb\xbf" + raw)).applied
    assert shop.read(lambda tx: stores.item(tx, shop.store_id, "100011")).name_en == "Tea, green"


def test_a_path_is_read_and_progress_ends_at_one(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "catalog.csv"
    path.write_bytes(csv_of([row(n) for n in range(11, 900)]).getvalue())
    shares: list[float] = []
    assert service.import_catalog(shop.kit, shop.store_id, path, shares.append).applied
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_pipe_cannot_be_read_twice(shop: Shop) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    with pytest.raises(CatalogueUnreadable):
        service.import_catalog(shop.kit, shop.store_id, Pipe(b""))


def test_memory_is_bounded(shop: Shop) -> None:
    """A longer file costs the keys that tell duplicates apart, not its rows."""
    peaks = []
    for rows in (1000, 4000):
        raw = csv_of([row(n, name_en="long name " * 11) for n in range(11, rows + 11)])
        tracemalloc.start()
        try:
            assert service.import_catalog(shop.kit, shop.store_id, raw).applied
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[1] - peaks[0] < 3000 * 500


def test_search_pages_and_categories(shop: Shop) -> None:
    def skus(**asked) -> list[str]:
        asked = {"q": "", "category": "", "after": "", "limit": 10, **asked}
        return [found.sku for found in shop.read(lambda tx: queries.products(tx, shop.store_id, **asked))]

    assert skus() == [MILK, APPLES, ICE]
    assert skus(after=MILK, limit=1) == [APPLES]
    assert [skus(q=q) for q in ("牛奶", "MILK", "100003", gtin(2), "%", "nothing")] == [
        [MILK],
        [MILK],
        [ICE],
        [APPLES],
        [],
        [],
    ]
    assert skus(category="fruit") == [APPLES]
    shop.write(
        lambda tx: service.put_categories(
            tx, shop.store_id, [{"slug": "fruit", "name_zh": "水果", "name_en": "Fruit", "icon": "apple"}]
        )
    )
    named = shop.read(lambda tx: queries.categories(tx, shop.store_id, "zh"))
    assert [(found["slug"], found["name"], found["products"]) for found in named] == [
        ("dairy", "dairy", 1),
        ("frozen", "frozen", 1),
        ("fruit", "水果", 1),
    ]
