"""The supervisor sees the work, acts on it by mouse and by keys, and keeps people, devices and opening."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from fulfil.kit.base import Kit
from fulfil.kit.task_rows import DEAD, Task
from fulfil.sim.shop import ADMIN_BADGE, ADMIN_PIN
from tests.house import API, CONTACT, House
from tests.terminal.board.conftest import row
from tests.terminal.open_house import DESK, PHONE, complaints, unsaid


def test_a_new_order_appears_by_itself(board, house: House):
    page = board()
    _, order_no = house.paid()
    expect(row(page, order_no)).to_contain_text("Picking")


def test_a_hold_is_placed_shown_and_released(board, house: House):
    _, order_no = house.paid()
    page = board()
    row(page, order_no).locator(".row-open").click()
    page.fill("input[name=reason]", "Address unclear")
    page.get_by_role("button", name="Hold", exact=True).click()
    expect(page.locator(".exceptions")).to_contain_text(f"Order {order_no[-4:]} is held: Address unclear")
    page.get_by_role("button", name="Release").click()
    expect(page.locator(".exceptions .held")).to_have_count(0)


def test_money_that_fits_no_books_waits_with_its_age(board, house: House):
    customer = house.customer()
    customer.put(house.fresh_sku(5), 1)
    order_no = customer.order(CONTACT)["order_no"]
    house.tap(customer.start_payment(order_no)["pay_url"], amount=123)
    supervisor = house.operator()
    house.until(lambda: supervisor.call("GET", f"{API}/exceptions?store_id={house.store_id}")["exceptions"])
    for lang, words in (
        ("en", f"Payment {order_no[-4:]}: ¥1.23 held, wrong amount · 0 min"),
        ("zh-CN", f"付款 {order_no[-4:]}：¥1.23 待核对，金额不符 · 0 分钟"),
    ):
        expect(board(lang).locator(".exceptions .payment_notice > span")).to_have_text(words)


def test_held_money_is_resolved_with_a_note_by_who_may(board, house: House):
    customer = house.customer()
    customer.put(house.fresh_sku(5), 1)
    order_no = customer.order(CONTACT)["order_no"]
    house.tap(customer.start_payment(order_no)["pay_url"], amount=124)
    supervisor = house.operator()

    def mine(more: str = "") -> list[dict]:
        path = f"{API}/exceptions?store_id={house.store_id}{more}"
        return [one for one in supervisor.call("GET", path)["exceptions"] if one["order_no"] == order_no]

    house.until(mine)
    waiting = {"has_text": f"Payment {order_no[-4:]}: ¥1.24"}
    looker = supervisor.call(
        "POST",
        f"{API}/staff/people",
        {"badge": "S900", "name_zh": "甲", "name_en": "A", "roles": ["supervisor"]},
    )
    seen = board(person=looker).locator(".exceptions .payment_notice", **waiting)
    expect(seen).to_be_visible()
    expect(seen.get_by_role("button")).to_have_count(0)
    page = board(person={"badge": ADMIN_BADGE, "pin": ADMIN_PIN})
    notice = page.locator(".exceptions .payment_notice", **waiting)
    notice.get_by_role("button", name="Resolve").click()
    assert complaints(page) == []
    notice.get_by_label("What came of it").fill("Paid back at the counter")
    notice.get_by_role("button", name="Done").click()
    expect(notice).to_have_count(0)
    assert mine() == [] and mine("&resolved=true")[0]["note"] == "Paid back at the counter"


@pytest.mark.parametrize(
    ("payload", "is_theirs", "handler", "said"),
    [
        ({"store_id": 0}, True, "dispatch.predict", "Stopped: Predict when orders will be ready"),
        ({"parcel": 1}, False, "test.nobody", "Stopped: test.nobody: Gone"),
    ],
)
def test_a_task_that_gave_up_is_tried_again_by_who_may(
    board, house: House, payload, is_theirs, handler, said
):
    """A supervisor tries what is their shop's; what belongs to no shop waits for an administrator."""
    kit = Kit(house.config)
    if "store_id" in payload:
        payload = {"store_id": int(house.store_id)}
    given_up = {"handler": handler, "payload": payload, "priority": 5, "attempts": 9, "error": "Gone: away"}
    task_id = kit.db.write(
        lambda tx: tx.insert_new(Task, **given_up, run_at=tx.now, created_at=tx.now, state=DEAD), "test"
    )
    try:
        page = board()
        seen = page.locator(".exceptions .dead_task")
        expect(seen).to_contain_text(said)
        expect(seen).to_contain_text(f"{handler}: Gone")
        if not is_theirs:
            expect(seen.get_by_role("button")).to_have_count(0)
            page = board(person={"badge": ADMIN_BADGE, "pin": ADMIN_PIN})
        page.locator(".exceptions .dead_task").get_by_role("button", name="Try again").click()
        expect(page.locator(".exceptions .dead_task")).to_have_count(0)
        with kit.db.read() as tx:
            assert tx.scalar(sa.select(Task.state).where(Task.id == task_id)) != DEAD
    finally:
        kit.db.write(lambda tx: tx.delete(Task, Task.id == task_id), "test")
        kit.close()


def test_priority_is_set_and_stands_in_the_timeline(board, house: House):
    _, order_no = house.paid()
    page = board()
    row(page, order_no).locator(".row-open").click()
    page.get_by_role("button", name="Urgent").click()
    expect(row(page, order_no)).to_contain_text("priority 6")
    expect(page.locator(".timeline")).to_contain_text("priority set")


def test_work_in_hand_is_taken_only_after_confirming(board, house: House):
    _, order_no = house.paid()
    house.take("picker", order_no, "picking")
    page = board()
    row(page, order_no).locator(".row-open").click()
    page.get_by_role("button", name="Reassign").click()
    expect(page.get_by_text("Take it away?")).to_be_visible()
    page.get_by_role("button", name="Take it").click()
    expect(page.locator(".timeline")).to_contain_text("taken over")
    house.finish("picker", order_no, "picking")


def test_keys_walk_the_table_open_and_close(board, house: House):
    house.paid()
    house.paid()
    page = board()
    rows = page.locator(".row-open")
    expect(rows.nth(1)).to_be_visible()
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".drawer h2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".drawer")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.locator("input[name=q]")).to_be_focused()


@pytest.mark.parametrize(("lang", "words"), [("en", "A rider is asked at 15:45"), ("zh-CN", "15:45 派骑手")])
def test_the_drawer_says_when_a_rider_will_be_asked(board, house: House, lang, words):
    _, order_no = house.paid()
    page = board(lang)
    expect(row(page, order_no)).to_be_visible()

    def rider_at(route):
        answer = route.fetch()
        body = answer.json()
        for ticket in body["tickets"]:
            ticket["rider_at"] = "2026-11-22T07:45:00Z" if ticket["order_no"] == order_no else None
        route.fulfill(response=answer, json=body)

    page.route("**/dispatch/board*", rider_at)
    page.reload()
    row(page, order_no).locator(".row-open").click()
    expect(page.locator(".drawer")).to_contain_text(words)


def test_an_order_is_found_by_its_last_digits(board, house: House):
    _, order_no = house.paid()
    search = f"{API}/dispatch/orders?store_id={house.store_id}&q={order_no[-5:]}"
    house.until(lambda: house.operator().call("GET", search)["orders"])  # it is copied for showing first
    page = board()
    page.fill("input[name=q]", order_no[-5:])
    page.keyboard.press("Enter")
    expect(page.locator(".drawer h2")).to_have_text(f"Order {order_no}")
    expect(page.locator(".timeline li").first).to_contain_text("placed")


def test_a_new_person_can_log_in_with_the_pin_shown_once(board, house: House):
    page = board()
    page.get_by_role("button", name="People").click()
    for name, text in (("new-badge", "P900"), ("name-zh", "新人"), ("name-en", "Newcomer")):
        page.fill(f"input[name={name}]", text)
    page.get_by_role("button", name="Add", exact=True).click()
    pin = page.locator(".pin-digits").inner_text()
    assert house.another_device().sign_in("P900", pin)["roles"] == ["picker"]
    page.get_by_role("button", name="Noted").click()
    expect(page.locator(".pin-digits")).to_have_count(0)


def test_a_person_is_disabled_and_given_a_new_pin_only_after_confirming(board, house: House):
    person = house.operator().call(
        "POST", f"{API}/staff/people", {"badge": "P901", "name_zh": "乙", "name_en": "B", "roles": ["picker"]}
    )
    page = board()
    page.get_by_role("button", name="People").click()
    mine = page.locator("tr[data-badge=P901]")
    mine.get_by_role("button", name="Disable B", exact=True).click()
    assert complaints(page) == []
    mine.get_by_role("button", name="Leave it").click()
    assert house.another_device().sign_in("P901", person["pin"])["roles"] == ["picker"]
    mine.get_by_role("button", name="Reset PIN").click()
    mine.get_by_role("button", name="Give a new PIN").click()
    pin = page.locator(".pin-digits").inner_text()
    assert house.another_device().sign_in("P901", pin)["roles"] == ["picker"]
    mine.get_by_role("button", name="Disable B", exact=True).click()
    mine.get_by_role("button", name="Disable and log out").click()
    expect(mine.get_by_role("button", name="Enable")).to_be_visible()


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_a_supervisor_changes_roles_of_the_floor_and_an_administrator_all(board, house: House, lang):
    badge = f"P91{lang[0].upper()}"
    house.operator().call(
        "POST", f"{API}/staff/people", {"badge": badge, "name_zh": "丁", "name_en": "D", "roles": ["picker"]}
    )
    words = {
        "en": ("People", "Roles", "Save roles", "packer", "supervisor"),
        "zh-CN": ("人员", "角色", "保存角色", "打包", "主管"),
    }[lang]
    page = board(lang)
    page.locator(".tab").last.click()
    mine = page.locator(f"tr[data-badge={badge}]")
    mine.get_by_role("button", name=words[1]).click()
    assert complaints(page) == []
    expect(mine.locator("fieldset").first.get_by_role("checkbox")).to_have_count(5)
    mine.get_by_role("checkbox", name=words[3]).check()
    mine.get_by_role("button", name=words[2]).click()
    expect(mine.get_by_role("checkbox")).to_have_count(0)
    expect(mine).to_contain_text(words[3])
    page = board(lang, person={"badge": ADMIN_BADGE, "pin": ADMIN_PIN})
    page.locator(".tab").last.click()
    mine = page.locator(f"tr[data-badge={badge}]")
    mine.get_by_role("button", name=words[1]).click()
    mine.get_by_role("checkbox", name=words[4]).check()
    mine.get_by_role("button", name=words[2]).click()
    expect(mine.get_by_role("checkbox")).to_have_count(0)
    expect(mine).to_contain_text(words[4])
    person = next(
        one for one in house.operator().call("GET", f"{API}/staff/people")["people"] if one["badge"] == badge
    )
    assert person["roles"] == ["packer", "picker", "supervisor"]


def test_a_new_pin_is_seen_on_a_phone_and_a_button_under_the_pointer_is_read(board, house: House):
    page = board(size=PHONE)
    page.locator(".tab").last.click()
    expect(page.locator("tr[data-badge=S002]").get_by_role("button", name="Reset PIN")).to_have_count(0)
    mine = page.locator("tr[data-badge=P003]")
    mine.get_by_role("button", name="Reset PIN").click()
    mine.get_by_role("button", name="Give a new PIN").click()
    expect(page.locator(".pin-digits")).to_be_in_viewport()
    page.get_by_role("button", name="Noted").click()
    page.locator("button.strong").first.hover()
    assert complaints(page) == []


def test_what_waits_for_a_decision_stands_above_the_tickets_on_a_phone(board, house: House):
    _, order_no = house.paid()
    page = board(size=PHONE)
    expect(row(page, order_no)).to_be_visible()
    tops = [page.locator(one).first.bounding_box()["y"] for one in (".exceptions, .aside .panel", ".tickets")]
    assert tops[0] < tops[1]


def test_what_opens_over_the_head_of_a_phone_can_be_left(board, house: House):
    page = board(size=PHONE)
    page.locator(".opening > button").click()
    page.get_by_role("button", name="Leave it as it is").click()
    expect(page.locator(".popover")).to_have_count(0)


def test_nobody_locks_themselves_or_an_administrator_out(board, house: House):
    person = house.operator().call(
        "POST",
        f"{API}/staff/people",
        {"badge": "S901", "name_zh": "丙", "name_en": "C", "roles": ["supervisor"]},
    )
    page = board(person=person)
    page.get_by_role("button", name="People").click()
    for badge in ("S901", ADMIN_BADGE):
        expect(page.locator(f"tr[data-badge={badge}]")).to_be_visible()
        expect(page.locator(f"tr[data-badge={badge}] button")).to_have_count(0)


def test_an_enrolment_code_enrols_a_device(board, house: House):
    page = board()
    page.get_by_role("button", name="People").click()
    page.get_by_role("button", name="Enrol a device").click()
    expect(page.locator(".new-pin img")).to_have_js_property("complete", True)
    code = page.locator(".code").inner_text()
    body = {"enrolment_code": code, "name": "From the board", "kind": "handheld"}
    assert house.http().call("POST", f"{API}/terminal/devices", body)["device_key"]
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".devices")).to_contain_text("From the board")


def test_the_shop_is_locked_with_a_reason_and_opened_again(board, house: House):
    page = board()
    page.locator(".opening > button").click()
    page.fill("input[name=opening-reason]", "Power cut")
    page.get_by_role("button", name="Lock for 15 min").click()
    expect(page.locator(".opening > button")).to_contain_text("Locked")
    store = house.http().call("GET", f"{API}/stores")["stores"][0]
    assert (store["open"], store["state_reason"]) == (False, "Power cut")
    page.locator(".opening > button").click()
    page.locator(".popover").get_by_role("button", name="Open", exact=True).click()
    expect(page.locator(".opening > button")).to_have_text("Open")


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ("Close the shop", "Customers can no longer order", "2 hours", "Leave it", "Close it now")),
        ("zh-CN", ("关店", "顾客不能再下单", "2 小时", "不关", "现在关店")),
    ],
)
def test_closing_the_shop_says_what_it_does_and_asks_until_when_and_why(board, house: House, lang, words):
    close, does, hours, keep, go = words
    page = board(lang)

    def store() -> dict:
        return house.http().call("GET", f"{API}/stores")["stores"][0]

    page.locator(".opening > button").click()
    page.locator(".popover").get_by_role("button", name=close).click()
    expect(page.locator(".closing")).to_contain_text(does)
    assert complaints(page) == []
    page.locator(".closing").get_by_role("button", name=keep).click()
    expect(page.locator(".closing")).to_have_count(0)
    assert store()["state"] == "open"
    page.locator(".popover").get_by_role("button", name=close).click()
    page.locator(".closing").get_by_role("button", name=go).click()
    expect(page.locator("input[name=closing-reason]:invalid")).to_be_focused()
    page.fill("input[name=closing-reason]", "Stocktaking")
    page.select_option("select[name=closed-until]", label=page.locator("option", has_text=hours).inner_text())
    page.locator(".closing").get_by_role("button", name=go).click()
    expect(page.locator(".opening > button")).to_have_class("press state-closed")
    told = store()
    assert (told["state"], told["state_reason"]) == ("closed", "Stocktaking")
    assert told["state_until"] == told["opens_at"]
    house.operator().call("POST", f"{API}/stores/{house.store_id}/state", {"state": "open"})


def test_only_supervisors_see_it(visit, house: House):
    picker = [one for one in house.access.staff if one["roles"] == ["picker"]][-1]  # nobody who is at work
    page = visit("/board")
    page.fill("input[name=enrolment]", house.enrolment_code())
    page.click("button[type=submit]")
    page.fill("input[name=badge]", picker["badge"])
    page.fill("input[name=pin]", picker["pin"])
    page.click("button[type=submit]")
    expect(page.locator("h1")).to_have_text("For supervisors and operators only")


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_an_operator_looks_and_is_offered_no_act_of_a_supervisor(board, house: House, lang):
    person = house.operator().call(
        "POST",
        f"{API}/staff/people",
        {"badge": f"O90{lang[0].upper()}", "name_zh": "戊", "name_en": "E", "roles": ["operator"]},
    )
    _, order_no = house.paid()
    page = board(lang, person=person)
    refused = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status == 403 else None)
    row(page, order_no).locator(".row-open").click()
    expect(page.locator(".timeline li").first).to_be_visible()
    expect(page.locator(".drawer fieldset")).to_have_count(0)
    expect(page.locator(".tab")).to_have_count(4)  # all but people: nobody's data
    expect(page.locator(".pick input")).to_have_count(0)
    expect(page.locator(".opening")).to_be_visible()
    expect(page.locator(".opening button")).to_have_count(0)
    _, another = house.paid()
    expect(row(page, another)).to_be_visible()
    assert complaints(page) == [] and refused == []


@pytest.mark.parametrize(("lang", "size"), [("zh-CN", DESK), ("en", PHONE)])
def test_every_page_is_accessible(board, house: House, lang, size):
    house.paid()
    page = board(lang, size)
    assert complaints(page) == []
    page.locator(".row-open").first.click()
    expect(page.locator(".timeline li").first).to_be_visible()
    assert complaints(page) == []
    page.keyboard.press("Escape")
    page.locator(".tab").last.click()
    expect(page.locator(".tickets tbody tr").first).to_be_visible()
    assert complaints(page) == []


def test_both_languages_say_everything():
    assert unsaid("board", "core", "desk") == []


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_the_head_stands_in_one_row_on_the_screens_of_an_office(board, house: House, lang):
    customer = house.customer()
    customer.put(house.fresh_sku(5), 1)
    house.tap(customer.start_payment(customer.order(CONTACT)["order_no"])["pay_url"], amount=125)
    page = board(lang)
    expect(page.locator(".tab .count")).to_be_visible()  # there is something to decide
    page.locator(".tab .count").evaluate("count => count.textContent = '188'")
    for width in (1280, 1366, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        tops = page.locator(".head > *:visible").evaluate_all(
            "all => all.map(one => one.getBoundingClientRect()).map(box => [box.top, box.bottom])"
        )
        assert max(top for top, _ in tops) < min(bottom for _, bottom in tops), (width, tops)
