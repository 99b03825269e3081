"""Operators find orders, cancel them, keep the stock, mend what is stuck, flip switches, look at figures."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from fulfil.kit.base import Kit
from fulfil.kit.task_rows import DEAD, WAITING, Task
from tests.house import API, CONTACT, House
from tests.terminal.console.lost_answers import lose_first_answer
from tests.terminal.open_house import DESK, PHONE, complaints, released_to_carrier, unsaid


def hired(house: House, badge: str, *roles: str) -> dict:
    """Somebody new with these roles."""
    return house.operator().call(
        "POST", f"{API}/staff/people", {"badge": badge, "name_zh": "甲", "name_en": "A", "roles": list(roles)}
    )


def sure(page: Page, button: str, note: str, go: str | None = None) -> None:
    """Press what asks first, say why, and mean it."""
    page.get_by_role("button", name=button, exact=True).click()
    page.locator(".sure input[name=note]").fill(note)
    page.locator(".sure").get_by_role("button", name=go or button, exact=True).click()


@pytest.mark.parametrize(
    ("lang", "size", "words"),
    [
        ("en", DESK, ("Ask the rider to bring it back", "The rider was asked to bring it back.")),
        ("zh-CN", PHONE, ("请骑手送回", "已请骑手送回。")),
    ],
)
def test_what_is_with_the_rider_is_asked_back(console, house: House, lang, size, words):
    customer, order_no = house.paid(1)
    released_to_carrier(house, order_no)
    person = hired(house, f"O94{len(lang)}", "operator")
    page = console(f"order/{order_no}", person=person, lang=lang, size=size)
    sure(page, words[0], "the customer called")
    expect(page.locator(".said")).to_have_text(words[1])
    expect(page.locator(".blocked")).to_contain_text(words[1])
    assert complaints(page) == []
    assert house.operator().call("GET", f"{API}/console/orders/{order_no}")["recalled"] is True
    assert customer.order_view(order_no)["state"] == "paid"


def test_what_is_found_says_how_the_order_stands_and_not_the_shops_work_alone(console, house: House):
    contact, found = {**CONTACT, "phone": "13955550001"}, []
    for _ in range(2):
        customer = house.customer()
        customer.put(house.fresh_sku(5), 1)
        found.append((customer, customer.order(contact)["order_no"]))
    (customer, paid), _ = found
    customer.pay(paid)
    house.until(lambda: customer.order_view(paid)["state"] == "paid")
    house.at_rest()
    page = console("orders", person=hired(house, "O938", "operator"))
    search = f"{API}/dispatch/orders?store_id={house.store_id}&q=13955550001"
    house.until(lambda: len(house.operator().call("GET", search)["orders"]) == 2)
    page.fill("input[name=q]", "13955550001")
    page.keyboard.press("Enter")
    rows = page.locator(".found-orders li")
    expect(rows.filter(has_text=paid)).to_contain_text("Waiting")
    expect(rows.filter(has_text=found[1][1])).to_contain_text("To be paid")
    customer.cancel(paid)
    house.until(lambda: house.operator().call("GET", search)["orders"][1]["order_state"] == "cancelled")
    page.keyboard.press("Enter")
    expect(rows.filter(has_text=paid)).to_contain_text("Cancelled")


def test_who_logs_in_elsewhere_is_told_why_this_page_is_gone(console, house: House):
    person = hired(house, "O939", "operator")
    page = console("orders", person=person)
    house.another_device().sign_in(person["badge"], person["pin"])
    page.goto(f"{house.base_url}/console#/cases")
    expect(page.locator(".gate [role=status]")).to_contain_text("You were logged out")
    assert complaints(page) == []
    page.fill("input[name=badge]", person["badge"])
    page.fill("input[name=pin]", person["pin"])
    page.click("button[type=submit]")
    page.get_by_role("button", name="Log out").click()
    expect(page.locator(".gate h1")).to_be_visible()
    expect(page.locator(".gate [role=status]")).to_have_count(0)


def test_an_order_is_found_and_cancelled_with_a_reason_before_the_operators_eyes(console, house: House):
    customer, order_no = house.paid(2)
    page = console(person=hired(house, "O950", "operator"))
    search = f"{API}/dispatch/orders?store_id={house.store_id}&q={order_no[-5:]}"
    house.until(lambda: house.operator().call("GET", search)["orders"])  # it is copied for showing first
    page.fill("input[name=q]", order_no[-5:])
    page.keyboard.press("Enter")
    expect(page.locator(".order-head h2")).to_have_text(f"Order {order_no}")
    expect(page.locator(".tickets")).to_contain_text("0 / 2")
    sure(page, "Cancel the order", "ordered twice")
    expect(page.locator(".said")).to_contain_text("Cancelling was asked for")
    expect(page.locator(".order-head .state")).to_have_text("Cancelled")
    expect(page.locator(".blocked")).to_contain_text("It is cancelled already")
    expect(page.locator(".timeline")).to_contain_text("ordered twice")
    assert customer.order_view(order_no)["refunded"] == customer.order_view(order_no)["paid"]


def test_a_question_is_left_by_escape_and_changes_nothing(console, house: House):
    customer, order_no = house.paid()
    page = console(f"order/{order_no}")
    page.get_by_role("button", name="Cancel the order").click()
    expect(page.locator(".sure input")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".sure")).to_have_count(0)
    assert customer.order_view(order_no)["state"] == "paid"
    page.keyboard.press("/")
    expect(page.locator("input[name=q]")).to_be_focused()


def test_a_product_is_scanned_counted_received_and_adjusted(console, house: House):
    sku = house.fresh_sku(5)
    path = f"{API}/stores/{house.store_id}/stock/{sku}"
    page = console("stock")
    page.locator("main h2").first.click()
    page.keyboard.type(sku)
    page.keyboard.press("Enter")
    expect(page.locator(".tiles .available dd")).to_have_text("5")

    def enter(name: str, number: str, why: str = "") -> None:
        page.fill(f"input[name={name}]", number)
        if why:
            page.fill(f"input[name={name}-reason]", why)
        page.locator(f"form:has(input[name={name}]) button").click()

    enter("count", "20")
    expect(page.locator(".said")).to_have_text("The count is saved.")
    expect(page.locator(".tiles .shelf dd")).to_have_text("20")
    enter("receive", "12", "LS-88")
    expect(page.locator(".tickets tbody tr").first).to_contain_text("LS-88")
    lose_first_answer(page, "/stock/movements")
    enter("adjust", "-2", "broken jar")
    expect(page.locator("form:has(input[name=adjust]) .refusal")).not_to_be_empty()
    page.locator("form:has(input[name=adjust]) button").click()
    expect(page.locator(".tickets tbody tr").first).to_contain_text("adjustment")
    expect(page.locator(".tickets tbody tr").first).to_contain_text("broken jar")
    assert house.operator().call("GET", path)["shelf"] == 30


def test_a_product_is_taken_off_sale_listed_and_put_back(console, house: House):
    sku = house.fresh_sku(5)
    page = console(f"stock/{sku}")
    sure(page, "Take off sale", "recalled by the maker")
    expect(page.locator(".panel .tag.held")).to_have_text("not on sale")
    page.goto(f"{house.base_url}/console#/stock")
    listed = page.locator(".slip", has_text=sku)
    expect(listed).to_contain_text("recalled by the maker")
    assert complaints(page) == []
    listed.get_by_role("button", name="Put on sale again").click()
    listed.locator(".sure button[type=submit]").click()
    expect(listed).to_have_count(0)


def test_a_switch_is_flipped_with_a_reason_and_says_by_whom(console, house: House):
    page = console("switches")
    sms = page.locator(".slip", has_text="Short messages")
    expect(sms).to_contain_text("what was to be told waits")
    sms.get_by_role("button", name="Switch off").click()
    sms.locator("input[name=note]").fill("provider is down")
    sms.get_by_role("button", name="Switch off").click()
    expect(sms).to_contain_text("Switched off")
    expect(sms).to_contain_text("by Administrator · provider is down")
    assert house.operator().call("GET", f"{API}/switches/sms")["on"] is False
    sms.get_by_role("button", name="Switch on").click()
    sms.locator("input[name=note]").fill("provider is back")
    sms.get_by_role("button", name="Switch on").click()
    expect(sms.locator(".state")).to_have_text("in use")


def test_a_task_that_gave_up_is_tried_again_and_another_is_skipped(console, house: House):
    kit = Kit(house.config)
    ids = [
        kit.db.write(
            lambda tx, n=n: tx.insert_new(
                Task,
                handler=f"test.nobody{n}",
                payload={"store_id": int(house.store_id)},
                priority=5,
                run_at=tx.now,
                created_at=tx.now,
                state=DEAD,
                attempts=12,
                error="Gone: away",
            ),
            "test",
        )
        for n in (1, 2)
    ]
    try:
        page = console("stuck")
        first, second = (page.locator(".slip", has_text=f"test.nobody{n}") for n in (1, 2))
        expect(first).to_contain_text("tried 12 of 12 times · Gone")
        first.get_by_role("button", name="Try again").click()
        first.locator(".sure button[type=submit]").click()
        expect(first).to_have_count(0)
        second.get_by_role("button", name="Skip").click()
        second.locator("input[name=note]").fill("done by hand")
        second.locator(".sure button[type=submit]").click()
        expect(second).to_have_count(0)
        with kit.db.read() as tx:
            states = dict(tx.all(sa.select(Task.id, Task.state).where(Task.id.in_(ids))))
        assert states == {ids[0]: WAITING}
    finally:
        for task_id in ids:
            kit.db.write(lambda tx, task_id=task_id: tx.delete(Task, Task.id == task_id), "test")
        kit.close()


def test_a_payment_with_a_question_is_resolved_by_an_operator_only(console, house: House):
    customer = house.customer()
    customer.put(house.fresh_sku(5), 1)
    order_no = customer.order(CONTACT)["order_no"]
    house.tap(customer.start_payment(order_no)["pay_url"], amount=131)
    seen = console("money", person=hired(house, "S950", "supervisor"))
    notice = seen.locator(".slip", has_text="¥1.31")
    expect(notice).to_contain_text("wrong amount")
    expect(notice.get_by_role("button", name="Resolve")).to_be_disabled()
    page = console("money")
    notice = page.locator(".slip", has_text="¥1.31")
    notice.get_by_role("button", name="Resolve").click()
    notice.locator("input[name=note]").fill("paid back at the counter")
    notice.get_by_role("button", name="Done").click()
    expect(notice).to_have_count(0)


def test_who_has_no_such_role_is_sent_away(visit, house: House):
    picker = next(one for one in house.access.staff if one["roles"] == ["picker"])
    page = visit("/console")
    page.fill("input[name=enrolment]", house.enrolment_code())
    page.click("button[type=submit]")
    page.fill("input[name=badge]", picker["badge"])
    page.fill("input[name=pin]", picker["pin"])
    page.click("button[type=submit]")
    expect(page.locator("h1")).to_have_text("For operators, finance and supervisors only")


@pytest.mark.parametrize(("lang", "size"), [("zh-CN", DESK), ("en", PHONE)])
def test_every_page_is_accessible(console, house: House, lang, size):
    _, order_no = house.paid()
    page = console(f"order/{order_no}", lang=lang, size=size)
    expect(page.locator(".timeline li").first).to_be_visible()
    assert complaints(page) == []
    for path, shown in (
        ("orders", ".look"),
        ("messages", ".panel"),
        ("money", ".panel"),
        ("stuck", ".press.small"),
        (f"stock/{house.fresh_sku(3)}", ".tiles"),
        ("switches", ".slip"),
        ("figures", ".charts"),
    ):
        page.goto(f"{house.base_url}/console#/{path}")
        expect(page.locator(shown).first).to_be_visible()
        assert complaints(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_both_languages_say_everything():
    assert unsaid("console", "core", "desk") == []
