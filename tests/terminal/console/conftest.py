from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from fulfil.sim.shop import ADMIN_BADGE, ADMIN_PIN
from tests.house import House
from tests.terminal.open_house import DESK, house, signed_in, visit

__all__ = ["console", "house", "visit"]

ADMIN = {"badge": ADMIN_BADGE, "pin": ADMIN_PIN}


@pytest.fixture
def console(visit, house: House) -> Callable[..., Page]:
    """`console(path, person, lang, size)` → a page of the console before somebody who has signed in."""

    def opened(path: str = "", person: dict = ADMIN, lang: str = "en", size: dict[str, int] = DESK) -> Page:
        page = visit(f"/console#/{path}", lang, size, signed_in(house, person))
        expect(page.locator(".tabs")).to_be_visible()
        return page

    return opened
