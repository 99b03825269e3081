"""The counter's walk: a rider comes, every bag is scanned, only the server releases."""

import pytest
from playwright.sync_api import expect

from tests.terminal.floor_desk import DESK, PHONE
from tests.terminal.floor_mock import handoff_ticket

BAGS = ["BAG-20260005678-1", "BAG-20260005678-2"]


@pytest.fixture
def waiting(shop):
    """Two orders of our own rider's and one of a third party's."""
    tickets = [
        handoff_ticket(),
        handoff_ticket("702", "20260004321", 3, 30),
        handoff_ticket("703", "20260007777", 1, 40),
    ]
    shop.mock.own_rider("R007", *tickets[:2])
    shop.mock.third_party("123456", tickets[2])
    for ticket in tickets:
        shop.mock.give(ticket)
    return tickets


@pytest.fixture
def desk(open_desk, waiting):
    at_counter = open_desk("/counter", ("counter",))
    expect(at_counter.page.locator(".waiting-row")).to_have_count(3)
    return at_counter


def release(desk):
    return desk.page.locator(".actions .primary")


def scan_all(desk):
    for n, bag in enumerate(BAGS, 1):
        desk.scan_and_hear(bag, "right", f"Bag {n} of 2")


def test_scans_alone_bring_a_rider_to_the_release(desk, shop):
    desk.scan_and_hear("BADGE-R007", "right", "Lei Li", "2 orders")
    expect(desk.page.locator(".order")).to_have_count(2)
    desk.scan_and_hear(BAGS[0], "right", "Bag 1 of 2")
    expect(release(desk)).to_be_disabled()
    desk.scan_and_hear(BAGS[1], "right", "Bag 2 of 2")
    desk.scan("CMD-RELEASE")
    desk.hears("right", "Order 5678 released")
    expect(desk.page.locator(".order")).to_have_count(1)
    assert shop.done() == [
        ("bag_scan", {"code": BAGS[0]}),
        ("bag_scan", {"code": BAGS[1]}),
        ("release", {"rider": "BADGE-R007"}),
    ]


def test_a_bag_counts_once(desk, shop):
    desk.scan_and_hear("BADGE-R007", "right")
    desk.scan_and_hear(BAGS[0], "right")
    desk.scan_and_hear(BAGS[0], "duplicate", "counted already")
    desk.settled()
    assert len(shop.done("bag_scan")) == 1


@pytest.mark.parametrize(
    ("before", "code", "kind", "words"),
    [
        ("", BAGS[0], "wrong", "Scan the rider first"),
        ("BADGE-R007", "BAG-20260007777-1", "wrong", "Put it back on A1"),
        ("", "BAG-20269999999-9", "wrong", "none of the waiting orders"),
        ("", "LOC-C2", "right", "Order 5678"),
        ("", "ORD-20260007777", "right", "Order 7777"),
        ("", "BADGE-R999", "wrong", "Nobody with this code"),
        ("", "6999000000018", "unknown", "Nothing here has this code"),
    ],
)
def test_every_other_scan_is_named(desk, before, code, kind, words):
    if before:
        desk.scan_and_hear(before, "right")
    desk.scan_and_hear(code, kind, words)


def test_a_third_partys_rider_gets_the_link_to_report_the_ride(desk, shop):
    desk.page.get_by_label("Badge or pickup code").fill("123456")
    desk.page.get_by_role("button", name="Here").click()
    desk.hears("right", "Third-party rider")
    desk.scan_and_hear("BAG-20260007777-1", "right")
    release(desk).click()
    expect(desk.page.locator(".ride-link a")).to_have_attribute("href", f"/ride/{20260007777:032x}")
    desk.page.wait_for_function("() => document.querySelector('.ride-link img').naturalWidth > 0")
    desk.page.get_by_role("button", name="Next rider").click()
    expect(desk.page.get_by_role("heading", name="Scan the rider")).to_be_visible()


def test_without_network_nothing_is_released(desk, shop):
    desk.scan_and_hear("BADGE-R007", "right")
    scan_all(desk)
    desk.page.context.set_offline(True)
    expect(release(desk)).to_be_disabled()
    expect(desk.page.locator(".why")).to_contain_text("only by the server")
    assert shop.done("release") == []


def test_a_lost_answer_is_asked_for_again_and_releases_once(desk, shop):
    desk.scan_and_hear("BADGE-R007", "right")
    scan_all(desk)
    desk.settled()
    shop.mock.answers_to_drop = 1
    release(desk).click()
    expect(desk.page.locator(".refusal-band")).to_contain_text("cannot be reached")
    release(desk).click()
    desk.hears("right", "released")
    assert len(shop.done("release")) == 1


def test_a_refused_release_says_why(desk, shop):
    shop.mock.reject["release"] = "cold_overrun"
    desk.scan_and_hear("BADGE-R007", "right")
    scan_all(desk)
    release(desk).click()
    desk.hears("wrong", "out of the cold")
    expect(desk.page.locator(".order")).to_have_count(2)


def test_a_bag_that_got_warm_is_taken_out_and_the_rest_released(open_desk, shop, waiting):
    waiting[0]["cold"] = [{"zone": "chilled", "seconds": 1920, "limit": 1800, "warning": True, "over": True}]
    desk = open_desk("/counter", ("counter",))
    desk.scan_and_hear("BADGE-R007", "right")
    scan_all(desk)
    expect(desk.page.locator(".cold")).to_contain_text("32 minutes")
    desk.page.get_by_role("button", name="Bag 2 of order 5678 is too warm").click()
    expect(desk.page.locator(f"[data-bag='{BAGS[1]}']")).to_contain_text("left out")
    desk.scan_and_hear(BAGS[1], "wrong", "taken out of the order")
    assert desk.axe() == []
    desk.settled()
    release(desk).click()
    desk.hears("right", "Order 5678 released")
    assert shop.done("refuse", "release") == [
        ("refuse", {"code": BAGS[1]}),
        ("release", {"rider": "BADGE-R007"}),
    ]


def test_bags_of_a_rider_who_leaves_must_be_scanned_again(desk, shop):
    desk.scan_and_hear("BADGE-R007", "right")
    desk.scan_and_hear(BAGS[0], "right")
    desk.page.get_by_role("button", name="Rider leaves").click()
    desk.hears("unknown", "back on their shelves")
    desk.settled()
    assert shop.done("no_show") == [("no_show", {})]
    desk.scan_and_hear("BADGE-R007", "right")
    desk.scan_and_hear(BAGS[0], "right", "Bag 1 of 2")


def test_a_missing_bag_is_searched_for_then_the_supervisor_decides(open_desk, waiting, shop):
    desk = open_desk("/counter", ("counter", "supervisor"))
    desk.scan_and_hear("BADGE-R007", "right")
    desk.scan_and_hear(BAGS[0], "right")
    desk.page.get_by_role("button", name="Bag 2 of order 5678 is missing").click()
    expect(desk.page.locator(".search")).to_contain_text("2:5")
    expect(desk.page.get_by_role("button", name="Release without it")).to_have_count(0)
    desk.settled()
    waiting[0]["missing_since"] = "2020-01-01T00:00:00.000Z"
    waiting[0]["version"] += 1
    shop.mock.push("ticket.changed", ticket=waiting[0])
    desk.page.get_by_role("button", name="Release without it").click()
    desk.hears("right", "Order 5678 released")
    assert shop.done("bag_missing", "release") == [
        ("bag_missing", {"code": BAGS[1]}),
        ("release", {"rider": "BADGE-R007", "without_missing": True}),
    ]


def test_an_order_whose_every_bag_is_lost_is_ended_by_the_supervisor(open_desk, waiting, shop):
    desk = open_desk("/counter", ("counter", "supervisor"))
    desk.scan_and_hear("BADGE-R007", "right")
    for n in (1, 2):
        desk.page.get_by_role("button", name=f"Bag {n} of order 5678 is missing").click()
    expect(desk.page.locator(".search")).to_contain_text("Search for 2 bags")
    desk.settled()
    waiting[0]["missing_since"] = "2020-01-01T00:00:00.000Z"
    waiting[0]["version"] += 1
    shop.mock.push("ticket.changed", ticket=waiting[0])
    desk.page.get_by_role("button", name="End the order, refund everything").click()
    desk.hears("unknown", "Order 5678 has ended", "all the money goes back")
    expect(desk.page.locator(".order")).to_have_count(1)
    assert shop.done("release") == [("release", {"rider": "BADGE-R007", "without_missing": True})]


def test_a_cancelled_order_turns_the_screen_red_until_every_bag_is_back(desk, shop, waiting):
    desk.scan_and_hear("BADGE-R007", "right")
    desk.scan_and_hear(BAGS[0], "right")
    desk.settled()
    shop.mock.withdraw(waiting[0], "cancelled")
    expect(desk.page.locator(".recall")).to_contain_text("Order 5678 was cancelled")
    expect(desk.page.locator(".card")).to_have_count(0)
    desk.scan_and_hear("BAG-20260004321-1", "wrong", "First bring back")
    desk.scan_and_hear(BAGS[0], "right", "Bag 1 of 2 is back")
    desk.page.reload()
    expect(desk.page.locator(".recall-count")).to_have_text("1/2")
    desk.scan_and_hear(BAGS[0], "duplicate")
    desk.page.get_by_role("button", name="Not to be found").click()
    expect(desk.page.locator(".recall")).to_have_count(0)


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing(open_desk, shop, waiting, lang, size):
    waiting[1]["cold"] = [{"zone": "chilled", "seconds": 1500, "limit": 1800, "warning": True}]
    desk = open_desk("/counter", ("counter",), lang, size)
    expect(desk.page.locator(".waiting-row")).to_have_count(3)
    assert desk.axe() == []
    desk.scan_and_hear("BADGE-R007", "right")
    desk.scan_and_hear(BAGS[0], "right")
    desk.page.locator(f"[data-bag='{BAGS[1]}'] button").nth(1).click()
    expect(desk.page.locator(".search")).to_be_visible()
    assert desk.axe() == []
    desk.settled()
    shop.mock.withdraw(waiting[0], "cancelled")
    expect(desk.page.locator(".recall")).to_be_visible()
    assert desk.axe() == []


def test_orders_that_went_to_a_colleague_are_one_card_beside_the_work(desk, shop, waiting):
    for ticket in waiting[:2]:
        shop.mock.withdraw(ticket, "other_counter", hand_to={"zh": "刘佳宁", "en": "Liu Jianing"})
    card = desk.page.locator(".card")
    expect(card).to_contain_text("Order 5678, 4321")
    expect(card).to_contain_text("Liu Jianing goes on with it.")
    expect(card).to_have_count(1)
    card.get_by_role("button", name="Understood").click()
    expect(card).to_have_count(0)
    expect(desk.page.locator(".waiting-row")).to_have_count(1)
