"""The holder of a tracking link follows the order; a third party's rider reports the ride."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.house import API, CONTACT, House
from tests.terminal.open_house import complaints, released_to_carrier


def ordered(house: House, pieces: int = 2):
    """A paid order and the path of its tracking page."""
    customer, order_no = house.paid(pieces)
    return customer, order_no, customer.order_view(order_no)["track_url"].removeprefix(house.base_url)


@pytest.mark.parametrize(("lang", "words"), [("zh-CN", "预计送达"), ("en", "Arrives")])
def test_the_page_is_whole_without_javascript(visit, house: House, lang, words):
    customer, order_no, path = ordered(house)
    page = visit(path, lang, java_script_enabled=False)
    expect(page.locator(".eta")).to_contain_text(words)
    expect(page.locator(".pin-digits")).to_have_text(customer.order_view(order_no)["delivery_pin"])
    expect(page.locator(".lines .line")).to_have_count(1)
    expect(page.locator(".steps .done")).not_to_have_count(0)


def test_the_page_renews_itself_when_something_happens(visit, house: House):
    customer, order_no, path = ordered(house)
    page = visit(path)
    expect(page.locator("html")).to_have_attribute("data-live", "yes")
    customer.cancel(order_no)
    expect(page.locator("h1")).to_have_text("Cancelled")
    expect(page.locator(".refunds")).to_contain_text("Cancelled")
    expect(page.locator(".pin")).to_have_count(0)


def test_a_payment_that_fails_is_told_at_once(visit, house: House):
    customer = house.customer()
    customer.put(house.fresh_sku(5), 1)
    order = customer.order(CONTACT)
    path = order["track_url"].removeprefix(house.base_url)
    page = visit(path)
    expect(page.locator("html")).to_have_attribute("data-live", "yes")
    expect(page.locator(".now .button")).to_contain_text("Pay ¥")
    house.tap(customer.start_payment(order["order_no"])["pay_url"], outcome="failed")
    expect(page.locator(".now .late")).to_contain_text("You can pay again")
    assert house.http().call("GET", API + path)["payment_failed"] is True
    customer.start_payment(order["order_no"])
    assert house.http().call("GET", API + path)["payment_failed"] is False


def test_a_missing_line_shows_what_came_back(visit, house: House):
    customer, order_no, path = ordered(house)
    picker, ticket = house.staff("picker"), house.take("picker", order_no, "picking")
    line = ticket["lines"][0]
    picker.do(ticket, "short", {"line": line["id"], "quantity": 1, "reason": "not_found"})
    house.until(lambda: house.http().call("GET", API + path)["refunds"])
    page = visit(path)
    expect(page.locator(".short")).to_contain_text("1 missing")
    expect(page.locator(".refunds")).to_contain_text("Goes back when your order is packed")
    house.staff("packer")
    house.finish("picker", order_no, "picking")
    house.finish("packer", order_no, "packing")
    house.until(lambda: customer.order_view(order_no)["refunded"])
    told = house.http().call("GET", API + path)
    assert (told["lines"][0]["short"], told["lines"][0]["refunded"]) == (1, told["refunds"][0]["amount"])
    expect(page.locator(".refunds")).to_contain_text("Arrived")


def test_another_link_is_told_apart_from_a_failure(visit, house: House):
    page = visit("/track/nobody-has-this-link", "zh-CN")
    expect(page.locator("h1")).to_have_text("没有这个订单")
    assert complaints(page) == []


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_the_page_is_accessible(visit, house: House, lang):
    assert complaints(visit(ordered(house)[2], lang)) == []


def test_a_third_party_rider_reads_the_shops_clock_and_sees_what_went_wrong(visit, house: House):
    _, order_no, _ = ordered(house)
    path = released_to_carrier(house, order_no)
    told = house.http().call("GET", API + path)
    assert told["tz"] == "Asia/Shanghai"
    due = datetime.fromisoformat(told["due_at"]).astimezone(ZoneInfo(told["tz"]))
    page = visit(path, timezone_id="America/New_York")
    expect(page.locator(".now")).to_contain_text(f"Due {due:%H:%M}")
    page.locator("button.danger").click()
    page.context.set_offline(True)
    page.get_by_role("button", name="Damaged").click()
    expect(page.locator(".problem")).to_be_in_viewport()


def test_who_is_not_at_the_door_reads_how_long_the_rider_waits(visit, house: House):
    _, order_no, path = ordered(house)
    ride = released_to_carrier(house, order_no)
    page = visit(path)
    expect(page.locator("html")).to_have_attribute("data-live", "yes")
    expect(page.locator(".now .late")).to_have_count(0)
    told = house.http().call("POST", API + ride, {"type": "call"}, key=house.http().uuid())
    until = f"{datetime.fromisoformat(told['absent_from']).astimezone(ZoneInfo(told['tz'])):%H:%M}"
    expect(page.locator(".now .late")).to_have_text(f"The rider has called you and waits until {until}.")


def test_a_third_party_rider_delivers_with_the_pin(visit, house: House):
    customer, order_no, path = ordered(house)
    ride = visit(released_to_carrier(house, order_no))
    expect(ride.locator("h1")).to_have_text("Picked up, on the way")
    expect(ride.locator(".ride-address")).to_have_text(CONTACT["address"])
    assert complaints(ride) == []
    ride.get_by_role("button", name="I am at the customer's").click()
    expect(ride.locator("main")).to_have_attribute("data-state", "arrived_at_customer")
    pin = customer.order_view(order_no)["delivery_pin"]
    ride.fill("input[name=pin]", "0000" if pin != "0000" else "1111")
    ride.get_by_role("button", name="Deliver", exact=True).click()
    expect(ride.locator(".problem")).to_contain_text("4 tries left")
    ride.fill("input[name=pin]", pin)
    ride.get_by_role("button", name="Deliver", exact=True).click()
    expect(ride.locator("h1")).to_have_text("Delivered. Thank you")
    expect(ride.locator(".ride-address")).to_have_count(0)
    house.until(lambda: customer.order_view(order_no)["delivery_state"] == "delivered")
    expect(visit(path).locator("h1")).to_contain_text("Delivered")
