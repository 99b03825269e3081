"""Goods that a colleague did not find are looked for again, also by somebody who has work in hand."""

import pytest
from playwright.sync_api import expect

from tests.terminal.floor_desk import PHONE
from tests.terminal.mock_server import looking_ticket, picking_ticket

MILK, NOODLES = "6999000000018", "6999000000025"


@pytest.mark.parametrize(
    ("lang", "lead", "found"),
    [("en", "A colleague did not find 2", "Found: 2"), ("zh-CN", "同事没找到 2", "找到 2")],
)
def test_an_expert_finds_the_goods_and_puts_them_into_the_orders_tote(open_desk, shop, lang, lead, found):
    desk = open_desk("/terminal", ("picker",), lang, PHONE)
    shop.mock.offer(looking_ticket(), seconds=60)
    desk.page.locator("[data-command=ACCEPT]").click()
    expect(desk.page.locator(".told")).to_contain_text(lead)
    expect(desk.page.locator(".shelf")).to_be_visible()
    expect(desk.page.locator("[data-command=FOUND]")).to_be_disabled()
    desk.scan_and_hear("TOTE-0001", "wrong", "TOTE-0007")
    desk.scan_and_hear(NOODLES, "right")
    desk.scan_and_hear(MILK, "wrong")
    desk.scan_and_hear(NOODLES, "right")
    desk.scan_and_hear(NOODLES, "duplicate")
    expect(desk.page.locator("[data-command=FOUND]")).to_contain_text(found)
    assert desk.axe() == []
    desk.page.locator("[data-command=FOUND]").click()
    expect(desk.page.locator(".greeting")).to_be_visible()
    desk.settled()
    assert shop.done("found") == [("found", {"line": "2", "quantity": 2, "tote": "TOTE-0007"})]


def test_without_a_tote_of_the_order_one_is_scanned_and_goods_may_be_missing_indeed(open_desk, shop):
    desk = open_desk("/terminal", ("picker",), "en", PHONE)
    shop.mock.give({**looking_ticket(), "totes": []})
    expect(desk.page.locator(".told")).to_be_visible()
    desk.page.locator("[data-command=MORE]").click()
    expect(desk.page.locator("[data-command=FOUND]")).to_be_disabled()
    desk.scan_and_hear("TOTE-0003", "right")
    expect(desk.page.locator("[data-command=FOUND]")).to_be_enabled()
    desk.page.locator("[data-command=NOT-FOUND]").click()
    expect(desk.page.locator(".greeting")).to_be_visible()
    desk.settled()
    assert shop.done("not_found") == [("not_found", {"line": "2"})]


@pytest.mark.parametrize(("lang", "ask"), [("en", "Look again for"), ("zh-CN", "请复核")])
def test_whoever_picks_is_asked_beside_it_and_goes_on_afterwards(open_desk, shop, lang, ask):
    desk = open_desk("/terminal", ("picker",), lang, PHONE)
    shop.mock.give(picking_ticket())
    expect(desk.page.locator(".screen-head h1")).to_contain_text("1234")
    desk.scan_and_hear("TOTE-0001", "right")
    shop.mock.offer(looking_ticket(), seconds=60)
    expect(desk.page.locator(".zero-check")).to_contain_text(ask)
    desk.scan_and_hear(MILK, "right")
    expect(desk.page.locator(".place")).to_have_text("A03-07-2")
    assert desk.axe() == []
    desk.page.locator("[data-command=ACCEPT]").click()
    expect(desk.page.locator("[data-command=NOT-FOUND]")).to_be_visible()
    desk.page.locator("[data-command=NOT-FOUND]").click()
    expect(desk.page.locator(".into b")).to_have_text("TOTE-0001")
    desk.settled()
    assert [op["ticket"] for op in shop.mock.ops] == ["501", "501", "701", "701"]
