"""Messages, webhooks and alarms over HTTP: who sees what, pages, secrets shown once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from fulfil.app.wiring import create_app
from fulfil.kit.idempotency import IdempotencyKey
from fulfil.messages import queries, service
from fulfil.messages.errors import Undeliverable
from fulfil.messages.rules.alarms import Wrong
from fulfil.messages.service import alarms
from fulfil.staff import service as staff
from fulfil.store import service as stores
from tests.messages.receiver import Receiver
from tests.trade.shop import SHOP, Shop, build

API = "/api/v1"
PHONE = "19900000001"


@pytest.fixture
def shop(sqlite_url: str) -> Iterator[Shop]:
    made = build(sqlite_url)
    made.app = create_app(made.kit)
    made.far_id = made.write(lambda tx: stores.create_store(tx, **SHOP))
    yield made
    made.kit.close()


class Program:
    """A program with a token of these shops (None: of all)."""

    def __init__(self, shop: Shop, store_ids: list[int] | None, roles: tuple[str, ...] = ("admin",)) -> None:
        self._client: FlaskClient = shop.app.test_client()
        self._token = shop.write(
            lambda tx: staff.create_api_token(tx, name="p", roles=list(roles), store_ids=store_ids)
        )

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        answer = self._client.open(
            API + path,
            method=method,
            json=body,
            headers={"Authorization": f"Bearer {self._token}", **headers},
        )
        return answer.status_code, answer.get_json(silent=True)


@pytest.fixture
def near(shop: Shop) -> Program:
    return Program(shop, [shop.store_id])


@pytest.fixture
def far(shop: Shop) -> Program:
    return Program(shop, [shop.far_id])


@pytest.fixture
def owner(shop: Shop) -> Program:
    return Program(shop, None)


def test_a_webhook_from_its_first_day_to_its_last(
    shop: Shop, near: Program, far: Program, owner: Program, receiver: Receiver
) -> None:
    status, made = near.ask("POST", "/webhooks", {"url": receiver.url, "types": ["order.paid"]})
    path = f"/webhooks/{made['id']}"
    assert status == 201 and made["secret"].startswith("whsec_") and made["store_id"] == str(shop.store_id)
    status, shown = near.ask("GET", path)
    assert (status, shown) == (200, {name: made[name] for name in made if name != "secret"})
    for who, seen in ((near, True), (far, False), (owner, True)):
        ids = [one["id"] for one in who.ask("GET", "/webhooks")[1]["webhooks"]]
        assert (ids == [made["id"]], who.ask("GET", path)[0]) == (seen, 200 if seen else 404)
    for method, tail in (
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/rotate"),
        ("POST", "/test"),
        ("GET", "/deliveries"),
        ("POST", "/deliveries/1/replay"),
    ):
        body = {"active": False} if method == "PATCH" else None
        assert far.ask(method, path + tail, body)[1]["code"] == "unknown_webhook"
    status, rotated = near.ask("POST", path + "/rotate")
    assert status == 200 and rotated["secret"] != made["secret"] and rotated["previous_until"]
    status, sent = near.ask("POST", path + "/test")
    assert (status, sent["state"], sent["type"]) == (202, "queued", "webhook.test")
    shop.run_tasks()
    assert receiver.got[0].headers["webhook-id"] == sent["message_id"]
    status, again = near.ask("POST", f"{path}/deliveries/{sent['id']}/replay")
    assert (status, again["state"], again["message_id"]) == (202, "queued", sent["message_id"])
    assert near.ask("POST", f"{path}/deliveries/{sent['id']}/replay")[1]["code"] == "still_queued"
    assert near.ask("POST", f"{path}/deliveries/1/replay")[1]["code"] == "unknown_delivery"
    assert near.ask("PATCH", path, {"active": False, "description": "till"})[1]["disabled_for"] == "asked"
    assert near.ask("POST", path + "/test")[1]["code"] == "webhook_disabled"
    assert near.ask("PATCH", path, {"active": True, "types": []})[1]["state"] == "active"
    assert near.ask("DELETE", path)[0] == 204
    assert near.ask("GET", path)[1]["code"] == "unknown_webhook"
    assert near.ask("GET", "/webhooks")[1] == {"webhooks": []}


def test_a_key_makes_one_webhook_whose_secret_is_told_once_and_stored_nowhere_else(
    shop: Shop, near: Program
) -> None:
    asked = ("POST", "/webhooks", {"url": "https://example.org/hook"})
    status, made = near.ask(*asked, **{"Idempotency-Key": "k"})
    assert near.ask(*asked, **{"Idempotency-Key": "k"}) == (status, {**made, "secret": None})
    assert len(near.ask("GET", "/webhooks")[1]["webhooks"]) == 1
    [kept] = shop.read(lambda tx: tx.scalars(sa.select(IdempotencyKey.answer)))
    assert made["secret"].startswith("whsec_") and made["secret"] not in json.dumps(kept)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "http://example.org"}, "wrong_url"),
        ({"url": "https://example.org", "types": ["no"]}, "invalid"),
        ({"url": "https://example.org", "types": ["order.paid", "order.paid"]}, "invalid"),
        ({}, "invalid"),
    ],
)
def test_what_is_no_webhook(near: Program, body: dict[str, Any], code: str) -> None:
    status, refused = near.ask("POST", "/webhooks", body)
    assert (status, refused["code"]) == (422, code)


def test_a_webhook_of_every_shop_is_for_who_sees_every_shop(
    shop: Shop, near: Program, owner: Program
) -> None:
    body = {"url": "https://example.org", "store_id": None}
    assert owner.ask("POST", "/webhooks", body)[1]["store_id"] is None
    assert near.ask("POST", "/webhooks", body)[1]["store_id"] == str(shop.store_id)
    assert near.ask("POST", "/webhooks", body | {"store_id": str(shop.far_id)})[0] == 404
    both = Program(shop, [shop.store_id, shop.far_id])
    assert both.ask("POST", "/webhooks", body)[1]["code"] == "store_needed"
    assert len(near.ask("GET", "/webhooks")[1]["webhooks"]) == 1
    assert len(owner.ask("GET", "/webhooks")[1]["webhooks"]) == 2


def pages(who: Program, path: str, name: str) -> list[list[str]]:
    """Ids page by page."""
    found, cursor = [], ""
    while True:
        status, page = who.ask("GET", f"{path}limit=2{cursor and '&cursor=' + cursor}")
        assert status == 200
        found.append([one["id"] for one in page[name]])
        if page["cursor"] is None:
            return found
        cursor = page["cursor"]


def test_deliveries_come_in_pages(shop: Shop, near: Program, receiver: Receiver) -> None:
    _, made = near.ask("POST", "/webhooks", {"url": receiver.url})
    path = f"/webhooks/{made['id']}"
    ids = [near.ask("POST", path + "/test")[1]["id"] for _ in range(5)][::-1]
    assert pages(near, path + "/deliveries?", "deliveries") == [ids[:2], ids[2:4], ids[4:]]
    receiver.answers = [410]
    shop.run_tasks()
    dead = near.ask("GET", path + "/deliveries?state=dead")[1]["deliveries"]
    assert {one["error"] for one in dead} == {"http_410", "webhook_disabled"} and len(dead) == 5


class Refusing:
    def send(self, recipient: str, text: str, *, key: str) -> None:
        raise Undeliverable("http_400")


def test_messages_are_listed_masked_and_the_dead_sent_again(
    shop: Shop, near: Program, far: Program, owner: Program
) -> None:
    taken, shop.kit.services["sms"] = shop.kit.services["sms"], Refusing()
    for n in range(3):
        shop.write(
            lambda tx, n=n: service.send(
                tx,
                kind="delivered",
                store_id=shop.store_id,
                order_no=7,
                phone=PHONE,
                language="en",
                values={"shop": "s", "order": 7, "link": "https://s/track/Ab_9-x"},
                key=f"k{n}",
            )
        )
    shop.run_tasks()
    ids = [one for page in pages(near, "/messages?order_no=7&state=dead&", "messages") for one in page]
    assert len(ids) == 3
    assert near.ask("GET", "/messages?state=sent")[1]["messages"] == []
    assert near.ask("GET", "/messages?order_no=8")[1]["messages"] == []
    assert far.ask("GET", "/messages")[1]["messages"] == []
    assert far.ask("GET", f"/messages?store_id={shop.store_id}")[0] == 404
    [one] = [one for one in owner.ask("GET", "/messages")[1]["messages"] if one["id"] == ids[0]]
    assert (one["recipient"], one["error"]) == ("*******0001", "http_400")
    assert one["text"] == "s: order 7 is delivered. https://s/track/…"  # the link speaks for the customer
    shop.kit.services["sms"] = taken
    assert far.ask("POST", f"/messages/{ids[0]}/retry")[1]["code"] == "unknown_message"
    assert near.ask("POST", f"/messages/{ids[0]}/retry")[1]["state"] == "queued"
    assert near.ask("POST", f"/messages/{ids[0]}/retry")[1]["code"] == "not_dead"
    shop.run_tasks()
    assert shop.read(lambda tx: queries.message(tx, int(ids[0]))).state == "sent"


def test_in_the_only_shop_what_belongs_to_the_house_is_the_shops(sqlite_url: str) -> None:
    shop = build(sqlite_url)
    shop.app = create_app(shop.kit)
    shop.kit.services["alarm_sources"] = [lambda tx: [Wrong("switch_off", None, "sms")]]
    shop.write(alarms.check)
    supervisor = Program(shop, [shop.store_id], ("supervisor",))
    [alarm] = supervisor.ask("GET", f"/alarms?store_id={shop.store_id}")[1]["alarms"]
    assert supervisor.ask("POST", f"/alarms/{alarm['id']}/acknowledge", {})[1]["state"] == "acknowledged"
    shop.kit.close()


def test_alarms_are_listed_and_acknowledged(shop: Shop, near: Program, far: Program, owner: Program) -> None:
    shop.kit.services["alarm_sources"] = [
        lambda tx: [Wrong("failed_refunds", shop.store_id, "", 2), Wrong("switch_off", None, "sms")]
    ]
    shop.write(alarms.check)
    [mine] = near.ask("GET", "/alarms")[1]["alarms"]
    assert mine["said"] == {
        "zh": "2 笔退款被支付渠道拒绝，欠顾客款项",
        "en": "2 × refund that its channel refused; the customer is owed the money",
    }
    assert mine["page"] == "/console#/money"
    assert far.ask("GET", "/alarms")[1]["alarms"] == []
    near_id, far_id = shop.store_id, shop.far_id
    for path, seen in (("", 2), (f"?store_id={near_id}", 2), (f"?store_id={far_id}", 1)):
        assert len(owner.ask("GET", "/alarms" + path)[1]["alarms"]) == seen
    path = f"/alarms/{mine['id']}/acknowledge"
    assert far.ask("POST", path, {})[1]["code"] == "unknown_alarm"
    supervisor = Program(shop, [shop.store_id], ("supervisor",))
    assert supervisor.ask("POST", path, {"note": "mine"})[1]["state"] == "acknowledged"
    shop.kit.services["alarm_sources"] = []
    shop.clock.advance(200)
    shop.write(alarms.check)
    assert near.ask("POST", path, {})[1]["code"] == "alarm_over"
    assert near.ask("GET", "/alarms")[1]["alarms"] == []
    [past] = near.ask("GET", "/alarms?over=true")[1]["alarms"]
    assert (past["state"], past["note"]) == ("over", "mine")


def test_who_hears_of_alarms_is_named_by_the_shop_or_by_the_settings(
    shop: Shop, near: Program, far: Program
) -> None:
    shop.kit.config = replace(shop.kit.config, alarm_contacts="house@example.org")
    path, mine = f"/alarm-contacts?store_id={shop.store_id}", {"store_id": str(shop.store_id)}
    assert near.ask("GET", path) == (200, {**mine, "contacts": ["house@example.org"], "own": False})
    assert far.ask("GET", path)[0] == far.ask("PUT", "/alarm-contacts", {**mine, "contacts": []})[0] == 404
    for wanted in (["nobody"], [PHONE, "@"]):
        assert near.ask("PUT", "/alarm-contacts", {**mine, "contacts": wanted})[1]["code"] == "wrong_contact"
    wanted = [PHONE, "boss@example.org", PHONE]
    status, shown = near.ask("PUT", "/alarm-contacts", {**mine, "contacts": wanted})
    assert (status, shown) == (200, {**mine, "contacts": wanted[:2], "own": True})
    shop.kit.services["alarm_sources"] = [lambda tx: [Wrong("open_notices", shop.store_id, "")]]
    for _ in range(shop.kit.config.alarm_minimum):
        shop.write(alarms.check)
        shop.clock.advance(60)
    told = shop.read(lambda tx: queries.messages(tx, None, state=None, order_no=None, before=None, limit=9))
    assert {row.recipient for row in told} == set(wanted)
    assert near.ask("PUT", "/alarm-contacts", {**mine, "contacts": []})[1]["own"] is False
