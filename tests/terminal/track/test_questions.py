"""The customer is asked about missing goods and answers on the page, with JavaScript and without."""

import re
from collections import deque

import pytest
from playwright.sync_api import expect

from tests.house import API, CONTACT, House
from tests.terminal.open_house import complaints

WORDS = {
    "en": (
        "What shall we do?",
        "If we hear nothing, we leave it out",
        "Bring this instead",
        "instead",
        "The time to answer was over",
    ),
    "zh-CN": ("您想怎么办？", "如果没有回复，我们将不配送", "换成这个", "换成", "回复时间已过"),
}


@pytest.fixture(scope="module")
def snacks(house: House) -> deque[str]:
    """Goods for which others can come, each for one test; those of the first cost more."""
    path = f"{API}/stores/{house.store_id}/products?category=snacks"
    products = house.http().call("GET", path)["products"]
    return deque(one["sku"] for one in sorted(products, key=lambda one: one["price"]))


@pytest.fixture
def asked(house: House, snacks: deque[str]):
    """`asked()` → the path of the tracking page of somebody who is asked about one of two pieces.

    `goods` are other ones with their quantity, `reported` is how the picker reports them. `extra`: the last
    of what can come instead costs more.
    """
    finish = []

    def asking(goods: tuple[str, int] | None = None, *, extra: bool = False, **reported: object) -> str:
        customer = house.customer()
        customer.put(*(goods or (snacks.popleft() if extra else snacks.pop(), 2)))
        order_no = customer.order(CONTACT, on_shortage="ask")["order_no"]
        customer.pay(order_no)
        house.until(lambda: customer.order_view(order_no)["state"] == "paid")
        picker, ticket = house.staff("picker"), house.take("picker", order_no, "picking")
        finish.append(order_no)
        picker.do(
            ticket,
            "short",
            {"line": ticket["lines"][0]["id"], "quantity": 1, "reason": "not_found"} | reported,
        )
        path = customer.order_view(order_no)["track_url"].removeprefix(house.base_url)
        house.until(lambda: house.http().call("GET", API + path)["decisions"])
        return path

    yield asking
    for order_no in finish:
        house.finish("picker", order_no, "picking")


def question(house: House, path: str) -> dict:
    return house.http().call("GET", API + path)["decisions"][0]


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_a_customer_without_javascript_chooses_by_a_form(visit, house: House, asked, lang):
    title, silence, take, instead, _ = WORDS[lang]
    path = asked()
    page = visit(path, lang, java_script_enabled=False)
    expect(page.locator(".ask")).to_contain_text(title)
    expect(page.locator(".until")).to_contain_text(silence)
    offers = page.locator(".offer")
    assert 1 <= offers.count() <= 7
    expect(offers.first.locator("input")).to_be_checked()
    chosen = [one for one in question(house, path)["proposals"] if not one["extra"]][-1]
    page.locator(f".offer input[value='{chosen['sku']}']").check()
    page.get_by_role("button", name=take).click()
    expect(page.locator(".ask")).to_have_count(0)
    expect(page.locator(".instead")).to_contain_text(instead)
    expect(page.locator(".instead")).to_contain_text(chosen["names"]["en" if lang == "en" else "zh"])


@pytest.mark.parametrize(("lang", "code", "other"), [("en", "en", "zh-CN"), ("zh-CN", "zh-CN", "en")])
def test_a_customer_without_javascript_pays_what_costs_more(visit, house: House, asked, lang, code, other):
    path = asked(extra=True)
    page = visit(path, other, java_script_enabled=False)
    page.locator(".head-link").click()  # the language of the page, not of the device
    chosen = question(house, path)["proposals"][-1]
    assert chosen["extra"] > 0
    page.locator(f".offer input[value='{chosen['sku']}']").check()
    page.get_by_role("button", name=WORDS[lang][2]).click()
    price = f"¥{chosen['extra'] // 100}.{chosen['extra'] % 100:02}"
    expect(page.locator(".pay-extra a")).to_contain_text(price)
    expect(page.locator(f".offer input[value='{chosen['sku']}']")).to_be_checked()
    page.locator(".pay-extra a").click()
    page.locator("button.pay").click()
    page.locator("a.back").click()
    house.until(lambda: not house.http().call("GET", API + path)["decisions"])
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", code)
    expect(page.locator(".ask")).to_have_count(0)
    expect(page.locator(".instead")).to_contain_text(chosen["names"]["en" if lang == "en" else "zh"])
    expect(page.locator(".instead")).to_contain_text(price)


@pytest.mark.parametrize(("first", "then"), [("zh-CN", "en"), ("en", "zh-CN")])
def test_who_changes_the_language_before_paying_comes_back_in_it(visit, house: House, asked, first, then):
    path = asked(extra=True)
    page = visit(path, first)
    page.locator(f".offer input[value='{question(house, path)['proposals'][-1]['sku']}']").check()
    page.get_by_role("button", name=WORDS[first][2]).click()
    expect(page.locator(".pay-extra a")).to_be_visible()
    page.locator(".head-link").click()
    expect(page.locator("html")).to_have_attribute("lang", then)
    page.locator(".pay-extra a").click()
    page.locator("button.pay").click()
    page.locator("a.back").click()
    expect(page.locator("html")).to_have_attribute("lang", then)


def test_a_customer_with_javascript_pays_without_a_reload_between(visit, house: House, asked):
    path = asked(extra=True)
    page = visit(path)
    page.evaluate("window.stayed = true")
    chosen = question(house, path)["proposals"][-1]
    page.locator(f".offer input[value='{chosen['sku']}']").check()
    page.get_by_role("button", name=WORDS["en"][2]).click()
    expect(page.locator(".pay-extra a")).to_be_visible()
    assert page.evaluate("window.stayed") is True
    expect(page.locator(".pay-extra a")).to_be_focused()
    expect(page.locator(".pay-extra a")).to_be_in_viewport()
    assert complaints(page) == []


def test_what_was_chosen_elsewhere_is_chosen_here_and_what_was_chosen_here_stays(visit, house: House, asked):
    path = asked(extra=True)
    idle, busy, other = visit(path), visit(path), visit(path)
    for page in (idle, busy):
        expect(page.locator("html")).to_have_attribute("data-live", "yes")
    offers = question(house, path)["proposals"]
    first, dear = offers[0]["sku"], offers[-1]["sku"]
    busy.locator(f".offer input[value='{offers[1]['sku']}']").check()
    other.locator(f".offer input[value='{dear}']").check()
    other.get_by_role("button", name=WORDS["en"][2]).click()
    for page, chosen in ((idle, dear), (busy, offers[1]["sku"])):
        expect(page.locator(".pay-extra")).to_be_visible()
        expect(page.locator(f".offer input[value='{chosen}']")).to_be_checked()
    expect(busy.locator(f".offer input[value='{offers[1]['sku']}']")).to_be_focused()
    assert first != dear


def test_a_question_appears_by_itself_counts_down_and_is_answered_without_leaving_the_page(
    visit, house: House, asked
):
    path = asked()
    page = visit(path)
    expect(page.locator(".left")).to_have_text(re.compile(r"^[0-4]:[0-5]\d$"))
    page.evaluate("window.stayed = true")
    assert complaints(page) == []
    page.get_by_role("button", name="No, give me the money back").click()
    expect(page.locator(".ask")).to_have_count(0)
    expect(page.locator(".short")).to_contain_text("1 missing")
    expect(page.locator("h1")).to_be_focused()
    assert page.evaluate("window.stayed") is True


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_an_answer_that_comes_too_late_is_told_so(visit, house: House, asked, lang):
    path = asked()
    page = visit(path, lang, java_script_enabled=False)
    house.http().call("POST", f"{API}{path}/decisions/{question(house, path)['id']}", {"answer": "refuse"})
    page.locator(".ask button.primary").click()
    expect(page.locator(".problem")).to_contain_text(WORDS[lang][4])


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_the_question_is_accessible(visit, asked, lang):
    page = visit(asked(), lang)
    expect(page.locator(".offer").first).to_be_visible()
    assert complaints(page) == []


@pytest.mark.parametrize(
    ("lang", "reported", "words"),
    [
        ("en", {"reason": "only_heavier", "weight_g": 700}, "There is only a heavier piece of: "),
        ("zh-CN", {"reason": "only_heavier", "weight_g": 7000}, "只有更重的一份："),  # which is not offered
        ("en", {"reason": "only_lighter"}, "There are only lighter pieces of: "),
    ],
)
def test_goods_that_are_there_but_of_another_weight_are_not_called_missing(
    visit, house: House, asked, lang, reported, words
):
    meat = next(row["sku"] for row in house.access.skus if row["weighed"] and row["zone"] == "chilled")
    page = visit(asked((meat, 500), quantity=500, **reported), lang)
    expect(page.locator(".ask-what")).to_contain_text(words)
    title = "weight is not as ordered" if lang == "en" else "重量不符"
    expect(page.locator(".ask h2")).to_contain_text(title)
    for offer in page.locator(".offer .quiet").all_inner_texts():
        assert not offer.startswith("·")
