"""Several orders in one walk: their lines in one row, each order in the tote of its slot."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.terminal.floor_desk import PHONE
from tests.terminal.mock_server import picking_ticket, rfc3339

MILK, NOODLES, APPLES_1000 = "6999000000018", "6999000000025", "2100003010001"


def toured(number: int, ids: list[str], skus: tuple[int, ...], positions: tuple[int, ...]) -> dict[str, Any]:
    """The `number`-th ticket of a tour: an order of its own with some of the goods."""
    ticket = picking_ticket(ids[number - 1])
    lines = [
        {**ticket["lines"][sku], "id": f"{number}{sku}", "position": position}
        for sku, position in zip(skus, positions, strict=True)
    ]
    return {
        **ticket,
        "order_no": f"2026000{number}{number}{number}{number}",
        "short_no": f"{number}" * 4,
        "lines": lines,
        "tour": {"id": "77", "sequence": number, "of": len(ids), "tickets": ids, "metres": 58},
    }


def two_orders() -> list[dict[str, Any]]:
    """Both want milk, which is met first; then come the first order's noodles, the second one's apples."""
    ids = ["501", "502"]
    return [toured(1, ids, (0, 1), (1, 3)), toured(2, ids, (0, 2), (2, 4))]


def give(shop, *tickets):
    for ticket in tickets:
        shop.mock.give(ticket)


@pytest.fixture
def desk(open_desk):
    return open_desk("/terminal", ("picker",), "en", PHONE)


def with_totes(desk, shop, tickets):
    give(shop, *tickets)
    expect(desk.page.locator(".ticket-head h1, .screen-head h1")).to_contain_text(f"{len(tickets)} orders")
    for ticket in tickets:
        slot = ticket["tour"]["sequence"]
        expect(desk.page.locator(".centre .slot")).to_contain_text(str(slot))
        desk.scan_and_hear(f"TOTE-{slot}", "right", f"Slot {slot}", ticket["short_no"])


def slot_of(desk) -> str:
    return desk.page.locator(".into .slot").inner_text().split()[-1]


def test_an_offer_says_what_the_whole_tour_is_and_one_tap_takes_it(desk, shop):
    first, second = two_orders()
    offer = shop.mock.offer(first, seconds=60)
    tour = {"id": "77", "orders": 2, "lines": 4, "grams": 6800, "metres": 58.4}
    shop.mock.offers[0] = {**offer, "tour": tour}
    desk.page.reload()
    facts = desk.page.locator(".offer-facts")
    for words in ("2 orders", "4 lines", "6.8 kg", "58 m"):
        expect(facts).to_contain_text(words)
    desk.page.locator("[data-command=ACCEPT]").click()
    give(shop, second)
    expect(desk.page.locator(".screen-head h1")).to_contain_text("2 orders")
    desk.settled()
    assert [kind for kind, _ in shop.done()] == ["accept"]


def test_scans_alone_fill_the_totes_of_both_orders_and_stage_them_one_after_the_other(desk, shop):
    with_totes(desk, shop, two_orders())
    for code, slot in ((MILK, "1"), (MILK, "2"), (NOODLES, "1"), (NOODLES, "1"), (APPLES_1000, "2")):
        expect(desk.page.locator(".into .slot")).to_contain_text(slot)
        desk.scan_and_hear(code, "right", f"slot {slot}, TOTE-{slot}")
    expect(desk.page.locator(".carried")).to_contain_text("TOTE-1")
    desk.scan_and_hear("LOC-STG-AMB-1", "right", "1111")
    expect(desk.page.locator(".carried")).to_contain_text("TOTE-2")
    desk.scan_and_hear("LOC-STG-AMB-2", "right", "2222")
    expect(desk.page.locator(".greeting")).to_have_text("Ready")
    desk.settled()
    ops = [(op["ticket"], op["type"], op["payload"].get("tote")) for op in shop.mock.ops]
    assert ops == [
        ("501", "tote", None),
        ("502", "tote", None),
        ("501", "pick", "TOTE-1"),
        ("502", "pick", "TOTE-2"),
        ("501", "pick", "TOTE-1"),
        ("501", "pick", "TOTE-1"),
        ("502", "pick", "TOTE-2"),
        ("501", "stage", None),
        ("502", "stage", None),
    ]


def test_an_order_that_is_staged_stays_done_while_the_server_has_not_said_so(desk, shop):
    first, second = two_orders()
    with_totes(desk, shop, [first, second])
    for code in (MILK, MILK, NOODLES, NOODLES, APPLES_1000):
        desk.scan_and_hear(code, "right")
    desk.settled()
    desk.page.route("**/terminal/ops", lambda route: route.abort())
    desk.scan_and_hear("LOC-STG-AMB-1", "right", "1111")
    second["short_no"] = "4444"
    give(shop, second)  # and all that the device holds is read anew
    expect(desk.page.locator(".ticket-head, .screen-head")).to_contain_text("4444")
    expect(desk.page.locator(".carried")).to_contain_text("TOTE-2")
    desk.scan_and_hear("LOC-STG-AMB-2", "right", "4444")


def test_another_orders_tote_is_wrong_but_the_one_just_filled_is_confirmed(desk, shop):
    with_totes(desk, shop, two_orders())
    desk.scan_and_hear("TOTE-2", "wrong", "slot 1", "TOTE-1")
    desk.scan_and_hear("TOTE-1", "right")
    desk.scan_and_hear(MILK, "right")
    assert slot_of(desk) == "2"
    desk.scan_and_hear("TOTE-1", "right", "slot 1")
    desk.scan_and_hear(MILK, "right", "slot 2")
    desk.scan_and_hear("TOTE-2", "right", "slot 2")
    desk.scan_and_hear("TOTE-1", "right")
    desk.settled()
    assert len(shop.done("tote")) == 2


def test_a_tote_on_one_slot_is_not_taken_for_another_one(desk, shop):
    give(shop, *two_orders())
    expect(desk.page.locator(".screen-head h1")).to_contain_text("2 orders")
    desk.scan_and_hear("TOTE-1", "right", "Slot 1")
    desk.scan_and_hear("TOTE-1", "wrong", "slot 1")
    desk.settled()
    assert len(shop.done("tote")) == 1


def test_a_full_tote_is_followed_by_another_one_of_that_slot(desk, shop):
    with_totes(desk, shop, two_orders())
    desk.scan_and_hear("TOTE-9", "right", "Slot 1", "1111")
    desk.scan_and_hear(MILK, "right", "slot 1, TOTE-9")
    desk.scan_and_hear(MILK, "right", "slot 2, TOTE-2")
    desk.scan_and_hear(NOODLES, "right", "slot 1, TOTE-9")


def test_undo_takes_back_what_went_into_another_slot(desk, shop):
    with_totes(desk, shop, two_orders())
    desk.scan_and_hear(MILK, "right", "slot 1")
    desk.page.locator("[data-command=UNDO]").click()
    desk.hears("duplicate", "taken out")
    desk.settled()
    assert [op["ticket"] for op in shop.mock.ops if op["type"] == "unpick"] == ["501"]


def test_an_order_that_joins_is_told_and_gets_its_tote_at_its_first_shelf(desk, shop):
    first, second = two_orders()
    with_totes(desk, shop, [first, second])
    desk.scan_and_hear(MILK, "right")
    third = toured(3, ["501", "502", "503"], (1,), (5,))
    give(shop, third)
    expect(desk.page.locator(".told")).to_contain_text("3333")
    desk.scan_and_hear(MILK, "right")
    expect(desk.page.locator(".told")).to_have_count(0)
    for code in (NOODLES, NOODLES, APPLES_1000):
        desk.scan_and_hear(code, "right")
    expect(desk.page.locator(".centre .slot")).to_contain_text("3")
    desk.scan_and_hear("TOTE-3", "right", "Slot 3")
    desk.scan_and_hear(NOODLES, "right", "slot 3, TOTE-3")


def test_whoever_gives_a_tour_back_gives_back_all_of_it(desk, shop):
    with_totes(desk, shop, two_orders())
    desk.page.locator("[data-command=LIST]").click()
    assert [text[-1] for text in desk.page.locator(".row .slot").all_inner_texts()] == ["1", "2", "1", "2"]
    desk.page.locator("[data-command=GIVE-BACK]").click()
    desk.page.locator("[data-command=CONFIRM]").click()
    expect(desk.page.locator(".greeting")).to_have_text("Ready")
    desk.settled()
    assert [op["ticket"] for op in shop.mock.ops if op["type"] == "give_back"] == ["501", "502"]


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_a_tour_stands_in_nobodys_way(open_desk, shop, lang):
    desk = open_desk("/terminal", ("picker",), lang, PHONE)
    first, second = two_orders()
    first["due_at"] = rfc3339(timedelta(minutes=90))
    give(shop, first, second)
    expect(desk.page.locator(".screen-head h1")).to_contain_text("2 ")
    desk.scan_and_hear("TOTE-1", "right")
    found = {"tote": desk.axe()}
    desk.scan_and_hear("TOTE-2", "right")
    found["line"] = desk.axe()
    expect(desk.page.locator("[data-command=SKIP]")).to_be_in_viewport(ratio=1)
    desk.page.locator("[data-command=LIST]").click()
    found["list"] = desk.axe()
    assert {screen: faults for screen, faults in found.items() if faults} == {}
