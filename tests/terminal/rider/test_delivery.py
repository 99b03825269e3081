"""The rider's walk: offer, counter, customer, PIN, and the way back."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.terminal.floor_desk import PHONE
from tests.terminal.floor_mock import PIN, delivery_ticket


@pytest.fixture
def desk(open_desk):
    return open_desk("/rider", ("rider",), "en", PHONE)


def on_the_way(shop, ticket=None):
    """A delivery that the counter has released."""
    ticket = ticket or delivery_ticket()
    shop.mock.ride(ticket, "picked_up")
    shop.mock.give(ticket)
    return ticket


def enter_pin(desk, digits):
    for digit in digits:
        desk.page.get_by_role("button", name=digit, exact=True).click()


def press(desk, name):
    desk.page.get_by_role("button", name=name, exact=True).click()


def test_an_offer_leads_to_the_badge_and_the_release_to_the_road(desk, shop):
    ticket = delivery_ticket()
    shop.mock.offer(ticket, seconds=60)
    press(desk, "Accept")
    expect(desk.page.locator(".address")).to_contain_text("春晓路 88 弄")
    press(desk, "I am at the counter")
    expect(desk.page.get_by_role("img", name="QR code of badge P001")).to_be_visible()
    desk.settled()
    shop.mock.ride(ticket, "picked_up")
    ticket["version"] += 1
    shop.mock.push("ticket.changed", ticket=ticket)
    expect(desk.page.locator(".step")).to_contain_text("On the way to the customer")
    assert shop.done()[1:] == [("milestone", {"name": "arrived"})]


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "Ready at the counter at about 15:45"), ("zh-CN", "预计 15:45 在交接台备好")]
)
def test_who_is_asked_early_sees_when_the_goods_will_be_ready_and_then_the_bags(open_desk, shop, lang, words):
    desk = open_desk("/rider", ("rider",), lang, PHONE)
    ticket = {**delivery_ticket(), "ready_at": "2026-11-22T07:45:00Z"}
    shop.mock.give(ticket)
    note = desk.page.locator(".note", has_text=words)
    expect(note).to_be_visible()
    expect(desk.page.locator(".bags li")).to_have_count(0)
    ticket.update(ready_at=None, version=ticket["version"] + 1)
    shop.mock.push("ticket.changed", ticket=ticket)
    expect(desk.page.locator(".bags li")).to_have_count(len(ticket["bags"]))
    expect(note).to_have_count(0)


def test_a_more_urgent_offer_does_not_take_the_place_of_the_one_that_is_shown(desk, shop):
    """Somebody is about to tap Accept: what they read is what they get."""
    shop.mock.offer(delivery_ticket("801", "20260005678", minutes=40), seconds=60)
    expect(desk.page.locator(".offer")).to_contain_text("5678")
    shop.mock.offer(delivery_ticket("802", "20260004321", minutes=10), seconds=70)
    # What is pushed after the offer is seen: the offer has arrived.
    shop.mock.push("message", text={"zh": "雨天路滑", "en": "Roads are wet"})
    expect(desk.page.get_by_text("Roads are wet")).to_be_visible()
    expect(desk.page.locator(".offer")).to_contain_text("5678")
    press(desk, "Accept")
    expect(desk.page.locator(".offer")).to_contain_text("4321")


def test_phone_and_map_are_one_tap_away(desk, shop):
    on_the_way(shop)
    expect(desk.page.get_by_role("link", name="Call")).to_have_attribute("href", "tel:13800138000")
    assert (
        desk.page.get_by_role("link", name="Map")
        .get_attribute("href")
        .startswith("geo:31.2,121.5?q=31.2,121.5(")
    )


def test_a_wrong_pin_is_told_and_the_right_one_delivers(desk, shop):
    on_the_way(shop)
    press(desk, "I am at the customer")
    press(desk, "Deliver")
    enter_pin(desk, "9999")
    press(desk, "Deliver")
    desk.hears("wrong", "Wrong PIN")
    # Every key is in sight, without scrolling.
    for button in desk.page.locator(".pad button").all():
        expect(button).to_be_in_viewport(ratio=1)
    expect(desk.page.locator(".card")).to_have_count(0)
    enter_pin(desk, PIN)
    press(desk, "Deliver")
    desk.hears("right", "Delivered", "Order 5678")
    expect(desk.page.get_by_role("heading", name="On duty")).to_be_visible()
    assert shop.done("deliver") == [("deliver", {"pin": PIN})]


def test_deliver_without_pin_asks_once_more(desk, shop):
    on_the_way(shop)
    press(desk, "Deliver")
    press(desk, "Without PIN")
    expect(desk.page.locator(".lead")).to_contain_text("will be recorded")
    press(desk, "Yes, it is delivered")
    desk.hears("right", "Delivered")
    assert shop.done("deliver") == [("deliver", {})]


def call(desk):
    desk.page.get_by_role("link", name="Call").click()


def test_who_is_absent_is_called_twice_and_waited_for(desk, shop):
    on_the_way(shop)
    press(desk, "Cannot deliver")
    expect(desk.page.get_by_role("button", name="Nobody is there")).to_be_disabled()
    press(desk, "Back")
    call(desk)
    expect(desk.page.locator(".calls")).to_contain_text("Called 1 of 2 times")
    expect(desk.page.locator(".calls")).to_contain_text(re.compile(r"Wait (10:00|9:\d\d) more"))
    call(desk)
    expect(desk.page.locator(".calls")).to_contain_text("Called 2 of 2 times")
    press(desk, "Cannot deliver")
    expect(desk.page.get_by_role("button", name="Nobody is there")).to_be_disabled()
    desk.settled()
    assert shop.done("call") == [("call", {}), ("call", {})]


def test_a_customer_who_is_absent_sends_the_bags_back(desk, shop):
    shop.mock.absent_after = timedelta(0)
    on_the_way(shop)
    call(desk)
    call(desk)
    expect(desk.page.locator(".calls")).to_contain_text("You may bring the order back now")
    press(desk, "Cannot deliver")
    press(desk, "Nobody is there")
    desk.hears("right", "Bring the bags back")
    press(desk, "Back at the counter")
    expect(desk.page.get_by_role("heading", name="On duty")).to_be_visible()
    assert shop.done("return", "milestone") == [
        ("return", {"reason": "customer_absent"}),
        ("milestone", {"name": "returned"}),
    ]


def test_a_delivery_without_network_is_kept_and_sent_once(desk, shop):
    on_the_way(shop)
    expect(desk.page.locator(".address")).to_be_visible()
    desk.page.context.set_offline(True)
    expect(desk.page.locator(".status.offline")).to_be_visible()
    press(desk, "Deliver")
    enter_pin(desk, PIN)
    press(desk, "Deliver")
    desk.hears("duplicate", "not sent yet")
    expect(desk.page.locator(".why")).to_contain_text("Waiting for the server")
    desk.page.context.set_offline(False)
    desk.hears("right", "Delivered")
    assert len(shop.done("deliver")) == 1


def test_several_deliveries_are_a_list_by_due_time(desk, shop):
    on_the_way(shop)
    shop.mock.give(delivery_ticket("802", "20260004321", 10))
    expect(desk.page.locator(".delivery-order")).to_have_text(["4321", "5678"])
    desk.page.locator(".delivery-card", has_text="5678").click()
    expect(desk.page.get_by_role("heading", name="Order 5678")).to_be_visible()
    desk.page.get_by_role("button", name="Back", exact=True).click()
    desk.scan_and_hear("BAG-20260004321-1", "right", "Order 4321", "1/2")
    desk.scan_and_hear("BAG-20269999999-1", "wrong", "not one of your deliveries")


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_axe_finds_nothing(open_desk, shop, lang):
    desk = open_desk("/rider", ("rider",), lang, PHONE)
    assert desk.axe() == []
    shop.mock.offer(delivery_ticket("803", "20260001111"), seconds=600)
    expect(desk.page.locator(".offer")).to_be_visible()
    assert desk.axe() == []
    desk.scan("CMD-ACCEPT")
    expect(desk.page.locator(".address")).to_be_visible()
    assert desk.axe() == []
    desk.scan("CMD-ARRIVED")
    expect(desk.page.locator(".badge")).to_be_visible()
    assert desk.axe() == []
    desk.scan("CMD-BACK")
    on_the_way(shop)
    expect(desk.page.locator(".delivery-card")).to_have_count(2)
    assert desk.axe() == []
    desk.page.locator(".delivery-card", has_text="5678").click()
    for command in ("DELIVER", "NOPIN"):
        desk.page.locator(f"[data-command={command}]").click()
        assert desk.axe() == []
    desk.page.locator("[data-command=BACK]").click()
    desk.page.locator("[data-command=BACK]").click()
    desk.page.locator("[data-command=RETURN]").click()
    assert desk.axe() == []
