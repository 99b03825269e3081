"""Of many late orders the worst stand on the board; whatever needs an answer stands before them."""

import pytest
from playwright.sync_api import Page

WORST_FIRST = """async (exceptions) => {
  const { worstFirst } = await import(document.documentElement.dataset.assets + "/board/exceptions.js");
  const { first, more } = worstFirst(exceptions);
  return [first.map((one) => one.minutes ?? one.kind), more.map((one) => one.minutes)];
}"""


@pytest.fixture(scope="module")
def page(browser, house) -> Page:
    page = browser.new_page()
    page.goto(house.base_url + "/board")
    yield page
    page.close()


@pytest.mark.parametrize(
    ("minutes", "first", "more"),
    [
        ((), ["held"], []),
        ((3, 9), ["held", 9, 3], []),
        ((1, 2, 3, 4, 5, 6), ["held", 6, 5, 4, 3, 2, 1], []),
        ((1, 7, 3, 4, 5, 6, 2), ["held", 7, 6, 5, 4, 3], [2, 1]),
    ],
)
def test_the_worst_stand_first(page, minutes, first, more):
    exceptions = [{"kind": "predicted_late", "minutes": n} for n in minutes]
    assert page.evaluate(WORST_FIRST, [*exceptions, {"kind": "held"}]) == [first, more]
