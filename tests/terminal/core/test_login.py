"""Logging in at a handheld: a refused PIN is typed anew, and nothing moves under the thumb meanwhile."""

import itertools

import pytest
from playwright.sync_api import Page, expect

from tests.house import API, House
from tests.terminal.open_house import house, visit

__all__ = ["house", "visit"]


@pytest.mark.parametrize(("lang", "refusal"), [("en", "PIN is wrong"), ("zh-CN", "密码不对")])
def test_a_wrong_pin_is_emptied_and_leaves_the_button_where_it_was(visit, house: House, lang, refusal):
    picker = next(one for one in house.access.staff if one["roles"] == ["picker"])
    page = visit("/terminal", lang)
    page.fill("input[name=enrolment]", house.enrolment_code())
    page.click("button[type=submit]")
    page.fill("input[name=badge]", picker["badge"])
    page.fill("input[name=pin]", "0000" if picker["pin"] != "0000" else "1111")
    submit = page.locator("button[type=submit]")
    before = submit.bounding_box()
    submit.click()
    expect(page.locator(".refusal")).to_contain_text(refusal)
    assert submit.bounding_box() == before
    expect(page.locator("input[name=pin]")).to_be_focused()
    expect(page.locator("input[name=pin]")).to_have_value("")
    page.keyboard.type(picker["pin"])
    page.keyboard.press("Enter")
    expect(page.locator("[data-command=START]")).to_be_visible()


@pytest.fixture
def sign_in(house: House):
    """`sign_in(page, locale)`: somebody new who reads that language logs in; gives nothing back."""

    def signing(page: Page, locale: str) -> None:
        badge = f"L{next(numbers)}"
        person = house.operator().call(
            "POST",
            f"{API}/staff/people",
            {
                "badge": badge,
                "name_zh": "新人",
                "name_en": "Newcomer",
                "roles": ["picker"],
                "locale": locale,
                "store_id": house.store_id,
            },
        )
        page.fill("input[name=badge]", badge)
        page.fill("input[name=pin]", person["pin"])
        page.keyboard.press("Enter")

    numbers = itertools.count(1)
    return signing


def test_each_person_reads_their_own_language_unless_one_was_chosen_here(visit, house: House, sign_in):
    page = visit("/terminal", "en")
    page.fill("input[name=enrolment]", house.enrolment_code())
    page.click("button[type=submit]")
    sign_in(page, "zh-CN")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.reload()
    expect(page.locator("[data-command=START]")).to_have_text("开始上岗")
    page.locator("[data-command=LOGOUT]").click()
    sign_in(page, "en")
    expect(page.locator("[data-command=START]")).to_have_text("Start")
    page.locator("[data-command=LOGOUT]").click()
    page.get_by_role("button", name="English").click()
    sign_in(page, "zh-CN")
    expect(page.locator("[data-command=START]")).to_have_text("Start")
