"""A served shop, and the board of whoever is in charge of it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.house import House
from tests.terminal.open_house import DESK, house, signed_in, visit

__all__ = ["board", "house", "row", "visit"]


@pytest.fixture
def board(visit: Callable[..., Page], house: House) -> Callable[..., Page]:
    """`board(lang, size)` → the board of a supervisor who has signed in."""
    supervisor = next(one for one in house.access.staff if "supervisor" in one["roles"])

    def opened(lang: str = "en", size: dict[str, int] = DESK, person: dict = supervisor) -> Page:
        page = visit("/board", lang, size, signed_in(house, person))
        expect(page.locator(".stages")).to_be_visible()
        return page

    return opened


def row(page: Page, order_no: str) -> Locator:
    """The first ticket of an order."""
    return page.locator(".tickets tbody tr", has_text=order_no[-4:]).first
