"""Logging in at a handheld: a refused PIN is typed anew, and nothing moves under the thumb meanwhile."""

import pytest
from playwright.sync_api import expect

from tests.house import House
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
