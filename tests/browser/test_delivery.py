"""An order's whole way through the shop: handheld, station, counter, rider's phone, the customer's page."""

from __future__ import annotations

import io
import re

import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.orders import buy, product
from tests.browser.people import Counter, Packer, Picker, Rider
from tests.house import House

MILLIMETRE_POINTS = 72 / 25.4


def read_codes(picture: bytes) -> set[str]:
    return {code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))}


def pages_of(pdf: bytes) -> list[tuple[int, int]]:
    """Width and height in mm of every page."""
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    return [(round(float(w) / MILLIMETRE_POINTS), round(float(h) / MILLIMETRE_POINTS)) for w, h in boxes]


def assert_label(browser: Browser, text: str, bag: str) -> None:
    """The label is one page of 60 × 40 mm, and a scanner reads its bag from it."""
    page: Page = browser.new_context(device_scale_factor=4).new_page()
    page.set_content(text)
    assert pages_of(page.pdf(prefer_css_page_size=True)) == [(60, 40)]
    assert read_codes(page.locator("svg").screenshot()) == {bag}
    page.context.close()


def test_an_order_goes_from_the_shelf_to_the_customer(house: House, browser: Browser, on_duty) -> None:
    picker, packer, counter = on_duty(Picker), on_duty(Packer), on_duty(Counter)
    placed = buy(
        house,
        (product(house, "ambient"), 2),
        (product(house, "ambient", weighed=True), 500),
        (product(house, "chilled"), 1),
    )
    totes = picker.pick_order(placed.order_no, tickets=2)

    packer.take_totes(placed.order_no, totes)
    bags = packer.fill_bags(placed.order_no)
    assert len(bags) == 2
    for text, bag in zip(packer.labels(), bags, strict=True):
        assert_label(browser, text, bag)
    packer.seal()

    rider = on_duty(Rider)
    rider.accept()
    rider.come_to_counter()
    assert read_codes(rider.page.locator("img.badge").screenshot()) == {f"BADGE-{rider.badge}"}
    counter.greet(rider)
    counter.hand_over(bags)
    rider.reach_customer()
    rider.enter_pin(placed.pin)

    house.until(lambda: placed.view()["delivery_state"] == "delivered")
    view = placed.view()
    assert (view["state"], view["refunded"]) == ("completed", 0)
    track = browser.new_context().new_page()
    track.goto(placed.track_url)
    expect(track.locator("main.track")).to_have_attribute("data-step", "delivered")
    expect(track.locator("li.open")).to_have_count(0)
    track.context.close()
