"""Every main screen on an order's way, in both languages: all words are there, and axe objects to nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.axe import complaints
from tests.browser.orders import buy, product
from tests.browser.people import HANDHELD, LANGUAGES, Counter, Look, Packer, Picker, Rider, raw_keys
from tests.house import House


class Inspection:
    """What is wrong with the screens that were looked at."""

    def __init__(self) -> None:
        self.wrong: dict[str, list[str]] = {}

    def look(self, screen: str, page: Page) -> None:
        """Look at a page as it is now."""
        if wrong := [*(f"raw key {key}" for key in raw_keys(page)), *complaints(page)]:
            self.wrong[screen] = wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_screens_on_an_orders_way(house: House, browser: Browser, on_duty, language: str) -> None:
    inspection = Inspection()
    look = inspection.look
    picker = on_duty(Picker, language=language, look=look)
    look("handheld: ready", picker.page)
    placed = buy(
        house,
        (product(house, "ambient"), 2),
        (product(house, "ambient", weighed=True), 500),
        (product(house, "ambient", nth=1), 1),
    )
    tote = _look_at_picking(look, picker, placed.order_no)

    # With nobody at the counter the packer would hand over, too.
    counter, packer = on_duty(Counter, language=language), on_duty(Packer, language=language)
    expect(packer.page.locator(".offer")).to_be_visible()
    look("station: offer", packer.page)
    bags = _look_at_packing(look, packer, placed.order_no, tote)

    rider = on_duty(Rider, language=language)
    expect(rider.button("ACCEPT")).to_be_visible()
    look("rider: offer", rider.page)
    rider.accept()
    look("rider: fetch", rider.page)
    rider.come_to_counter()
    look("rider: badge", rider.page)
    _look_at_handover(look, counter, rider, bags)
    _look_at_delivery(look, rider, placed.pin)
    for name, address in (("track", placed.track_url), ("shop: order", placed.shop_url(house))):
        page = browser.new_context(**HANDHELD, locale=language).new_page()
        placed.sign_in(page)
        page.goto(address)
        expect(page.locator("main .line")).to_have_count(3)
        look(name, page)
        page.context.close()
    assert inspection.wrong == {}


def _look_at_picking(look: Look, picker: Picker, order_no: str) -> str:
    expect(picker.button("ACCEPT")).to_be_visible()
    look("handheld: offer", picker.page)
    picker.accept()
    look("handheld: tote first", picker.page)
    tote, ticket = next(picker.house.totes), picker.ticket(order_no, "picking")
    picker.take_tote(tote)
    look("handheld: right", picker.page)
    picker.scan_and_hear("6900000000014", "wrong")
    look("handheld: wrong", picker.page)
    picker.scan_and_hear("HELLO-WORLD", "unknown")
    look("handheld: unknown", picker.page)
    picker.scan_and_hear(tote, "duplicate")
    look("handheld: duplicate", picker.page)
    for command, screen in (("PROBLEM", "problem"), ("LIST", "list"), ("MENU", "menu")):
        picker.tap(command)
        expect(picker.button("BACK")).to_be_visible()
        look(f"handheld: {screen}", picker.page)
        picker.tap("BACK")
    picker.pick(ticket["lines"])
    expect(picker.button("FINISH")).to_be_visible()
    look("handheld: stage", picker.page)
    picker.stage(ticket)
    return tote


def _look_at_packing(look: Look, packer: Packer, order_no: str, tote: str) -> list[str]:
    packer.take_totes(order_no, [tote])
    look("station: order", packer.page)
    packer.page.locator(".line-acts").first.get_by_role("button").last.click()
    expect(packer.button("MISSING")).to_be_visible()
    look("station: problem", packer.page)
    packer.tap("BACK")
    bags = packer.fill_bags(order_no)
    look("station: packed", packer.page)
    packer.seal()
    look("station: sealed", packer.page)
    return bags


def _look_at_handover(look: Look, counter: Counter, rider: Rider, bags: list[str]) -> None:
    expect(counter.page.locator(".waiting-row")).to_have_count(1)
    look("counter: waiting", counter.page)
    counter.greet(rider)
    look("counter: rider", counter.page)
    counter.scan_and_hear("BAG-1-1", "wrong")
    look("counter: wrong bag", counter.page)
    counter.hand_over(bags)
    look("counter: released", counter.page)


def _look_at_delivery(look: Look, rider: Rider, pin: str) -> None:
    expect(rider.button("DELIVER")).to_be_visible()
    look("rider: on the way", rider.page)
    rider.tap("RETURN")
    look("rider: cannot deliver", rider.page)
    rider.tap("BACK")
    rider.reach_customer()
    look("rider: PIN", rider.page)
    rider.enter_pin("0000" if pin != "0000" else "0001", heard="wrong")
    look("rider: wrong PIN", rider.page)
    rider.enter_pin(pin)
    look("rider: delivered", rider.page)
