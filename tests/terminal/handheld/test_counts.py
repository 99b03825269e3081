"""A shelf that should be empty is asked about, and one that somebody doubts is counted."""

import pytest
from playwright.sync_api import expect

from tests.terminal.floor_desk import PHONE
from tests.terminal.mock_server import counting_ticket, picking_ticket

MILK, NOODLES = "6999000000018", "6999000000025"


def picked_last(open_desk, shop, lang):
    """The milk was the last of its shelf, by the books; it is picked without network."""
    desk = open_desk("/terminal", ("picker",), lang, PHONE)
    ticket = picking_ticket()
    ticket["lines"][0]["empties"] = True
    shop.mock.give(ticket)
    expect(desk.page.locator(".screen-head h1")).to_contain_text("1234")
    desk.scan_and_hear("TOTE-0001", "right")
    expect(desk.page.locator(".zero-check")).to_have_count(0)
    desk.settled()
    desk.page.context.set_offline(True)
    desk.scan_and_hear(MILK, "right")
    return desk


@pytest.mark.parametrize(
    ("lang", "asked", "command", "empty"),
    [("en", "Is A01-02-1 empty now?", "EMPTY", True), ("zh-CN", "A01-02-1 现在空了吗", "NOT-EMPTY", False)],
)
def test_whoever_takes_the_last_says_whether_it_was(open_desk, shop, lang, asked, command, empty):
    desk = picked_last(open_desk, shop, lang)
    expect(desk.page.locator(".zero-check")).to_contain_text(asked)
    for name in ("EMPTY", "NOT-EMPTY", "SKIP"):
        expect(desk.page.locator(f"[data-command={name}]")).to_be_in_viewport(ratio=1)
    assert desk.axe() == []
    desk.page.locator(f"[data-command={command}]").click()
    expect(desk.page.locator(".zero-check")).to_have_count(0)
    desk.page.context.set_offline(False)
    expect(desk.page.locator(".status")).to_have_attribute("data-queued", "0")
    assert shop.done("zero_check") == [("zero_check", {"line": "1", "empty": empty})]


def test_nobody_has_to_answer(open_desk, shop):
    desk = picked_last(open_desk, shop, "en")
    expect(desk.page.locator(".zero-check")).to_be_visible()
    desk.scan_and_hear(NOODLES, "right")
    expect(desk.page.locator(".zero-check")).to_have_count(0)
    desk.page.context.set_offline(False)
    desk.settled()
    assert shop.done("zero_check") == []


@pytest.mark.parametrize(
    ("lang", "second", "lead", "found"),
    [
        ("en", False, "How much is on this shelf?", "3 on the shelf"),
        ("zh-CN", True, "请再盘一次", "货位上有 3"),
    ],
)
def test_a_shelf_is_counted_by_scans_and_taps(open_desk, shop, lang, second, lead, found):
    desk = open_desk("/terminal", ("picker",), lang, PHONE)
    ticket = counting_ticket()
    ticket["lines"][0]["second"] = second
    shop.mock.offer(ticket, seconds=60)
    desk.page.locator("[data-command=ACCEPT]").click()
    expect(desk.page.locator(".told")).to_contain_text(lead)
    desk.scan_and_hear("LOC-A03-07-2", "right")
    for code in (NOODLES, NOODLES):
        desk.scan_and_hear(code, "right")
    desk.scan_and_hear(MILK, "wrong")
    desk.page.locator("[data-command=MORE]").click()
    confirm = desk.page.locator("[data-command=CONFIRM]")
    expect(confirm).to_contain_text(found)
    assert desk.axe() == []
    confirm.click()
    expect(desk.page.locator(".greeting")).to_be_visible()
    desk.settled()
    assert shop.done("count") == [("count", {"line": "2", "quantity": 3})]


def test_a_big_count_is_typed_and_its_task_can_be_given_back(open_desk, shop):
    desk = open_desk("/terminal", ("picker",), "en", PHONE)
    shop.mock.give(counting_ticket())
    desk.page.locator("[data-command=TYPE]").click()
    desk.page.fill("input[name=pieces]", "140")
    desk.page.locator("form button").click()
    expect(desk.page.locator("[data-command=CONFIRM]")).to_contain_text("140")
    desk.page.locator("[data-command=LIST]").click()
    assert desk.axe() == []
    desk.page.locator("[data-command=GIVE-BACK]").click()
    desk.page.locator("[data-command=CONFIRM]").click()
    expect(desk.page.locator(".greeting")).to_have_text("Ready")
    desk.settled()
    assert [kind for kind, _ in shop.done()] == ["give_back"]
