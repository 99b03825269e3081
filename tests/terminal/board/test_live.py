"""With 500 open orders a fresh snapshot touches only the rows that changed, and nobody loses the keyboard."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.house import House

MANY = 500
WATCH = """() => {
  window.touched = [];
  new MutationObserver((records) => {
    for (const record of records) {
      const rows = record.target.nodeName === "TBODY" ? [...record.addedNodes, ...record.removedNodes]
        : [(record.target.closest ? record.target : record.target.parentElement).closest("tr")];
      window.touched.push(...rows.map((row) => row.dataset.ticket));
    }
  }).observe(document.querySelector(".tickets tbody"),
    { subtree: true, childList: true, characterData: true, attributes: true });
}"""


class Crowd:
    """The board's real answer with its one ticket as often as wanted; `tickets` may be changed."""

    def __init__(self, page: Page) -> None:
        self.page, self.tickets, self.served = page, [], 0
        page.route("**/api/v1/dispatch/board*", self._answer)

    def _answer(self, route: Route) -> None:
        answer = route.fetch().json()
        if not self.tickets:
            pattern = answer["tickets"][0]
            self.tickets = [
                {
                    **pattern,
                    "id": str(10**6 + n),
                    "short_no": f"{n:04}",
                    "late": False,
                    "order_no": str(10**8 + n),
                    "slack_seconds": 60 * n,
                }
                for n in range(MANY)
            ]
        answer["tickets"] = self.tickets
        answer["people"] = []
        self.served += 1
        # Each snapshot says which it is, so that the test knows when it is on the screen.
        answer["counts"] = {"picking": {"queued": self.served}}
        route.fulfill(json=answer)

    def look(self) -> set[str]:
        """Have the board fetch; the rows that were touched when the snapshot is on the screen."""
        self.page.evaluate("window.touched = []")
        seen = self.served
        self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        figure = self.page.locator(".stage").first.locator("b").first
        self.page.wait_for_function(
            "([mark, seen]) => Number(mark.textContent) > seen", arg=[figure.element_handle(), seen]
        )
        return set(self.page.evaluate("window.touched"))


@pytest.fixture
def crowd(board: Any, house: House) -> Crowd:
    house.paid()
    page = board()
    made = Crowd(page)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".tickets tbody tr")).to_have_count(MANY)
    page.evaluate(WATCH)
    return made


def changed(ticket: dict[str, Any], **what: Any) -> dict[str, Any]:
    return {**ticket, **what}


def test_only_rows_that_changed_are_touched(crowd: Crowd) -> None:
    assert crowd.look() == set()
    some = crowd.tickets
    crowd.tickets = [changed(one, priority=9) if n in (3, 490) else one for n, one in enumerate(some)]
    assert crowd.look() == {some[3]["id"], some[490]["id"]}
    ended = crowd.tickets.pop(250)
    come = changed(ended, id="7", short_no="9999")
    crowd.tickets.insert(0, come)
    assert crowd.look() == {ended["id"], "7"}


def test_the_keyboard_stays_where_it_is(crowd: Crowd) -> None:
    here = crowd.tickets[5]
    link = crowd.page.locator(f"[data-ticket='{here['id']}'] .row-open")
    link.focus()
    crowd.tickets = [changed(here, late=True), *crowd.tickets[:5], *crowd.tickets[6:]]
    crowd.look()
    expect(link).to_be_focused()
    crowd.tickets = crowd.tickets[1:]  # it is done
    crowd.look()
    first = crowd.page.locator(f"[data-ticket='{crowd.tickets[0]['id']}'] .row-open")
    expect(first).to_be_focused()
    crowd.page.fill("input[name=q]", "12")
    crowd.tickets = crowd.tickets[1:]
    crowd.look()
    expect(crowd.page.locator("input[name=q]")).to_be_focused()


def test_what_is_selected_stays_selected_until_it_ends(crowd: Crowd) -> None:
    one, other = crowd.tickets[0], crowd.tickets[1]
    for ticket in (one, other):
        crowd.page.locator(f"[data-ticket='{ticket['id']}'] .pick input").check()
    crowd.tickets = [changed(other, priority=3), *crowd.tickets[2:]]
    crowd.look()
    expect(crowd.page.locator(".bulk")).to_contain_text("1 selected")
    expect(crowd.page.locator(f"[data-ticket='{other['id']}'] .pick input")).to_be_checked()


COVERED = """() => {
  const box = document.activeElement.getBoundingClientRect();
  const above = document.elementFromPoint(box.x + 5, box.y + box.height / 2);
  return above === document.activeElement || document.activeElement.contains(above)
    ? null : `${document.activeElement.textContent} is under ${above?.className}`;
}"""


@pytest.mark.parametrize("width", [1440, 1000])
def test_nothing_covers_what_the_keyboard_walks_to(crowd: Crowd, width: int) -> None:
    """Neither the head, in one row or in two, nor what acts on the selection."""
    page = crowd.page
    page.set_viewport_size({"width": width, "height": 900})
    page.locator(".row-open").first.focus()
    for key in (" ", *["ArrowDown"] * 25, *["ArrowUp"] * 25, "End", *["ArrowUp"] * 12):
        page.keyboard.press(key)
        assert page.evaluate(COVERED) is None
    page.keyboard.press("Enter")
    title = page.locator(".drawer h2")
    expect(title).to_be_focused()
    assert page.evaluate(COVERED) is None
