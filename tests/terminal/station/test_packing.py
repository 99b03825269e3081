"""The packer's walk: a tote brings its order, items go into bags, labels print, the order is sealed."""

import pytest
from playwright.sync_api import expect

from tests.terminal.floor_desk import DESK, PHONE
from tests.terminal.floor_mock import packing_ticket

NOODLES, MILK, BAD_DIGIT = "6999000000025", "6999000000018", "6999000000019"
APPLES_1030_G = "2100003010308"  # a scale label: item 00003, 1030 g
BAGS = ["BAG-20260001234-1", "BAG-20260001234-2"]


@pytest.fixture
def desk(open_desk, shop):
    at_station = open_desk("/station", ("packer",))
    at_station.page.evaluate("localStorage.removeItem('fulfil.labels')")
    return at_station


@pytest.fixture
def ticket(desk, shop):
    """An order on the packing table."""
    given = packing_ticket()
    shop.mock.give(given)
    expect(desk.page.locator("[data-ticket='601']")).to_be_visible()
    return given


def labelled(desk, bags):
    """Every bag has got its code from the server: only then a label can be scanned."""
    expect(desk.page.locator(".bag.open").get_by_role("button", name="Print Bag")).to_have_count(bags)


def test_scans_alone_pack_close_and_seal(desk, ticket, shop):
    desk.scan_and_hear("TOTE-6011", "right", "Order 1234")
    desk.scan_and_hear(NOODLES, "right", "1 of 2")
    desk.scan_and_hear(MILK, "right", "1 of 1")
    desk.scan_and_hear(APPLES_1030_G, "right", "1.03 kg of 1.03 kg")
    desk.scan_and_hear(NOODLES, "right", "2 of 2")
    labelled(desk, 2)
    for n, bag in enumerate(BAGS, 1):
        desk.scan_and_hear(bag, "right", f"Bag {n} closed")
    desk.scan("CMD-SEAL")
    expect(desk.page.locator(".shelved")).to_contain_text("B1")
    expect(desk.page.locator(".shelved")).to_contain_text("B2")
    kinds = [kind for kind, _ in shop.done()]
    assert kinds == ["tote", "pack", "pack", "pack", "pack", "close_bag", "close_bag", "seal"]
    assert ("pack", {"line": "3", "quantity": 1030}) in shop.done("pack")


def test_each_new_bag_prints_its_label_once(desk, ticket, shop):
    desk.scan_and_hear("CMD-NEWBAG", "right", "New bag")
    desk.page.wait_for_function("() => window.printed === 1")
    desk.scan_and_hear(MILK, "right")
    desk.page.wait_for_function("() => window.printed === 2")
    desk.page.reload()
    expect(desk.page.locator(".bag")).to_have_count(2)
    desk.page.get_by_role("button", name="Print Bag 1").click()
    desk.page.wait_for_function("() => window.printed === 1")
    assert shop.mock.labels == [*BAGS, BAGS[0]]


def test_what_was_begun_is_packed_before_what_is_more_urgent(desk, ticket, shop):
    desk.scan_and_hear("TOTE-6011", "right", "Order 1234")
    desk.settled()
    urgent = packing_ticket() | {"id": "602", "order_no": "9999", "short_no": "9999"}
    urgent["due_at"] = "2020-01-01T00:00:00Z"
    shop.mock.give(urgent)
    desk.page.reload()
    expect(desk.page.locator("[data-ticket='601']")).to_be_visible()
    assert shop.mock.tickets["602"]["state"] == "accepted"


def test_a_tote_of_an_offered_order_accepts_it(desk, shop):
    shop.mock.offer(packing_ticket(), seconds=60)
    expect(desk.page.locator(".offer")).to_contain_text("TOTE-6011")
    desk.scan("TOTE-6011")
    expect(desk.page.locator("[data-ticket='601']")).to_be_visible()
    desk.hears("right", "Order 1234")
    expect(desk.page.locator(".totes .seen")).to_be_visible()  # the tote's own op comes after the acceptance
    desk.settled()
    assert [kind for kind, _ in shop.done()] == ["accept", "tote"]


def test_a_foreign_tote_says_whose_it_is_and_the_next_scan_clears_it(desk, shop):
    shop.mock.foreign_totes["TOTE-0099"] = "20260009999"
    shop.mock.give(packing_ticket())
    expect(desk.page.locator("[data-ticket='601']")).to_be_visible()
    desk.scan_and_hear("TOTE-0099", "wrong", "order 9999")
    expect(desk.page.locator(".card")).to_have_count(0)
    desk.scan_and_hear(MILK, "right")


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (BAD_DIGIT, "unknown", "check digit"),
        ("6999000000049", "wrong", "Not in order 1234"),
        ("6999000000032", "unknown", "no weight"),
        ("BAG-20269999999-1", "wrong", "not of your orders"),
        ("TOTE-6021", "right", "Order 2222"),
    ],
)
def test_every_other_scan_is_named(desk, shop, code, kind, words):
    shop.mock.give(packing_ticket("602", "20260002222", minutes=90))
    shop.mock.give(packing_ticket())
    expect(desk.page.locator(".queue-row")).to_have_count(2)
    desk.scan_and_hear(code, kind, words)


def test_an_item_beyond_the_order_changes_nothing(desk, ticket, shop):
    desk.scan_and_hear(MILK, "right")
    desk.scan_and_hear(MILK, "duplicate", "surplus")
    desk.settled()
    assert len(shop.done("pack")) == 1


def test_seal_waits_for_every_line_and_every_label(desk, ticket, shop):
    seal = desk.page.get_by_role("button", name="Seal order")
    expect(seal).to_be_disabled()
    for name in ("noodles", "milk", "apples"):
        desk.page.locator(".line", has_text=name).get_by_role("button", name="Pack").click()
    expect(desk.page.locator(".why")).to_contain_text("2 open bags")
    expect(seal).to_be_disabled()
    desk.scan_and_hear("LOC-B1", "wrong", "2 open bags")
    labelled(desk, 2)
    for n, bag in enumerate(BAGS, 1):
        desk.scan_and_hear(bag, "right", f"Bag {n} closed")
    desk.scan_and_hear("LOC-B1", "right", "sealed")
    desk.settled()
    assert shop.done("seal") == [("seal", {"place": "B1"})]


def test_undo_takes_the_last_item_out(desk, ticket, shop):
    expect(desk.page.get_by_role("button", name="Undo")).to_be_disabled()
    desk.scan_and_hear(NOODLES, "right", "1 of 2")
    desk.page.get_by_role("button", name="Undo").click()
    desk.hears("duplicate", "1 taken out")
    expect(desk.page.locator("[data-line='1'] .line-count b")).to_have_text("0")
    desk.settled()
    assert shop.done("unpack") == [("unpack", {"line": "1", "quantity": 1})]


def test_missing_and_surplus_are_reported_from_the_line(desk, ticket, shop):
    desk.page.locator(".line", has_text="noodles").get_by_role("button", name="Problem").click()
    desk.page.get_by_role("button", name="Less", exact=True).click()
    desk.page.get_by_role("button", name="Missing").click()
    desk.hears("right", "1 reported missing")
    expect(desk.page.locator("[data-line='1'] .line-short")).to_contain_text("1")
    desk.page.locator(".line", has_text="milk").get_by_role("button", name="Problem").click()
    desk.page.get_by_role("button", name="More", exact=True).click()
    expect(desk.page.get_by_role("button", name="Damaged")).to_be_disabled()
    desk.page.get_by_role("button", name="Too much").click()
    desk.hears("right", "2 goes back")
    desk.settled()
    assert shop.done("short", "surplus") == [
        ("short", {"line": "1", "quantity": 1, "reason": "missing"}),
        ("surplus", {"line": "2", "quantity": 2}),
    ]


def test_packing_goes_on_without_network(desk, ticket, shop):
    desk.scan_and_hear("TOTE-6011", "right")
    desk.settled()
    desk.page.context.set_offline(True)
    desk.scan_and_hear(MILK, "right", "1 of 1")
    desk.scan_and_hear(NOODLES, "right", "1 of 2")
    expect(desk.page.locator(".status")).to_have_attribute("data-queued", "2")
    desk.page.context.set_offline(False)
    desk.settled()
    assert [payload["line"] for _, payload in shop.done("pack")] == ["2", "1"]


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing(open_desk, shop, lang, size):
    desk = open_desk("/station", ("packer",), lang, size)
    assert desk.axe() == []
    shop.mock.give(packing_ticket())
    expect(desk.page.locator("[data-ticket='601']")).to_be_visible()
    desk.scan_and_hear(MILK, "right")
    assert desk.axe() == []
    shop.mock.offer(packing_ticket("602", "20260002222", minutes=5), seconds=600)
    desk.scan_and_hear("TOTE-0001", "wrong")
    assert desk.axe() == []
