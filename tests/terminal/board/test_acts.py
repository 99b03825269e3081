"""One act on many tickets by mouse and keys, the throttle, pick lists on paper, and where people are."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.house import CONTACT, House
from tests.terminal.board.conftest import row
from tests.terminal.open_house import PHONE, complaints

PRINTS = """window.print = () => {
  window.top.printed = document.body.innerText;
  window.dispatchEvent(new Event("afterprint"));
};"""


def select(page: Page, *orders: str) -> None:
    for order_no in orders:
        row(page, order_no).locator(".pick input").check()
    expect(page.locator(".bulk")).to_contain_text(f"{len(orders)} selected")


def bought(house: House, sku: str) -> str:
    customer = house.customer()
    customer.put(sku, 1)
    order_no = customer.order(CONTACT)["order_no"]
    customer.pay(order_no)
    house.until(lambda: customer.order_view(order_no)["state"] == "paid")
    return order_no


def test_keys_select_and_act_on_several_tickets(board, house: House) -> None:
    orders = [house.paid()[1] for _ in range(2)]
    page = board()
    for order_no in orders:
        row(page, order_no).locator(".row-open").focus()
        page.keyboard.press("Space")
    page.keyboard.press("h")
    expect(page.locator("input[name=bulk-reason]")).to_be_focused()
    page.keyboard.type("Power cut, here and there")
    page.keyboard.press("Enter")
    for order_no in orders:
        expect(row(page, order_no)).to_contain_text("held")
    expect(page.locator("tr[data-ticket] .row-open:focus")).to_have_count(1)
    page.keyboard.press("u")
    expect(page.get_by_role("button", name="Release all holds")).to_be_focused()
    page.keyboard.press("Enter")
    for order_no in orders:
        expect(row(page, order_no)).not_to_contain_text("held")
    page.keyboard.press("Escape")
    expect(page.locator(".bulk.open")).to_have_count(0)


def test_each_that_is_refused_is_named_with_its_reason(board, house: House) -> None:
    held, free = house.paid()[1], house.paid()[1]
    page = board()
    select(page, held)
    page.keyboard.press("h")
    page.keyboard.type("Power cut")
    page.keyboard.press("Enter")
    expect(row(page, held)).to_contain_text("held")
    row(page, free).locator(".pick input").check()
    page.get_by_role("button", name="Release …").click()
    page.get_by_role("button", name="Release all holds").click()
    expect(page.locator(".bulk [role=status]")).to_contain_text("Done for 1. Refused for 1:")
    expect(page.locator(".bulk-refused li")).to_have_text([f"Order {free[-4:]}: It is not held any more."])
    expect(row(page, held)).not_to_contain_text("held")
    assert complaints(page) == []


def test_a_letter_acts_on_the_row_under_the_keyboard(board, house: House) -> None:
    _, order_no = house.paid()
    page = board()
    row(page, order_no).locator(".row-open").focus()
    page.keyboard.press("p")
    page.locator(".bulk-form").get_by_role("button", name="Urgent").press("Enter")
    expect(row(page, order_no)).to_contain_text("priority 6")
    page.fill("input[name=q]", "p")  # in a field a letter is a letter
    expect(page.locator(".bulk-form")).to_have_count(0)


def test_who_types_fast_types_into_the_form_that_a_letter_opened(board, house: House) -> None:
    _, order_no = house.paid()
    page = board()
    row(page, order_no).locator(".row-open").focus()
    assert (
        page.evaluate("""async () => {
      document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "h", bubbles: true }));
      await new Promise(queueMicrotask);  // no frame is painted before the next key
      await new Promise(queueMicrotask);
      return document.activeElement.name;
    }""")
        == "bulk-reason"
    )


def test_what_is_in_hand_is_taken_only_after_confirming(board, house: House) -> None:
    begun, free = house.paid()[1], house.paid()[1]
    page = board()
    row(page, free).locator(".row-open").focus()
    page.keyboard.press("h")  # or both might go in one tour
    page.keyboard.type("Until the other is begun")
    page.keyboard.press("Enter")
    expect(row(page, free)).to_contain_text("held")
    house.take("picker", begun, "picking")
    expect(row(page, begun)).to_contain_text(house.staff("picker").session["person"]["names"]["en"])
    select(page, begun, free)
    page.get_by_role("button", name="Reassign …").click()
    page.locator(".bulk-form").get_by_role("button", name="Reassign").click()
    expect(page.locator(".bulk-form")).to_contain_text("1 of them are being worked on")
    page.locator(".stages").evaluate("it => it.scrollIntoView({block: 'center'})")  # no bar before it
    assert complaints(page) == []
    page.locator(".bulk-form").get_by_role("button", name="Take it").click()
    expect(page.locator(".bulk-form")).to_have_count(0)
    row(page, begun).locator(".row-open").click()
    expect(page.locator(".timeline")).to_contain_text("taken over")


def test_question_mark_shows_the_keys_and_gives_the_focus_back(board, house: House) -> None:
    _, order_no = house.paid()
    page = board(size=PHONE)
    there = row(page, order_no).locator(".row-open")
    there.focus()
    page.keyboard.press("?")
    expect(page.locator(".keys")).to_be_visible()
    assert complaints(page) == []
    page.keyboard.press("Escape")
    expect(page.locator(".keys")).to_have_count(0)
    expect(there).to_be_focused()


def test_the_throttle_is_seen_and_changed_and_stops_promises(board, house: House) -> None:
    page = board()
    page.locator(".throttle > button").click()
    page.fill("input[name=throttle]", "7")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator(".throttle > button")).to_contain_text("of 7 in work")
    page.locator(".throttle > button").click()
    page.get_by_role("button", name="Let nothing begin").click()
    expect(page.locator(".throttle > button")).to_contain_text("of 0 in work")
    page.locator(".throttle > button").click()
    page.get_by_role("button", name="No limit").click()
    expect(page.locator(".throttle > button")).to_contain_text("no limit")


def test_one_key_prints_the_pick_lists(board, house: House) -> None:
    _, order_no = house.paid()
    page = board()
    page.add_init_script(PRINTS)
    page.reload()
    expect(row(page, order_no)).to_be_visible()
    page.keyboard.press("l")
    page.wait_for_function("() => window.printed !== undefined")
    assert order_no in page.evaluate("window.printed")
    expect(page.locator(".print-frame")).to_have_count(0)


def test_the_plan_shows_where_somebody_picked_last(board, house: House) -> None:
    _, order_no = house.paid()
    picker = house.staff("picker")
    ticket = house.take("picker", order_no, "picking")
    tote = next(house.totes)
    picker.do(ticket, "tote", {"code": tote})
    line = ticket["lines"][0]
    picker.do(ticket, "pick", {"line": line["id"], "quantity": 1, "tote": tote})
    page = board()
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.locator(".plan .somebody")).to_have_count(1)
    expect(page.locator(".where")).to_contain_text(line["location"])
    expect(page.locator(".where")).to_contain_text("picked")
    assert complaints(page) == []
    house.finish("picker", order_no, "picking")


def test_goods_that_lack_elsewhere_are_warned_of(board, house: House) -> None:
    sku = house.fresh_sku(5)
    first, second = bought(house, sku), bought(house, sku)
    picker = house.staff("picker")
    ticket = house.take("picker", first, "picking")
    picker.do(ticket, "short", {"line": ticket["lines"][0]["id"], "quantity": 1, "reason": "not_found"})
    page = board()
    with page.expect_response("**/floor/now", timeout=10_000):  # at once, however young the page is
        page.reload()
    expect(row(page, second)).to_contain_text("goods lack elsewhere")
    page.get_by_role("button", name="To decide").click()
    warned = page.locator(".lacking .warned")
    warned.get_by_role("button", name=f"Order {second[-4:]}").click()
    expect(page.locator(".drawer")).to_contain_text("Somebody missed")
    assert complaints(page) == []
