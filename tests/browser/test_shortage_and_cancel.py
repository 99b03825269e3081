"""What does not go as ordered: goods that are missing, a customer who changes their mind."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.orders import Placed, buy, product
from tests.browser.people import HANDHELD, Packer, Picker, faults_of
from tests.house import API, House


def customers_page(house: House, browser: Browser, placed: Placed) -> Page:
    """The order on the phone of the guest who placed it."""
    page = browser.new_context(**HANDHELD, locale="en").new_page()
    placed.sign_in(page)
    page.goto(placed.shop_url(house))
    return page


def test_what_is_missing_is_refunded_and_the_rest_goes_on(house: House, browser: Browser, on_duty) -> None:
    picker, packer = on_duty(Picker), on_duty(Packer)
    placed = buy(house, (product(house, "ambient"), 3))
    track = browser.new_context(locale="en").new_page()
    faults = faults_of(track)
    track.goto(placed.track_url)
    expect(track.locator(".line .short")).to_have_count(0)

    picker.accept()
    ticket = picker.ticket(placed.order_no, "picking")
    tote = next(house.totes)
    picker.take_tote(tote)
    for _ in range(2):
        picker.scan_and_hear(ticket["lines"][0]["gtin"])
    picker.tap("PROBLEM")
    with picker.hearing("right", "1 reported"):
        picker.tap("DAMAGED")  # what is not found would be counted next
    picker.stage(ticket)

    # The tracking page renews itself: nobody reloads it.
    price = placed.view()["lines"][0]["unit_price"]
    expect(track.locator(".line .short")).to_contain_text(f"¥{price / 100:.2f}")
    assert faults == []
    track.context.close()
    packer.take_totes(placed.order_no, [tote])
    assert len(packer.fill_bags(placed.order_no)) == 1
    packer.seal()
    house.until(lambda: placed.view()["delivery_state"] == "ready")
    assert placed.view()["state"] == "paid"

    # What changed until the seal goes back in one refund.
    house.until(lambda: placed.view()["refunded"] == price)
    page = customers_page(house, browser, placed)
    expect(page.locator("main")).to_contain_text(f"¥{price / 100:.2f} refunded")
    page.context.close()


def test_a_cancel_in_mid_pick_is_told_and_the_goods_go_back(house: House, browser: Browser, on_duty) -> None:
    picker = on_duty(Picker)
    first, second = product(house, "ambient", nth=1), product(house, "ambient", nth=2)
    shelf = {sku: stock_of(house, sku)["on_hand"] for sku in (first, second)}
    placed = buy(house, (first, 2), (second, 2))
    picker.accept()
    ticket = picker.ticket(placed.order_no, "picking")
    picker.take_tote(next(house.totes))
    picker.pick(ticket["lines"][:1])
    picker.settled()

    page = customers_page(house, browser, placed)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("group").get_by_role("button", name="cancel").click()
    expect(picker.page.locator(".card")).to_contain_text("The order was cancelled")
    picker.tap("READ")
    expect(picker.page.locator(".card")).to_have_count(0)
    house.until(lambda: placed.view()["state"] == "cancelled")
    view = placed.view()
    assert view["refunded"] == view["paid"] == view["total"]
    page.reload()
    expect(page.locator(".order-state.cancelled")).to_be_visible()
    page.context.close()

    picker.accept()
    back = picker.ticket(placed.order_no, "picking")
    assert back["kind"] == "put_back"
    assert [(line["sku"], line["quantity"]) for line in back["lines"]] == [(ticket["lines"][0]["sku"], 2)]
    for _ in range(2):
        picker.scan_and_hear(back["lines"][0]["gtin"])
    picker.tap("FINISH")
    expect(picker.page.locator("[data-ticket]")).to_have_count(0)
    picker.settled()
    house.at_rest()
    for sku, pieces in shelf.items():
        stock = stock_of(house, sku)
        assert (stock["on_hand"], stock["quarantine"], stock["reserved"]) == (pieces, 0, 0)


def stock_of(house: House, sku: str) -> dict[str, int]:
    return house.operator().call("GET", f"{API}/stores/{house.store_id}/stock/{sku}")
