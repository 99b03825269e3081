"""Whoever opens an address that leads nowhere reads a page; programs get a problem document."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from fulfil.app.wiring import create_app, wire
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from tests.house import API, House
from tests.terminal.open_house import complaints, unsaid

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
ADDRESSES = (
    "/nothing",
    "/ui/v-0/none.js",
    f"{API}/payments/return/expired",
    f"{API}/nothing",
    "/pay/x",
    "/ui/codes/ride/x.svg",
    f"{API}/quotes",
)


def opened(house: House, path: str, accept: str | None, method: str = "GET", **headers: str):
    at = urlsplit(house.base_url)
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=20)
    try:
        connection.request(method, path, headers=({"Accept": accept} if accept else {}) | headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_browser_gets_a_page_and_a_program_its_problem(house: House, path: str) -> None:
    status, headers, text = opened(house, path, BROWSER, **{"Accept-Language": "en"})
    assert status in (404, 405) and headers["Content-Type"].startswith("text/html")
    assert "There is nothing at this address" in text and "script-src" in headers["Content-Security-Policy"]
    for accept in (None, "*/*", "application/json", "application/problem+json, text/html;q=0.5"):
        same_status, headers, text = opened(house, path, accept)
        assert (same_status, headers["Content-Type"]) == (status, "application/problem+json")
        assert json.loads(text)["status"] == status


def test_who_is_not_signed_in_and_what_is_no_reading_stays_a_problem(house: House) -> None:
    for path, method, expected in ((f"{API}/terminal/work", "GET", 401), ("/nothing", "POST", 404)):
        status, headers, _ = opened(house, path, BROWSER, method)
        assert (status, headers["Content-Type"]) == (expected, "application/problem+json")


@pytest.mark.parametrize(
    ("lang", "title", "shop"),
    [("zh-CN", "这个地址没有内容", "去超市"), ("en", "There is nothing at this address", "To the shop")],
)
def test_the_page_has_a_way_on(visit, lang: str, title: str, shop: str) -> None:
    page = visit("/terminl", lang)
    expect(page.locator("h1")).to_have_text(title)
    assert complaints(page) == []
    page.get_by_role("link", name="English" if lang == "zh-CN" else "中文").click()
    expect(page.locator("h1")).not_to_have_text(title)
    page.go_back()
    page.get_by_role("link", name=shop).click()
    expect(page.locator(".products .product").first).to_be_visible()


def test_a_server_in_trouble_says_to_try_again(tmp_path) -> None:
    kit = wire(Kit(Config(database_url=f"sqlite:///{tmp_path}/empty.db", carts_path=f"{tmp_path}/carts.db")))
    answer = (
        create_app(kit).test_client().get("/readyz", headers={"Accept": BROWSER, "Accept-Language": "zh-CN"})
    )
    kit.close()
    assert (answer.status_code, answer.mimetype) == (503, "text/html")
    assert "再试一次" in answer.get_data(as_text=True)


def test_both_languages_say_everything() -> None:
    assert unsaid("lost") == []
