"""The cook's walk: a card is begun in time, made, labelled; what is sold out is said."""

from datetime import timedelta

import pytest
from flask import Response
from playwright.sync_api import expect

from tests.terminal.floor_desk import DESK, PHONE
from tests.terminal.floor_mock import common
from tests.terminal.mock_server import rfc3339

BURGERS = (("汉堡", "Beef burger", 2),)


def prep_ticket(number, order_no, *, station="grill", minutes=24, start=0, lines=BURGERS):
    return {
        **common(number, "prep", order_no, minutes),
        "state": "accepted",
        "zone": "ambient",
        "station": station,
        "seconds": 480,
        "start_at": rfc3339(timedelta(seconds=start)),
        "legal": ["cook", "short"],
        "label": {"code": f"TOTE-PREP-{number}", "label": f"/api/v1/prep/orders/{number}/label?store_id=1"},
        "lines": [
            {
                "id": f"{number}{at}",
                "line_no": at,
                "sku": f"9000{at}",
                "name": {"zh": zh, "en": en},
                "pack": "",
                "picture": None,
                "unit": "each",
                "quantity": quantity,
                "short": 0,
                "batch": 4,
                "state": "waiting",
                "cooking_at": None,
            }
            for at, (zh, en, quantity) in enumerate(lines, 1)
        ],
    }


@pytest.fixture
def kitchen(shop):
    """The stand-in shop with a kitchen."""

    def moved(before, after):
        def move(ticket, payload):
            for line in ticket["lines"]:
                if line["state"] == before:
                    line.update(state=after, cooking_at=line["cooking_at"] or rfc3339(timedelta()))

        return move

    def short(ticket, payload):
        line = next(line for line in ticket["lines"] if line["id"] == payload["line"])
        line["short"] += payload["quantity"]
        line["state"] = "dropped" if line["short"] == line["quantity"] else line["state"]

    shop.mock._cook, shop.mock._ready = moved("waiting", "cooking"), moved("cooking", "ready")
    shop.mock._short = short

    @shop.mock.app.get("/api/v1/prep/orders/<number>/label")
    def prep_label(number):
        shop.mock.labels.append(number)
        return Response(f"<!doctype html><svg><text>{number}</text></svg>", mimetype="text/html")

    two = (("汉堡", "Beef burger", 2), ("薯条", "Chips", 1))
    shop.mock.give(prep_ticket("901", "20260001234", lines=two))
    shop.mock.give(prep_ticket("902", "20260005678", station="wok", start=600))
    return shop


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_card_is_begun_made_and_labelled(open_desk, kitchen, size):
    desk = open_desk("/kitchen", ("cook",), size=size)
    first, later = desk.page.locator("[data-ticket='901']"), desk.page.locator("[data-ticket='902']")
    expect(first).to_contain_text("Begin now")
    expect(later).to_contain_text("Begin in")
    expect(later.get_by_role("button", name="Begin order 5678")).to_be_disabled()
    assert desk.axe() == []
    assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    button = first.get_by_role("button", name="Begin order 1234")
    button.focus()
    desk.page.keyboard.press("Enter")
    desk.hears("right", "Order 1234", "Begun")
    expect(first.get_by_role("timer")).to_contain_text(":")
    desk.page.wait_for_function("() => window.printed === 1")
    expect(desk.page.locator("iframe")).not_to_be_in_viewport()
    desk.scan_and_hear("TOTE-PREP-902", "wrong", "cold too soon")
    desk.scan_and_hear("TOTE-PREP-901", "right", "Put the label on it")
    expect(first).to_have_count(0)
    desk.settled()
    assert [kind for kind, _ in kitchen.done()] == ["cook", "ready"]
    assert kitchen.mock.labels == ["901"]


def test_what_is_sold_out_is_said_in_both_languages(open_desk, kitchen):
    desk = open_desk("/kitchen", ("cook",), lang="zh-CN", size=PHONE)
    card = desk.page.locator("[data-ticket='901']")
    card.get_by_role("button", name="汉堡 做不了").click()
    assert desk.axe() == []
    desk.page.get_by_role("button", name="减少").click()
    desk.page.get_by_role("button", name="售罄").click()
    desk.hears("right", "1 份售罄")
    expect(card).to_contain_text("1 ×")
    card.get_by_role("button", name="薯条 做不了").click()
    desk.page.get_by_role("button", name="做坏了").click()
    desk.hears("right", "1 份作废")
    desk.settled()
    assert [payload for _, payload in kitchen.done("short")] == [
        {"line": "9011", "quantity": 1, "reason": "sold_out"},
        {"line": "9012", "quantity": 1, "reason": "spoiled"},
    ]


def test_scans_of_nothing_here_are_named(open_desk, kitchen):
    desk = open_desk("/kitchen", ("cook",))
    desk.scan_and_hear("TOTE-0007", "unknown")
    assert kitchen.done() == []
