"""The roster of a day, who knows a zone best, work that is no stage's own, and a shop that is asleep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.house import API, House
from tests.terminal.board.conftest import row
from tests.terminal.open_house import DESK, PHONE, complaints

WORDS = {
    "en": (
        "Roster",
        "Put on the roster",
        "Add a break",
        "Save",
        "Remove",
        "Remove the shift",
        "break 12:00 – 12:30",
    ),
    "zh-CN": ("排班", "排上", "添加休息", "保存", "删除", "确认删除", "休息 12:00 – 12:30"),
}
SHIFT_OF_SHANGHAI = timedelta(hours=8)


def planned(house: House) -> list[tuple[str, str, list]]:
    """Shifts of today and tomorrow by the shop's clock: from, to, breaks."""
    now = datetime.now(UTC)
    found = house.operator().call(
        "GET",
        f"{API}/staff/roster?since={(now - timedelta(days=2)):%Y-%m-%dT%H:%M:%SZ}"
        f"&until={(now + timedelta(days=3)):%Y-%m-%dT%H:%M:%SZ}&store_id={house.store_id}",
    )["shifts"]
    return [
        (
            local(one["starts_at"]),
            local(one["ends_at"]),
            [(local(rest["starts_at"]), local(rest["ends_at"])) for rest in one["breaks"]],
        )
        for one in found
    ]


def local(instant: str) -> str:
    return f"{datetime.fromisoformat(instant) + SHIFT_OF_SHANGHAI:%H:%M}"


def opened(page: Page, word: str) -> None:
    page.get_by_role("button", name=word, exact=True).click()
    expect(page.locator(".roster-day")).to_be_visible()


@pytest.mark.parametrize(("lang", "size"), [("en", DESK), ("zh-CN", PHONE)])
def test_a_shift_is_put_on_the_roster_changed_and_removed(board, house: House, lang, size):
    tab, add, rest, save, remove, sure, seen = WORDS[lang]
    page = board(lang, size)
    opened(page, tab)
    page.select_option("select[name=roster-person]", index=1)
    page.get_by_role("button", name=rest).click()
    assert complaints(page) == []
    page.get_by_role("button", name=add, exact=True).click()
    mine = page.locator(".shift")
    expect(mine).to_have_count(1)
    expect(mine).to_contain_text("08:00 – 16:00")
    expect(mine).to_contain_text(seen)
    assert complaints(page) == []
    assert planned(house) == [("08:00", "16:00", [("12:00", "12:30")])]

    mine.get_by_role("button").first.click()
    page.fill("input[name=work-from]", "17:00")
    page.fill("input[name=work-to]", "01:00")
    page.fill("input[name=break-0-from]", "21:00")
    page.fill("input[name=break-0-to]", "21:30")
    page.get_by_role("button", name=save, exact=True).click()
    expect(mine).to_contain_text("17:00 – ")
    expect(mine).to_have_count(1)
    assert planned(house) == [("17:00", "01:00", [("21:00", "21:30")])]

    mine.get_by_role("button", name=remove).click()
    mine.get_by_role("button", name=sure).click()
    expect(mine).to_have_count(0)
    assert planned(house) == []


def test_a_break_that_is_to_come_goes_a_quarter_later_and_no_further_than_the_shift(board, house: House):
    operator, day = house.operator(), (datetime.now(UTC) + SHIFT_OF_SHANGHAI + timedelta(days=1)).date()
    people = operator.call("GET", f"{API}/staff/people?store_id={house.store_id}")["people"]
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)  # 08:00 by the shop's clock
    times = [f"{start + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}" for minutes in (0, 60, 90, 110)]
    operator.call(
        "PUT",
        f"{API}/staff/roster",
        {
            "store_id": house.store_id,
            "shifts": [
                {
                    "person_id": people[0]["id"],
                    "starts_at": times[0],
                    "ends_at": times[3],
                    "breaks": [{"starts_at": times[1], "ends_at": times[2]}],
                }
            ],
        },
    )
    page = board()
    opened(page, "Roster")
    page.get_by_role("button", name="Day after").click()
    rest = page.locator(".shift .roster-rest")
    rest.get_by_role("button", name="15 min later").click()
    expect(rest).to_contain_text("break 09:15 – 09:45")
    assert complaints(page) == []
    rest.get_by_role("button", name="15 min later").click()
    expect(rest.locator(".refusal")).to_contain_text("A shift lasts up to 16 hours")
    assert planned(house) == [("08:00", "09:50", [("09:15", "09:45")])]
    page.locator(".shift").get_by_role("button", name="Remove").click()
    page.locator(".shift").get_by_role("button", name="Remove the shift").click()
    expect(page.locator(".shift")).to_have_count(0)


def test_an_impossible_shift_is_refused_in_words(board, house: House):
    page = board()
    opened(page, "Roster")
    page.select_option("select[name=roster-person]", index=1)
    page.get_by_role("button", name="Add a break").click()
    page.fill("input[name=break-0-from]", "17:00")
    page.fill("input[name=break-0-to]", "17:30")
    page.get_by_role("button", name="Put on the roster").click()
    expect(page.locator(".aside .refusal")).to_contain_text("A shift lasts up to 16 hours")
    assert planned(house) == []


DAYS = """async (asked) => {
  const days = await import(document.documentElement.dataset.assets + "/board/days.js");
  return asked.map(([day, time, zone]) => new Date(days.instantOf(day, time, zone)).toISOString());
}"""


def test_times_are_those_of_the_shops_clock_on_days_when_it_changes_too(visit):
    page = visit("/board")
    assert page.evaluate(
        DAYS,
        [
            ["2026-11-22", "08:00", "Asia/Shanghai"],
            ["2026-03-29", "01:59", "Europe/Berlin"],
            ["2026-03-29", "03:00", "Europe/Berlin"],
            ["2026-10-25", "04:00", "Europe/Berlin"],
            ["2026-10-25", "00:00", "Europe/Berlin"],
        ],
    ) == [
        "2026-11-22T00:00:00.000Z",
        "2026-03-29T00:59:00.000Z",
        "2026-03-29T01:00:00.000Z",
        "2026-10-25T03:00:00.000Z",
        "2026-10-24T22:00:00.000Z",
    ]


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ("People", "Roles", "chilled", "Save roles", "knows chilled best")),
        ("zh-CN", ("人员与设备", "角色", "冷藏", "保存角色", "熟悉冷藏")),
    ],
)
def test_who_knows_a_zone_best_is_said_and_seen(board, house: House, lang, words):
    badge = f"P92{lang[0].upper()}"
    house.operator().call(
        "POST", f"{API}/staff/people", {"badge": badge, "name_zh": "戊", "name_en": "E", "roles": ["picker"]}
    )
    page = board(lang, PHONE)
    page.get_by_role("button", name=words[0], exact=True).click()
    mine = page.locator(f"tr[data-badge={badge}]")
    mine.get_by_role("button", name=words[1]).click()
    mine.get_by_role("checkbox", name=words[2]).check()
    assert complaints(page) == []
    mine.get_by_role("button", name=words[3]).click()
    expect(mine).to_contain_text(words[4])
    person = next(
        one for one in house.operator().call("GET", f"{API}/staff/people")["people"] if one["badge"] == badge
    )
    assert person["expert_zones"] == ["chilled"]


@pytest.mark.parametrize(
    ("kind", "lang", "word"),
    [("count", "en", "Count"), ("second_look", "en", "Second look"), ("second_look", "zh-CN", "复核")],
)
def test_a_ticket_that_is_no_stages_own_work_says_what_it_is(board, house: House, kind, lang, word):
    _, order_no = house.paid()
    page = board(lang)
    expect(row(page, order_no)).to_be_visible()

    def as_kind(route):
        answer = route.fetch()
        body = answer.json()
        for ticket in body["tickets"]:
            ticket["kind"] = kind
        route.fulfill(response=answer, json=body)

    page.route("**/dispatch/board*", as_kind)
    page.reload()
    expect(row(page, order_no).locator("td").first).to_have_text(word)
    row(page, order_no).locator(".row-open").click()
    expect(page.locator(".drawer")).to_contain_text(word)


@pytest.mark.parametrize(("lang", "word"), [("en", "Outside opening hours"), ("zh-CN", "非营业时间")])
def test_a_shop_outside_its_hours_says_when_it_opens(board, house: House, lang, word):
    page = board(lang)

    def asleep(route):
        answer = route.fetch()
        body = answer.json()
        for store in body["stores"]:
            store |= {"open": False, "opens_at": "2026-11-23T00:00:00Z"}
        route.fulfill(response=answer, json=body)

    page.route("**/api/v1/stores", asleep)
    page.reload()
    expect(page.locator(".opening")).to_contain_text(word)
    expect(page.locator(".opening")).to_contain_text("08:00")
    assert complaints(page) == []


def test_a_supervisor_puts_the_shop_to_sleep_and_wakes_it(board, house: House):
    page = board()
    page.locator(".opening > button").click()
    page.get_by_role("button", name="Sleep until the opening hours").click()
    try:
        expect(page.locator(".opening > button")).to_contain_text("Asleep until")
        stores = house.http().call("GET", f"{API}/stores")["stores"]
        (mine,) = [one for one in stores if one["id"] == house.store_id]
        assert (mine["state"], mine["open"]) == ("asleep", False) and mine["opens_at"] == mine["state_until"]
    finally:
        house.operator().call("POST", f"{API}/stores/{house.store_id}/state", {"state": "open"})
