"""Pick lists on paper: all that is left to pick, in walk order, one page a ticket, codes that scan."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser

from fulfil.app import inspection
from fulfil.dispatch.service import supervise
from fulfil.kit.errors import NotFound
from fulfil.reports import api
from fulfil.reports.service import printing
from fulfil.store.model import Item
from tests.floor import Floor, token


def printed(floor: Floor) -> str:
    with floor.reading() as tx:
        return printing.pick_lists(tx, floor.store_id)


def test_what_is_left_stands_in_walk_order_on_a_page_for_each_ticket(floor: Floor) -> None:
    order = floor.paid(("rice", 1), ("tea", 3), ("00042", 500), ("milk", 1, "ask"))
    worker = floor.take(order, "picking", zone="ambient")
    worker.does("tote", code="TOTE-001")
    worker.does("pick", line=worker.line(2), quantity=1, tote="TOTE-001")
    page = printed(floor)
    assert page.count("<article>") == 2
    ambient, chilled = page.split("<article>")[1:]
    assert re.findall(r'class="place">([^<]+)<', ambient) == ["A01-01-1", "A01-02-1", "A02-03-1"]
    assert re.findall(r'class="many">([^<]+)<', ambient) == ["500 g", "2 ×", "1 ×"]
    assert "IN HAND" in ambient and "IN HAND" not in chilled
    assert "询问 ask" in chilled and "CHILLED" in chilled
    assert "王小明" not in page and "19900001234" not in page and "ring twice" not in page


def test_what_is_held_says_so_and_what_is_done_is_left_out(floor: Floor) -> None:
    done, held = floor.paid(("tea", 1)), floor.paid(("rice", 1))
    worker = floor.take(done, "picking")
    worker.does("short", line=worker.line(1), quantity=1, reason="not_found")
    worker.does("complete")
    row = floor.ticket(held, "picking")
    floor.write(lambda tx: supervise.hold(tx, row.id, "address", actor="staff:1"))
    page = printed(floor)
    assert page.count("<article>") == 1 and "HELD" in page and str(row.order_no) in page


def test_an_empty_shop_prints_that_there_is_nothing(sqlite_floor: Floor) -> None:
    assert "Nothing to pick" in printed(sqlite_floor)


def test_goods_with_markup_and_odd_codes_are_text(sqlite_floor: Floor) -> None:
    sqlite_floor.write(lambda tx: tx.update(Item, {"sku": "tea"}, name_en="<b>x</b>", gtin="茶"))
    sqlite_floor.paid(("tea", 1))
    page = printed(sqlite_floor)
    assert "&lt;b&gt;x" in page and "<b>x" not in page


def test_it_is_read_over_http_with_a_sheet_and_from_the_database_alone(sqlite_floor: Floor) -> None:
    sqlite_floor.paid(("tea", 1))
    client = sqlite_floor.client(api.bp)
    answer = client.get(f"/api/v1/stores/{sqlite_floor.store_id}/pick-lists", headers=token("supervisor"))
    assert answer.mimetype == "text/html" and "<style" not in answer.text and "Tea" in answer.text
    assert client.get(re.search(r'href="([^"]+)"', answer.text)[1]).text == printing.STYLE
    alone = inspection.pick_lists(sqlite_floor.kit.config, None)
    assert "<style>" in alone and "<link" not in alone and "Tea" in alone
    with pytest.raises(NotFound):
        inspection.pick_lists(sqlite_floor.kit.config, 7)


def test_on_paper_every_ticket_is_a_page_and_its_codes_are_read(
    sqlite_floor: Floor, browser: Browser, tmp_path: Path
) -> None:
    for _ in range(2):
        sqlite_floor.paid(("tea", 3), ("rice", 1))
    page = browser.new_page(viewport={"width": 794, "height": 1123}, device_scale_factor=2)
    page.set_content(printed(sqlite_floor))
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 2
    shot = Image.open(io.BytesIO(page.locator("article").first.screenshot()))
    read = {one.text for one in zxingcpp.read_barcodes(shot)}
    assert {"6900000000038", "6900000000021"} <= read
    assert any(text.startswith("ORD-") for text in read)
    page.close()
