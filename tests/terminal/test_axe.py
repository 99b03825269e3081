"""The look at a page that every screen passes sees what is wrong."""

import pytest
from playwright.sync_api import Page

from tests.axe import complaints

PAGE = "<!doctype html><html lang=en><title>A</title><main><h1>A</h1>{}</main></html>"


@pytest.mark.parametrize(
    ("part", "rules"),
    [
        ("<p>Black on white</p>", set()),
        # Too pale for anybody, and too pale for who sees little.
        ("<p style='color: #999'>Pale</p>", {"color-contrast"}),
        ("<p style='color: #666'>Paler than it should be</p>", {"color-contrast-enhanced"}),
        ("<input>", {"label"}),
    ],
)
def test_what_is_wrong_is_named(page: Page, part: str, rules: set[str]) -> None:
    page.set_content(PAGE.format(part))
    assert {found.partition(":")[0] for found in complaints(page)} == rules
