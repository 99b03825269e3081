"""The figures of a period: numbers, a chart with its table for each, and a file for spreadsheets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.reports import rules
from fulfil.reports.model import Figure
from fulfil.store import queries as stores
from tests.house import House
from tests.reports.test_rules import GOOD, step
from tests.terminal.open_house import DESK, PHONE, complaints

AGO = 10


@pytest.fixture(scope="module")
def counted(house: House) -> int:
    """Figures of five days long ago, on which nobody else counts; gives the number of orders in them."""

    def plant(tx: Tx) -> int:
        orders = 0
        shop = stores.store(tx, int(house.store_id))
        today = rules.day_of(tx.now, ZoneInfo(shop.tz))
        for day in range(5):
            sku = house.access.skus[day]["sku"]
            order = replace(
                GOOD,
                steps=[[step("pick", 0), step("pick", 90 + 10 * day), step("short", 200)]],
                stockouts=[(sku, 1)],
            )
            counts = rules.total([rules.count_order(order)] * (day + 1))
            orders += day + 1
            tx.insert(
                Figure,
                store_id=shop.id,
                span="day",
                starts_at=today - timedelta(days=AGO + day),
                counts=counts,
            )
        return orders

    kit = Kit(house.config)
    try:
        return kit.db.write(plant, "test")
    finally:
        kit.close()


def show(page: Page) -> None:
    """The ten days up to the newest that was planted; what is asked last is a whole period."""
    today = date.fromisoformat(page.input_value("input[name=last]"))
    page.fill("input[name=first]", (today - timedelta(days=AGO + 9)).isoformat())
    page.fill("input[name=last]", (today - timedelta(days=AGO)).isoformat())


@pytest.mark.parametrize(
    ("lang", "size", "week", "table"),
    [("en", DESK, "7 days", "As a table"), ("zh-CN", PHONE, "7 天", "表格")],
)
def test_a_period_is_read_as_numbers_charts_and_tables(board, counted: int, lang, size, week, table) -> None:
    page = board(lang, size)
    page.locator(".tab").nth(3).click()
    page.get_by_role("button", name=week, exact=True).click()
    show(page)
    expect(page.locator(".tiles dd").first).to_have_text(str(counted))
    expect(page.locator(".bars").first).to_be_visible()
    assert complaints(page) == []
    for _ in range(page.get_by_role("button", name=table, pressed=False).count()):
        page.get_by_role("button", name=table, pressed=False).first.click()
    expect(page.locator(".bars")).to_have_count(0)
    expect(page.locator(".charts .panel").first.locator("tbody tr")).to_have_count(5)
    page.evaluate("scrollTo(0, 0)")  # nothing lies half below the head, which stays
    assert complaints(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_wrong_period_says_why_and_a_good_one_is_downloaded(board, counted: int, tmp_path: Path) -> None:
    page = board()
    page.get_by_role("button", name="Figures").click()
    page.get_by_role("button", name="7 days").click()
    show(page)
    expect(page.locator(".tiles dd").first).to_have_text(str(counted))
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="Figures as CSV").click()
    path = tmp_path / "figures.csv"
    downloaded.value.save_as(path)
    assert downloaded.value.suggested_filename.startswith("figures-")
    head, *rows = path.read_text("utf-8").splitlines()
    assert head.startswith("starts_at,orders,") and len(rows) == 5
    page.fill("input[name=first]", "2020-01-01")
    expect(page.get_by_role("alert").first).to_have_text("At most 366 days at once.")


def test_hours_are_counted_in_the_shops_time(board, house: House) -> None:
    page = board()
    page.get_by_role("button", name="Figures").click()
    expect(page.get_by_role("button", name="Today")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("select[name=by]")).to_have_value("hour")
