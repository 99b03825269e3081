from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from fulfil.sim.shop import ADMIN_BADGE, ADMIN_PIN
from tests.house import House
from tests.terminal.open_house import DESK, house, visit

__all__ = ["console", "house", "visit"]

ADMIN = {"badge": ADMIN_BADGE, "pin": ADMIN_PIN}


@pytest.fixture
def console(visit, house: House) -> Callable[..., Page]:
    """`console(path, person, lang, size)` → a page of the console before somebody who has signed in."""

    def opened(path: str = "", person: dict = ADMIN, lang: str = "en", size: dict[str, int] = DESK) -> Page:
        page = visit("/console", lang, size)
        page.fill("input[name=enrolment]", house.enrolment_code())
        page.click("button[type=submit]")
        page.fill("input[name=badge]", person["badge"])
        page.fill("input[name=pin]", person["pin"])
        page.click("button[type=submit]")
        expect(page.locator(".tabs")).to_be_visible()
        page.goto(f"{house.base_url}/console#/{path}")
        return page

    return opened
