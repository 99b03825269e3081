"""A picker reports a line as missing and shows the shelf; operators see it beside the case."""

from __future__ import annotations

import uuid

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fulfil.sim.clients import Handheld
from fulfil.sim.inside import CONTACT, InsideShop
from fulfil.trade.aftersales.model import Case

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0\0\0\x20" * 2 + b"0" * 40
KEY = str(uuid.UUID(int=41))


def at_the_shelf(shop: InsideShop) -> tuple[Handheld, dict]:
    """A picker before the first line of an order."""
    picker, customer = shop.staff("picker"), shop.customer()
    sku = next(row["sku"] for row in shop.access.skus if row["zone"] == "ambient" and not row["weighed"])
    customer.put(sku, 2)
    order = customer.order(CONTACT)
    shop.pay(customer, order["order_no"])
    ticket = picker.accept(picker.work()["offers"][0])
    return picker, picker.do(ticket, "tote", {"code": next(shop.totes)})


def shown(order_no: str, key: str = KEY) -> str:
    return f"/api/v1/orders/{order_no}/shelf-photos/{key}"


def send(client: FlaskClient, who: Handheld, order_no: str, body: bytes, key: str = KEY) -> tuple[int, str]:
    answer = client.put(
        shown(order_no, key), data=body, headers={**who.http.headers, "Content-Type": "image/png"}
    )
    return answer.status_code, (answer.get_json(silent=True) or {}).get("code", "")


def test_the_case_shows_the_shelf(shop):
    picker, ticket = at_the_shelf(shop)
    client, operator = shop.app.test_client(), shop.operator()
    for _ in range(2):
        assert send(client, picker, ticket["order_no"], PNG) == (204, "")
    report = {"line": ticket["lines"][0]["id"], "quantity": 1, "reason": "not_found", "photo": KEY}
    picker.do(ticket, "short", report)
    shop.settle()
    with shop.kit.db.read() as tx:
        case_id = tx.scalar(select(Case.id).where(Case.order_no == int(ticket["order_no"])))
    (photo,) = operator.call("GET", f"/api/v1/aftersales/cases/{case_id}")["photos"]
    path = f"/api/v1/aftersales/photos/{photo}"
    assert client.get(path, headers=operator.headers).data == PNG
    looked = client.get(shown(ticket["order_no"]), headers=picker.http.headers)
    assert (looked.data, looked.mimetype) == (PNG, "image/png")


def test_a_report_whose_picture_never_came_is_a_report(shop):
    picker, ticket = at_the_shelf(shop)
    report = {"line": ticket["lines"][0]["id"], "reason": "not_found", "photo": KEY}
    picker.do(ticket, "short", report)
    shop.settle()
    client = shop.app.test_client()
    looked = client.get(shown(ticket["order_no"]), headers=picker.http.headers)
    assert looked.get_json()["code"] == "unknown_photo"


@pytest.mark.parametrize(
    ("body", "answer"),
    [(b"<svg/>", (415, "not_a_photo")), (PNG + b"0" * 300 * 1024, (413, "photo_too_large"))],
)
def test_only_small_pictures_are_kept(shop, body, answer):
    picker, ticket = at_the_shelf(shop)
    client = shop.app.test_client()
    assert send(client, picker, ticket["order_no"], body) == answer
    assert send(client, picker, "1", PNG) == (404, "unknown_order")
    for number in range(12):
        assert send(client, picker, ticket["order_no"], PNG, str(uuid.UUID(int=number))) == (204, "")
    assert send(client, picker, ticket["order_no"], PNG) == (409, "photos_too_many")
