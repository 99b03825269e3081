"""What all pages at a desk do with a request that did not work, and with times."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.terminal.floor_desk import Shop

REFUSED = """async (code) => {
  const ui = document.documentElement.dataset.assets;
  const { ApiError } = await import(ui + "/core/api.js");
  const { attempt, refusal } = await import(ui + "/desk/parts.js");
  const worked = await attempt(() => { throw new ApiError(409, { code, detail: "Said by the server." }); });
  return [worked, refusal.value];
}"""
WHEN = """async (texts) => {
  const ui = document.documentElement.dataset.assets;
  const { session } = await import(ui + "/core/api.js");
  const { setTimeZone } = await import(ui + "/core/format.js");
  const { when } = await import(ui + "/desk/parts.js");
  setTimeZone("Asia/Shanghai");
  session.value = { store: { tz: "Asia/Shanghai" }, person: {}, roles: [] };
  return texts.map(when);
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page of a shop, in English."""
    running = Shop()
    page = browser.new_page(locale="en-GB")
    page.goto(running.url + "/terminal")
    yield page
    page.close()
    running.stop()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("something_new", "Said by the server."),
        ("unauthenticated", ""),  # the page to log in says why it is there
    ],
)
def test_a_refusal_is_said_once(page: Page, code: str, said: str) -> None:
    assert page.evaluate(REFUSED, code) == [False, said]


def test_another_day_has_its_date(page: Page) -> None:
    long_ago, now = page.evaluate(WHEN, ["2026-03-02T04:05:00Z", page.evaluate("new Date().toISOString()")])
    assert long_ago == "Mar 2 12:05"
    assert len(now) == len("12:05")
