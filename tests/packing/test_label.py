"""The bag label: who may see it, what it says, how it prints."""

import io
import re

import pytest
import zxingcpp
from PIL import Image

from fulfil.packing import api
from fulfil.staff import service as staff
from tests.floor import picked, token

MM = 72 / 25.4


@pytest.fixture
def bag(sqlite_floor):
    """The second of two bags: chilled, on its shelf."""
    order = sqlite_floor.paid(("tea", 1), ("milk", 1))
    picked(sqlite_floor, order, "ambient", "TOTE-001")
    picked(sqlite_floor, order, "chilled", "TOTE-002")
    worker = sqlite_floor.take(order, "packing")
    for no in (1, 2):
        worker.does("pack", line=worker.line(no), quantity=1)
    worker.does("seal")
    return sqlite_floor.bags(order)[1]


def fetch(floor, code, who="packer"):
    return floor.client(api.bp).get(f"/api/v1/packing/bags/{code}/label", headers=token(who))


def test_it_says_what_the_counter_needs(sqlite_floor, bag):
    answer = fetch(sqlite_floor, bag.code)
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    shown = re.findall(r">([^<>]+)</text>", page)
    assert shown == [str(bag.order_no)[-4:], "2/2", "冷藏 CHILLED", "王** · 16:45", "SHF-C01", bag.code]
    assert "小明" not in page
    assert "19900001234" not in page


def test_it_needs_neither_script_nor_inline_style(sqlite_floor, bag):
    answer = fetch(sqlite_floor, bag.code)
    assert "default-src 'none'; style-src 'self'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script|<style|style=| on\w+=", answer.get_data(as_text=True))
    style = sqlite_floor.client(api.bp).get("/api/v1/packing/label.css")
    assert style.mimetype == "text/css"
    assert "size: 60mm 40mm" in style.get_data(as_text=True)


@pytest.mark.parametrize(
    ("who", "status"),
    [("packer", 200), ("counter", 200), ("supervisor", 200), ("picker", 403), ("rider", 403)],
)
def test_only_those_who_handle_bags_see_it(sqlite_floor, bag, who, status):
    assert fetch(sqlite_floor, bag.code, who).status_code == status


def test_nobody_else_sees_it(sqlite_floor, bag):
    client = sqlite_floor.client(api.bp)
    assert client.get(f"/api/v1/packing/bags/{bag.code}/label").status_code == 401
    assert fetch(sqlite_floor, "BAG-1-1").get_json()["code"] == "unknown_bag"


def test_markup_in_a_name_is_text(sqlite_floor, bag):
    with sqlite_floor.client(api.bp).application.app_context():
        label = {
            "code": bag.code,
            "order_no": "100001",
            "n": 1,
            "of": 1,
            "temperature": "frozen",
            "place": "<i>",
            "name": "<b>",
            "due": sqlite_floor.clock.now(),
            "tz": "Asia/Shanghai",
        }
        page = api.render_label(label, "en")
    assert "<i>" not in page
    assert "&lt;**" in page


def test_it_prints_on_one_page_and_both_codes_read(sqlite_floor, bag, page):
    client = sqlite_floor.client(api.bp)
    page.route(
        "**/label.css",
        lambda route: route.fulfill(
            body=client.get("/api/v1/packing/label.css").data, content_type="text/css"
        ),
    )
    page.route(
        "**/label",
        lambda route: route.fulfill(
            body=fetch(sqlite_floor, bag.code).data, content_type="text/html; charset=utf-8"
        ),
    )
    page.set_viewport_size({"width": 240, "height": 160})
    page.goto("http://label.test/label")
    pdf = page.pdf(prefer_css_page_size=True)
    width, height = map(float, re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf).groups())
    assert pdf.count(b"/MediaBox") == 1
    assert (width / MM, height / MM) == (pytest.approx(60, abs=0.5), pytest.approx(40, abs=0.5))
    page.evaluate("document.body.style.zoom = 4")
    page.set_viewport_size({"width": 920, "height": 620})
    read = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.screenshot())))
    assert {code.text for code in read} == {bag.code}
    assert len(read) == 2


def test_a_program_names_the_bags_shop(sqlite_floor, bag):
    """The label's address in the ticket names it, so whoever sees several shops prints, too."""
    program = sqlite_floor.write(
        lambda tx: staff.create_api_token(tx, name="t", roles=["packer"], store_ids=None)
    )
    client, headers = sqlite_floor.client(api.bp), {"Authorization": f"Bearer {program}"}
    path = f"/api/v1/packing/bags/{bag.code}/label"
    unnamed = client.get(path, headers=headers)
    assert (unnamed.status_code, unnamed.get_json()["code"]) == (422, "store_needed")
    assert client.get(f"{path}?store_id={sqlite_floor.store_id}", headers=headers).status_code == 200
    assert client.get(f"{path}?store_id=1", headers=headers).get_json()["code"] == "unknown_bag"
    assert client.get(f"{path}?store_id=x", headers=headers).status_code == 422
