"""The picker's walk: offer, tote, items by scan alone, exceptions, undo, offline, staging."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.terminal.floor_desk import PHONE, SLOW_PICTURES
from tests.terminal.mock_server import SHELF, picking_ticket, rfc3339

MILK, NOODLES, APPLES_600, APPLES_1000 = "6999000000018", "6999000000025", "2100003006004", "2100003010001"
APPLES_1250, APPLES_1200 = "2100003012500", "2100003012005"


@pytest.fixture
def desk(open_desk):
    return open_desk("/terminal", ("picker",), "en", PHONE)


def at_the_first_line(desk, shop):
    """The ticket is in hand and a tote is bound."""
    shop.mock.give(picking_ticket())
    expect(desk.page.locator(".screen-head h1")).to_contain_text("1234")
    desk.scan_and_hear("TOTE-0001", "right", "TOTE-0001")
    expect(desk.page.locator(".place")).to_have_text("A01-02-1")


def kinds(shop):
    return [kind for kind, _ in shop.done()]


def test_an_offer_is_accepted_and_scans_alone_do_the_rest(desk, shop):
    shop.mock.offer(picking_ticket(), seconds=60)
    desk.page.locator("[data-command=ACCEPT]").click()
    expect(desk.page.locator(".greeting")).to_have_text("Scan a tote")
    for code in ("TOTE-0001", MILK, NOODLES, NOODLES):
        desk.scan_and_hear(code, "right")
    desk.scan_and_hear(APPLES_1000, "right", "1 kg")
    desk.scan_and_hear("LOC-STG-AMB-1", "right", "1234")
    expect(desk.page.locator(".greeting")).to_have_text("Ready")
    desk.settled()
    assert kinds(shop) == ["accept", "tote", "pick", "pick", "pick", "pick", "stage"]


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_a_customers_note_is_read_beside_every_line(open_desk, shop, lang):
    desk = open_desk("/terminal", ("picker",), lang, PHONE)
    note = "香蕉要熟一点的，牛奶请选日期最新的。" * 16
    shop.mock.give({**picking_ticket(), "note": note})
    expect(desk.page.locator(".note")).to_contain_text(note)
    expect(desk.page.locator(".greeting")).to_be_in_viewport(ratio=1)
    desk.scan_and_hear("TOTE-0001", "right")
    for code in (MILK, NOODLES):
        expect(desk.page.locator(".note")).to_be_in_viewport(ratio=1)
        desk.scan_and_hear(code, "right")
    desk.page.locator("[data-command=LIST]").click()
    expect(desk.page.locator(".note")).to_contain_text(note)
    assert desk.axe() == []


@pytest.mark.parametrize(
    ("lang", "word", "here", "before"),
    [
        ("en", "Miss 1 more in a row", "I am here", "Please answer this one"),
        ("zh-CN", "再连续错过 1 次", "我在", "这一次请回应"),
    ],
)
def test_who_missed_an_offer_is_told_and_says_that_they_are_here(open_desk, shop, lang, word, here, before):
    shop.mock.shift |= {"missed": 1, "missed_left": 1, "paused": False}
    desk = open_desk("/terminal", ("picker",), lang, PHONE)
    expect(desk.page.locator(".missed")).to_contain_text(word)
    assert desk.axe() == []
    shop.mock.offer(picking_ticket(), seconds=60)
    expect(desk.page.locator(".offer .missed-before")).to_contain_text(before)
    desk.page.locator("[data-command=DECLINE]").click()
    expect(desk.page.locator(".offer")).to_have_count(0)
    expect(desk.page.locator(".greeting")).to_be_visible()
    expect(desk.page.locator(".missed")).to_have_count(0)
    desk = open_desk("/terminal", ("picker",), lang, PHONE)
    desk.page.get_by_role("button", name=here).click()
    expect(desk.page.locator(".missed")).to_have_count(0)
    assert shop.mock.shift["state"] == "available"


@pytest.mark.parametrize(
    ("lang", "lead", "late"), [("en", "No network", "may come too late"), ("zh-CN", "没有网络", "来不及送达")]
)
def test_nobody_is_told_that_work_comes_while_there_is_no_network(open_desk, shop, lang, lead, late):
    desk = open_desk("/terminal", ("picker",), lang, PHONE)
    expect(desk.page.locator(".greeting")).to_be_visible()
    desk.page.context.set_offline(True)
    expect(desk.page.locator(".lead")).to_contain_text(lead)
    desk.page.context.set_offline(False)
    expect(desk.page.locator(".lead")).not_to_contain_text(lead)
    shop.mock.offer(picking_ticket(), seconds=60)
    expect(desk.page.locator(".offer")).to_be_visible()
    desk.page.context.set_offline(True)
    expect(desk.page.locator(".offer")).to_contain_text(late)
    desk.page.set_viewport_size({"width": 360, "height": 400})
    expect(desk.page.locator("[data-command=ACCEPT]")).to_be_in_viewport(ratio=1)
    assert desk.axe() == []


def test_everything_can_be_typed(desk, shop):
    """Without a scanner: the tote, a code that is shown, and a weight."""
    shop.mock.give(picking_ticket())
    desk.page.locator("[data-command=TYPE]").click()
    desk.page.fill("input[name=code]", "TOTE-0001")
    desk.page.locator("form button").click()
    expect(desk.page.locator(".place")).to_have_text("A01-02-1")
    desk.page.locator("[data-command=TYPE]").click()
    expect(desk.page.locator(".goods-code")).to_have_text(MILK)
    desk.page.fill("input[name=code]", MILK)
    desk.page.locator("form button").click()
    for code in (NOODLES, NOODLES):
        desk.scan_and_hear(code, "right")
    desk.page.locator("[data-command=TYPE]").click()
    desk.page.fill("input[name=grams]", "980")
    desk.page.locator("form button").click()
    desk.hears("right", "980 g")
    desk.settled()
    assert shop.done("pick")[-1][1]["weight_g"] == 980
    assert kinds(shop) == ["tote", "pick", "pick", "pick", "pick"]


@pytest.mark.parametrize(("lang", "words"), [("en", "Search for TOTE-9"), ("zh-CN", "继续寻找 TOTE-9")])
def test_a_tote_is_given_up_only_after_the_search(open_desk, shop, lang, words):
    desk = open_desk("/terminal", ("picker",), lang, PHONE)
    ticket = {**picking_ticket(), "recount": ["TOTE-9"], "search_until": rfc3339(timedelta(seconds=100))}
    shop.mock.give(ticket)
    given_up = desk.page.locator("[data-command=MISSING]")
    expect(given_up).to_contain_text(words)
    expect(given_up).to_be_disabled()
    ticket.update(search_until=rfc3339(timedelta(seconds=-1)), version=ticket["version"] + 1)
    shop.mock.push("ticket.changed", ticket=ticket)
    given_up.click()
    expect(given_up).to_have_count(0)
    desk.settled()
    assert shop.done("tote") == [("tote", {"code": "TOTE-9", "missing": True})]


def test_a_wrong_item_changes_nothing_and_says_what_was_expected(desk, shop):
    at_the_first_line(desk, shop)
    desk.scan_and_hear("4006381333931", "wrong", "4006381333931", "Whole milk", "A01-02-1")
    desk.scan_and_hear("hello", "unknown", "hello")
    desk.scan_and_hear("6999000000019", "unknown", "check digit")
    desk.settled()
    assert kinds(shop) == ["tote"]


def test_a_later_lines_item_offers_the_jump(desk, shop):
    at_the_first_line(desk, shop)
    desk.scan_and_hear(NOODLES, "wrong", "noodles")
    desk.page.locator("[data-command=JUMP]").click()
    expect(desk.page.locator(".place")).to_have_text("A03-07-2")
    desk.scan_and_hear(NOODLES, "right", "1 of 2")


def test_undo_takes_the_last_item_out_again(desk, shop):
    at_the_first_line(desk, shop)
    desk.scan_and_hear(MILK, "right")
    desk.page.locator("[data-command=UNDO]").click()
    desk.hears("duplicate", "taken out")
    expect(desk.page.locator(".place")).to_have_text("A01-02-1")
    desk.settled()
    assert shop.done("unpick") == [("unpick", {"line": "1", "quantity": 1, "tote": "TOTE-0001"})]


def test_too_much_weight_is_refused_and_the_tolerance_is_not(desk, shop):
    at_the_first_line(desk, shop)
    desk.scan_and_hear(MILK, "right")
    desk.page.locator("[data-command=SKIP]").click()
    expect(desk.page.locator(".place")).to_have_text("A07-01-1")
    desk.scan_and_hear(APPLES_600, "right", "600 g")
    desk.scan_and_hear(APPLES_600, "wrong", "400 g")


def test_a_short_line_is_two_taps(desk, shop):
    at_the_first_line(desk, shop)
    desk.page.locator("[data-command=PROBLEM]").click()
    desk.page.locator("[data-command=NOT_FOUND]").click()
    desk.hears("right", "Not found")
    expect(desk.page.locator(".place")).to_have_text("A03-07-2")
    desk.settled()
    assert shop.done("short") == [("short", {"line": "1", "quantity": 1, "reason": "not_found"})]


@pytest.mark.parametrize(("lang", "weighs"), [("en", "It weighs 1.2 kg"), ("zh-CN", "重 1.2 公斤")])
def test_a_piece_that_is_only_heavier_is_reported_with_its_grams(open_desk, shop, lang, weighs):
    desk = open_desk("/terminal", ("picker",), lang, PHONE)
    at_the_first_line(desk, shop)
    desk.page.locator("[data-command=PROBLEM]").click()
    expect(desk.page.locator("input[name=heavier]")).to_have_count(0)
    desk.page.locator("[data-command=BACK]").click()
    desk.scan(MILK)
    desk.page.locator("[data-command=SKIP]").click()
    expect(desk.page.locator(".place")).to_have_text("A07-01-1")
    desk.scan_and_hear(APPLES_1250, "wrong")
    desk.page.locator("[data-command=PROBLEM]").click()
    grams = desk.page.locator("input[name=heavier]")
    expect(grams).to_have_value("1250")
    desk.scan_and_hear(APPLES_1200, "right", weighs)
    expect(grams).to_have_value("1200")
    assert desk.axe() == []
    grams.fill("0")
    expect(desk.page.locator("[data-command=ONLY_HEAVIER]")).to_be_disabled()
    grams.fill("1210")
    desk.page.locator("[data-command=ONLY_HEAVIER]").click()
    desk.hears("right")
    desk.settled()
    assert shop.done("short") == [
        ("short", {"line": "3", "quantity": 1000, "reason": "only_heavier", "weight_g": 1210})
    ]


@pytest.mark.parametrize(("lang", "taken"), [("en", "Photo taken"), ("zh-CN", "已拍照")])
def test_a_photo_waits_with_its_report_for_the_network_and_goes_first(open_desk, shop, lang, taken):
    desk = open_desk("/terminal", ("picker",), lang, PHONE)
    at_the_first_line(desk, shop)
    desk.settled()
    shop.mock.is_down = True
    desk.page.locator("[data-command=PROBLEM]").click()
    desk.page.evaluate(SLOW_PICTURES)
    desk.page.set_input_files(
        "input[name=photo]", {"name": "shelf.png", "mimeType": "image/png", "buffer": SHELF}
    )
    expect(desk.page.locator("[data-command=NOT_FOUND]")).to_be_disabled()
    expect(desk.page.locator(".photo")).to_contain_text(taken)
    assert desk.axe() == []
    desk.page.locator("[data-command=NOT_FOUND]").click()
    desk.hears("right")
    desk.page.reload()
    expect(desk.page.locator(".status")).to_have_attribute("data-queued", "1")
    shop.mock.is_down = False
    expect(desk.page.locator(".status")).to_have_attribute("data-queued", "0", timeout=20_000)
    ((_, report),) = shop.done("short")
    assert shop.mock.photos == {report["photo"]: 1}


def test_what_is_no_picture_is_said_at_once(desk, shop):
    at_the_first_line(desk, shop)
    desk.page.locator("[data-command=PROBLEM]").click()
    desk.page.set_input_files("input[name=photo]", {"name": "x.png", "mimeType": "image/png", "buffer": b"x"})
    expect(desk.page.locator(".refusal")).to_be_visible()


@pytest.mark.parametrize(
    ("lang", "instead", "warned"),
    [("en", "Instead of", "reported these as missing"), ("zh-CN", "替代缺货的", "报告此商品缺货")],
)
def test_goods_that_come_instead_and_goods_that_others_miss_say_so(open_desk, shop, lang, instead, warned):
    desk = open_desk("/terminal", ("picker",), lang, PHONE)
    ticket = picking_ticket()
    first, second, third = ticket["lines"]
    first |= {"substitutes": second["line_no"]}
    second |= {"state": "closed", "substituted": second["quantity"]}
    third |= {"warning": "reported_short"}
    shop.mock.give(ticket)
    expect(desk.page.locator(".screen-head h1")).to_contain_text("1234")
    desk.scan_and_hear("TOTE-0001", "right", "TOTE-0001")
    expect(desk.page.locator(".told")).to_contain_text(instead)
    assert desk.axe() == []
    desk.scan_and_hear(MILK, "right")
    expect(desk.page.locator(".told.warning")).to_contain_text(warned)
    assert desk.axe() == []


@pytest.mark.parametrize(("lang", "asked"), [("en", "asked about 1 line."), ("zh-CN", "1 行正在等顾客决定")])
def test_nobody_waits_for_a_customers_answer(open_desk, shop, lang, asked):
    desk = open_desk("/terminal", ("picker",), lang, PHONE)
    ticket = picking_ticket()
    for line, state in zip(ticket["lines"], ("deciding", "closed", "closed"), strict=True):
        line |= {"state": state, "short": line["quantity"]}
    shop.mock.give(ticket)
    expect(desk.page.locator(".told")).to_contain_text(asked)
    assert desk.axe() == []
    desk.page.locator("[data-command=FINISH]").click()
    expect(desk.page.locator(".greeting")).to_be_visible()
    desk.settled()
    assert kinds(shop) == ["complete"]


def test_a_skipped_line_comes_again_at_the_end(desk, shop):
    at_the_first_line(desk, shop)
    desk.scan("CMD-SKIP")
    expect(desk.page.locator(".place")).to_have_text("A03-07-2")
    for code in (NOODLES, NOODLES, APPLES_1000):
        desk.scan_and_hear(code, "right")
    expect(desk.page.locator(".place")).to_have_text("A01-02-1")


def test_a_skipped_line_is_resolved_before_anything_is_staged(desk, shop):
    at_the_first_line(desk, shop)
    for place in ("A03-07-2", "A07-01-1", "A01-02-1"):
        desk.scan("CMD-SKIP")
        expect(desk.page.locator(".place")).to_have_text(place)
    for code in (MILK, NOODLES, NOODLES):
        desk.scan_and_hear(code, "right")
    desk.scan_and_hear("LOC-STG-AMB-1", "wrong", "A07-01-1")
    expect(desk.page.locator("[data-command=SKIP]")).to_be_disabled()
    expect(desk.page.locator("[data-command=FINISH]")).to_have_count(0)
    desk.page.locator("[data-command=PROBLEM]").click()
    desk.page.locator("[data-command=NOT_FOUND]").click()
    expect(desk.page.locator("[data-command=FINISH]")).to_be_visible()


def test_a_full_tote_is_followed_by_another_one_also_after_a_reload(desk, shop):
    at_the_first_line(desk, shop)
    desk.scan_and_hear(MILK, "right", "TOTE-0001")
    desk.scan_and_hear("TOTE-0000", "right")
    desk.scan_and_hear(NOODLES, "right", "TOTE-0000")
    desk.settled()
    desk.page.reload()
    expect(desk.page.locator(".into b")).to_have_text("TOTE-0000")
    desk.scan_and_hear(NOODLES, "right", "TOTE-0000")


def test_half_of_the_work_offline_arrives_once_and_in_order(desk, shop):
    at_the_first_line(desk, shop)
    desk.settled()
    desk.page.context.set_offline(True)
    for code in (MILK, NOODLES, NOODLES):
        desk.scan_and_hear(code, "right")
    expect(desk.page.locator(".status")).to_have_attribute("data-queued", "3")
    shop.mock.answers_to_drop = 1
    desk.page.context.set_offline(False)
    expect(desk.page.locator(".status")).to_have_attribute("data-queued", "0", timeout=20_000)
    assert [payload["line"] for _, payload in shop.done("pick")] == ["1", "2", "2"]


def test_a_reload_in_the_middle_loses_nothing(desk, shop):
    at_the_first_line(desk, shop)
    desk.scan_and_hear(MILK, "right")
    desk.page.reload()
    expect(desk.page.locator(".place")).to_have_text("A03-07-2")
    desk.settled()
    assert kinds(shop) == ["tote", "pick"]


def test_a_refused_op_comes_back_as_a_card(desk, shop):
    at_the_first_line(desk, shop)
    shop.mock.reject["pick"] = "stale_epoch"
    desk.scan(MILK)
    expect(desk.page.locator(".card")).to_contain_text("taken this task over")
    expect(desk.page.locator(".place")).to_have_text("A01-02-1")


def test_what_was_begun_is_finished_before_what_is_more_urgent(desk, shop):
    at_the_first_line(desk, shop)
    desk.scan_and_hear(MILK, "right")
    desk.settled()
    urgent = picking_ticket() | {"id": "777", "order_no": "9999", "short_no": "9999"}
    urgent["due_at"] = "2020-01-01T00:00:00Z"
    shop.mock.give(urgent)
    desk.page.reload()
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Order 1234")
    assert shop.mock.tickets["777"]["state"] == "accepted"


def test_who_has_the_ticket_now_stands_on_the_card(desk, shop):
    at_the_first_line(desk, shop)
    shop.mock.reject["pick"] = "not_yours"
    shop.mock.holder = {"id": "9", "badge": "P009", "names": {"zh": "李雷", "en": "Li Lei"}}
    desk.scan(MILK)
    expect(desk.page.locator(".card")).to_contain_text("not yours any more. Li Lei goes on with it.")


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_nothing_stands_in_the_way_of_anybody(open_desk, shop, lang):
    desk = open_desk("/terminal", ("picker",), lang, PHONE)
    found = {"waiting": desk.axe()}
    at_the_first_line(desk, shop)
    found["right"] = desk.axe()
    desk.scan_and_hear("4006381333931", "wrong")
    found["wrong"] = desk.axe()
    desk.scan_and_hear("hello", "unknown")
    found["unknown"] = desk.axe()
    desk.page.locator("[data-command=PROBLEM]").click()
    found["problem"] = desk.axe()
    desk.page.locator("[data-command=BACK]").click()
    desk.page.locator("[data-command=LIST]").click()
    found["list"] = desk.axe()
    assert {screen: faults for screen, faults in found.items() if faults} == {}
