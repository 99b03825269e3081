"""A customer's whole way over HTTP, from browsing to cancelling, and what bad input is answered."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from fulfil.app.wiring import create_app
from fulfil.staff import service as staff
from tests.trade.shop import CONTACT, ICE, MILK, Shop

API = "/api/v1"


class Caller:
    """Somebody with a token."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client, self.token = client, token

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}", **headers}
        answer = self.client.open(API + path, method=method, json=body, headers=headers)
        return answer.status_code, answer.get_json(silent=True)


@pytest.fixture
def client(shop: Shop) -> FlaskClient:
    return create_app(shop.kit).test_client()


@pytest.fixture
def guest(client: FlaskClient) -> Caller:
    return Caller(client, client.post(API + "/guests").get_json()["token"])


@pytest.fixture
def operator(shop: Shop, client: FlaskClient) -> Caller:
    token = shop.write(
        lambda tx: staff.create_api_token(
            tx, name="test", roles=["operator", "supervisor"], store_ids=[shop.store_id]
        )
    )
    return Caller(client, token)


def fill(shop: Shop, guest: Caller) -> dict[str, Any]:
    status, cart = guest.ask(
        "POST", f"/stores/{shop.store_id}/carts/online/items", {"sku": MILK, "op": "add", "quantity": 2}
    )
    assert status == 200
    return cart


def order_body(shop: Shop, version: int, **changes: Any) -> dict[str, Any]:
    return {
        "store_id": str(shop.store_id),
        "cart_type": "online",
        "cart_version": version,
        "contact": CONTACT,
        **changes,
    }


def test_browse_order_look_and_cancel(shop: Shop, client: FlaskClient, guest: Caller) -> None:
    stores = client.get(API + "/stores", headers={"Accept-Language": "en"}).get_json()["stores"]
    assert (stores[0]["id"], stores[0]["name"], stores[0]["open"]) == (str(shop.store_id), "Jing'an", True)
    found = client.get(f"{API}/stores/{shop.store_id}/products?q=milk&limit=1").get_json()
    assert [(product["sku"], product["available"]) for product in found["products"]] == [(MILK, 50)]
    assert (
        client.get(f"{API}/stores/{shop.store_id}/categories").get_json()["categories"][0]["slug"] == "dairy"
    )
    cart = fill(shop, guest)
    status, quote = guest.ask("POST", "/quotes", {"store_id": str(shop.store_id), "contact": CONTACT})
    assert (status, quote["ok"], quote["delivery_fee"]) == (200, True, 500)
    body = order_body(shop, cart["version"])
    first = guest.ask("POST", "/orders", body, **{"Idempotency-Key": "k"})
    assert (first[0], first[1]["total"]) == (201, 2530)
    assert guest.ask("POST", "/orders", body, **{"Idempotency-Key": "k"}) == first
    number = first[1]["order_no"]
    status, other = guest.ask("POST", "/orders", {**body, "note": "x"}, **{"Idempotency-Key": "k"})
    assert (status, other["code"]) == (422, "idempotency_key_reused")
    status, row = guest.ask("GET", f"/orders/{number}")
    assert (status, row["state"], row["lines"][0]["quantity"]) == (200, "placed", 2)
    assert [order["order_no"] for order in guest.ask("GET", "/orders")[1]["orders"]] == [number]
    assert guest.ask("POST", f"/orders/{number}/cancel", {})[1]["state"] == "cancelled"


def test_other_peoples_orders_do_not_exist(shop: Shop, client: FlaskClient, guest: Caller) -> None:
    number = guest.ask("POST", "/orders", order_body(shop, fill(shop, guest)["version"]))[1]["order_no"]
    other = Caller(client, client.post(API + "/guests").get_json()["token"])
    for method, path in (("GET", ""), ("POST", "/cancel")):
        assert other.ask(method, f"/orders/{number}{path}", {} if path else None)[0] == 404


def test_a_refusal_carries_the_whole_cart(shop: Shop, guest: Caller) -> None:
    cart = fill(shop, guest)
    status, refused = guest.ask("POST", "/orders", order_body(shop, cart["version"] - 1))
    assert (status, refused["code"], refused["cart"]) == (409, "cart_changed", cart)


def test_stock_is_kept_by_those_who_may(shop: Shop, guest: Caller, operator: Caller) -> None:
    path = f"/stores/{shop.store_id}/stock"
    assert operator.ask("PUT", f"{path}/{ICE}", {"shelf": 7})[1]["on_hand"] == 7
    sale = {"sku": ICE, "delta": -2, "source_ref": "r1"}
    assert [operator.ask("POST", f"{path}/movements", sale)[1]["on_hand"] for _ in range(2)] == [5, 5]
    assert operator.ask("GET", f"{path}/{ICE}")[1]["available"] == 5
    assert operator.ask("GET", f"/stores/{shop.store_id + 1}/stock/{ICE}")[0] == 404
    assert guest.ask("GET", f"{path}/{ICE}")[0] == 403


def test_a_key_makes_a_movement_once(shop: Shop, operator: Caller) -> None:
    path, key = f"/stores/{shop.store_id}/stock/movements", {"Idempotency-Key": "a-lost-answer"}
    sale = {"sku": ICE, "delta": -2, "source_ref": "r1"}
    first = operator.ask("POST", path, sale, **key)
    assert operator.ask("POST", path, sale, **key) == first
    status, refused = operator.ask("POST", path, sale | {"delta": -3, "source_ref": "r2"}, **key)
    assert (status, refused["code"]) == (422, "idempotency_key_reused")
    assert shop.stock(ICE)["on_hand"] == first[1]["on_hand"]


def test_a_shop_is_closed_by_a_supervisor(
    shop: Shop, client: FlaskClient, guest: Caller, operator: Caller
) -> None:
    path = f"/stores/{shop.store_id}/state"
    assert guest.ask("POST", path, {"state": "closed"})[0] == 403
    assert operator.ask("POST", path, {"state": "closed", "reason": "flood"})[1]["open"] is False
    cart = fill(shop, guest)
    status, refused = guest.ask("POST", "/orders", order_body(shop, cart["version"]))
    assert (status, refused["code"], refused["opens_at"]) == (409, "store_closed", None)


def test_a_member_signs_in_merges_and_signs_out(shop: Shop, client: FlaskClient, guest: Caller) -> None:
    texts: list[str] = []
    shop.kit.services["sms"] = type("Sms", (), {"send": lambda self, phone, text, key: texts.append(text)})()
    assert client.post(API + "/sessions/code", json={"phone": "19900000001"}).status_code == 202
    code = texts[0][4:10]
    assert client.post(API + "/sessions", json={"phone": "19900000001", "code": "x"}).status_code == 401
    signed_in = client.post(API + "/sessions", json={"phone": "19900000001", "code": code})
    member = Caller(client, signed_in.get_json()["token"])
    fill(shop, guest)
    merge = f"/stores/{shop.store_id}/carts/online/merge"
    for _ in range(2):
        assert member.ask("POST", merge, {"guest_token": guest.token})[1]["lines"][0]["quantity"] == 2
    assert member.ask("DELETE", "/sessions/current")[0] == 204
    assert member.ask("POST", merge, {"guest_token": guest.token})[0] == 401


BAD = (
    None,
    [],
    "x",
    {},
    {"sku": None},
    {"sku": MILK, "op": "add", "quantity": 2**63},
    {"sku": MILK, "op": "add", "quantity": True},
    {"sku": MILK, "op": "add", "quantity": "2"},
    {"sku": MILK, "op": "add", "quantity": -1},
    {"sku": MILK, "op": "add", "quantity": 1.5},
    {"sku": "a\x00b", "op": "add"},
    {"sku": "\ud800", "op": "add"},
    {"sku": "x" * 9999, "op": "set"},
    {"sku": MILK, "op": "drop"},
    {"store_id": str(2**63), "contact": CONTACT, "cart_version": 1},
    {"store_id": 7, "contact": CONTACT, "cart_version": 1},
    {"store_id": "1", "contact": {**CONTACT, "lat": float("nan")}, "cart_version": 1},
    {"store_id": "1", "contact": CONTACT, "cart_version": 1, "deliver_by": "2026-03-02"},
    {"phone": "\x00"},
    {"delta": 0.5, "sku": ICE, "source_ref": "r"},
    {"shelf": "7"},
    {"state": "ajar"},
)
POSTS = (
    "/quotes",
    "/orders",
    "/sessions",
    "/sessions/code",
    "/orders/1/cancel",
    "/stores/{s}/carts/online/items",
    "/stores/{s}/carts/online/merge",
    "/stores/{s}/carts/nothing/items",
    "/stores/{s}/stock/movements",
    "/stores/{s}/state",
    "/stores/999999999999999999/carts/online/items",
)


@pytest.mark.parametrize("path", POSTS)
def test_bad_input_is_refused_with_a_problem(shop: Shop, guest: Caller, operator: Caller, path: str) -> None:
    for caller in (guest, operator):
        for body in BAD:
            status, answer = caller.ask("POST", path.format(s=shop.store_id), body)
            assert 400 <= status < 500, (path, body, answer)
            assert answer["code"], (path, body, answer)


@pytest.mark.parametrize(
    "query", ["?limit=0", "?limit=x", "?limit=101", "?q=%00", "?cursor=%00", "?q=" + "x" * 81]
)
def test_bad_queries_are_refused(shop: Shop, client: FlaskClient, query: str) -> None:
    assert 400 <= client.get(f"{API}/stores/{shop.store_id}/products{query}").status_code < 500


@pytest.mark.parametrize("channel", ["app", "mini_program", "self-checkout"])
@pytest.mark.parametrize("scene", ["online", "delivery"])
def test_orders_of_carts_come_through_any_channel(
    shop: Shop, guest: Caller, channel: str, scene: str
) -> None:
    version = fill(shop, guest)["version"]
    body = order_body(shop, version, channel=channel, scene=scene)
    status, placed = guest.ask("POST", "/orders", body)
    assert status == 201
    row = shop.order(int(placed["order_no"]))
    assert (row.channel, row.scene) == (channel, scene)


@pytest.mark.parametrize("change", [{"channel": "A pp"}, {"scene": "m" * 33}, {"channel": ""}])
def test_a_channel_or_scene_that_is_no_word_is_named(
    shop: Shop, guest: Caller, change: dict[str, str]
) -> None:
    version = fill(shop, guest)["version"]
    status, problem = guest.ask("POST", "/orders", order_body(shop, version, **change))
    assert (status, problem["code"]) == (422, "invalid")
    assert list(problem["errors"]) == list(change)
    assert guest.ask("GET", "/orders")[1]["orders"] == []


@pytest.mark.parametrize("field", ["items", "channel_order_no", "paid"])
def test_an_order_of_a_platform_is_refused_as_such(shop: Shop, guest: Caller, field: str) -> None:
    body = {"store_id": str(shop.store_id), "channel": "platform", field: [{"sku": MILK, "quantity": 1}]}
    status, problem = guest.ask("POST", "/orders", body)
    assert (status, problem["code"]) == (422, "channel_not_supported")
    version = fill(shop, guest)["version"]
    assert guest.ask("POST", "/orders", order_body(shop, version, **{field: True}))[0] == 201


@pytest.mark.parametrize("phone", ["12345", "021 5555 1234", "call me", "+86 123 4567 8901", "1390000000"])
def test_a_number_that_nobody_can_call_is_refused(client, shop: Shop, phone: str) -> None:
    token = client.post(API + "/guests", json={}).get_json()["token"]
    answer = client.post(
        API + "/orders",
        headers={"Authorization": f"Bearer {token}"},
        json={"store_id": str(shop.store_id), "cart_version": 1, "contact": {**CONTACT, "phone": phone}},
    )
    assert (answer.status_code, answer.get_json()["code"]) == (422, "wrong_phone")
