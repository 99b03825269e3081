"""Invariant 20: no PIN, token, name or phone of anybody stands in logs, refusals or metrics."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fulfil.kit.logs import JsonFormatter
from fulfil.sim.clients import Http
from fulfil.sim.inside import InsideHttp, InsideShop
from tests.journeys.test_life_of_an_order import deliver

WRONG_PIN, WRONG_CODE = "97531086", "864213"
NOTE = "Klingel Zappelmann"
WHO = {
    "name": "Zappelmann 赵",
    "phone": "13987654321",
    "address": "Zappelweg 7 弄堂",
    "lat": 31.2304,
    "lng": 121.4737,
}


@contextmanager
def everything_logged() -> Iterator[io.StringIO]:
    """All lines as they are written, of whatever level."""
    lines = io.StringIO()
    out = logging.StreamHandler(lines)
    out.setFormatter(JsonFormatter())
    root = logging.getLogger()
    before = root.level
    root.addHandler(out)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.setLevel(before)
        root.removeHandler(out)


@pytest.fixture
def refusals(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What everybody is answered who is refused."""
    told: list[str] = []
    carry = InsideHttp.carry

    def carry_and_keep(http: Http, *request: object) -> tuple[int, bytes]:
        status, answer = carry(http, *request)
        if status >= 400:
            told.append(answer.decode())
        return status, answer

    monkeypatch.setattr(InsideHttp, "carry", carry_and_keep)
    return told


def refused(http: Http, method: str, path: str, body: dict) -> None:
    status, _ = http.exchange(method, f"/api/v1{path}", body, key=http.uuid())
    assert 400 <= status < 500, (path, status)


def test_an_orders_life_and_all_that_is_refused_tell_nothing_of_anybody(
    shop: InsideShop, refusals: list[str]
) -> None:
    with everything_logged() as lines:
        crew = {role: shop.staff(role) for role in ("picker", "packer", "counter", "rider")}
        customer = shop.customer()
        sku = next(row["sku"] for row in shop.access.skus if row["zone"] == "ambient" and not row["weighed"])
        customer.put(sku, 2)
        placed = customer.order(WHO, note=NOTE)
        shop.pay(customer, placed["order_no"])
        deliver(shop, crew)
        assert customer.order_view(placed["order_no"])["state"] == "completed"
        device = crew["picker"].http
        for pin in (WRONG_PIN, shop.access.administrator["pin"]):
            refused(device, "POST", "/terminal/sessions", {"badge": "NOBODY", "pin": pin})
        refused(customer.http, "POST", "/sessions", {"phone": WHO["phone"], "code": WRONG_CODE})
        refused(customer.http, "POST", "/sessions", {"phone": [WHO["phone"]], "code": {WRONG_CODE: NOTE}})
        wrong = customer.order_body(WHO | {"phone": f"{WHO['phone']} x", "lat": WHO["address"]}, note=[NOTE])
        refused(customer.http, "POST", "/orders", wrong)
        refused(customer.http, "POST", "/orders", customer.order_body(WHO, note=NOTE))  # the cart is empty
        refused(shop.customer().http, "POST", f"/orders/{placed['order_no']}/cancel", {"reason": NOTE})

    metrics = shop.app.test_client().get("/metrics").text
    secrets = {
        *(WRONG_PIN, WRONG_CODE, "Zappel", WHO["phone"], shop.access.admin_token),
        *(shop.access.administrator["pin"], shop.kit.config.sandbox_secret),
        placed["track_url"].rsplit("/", 1)[1],
        customer.http.headers["Authorization"].split()[1],
        *(person["pin"] for person in shop.access.staff),
        *(who.session["token"] for who in crew.values()),
        *(who.http.headers["X-Device-Key"] for who in crew.values()),
    }
    assert lines.getvalue() and len(refusals) >= 7 and "fulfil_" in metrics
    told = {"logs": lines.getvalue(), "refusals": "\n".join(refusals), "metrics": metrics}
    assert [(where, secret) for where, text in told.items() for secret in secrets if secret in text] == []
