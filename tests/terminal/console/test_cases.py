"""A customer complains, an operator grants it, a second person agrees; nobody agrees to their own wish."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from fulfil.kit.base import Kit
from fulfil.sim.clients import Customer
from fulfil.store import queries as stores
from fulfil.store.model import Store
from fulfil.trade.aftersales.model import Refund
from fulfil.trade.aftersales.states import RefundState
from tests.house import API, CONTACT, House, raw_post
from tests.terminal.console.lost_answers import lose_first_answer
from tests.terminal.console.test_console import hired
from tests.terminal.open_house import DESK, PHONE, SLOW_PICTURES, complaints, released_to_carrier


@pytest.fixture(scope="module")
def two_people(house: House) -> None:
    """In this shop every refund that somebody decides needs a second person."""
    kit = Kit(house.config)

    def lower(tx) -> None:
        policy = {**stores.store(tx, int(house.store_id)).policy, "refund_audit_minor": 1}
        tx.update(Store, {"id": int(house.store_id)}, policy=policy)

    kit.db.write(lower, "test")
    kit.close()


@pytest.fixture
def delivered(house: House):
    """`delivered()` → a customer and the number of an order that has come."""

    def delivering() -> tuple[Customer, str]:
        customer, order_no = house.paid(2)
        ride = released_to_carrier(house, order_no)
        house.http().call("POST", API + ride, {"type": "deliver"}, key=customer.http.uuid())
        house.until(lambda: customer.order_view(order_no)["state"] == "completed")
        return customer, order_no

    return delivering


def complain(customer: Customer, order_no: str, photos: tuple[str, ...] = ()) -> None:
    customer.http.call(
        "POST",
        f"{API}/orders/{order_no}/aftersales",
        {
            "lines": [{"line_no": 1, "quantity": 2, "reason": "damaged"}],
            "note": "All soft.",
            "photos": list(photos),
        },
        key=customer.http.uuid(),
    )


def photo_of(house: House, customer: Customer, order_no: str, picture: bytes) -> str:
    """The customer sends a picture before the complaint: its number."""
    headers = {**customer.http.headers, "Content-Type": "image/png", "Idempotency-Key": customer.http.uuid()}
    status, told = raw_post(house, f"{API}/orders/{order_no}/photos", picture, headers)
    assert status == 201
    return told["photo_id"]


@pytest.mark.parametrize(
    ("lang", "size", "words"),
    [
        ("en", PHONE, ("Something wrong with your goods?", "We are looking at it")),
        ("zh-CN", DESK, ("商品有问题？", "处理中")),
    ],
)
def test_a_customer_complains_with_a_photo_and_follows_it(visit, house: House, delivered, lang, size, words):
    customer, order_no = delivered()
    token = customer.http.headers["Authorization"].removeprefix("Bearer ")
    page: Page = visit("/openapi.json", lang, size)
    page.evaluate("token => localStorage.setItem('fulfil.shop.guest', token)", json.dumps(token))
    page.goto(f"{house.base_url}/#/order/{order_no}")
    page.get_by_role("button", name=words[0]).click()
    page.locator("input[name=line-1]").check()
    page.locator("select[name=quantity-1]").select_option("1")
    page.locator("select[name=reason-1]").select_option("quality")
    page.evaluate(SLOW_PICTURES)
    with page.expect_event("filechooser") as chooser:
        page.locator(".photo").click()
    chooser.value.set_files({"name": "soft.png", "mimeType": "image/png", "buffer": page.screenshot()})
    expect(page.locator(".wrong button[type=submit]")).to_be_disabled()
    expect(page.locator(".wrong-photos img")).to_have_count(1)
    page.evaluate("scrollTo(0, 0)")
    assert complaints(page) == []
    page.locator(".wrong button[type=submit]").click()
    expect(page.locator(".cases")).to_contain_text(words[1])
    [case] = customer.http.call("GET", f"{API}/orders/{order_no}/aftersales")["cases"]
    assert (case["lines"][0]["quantity"], case["lines"][0]["reason"], case["photos"]) == (1, "quality", 1)


def test_a_customer_sees_the_answer_without_looking_again(visit, house: House, delivered):
    customer, order_no = delivered()
    token = customer.http.headers["Authorization"].removeprefix("Bearer ")
    page: Page = visit("/openapi.json")
    page.evaluate("token => localStorage.setItem('fulfil.shop.guest', token)", json.dumps(token))
    page.goto(f"{house.base_url}/#/order/{order_no}")
    page.get_by_role("button", name="Something wrong with your goods?").click()
    page.locator("input[name=line-1]").check()
    page.locator(".wrong button[type=submit]").click()
    expect(page.locator(".hint[role=status]")).to_be_focused()
    [case] = customer.http.call("GET", f"{API}/orders/{order_no}/aftersales")["cases"]
    supervisor = next(person for person in house.access.staff if person["roles"] == ["supervisor"])
    decider = house.another_device()
    decider.sign_in(supervisor["badge"], supervisor["pin"])
    decider.http.call(
        "POST",
        f"{API}/aftersales/{case['case_id']}/decision",
        {"decision": "refuse", "note": "It looks well."},
    )
    expect(page.locator(".cases")).to_contain_text("We could not agree")
    page.goto(customer.order_view(order_no)["track_url"])
    expect(page.locator("main")).to_contain_text("Our answer: It looks well.")
    expect(page.locator("main")).to_contain_text("tell us in My orders", ignore_case=True)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize(
    ("lang", "size", "words"),
    [
        ("en", DESK, ("Complain for the customer", "The complaint is there.")),
        ("zh-CN", PHONE, ("代顾客投诉", "投诉已登记。")),
    ],
)
def test_an_operator_speaks_for_a_customer_who_calls(console, house: House, delivered, lang, size, words):
    customer, order_no = delivered()
    person = hired(house, f"O97{len(lang)}", "operator")
    page = console(f"order/{order_no}", person=person, lang=lang, size=size)
    press(page, words[0])
    expect(page.locator(".sure button[type=submit]")).to_be_disabled()
    page.locator("input[name=amount-1]").fill("1")
    page.locator("select[name=reason]").select_option("quality")
    page.locator("select[name=wants]").select_option("return")
    page.locator("input[name=note]").fill("on the phone")
    assert complaints(page) == []
    page.evaluate(SLOW_PICTURES)
    picture = {"name": "soft.png", "mimeType": "image/png", "buffer": page.screenshot()}
    page.locator("input[name=photos]").set_input_files([picture, {**picture, "name": "softer.png"}])
    page.locator(".sure button[type=submit]").click()
    expect(page.locator(".said")).to_have_text(words[1])
    [case] = customer.http.call("GET", f"{API}/orders/{order_no}/aftersales")["cases"]
    assert (case["state"], case["note"], case["lines"][0]["quantity"], case["lines"][0]["wants"]) == (
        "audit",
        "on the phone",
        1,
        "return",
    )
    assert case["photos"] == 2


def test_an_operator_gives_a_line_back_and_never_more_than_is_left(console, house: House, delivered):
    customer, order_no = delivered()
    page = console(f"order/{order_no}", person=hired(house, "O981", "operator"))
    for again in (False, True):
        press(page, "Give lines back")
        page.locator("input[name=amount-1]").fill("2")
        page.locator("input[name=note]").fill("we forgot it")
        page.locator(".sure button[type=submit]").click()
        expect(page.locator(".said")).to_have_text("" if again else "It is granted.")
    expect(page.locator(".sure .refusal")).not_to_be_empty()
    [case] = customer.http.call("GET", f"{API}/orders/{order_no}/aftersales")["cases"]
    assert case["state"] in ("refunding", "closed")


def test_an_answer_that_got_lost_gives_nothing_back_twice(console, house: House, delivered):
    customer, order_no = delivered()
    page = console(f"order/{order_no}", person=hired(house, "O983", "operator"))
    lose_first_answer(page, f"/orders/{order_no}/refunds")
    press(page, "Give lines back")
    page.locator("input[name=amount-1]").fill("1")
    page.locator("input[name=note]").fill("one was soft")
    page.locator(".sure button[type=submit]").click()
    expect(page.locator(".sure .refusal")).not_to_be_empty()
    page.locator(".sure button[type=submit]").click()
    expect(page.locator(".said")).to_have_text("It is granted.")
    assert len(customer.http.call("GET", f"{API}/orders/{order_no}/aftersales")["cases"]) == 1


def test_a_customers_complaint_whose_answer_got_lost_is_one(visit, house: House, delivered):
    customer, order_no = delivered()
    token = customer.http.headers["Authorization"].removeprefix("Bearer ")
    page: Page = visit("/openapi.json")
    page.evaluate("token => localStorage.setItem('fulfil.shop.guest', token)", json.dumps(token))
    page.goto(f"{house.base_url}/#/order/{order_no}")
    lose_first_answer(page, f"/orders/{order_no}/aftersales")
    page.get_by_role("button", name="Something wrong with your goods?").click()
    page.locator("input[name=line-1]").check()
    page.locator("select[name=quantity-1]").select_option("1")
    with page.expect_event("filechooser") as chooser:
        page.locator(".photo").click()
    chooser.value.set_files({"name": "soft.png", "mimeType": "image/png", "buffer": page.screenshot()})
    expect(page.locator(".wrong-photos img")).to_have_count(1)
    page.locator(".wrong button[type=submit]").click()
    expect(page.locator(".wrong .refusal")).not_to_be_empty()
    page.locator(".wrong button[type=submit]").click()
    expect(page.locator(".hint[role=status]")).to_be_focused()
    [case] = customer.http.call("GET", f"{API}/orders/{order_no}/aftersales")["cases"]
    assert case["photos"] == 1


def test_what_came_instead_can_be_given_back_and_what_was_missing_can_not(console, house: House):
    path = f"{API}/stores/{house.store_id}/products?category=snacks"
    sku = house.http().call("GET", path)["products"][-1]["sku"]
    customer = house.customer()
    customer.put(sku, 2)
    order_no = customer.order(CONTACT, on_shortage="substitute")["order_no"]
    customer.pay(order_no)
    house.until(lambda: customer.order_view(order_no)["state"] == "paid")
    picker, ticket = house.staff("picker"), house.take("picker", order_no, "picking")
    picker.do(ticket, "short", {"line": ticket["lines"][0]["id"], "quantity": 1, "reason": "not_found"})
    house.at_rest()
    ride = released_to_carrier(house, order_no)
    house.http().call("POST", API + ride, {"type": "deliver"}, key=customer.http.uuid())
    house.until(lambda: customer.order_view(order_no)["state"] == "completed")
    page = console(f"order/{order_no}", person=hired(house, "O984", "operator"))
    press(page, "Give lines back")
    expect(page.locator("input[name=amount-1]")).to_have_attribute("max", "1")
    page.locator("input[name=amount-1001]").fill("1")
    page.locator("input[name=note]").fill("not what they like")
    page.locator(".sure button[type=submit]").click()
    expect(page.locator(".said")).to_have_text("It is granted.")


def test_a_return_that_nobody_fetches_is_called_off(console, house: House, delivered):
    customer, order_no = delivered()
    page = console("cases", person=hired(house, "O982", "operator"))
    customer.http.call(
        "POST",
        f"{API}/orders/{order_no}/aftersales",
        {"lines": [{"line_no": 1, "quantity": 1, "reason": "wrong", "wants": "return"}]},
        key=customer.http.uuid(),
    )
    case = page.locator(".slip", has_text=order_no)
    case.get_by_role("button", name="Look and decide").click()
    case.get_by_role("button", name="Grant all", exact=True).click()
    case.locator(".sure button[type=submit]").click()
    expect(case).to_contain_text("goods come back")
    case.get_by_role("button", name="End without money").click()
    case.locator("input[name=note]").fill("the street is closed")
    assert complaints(page) == []
    case.locator(".sure button[type=submit]").click()
    expect(page.locator(".said")).to_have_text("The return is called off.")
    house.until(
        lambda: (
            customer.http.call("GET", f"{API}/orders/{order_no}/aftersales")["cases"][0]["state"] == "refused"
        )
    )


def test_one_grants_and_another_agrees(console, house: House, two_people, delivered):
    customer, order_no = delivered()
    page = console("cases", person=hired(house, "O960", "operator", "supervisor"))
    complain(customer, order_no, (photo_of(house, customer, order_no, page.screenshot()),))
    case = page.locator(".slip", has_text=order_no)
    expect(case).to_contain_text("All soft.")
    case.get_by_role("button", name="Look and decide").click()
    worth = customer.order_view(order_no)["lines"][0]["payable"]
    expect(case).to_contain_text(f"Asked for: ¥{worth // 100}.{worth % 100:02}")
    expect(case).to_contain_text("above ¥0.01 a second person agrees")
    case.get_by_role("button", name="Grant a part").click()
    expect(case.locator("input[name=part-1]")).to_be_focused()
    case.locator("input[name=part-1]").fill("1")
    case.locator("input[name=note]").fill("one of them")
    assert complaints(page) == []
    case.locator(".sure button[type=submit]").click()
    expect(page.locator(".said")).to_have_text("A part is granted.")
    expect(page.locator(".said")).to_be_focused()
    page.goto(f"{house.base_url}/console#/money")
    mine = page.locator(".slip", has_text=order_no)
    expect(mine).to_contain_text("You asked for it: somebody else has to agree.")
    expect(mine.get_by_role("button", name="Agree", exact=True)).to_be_disabled()
    other = console("money", person=hired(house, "F960", "finance"), lang="zh-CN", size=PHONE)
    asked = other.locator(".slip", has_text=order_no)
    expect(asked).to_contain_text("甲 提出")
    expect(asked.locator(".photos img")).to_have_count(1)
    asked.get_by_role("link", name="查看投诉").click()
    expect(other.locator(".slip .photos img")).to_have_count(1)
    expect(other.locator(".slip")).to_contain_text("All soft.")
    other.go_back()
    assert complaints(other) == []
    asked.get_by_role("button", name="同意", exact=True).click()
    asked.locator(".sure button[type=submit]").click()
    expect(asked).to_have_count(0)
    house.until(lambda: customer.order_view(order_no)["refunded"] > 0)


@pytest.fixture
def owed(house: House) -> str:
    """The number of a cancelled order whose refund the channel would not carry."""
    customer, order_no = house.paid(2)
    customer.cancel(order_no)
    house.until(lambda: customer.order_view(order_no)["refunded"] > 0)
    kit = Kit(house.config)
    kit.db.write(
        lambda tx: tx.execute(
            update(Refund)
            .where(Refund.order_no == int(order_no))
            .values(state=RefundState.FAILED, settled=0, failed=Refund.amount)
        ),
        "test",
    )
    kit.close()
    return order_no


def test_a_debt_is_paid_by_other_means_when_two_people_say_so(console, house: House, owed: str):
    page = console("money", person=hired(house, "F961", "finance"))
    debt = page.locator(".slip", has_text=owed)
    debt.get_by_role("button", name="Paid by other means").click()
    expect(debt.locator("input[name=reference]")).to_be_focused()
    debt.locator("input[name=reference]").fill("transfer 17")
    debt.locator("input[name=note]").fill("to the customer's bank account")
    debt.locator(".sure button[type=submit]").click()
    expect(page.locator(".said")).to_have_text("Somebody else has to agree now.")
    expect(debt).to_contain_text("transfer 17")
    expect(debt.get_by_role("button", name="Agree", exact=True)).to_be_disabled()
    other = console("money", person=hired(house, "S961", "supervisor"))
    asked = other.locator(".slip", has_text=owed)
    asked.get_by_role("button", name="Do not agree").click()
    asked.locator("input[name=note]").fill("no such transfer")
    asked.locator(".sure button[type=submit]").click()
    expect(debt.get_by_role("button", name="Paid by other means")).to_be_visible()


def test_a_no_tells_the_customer_why(console, house: House, delivered):
    customer, order_no = delivered()
    complain(customer, order_no)
    page = console("cases", person=hired(house, "O961", "operator"), lang="zh-CN")
    case = page.locator(".slip", has_text=order_no)
    case.get_by_role("button", name="查看并裁定").click()
    case.get_by_role("button", name="拒绝", exact=True).click()
    case.locator(".sure button[type=submit]").click()
    expect(case.locator("input[name=note]:invalid")).to_be_focused()
    case.locator("input[name=note]").fill("照片看不清")
    case.locator(".sure button[type=submit]").click()
    expect(case).to_have_count(0)
    [told] = customer.http.call("GET", f"{API}/orders/{order_no}/aftersales")["cases"]
    assert (told["state"], told["decision_note"]) == ("refused", "照片看不清")
