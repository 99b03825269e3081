"""The customer's walk: look, fill the basket, see the promise, order, pay, follow; and every no in words."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.house import API, CONTACT, House
from tests.terminal.open_house import DESK, PHONE, complaints, released_to_carrier, unsaid


def add(page: Page, sku: str, taps: int = 1) -> None:
    """Find a product and tap it into the basket."""
    page.fill("input[name=q]", sku)
    product = page.locator(f".product[data-sku='{sku}']")
    product.locator(".add").click()
    for _ in range(taps - 1):
        product.locator(".stepper button").last.click()


def check_out(page: Page) -> None:
    """From the basket to a checkout that is filled in and has a promise."""
    page.goto(page.url.split("#")[0] + "#/checkout")
    for name in ("name", "phone", "address"):
        page.fill(f"input[name={name}]", CONTACT[name])
    expect(page.locator(".promise b")).to_be_visible()


def order(page: Page) -> None:
    """Check out what is in the basket; the cashier's page opens."""
    check_out(page)
    page.click("button[type=submit]")
    page.wait_for_url("**/cashier/**")


def pay(page: Page, button: str = "pay") -> None:
    """At the cashier, and back to the tracking page."""
    page.click(f"button.{button}")
    page.click("a.back")
    page.wait_for_url("**/track/**")


@pytest.mark.parametrize(("lang", "size", "paid"), [("zh-CN", PHONE, "已付款"), ("en", DESK, "Paid")])
def test_a_guest_orders_pays_and_follows(visit, house: House, lang, size, paid):
    sku = house.fresh_sku(9)
    page = visit("/", lang, size)
    add(page, sku, taps=3)
    expect(page.locator(".product .stepper output")).to_have_text("3")
    order(page)
    pay(page)
    expect(page.locator("main [aria-current=step]")).to_contain_text(paid)
    page.goto(house.base_url + "/#/orders")
    expect(page.locator(".order-row")).to_have_count(1)


@pytest.mark.parametrize(
    ("lang", "failed", "again"),
    [("en", "The payment failed", "Pay ¥"), ("zh-CN", "付款没有成功", "重新付款")],
)
def test_a_payment_that_failed_is_told_and_may_be_made_again(visit, house: House, lang, failed, again):
    page = visit("/", lang)
    add(page, house.fresh_sku(9))
    order(page)
    pay(page, "fail")
    expect(page.locator(".now .late")).to_contain_text(failed)
    track = page.url
    assert complaints(page) == []
    page.locator(".now a.button").click()
    expect(page.locator(".problem")).to_contain_text(failed)
    page.locator("main a.link").click()
    expect(page.locator(".problem")).to_contain_text(failed)
    assert complaints(page) == []
    page.locator("button.primary").filter(has_text=again).click()
    page.wait_for_url("**/cashier/**")
    page.click("button.pay")
    page.click("a.back")
    page.wait_for_url(track)
    expect(page.locator(".now .late")).to_have_count(0)
    expect(page.locator(".now")).to_have_class("now paid")


@pytest.mark.parametrize(
    ("lang", "unknown", "over"),
    [("en", "This device knows no such order", "Cancelled"), ("zh-CN", "这台设备上没有这个订单", "已取消")],
)
def test_what_cannot_be_paid_is_not_said_to_wait_for_money(visit, house: House, lang, unknown, over):
    page = visit("/pay/1", lang)
    expect(page.locator(".nothing p")).to_contain_text(unknown)
    expect(page.locator("button.primary")).to_have_count(0)
    assert complaints(page) == []
    add_page = visit("/", lang)
    add(add_page, house.fresh_sku(5))
    order(add_page)
    add_page.goto(house.base_url + "/#/orders")
    add_page.locator(".order-row").click()
    number = add_page.url.rsplit("/", 1)[1]
    add_page.locator("button.danger").click()
    add_page.locator(".sure button.danger").click()
    expect(add_page.locator(".order-state.cancelled")).to_be_visible()
    add_page.goto(f"{house.base_url}/#/pay/{number}")
    expect(add_page.locator(".nothing p")).to_have_text(over)


@pytest.mark.parametrize(("lang", "title"), [("en", "If something is missing"), ("zh-CN", "如果有商品缺货")])
def test_what_shall_happen_when_goods_are_missing_is_said_for_all_and_for_single_goods(
    visit, house: House, lang, title
):
    skus = [house.fresh_sku(5), house.fresh_sku(5)]
    page = visit("/", lang)
    for sku in skus:
        add(page, sku)
    check_out(page)
    missing = page.locator(".missing")
    expect(missing).to_contain_text(title)
    expect(missing.locator(".silent")).to_have_count(0)
    missing.locator("input[value=substitute]").check()
    missing.locator("summary").click()
    missing.locator(f"select[name=wish-{skus[1]}]").select_option("ask")
    missing.locator(".silent input[value=substitute]").check()
    page.evaluate("scrollTo(0, 0)")  # else the head covers a part of what is measured
    assert complaints(page) == []
    with page.expect_response(lambda one: one.url.endswith(API + "/orders")) as placed:
        page.click("button[type=submit]")
    page.wait_for_url("**/cashier/**")
    sent = placed.value.request.post_data_json
    assert (sent["on_shortage"], sent["if_silent"]) == ("substitute", "substitute")
    assert sent["lines"] == [{"sku": skus[1], "on_shortage": "ask"}]


def test_a_lost_answer_is_asked_for_again_and_orders_once(visit, house: House):
    page = visit("/")
    add(page, house.fresh_sku(9))
    check_out(page)
    keys = []

    def lose(route):
        keys.append(route.request.headers["idempotency-key"])
        route.fetch()
        route.abort()

    page.route(re.compile(API + "/orders$"), lose, times=1)
    page.click("button[type=submit]")
    expect(page.locator("h1")).to_have_text("Your order was sent")
    page.reload()
    with page.expect_request(lambda one: one.url.endswith(API + "/orders") and one.method == "POST") as sent:
        page.get_by_role("button", name="Ask again").click()
    assert sent.value.headers["idempotency-key"] == keys[0]
    page.wait_for_url("**/cashier/**")
    page.goto(house.base_url + "/#/orders")
    expect(page.locator(".order-row")).to_have_count(1)


def test_what_ran_out_meanwhile_is_named_and_put_right_with_one_tap(visit, house: House):
    sku = house.fresh_sku(5)
    page = visit("/")
    add(page, sku, taps=4)
    check_out(page)
    stock = f"{API}/stores/{house.store_id}/stock/{sku}"
    buffer = house.operator().call("GET", stock)["buffer"]
    house.operator().call("PUT", stock, {"shelf": buffer + 2})
    page.click("button[type=submit]")
    expect(page.locator(".problem")).to_contain_text("There is not enough of something")
    page.locator(".lacking button").click()
    page.goto(page.url.split("#")[0] + "#/basket")
    expect(page.locator(".line .stepper output")).to_have_text("2")


def test_who_types_while_the_shop_loads_is_heard(visit, house: House):
    sku = house.fresh_sku(5)
    page = visit("/openapi.json")
    held = []
    page.route("**/categories", lambda route: held.append(route))
    page.goto(house.base_url + "/")
    expect(page.locator(".product").nth(3)).to_be_visible()
    page.fill("input[name=q]", sku)
    for route in held:
        route.continue_()
    expect(page.locator(f".product[data-sku='{sku}']")).to_be_visible()


def test_weighed_goods_go_by_hundred_grams(visit, house: House):
    sku = next(one["sku"] for one in house.access.skus if one["weighed"])
    page = visit("/")
    add(page, sku, taps=2)
    expect(page.locator(".product .stepper output")).to_have_text("200 g")


def test_a_locked_shop_says_so_and_keeps_the_basket(visit, house: House):
    state = f"{API}/stores/{house.store_id}/state"
    sku = house.fresh_sku(5)
    house.operator().call("POST", state, {"state": "closed", "reason": "Stocktaking"})
    try:
        page = visit("/")
        add(page, sku)
        expect(page.locator(".opening.closed")).to_contain_text("Stocktaking")
        page.locator(".basket-bar").click()
        expect(page.get_by_text("Your basket is kept")).to_be_visible()
        expect(page.get_by_role("link", name="Check out")).to_have_attribute("aria-disabled", "true")
    finally:
        house.operator().call("POST", state, {"state": "open"})


def test_an_order_is_cancelled_only_after_being_asked_twice(visit, house: House):
    page = visit("/")
    add(page, house.fresh_sku(5))
    order(page)
    page.goto(house.base_url + "/#/orders")
    page.locator(".order-row").click()
    page.get_by_role("button", name="Cancel this order").click()
    expect(page.locator(".order-state.placed")).to_be_visible()
    page.get_by_role("button", name="Cancel it").click()
    expect(page.locator(".order-state.cancelled")).to_have_text("Cancelled")


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ("Ask for it to be brought back", "Ask the rider", "We have asked the rider")),
        ("zh-CN", ("请骑手送回", "请骑手送回", "已请骑手送回")),
    ],
)
def test_what_is_with_the_rider_can_be_asked_back(visit, house: House, lang, words):
    customer, order_no = house.paid(2)
    released_to_carrier(house, order_no)
    token = customer.http.headers["Authorization"].removeprefix("Bearer ")
    page = visit("/openapi.json", lang)
    page.evaluate("token => localStorage.setItem('fulfil.shop.guest', token)", json.dumps(token))
    page.goto(f"{house.base_url}/#/order/{order_no}")
    page.get_by_role("button", name=words[0], exact=True).click()
    expect(page.locator(".sure button").first).to_be_focused()
    assert complaints(page) == []
    page.locator(".sure .danger").click()
    expect(page.locator(".hint")).to_contain_text(words[2])
    page.reload()
    expect(page.locator(".hint")).to_contain_text(words[2])
    assert customer.order_view(order_no)["state"] == "paid"
    page.goto(customer.order_view(order_no)["track_url"])
    expect(page.locator(".now .late")).to_contain_text(words[2])


def test_a_paid_order_is_cancelled_before_the_eyes_of_its_customer(visit, house: House):
    page = visit("/", "zh-CN")
    add(page, house.fresh_sku(5))
    order(page)
    pay(page)
    page.goto(house.base_url + "/#/orders")
    page.locator(".order-row").click()
    expect(page.locator(".order-headline b")).to_be_visible()
    page.get_by_role("button", name="取消订单").click()
    page.get_by_role("button", name="确定取消").click()
    expect(page.locator(".order-state.cancelled")).to_have_text("已取消", timeout=15_000)
    expect(page.locator(".order-headline b")).to_have_count(0)


def test_whose_shop_had_to_close_says_that_they_wait(visit, house: House):
    state = f"{API}/stores/{house.store_id}/state"
    page = visit("/")
    add(page, house.fresh_sku(5))
    order(page)
    pay(page)
    house.operator().call("POST", state, {"state": "closed", "reason": "Power cut"})
    try:
        page.goto(house.base_url + "/#/orders")
        page.locator(".order-row").click()
        wait = page.get_by_role("button", name="I wait")
        expect(wait).to_be_visible()
        assert complaints(page) == []
        wait.click()
        expect(wait).to_have_count(0)
        expect(page.locator(".order-state")).to_have_text("Paid")
    finally:
        house.operator().call("POST", state, {"state": "open"})


def test_a_phone_number_that_nobody_can_call_is_not_taken(visit, house: House):
    page = visit("/")
    add(page, house.fresh_sku(5))
    check_out(page)
    for number, is_taken in (
        ("12345", False),
        ("021-55551234", False),
        ("139 0000 000", False),
        ("+86 139-0000-0001", True),
        ("(139) 0000.0001", True),
        ("+44 20 7946 0958", True),
    ):
        page.fill("input[name=phone]", number)
        assert page.locator("form.checkout").evaluate("form => form.checkValidity()") is is_taken, number


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_the_server_refuses_a_wrong_number_in_the_words_of_the_form(visit, house: House, lang):
    page = visit("/", lang)
    add(page, house.fresh_sku(5))
    check_out(page)
    field = page.locator("input[name=phone]")
    said = field.get_attribute("title")
    field.evaluate("field => field.removeAttribute('pattern')")
    field.fill("+86 123 4567 8901")
    page.click("button[type=submit]")
    expect(page.locator(".problem")).to_have_text(said)
    field.fill("+86 139 0000 0001")
    page.click("button[type=submit]")
    page.wait_for_url("**/cashier/**")


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_every_view_is_accessible(visit, house: House, lang):
    page = visit("/", lang)
    expect(page.locator(".product").first).to_be_visible()
    assert complaints(page) == []
    add(page, house.fresh_sku(5))
    expect(page.locator(".basket-bar")).to_be_visible()
    for view, shown in (
        ("basket", ".totals"),
        ("checkout", ".promise b"),
        ("member", "form"),
        ("orders", "h1"),
    ):
        page.goto(f"{house.base_url}/#/{view}")
        expect(page.locator(shown).first).to_be_visible()
        assert complaints(page) == [], view


def test_both_languages_say_everything():
    assert unsaid("shop") == []
