"""The payment centre over HTTP: who may pay, what a channel may say, where the cashier leads back to."""

import json

import pytest

from fulfil.kit import web
from fulfil.kit.errors import NotFound
from fulfil.kit.security import Principal
from fulfil.trade.payments import api, queries, service
from tests.trade.payments.centre import ORDER

PAY = f"/api/v1/orders/{ORDER}/payments"
NOTIFY = "/api/v1/payments/notify/sandbox"
BODY = {"method": "platform", "channel": "sandbox"}
OWNER = {"Authorization": "Bearer fg_owner"}


@pytest.fixture
def client(centre):
    def known(_tx, token, _headers):
        ids = {"fg_owner": 1, "fg_other": 2}
        return Principal("guest", ids[token]) if token in ids else None

    def access(_tx, who, order_no):
        if (who.id, order_no) != (1, ORDER):
            raise NotFound()

    centre.kit.security.authenticator("fg_", known)
    centre.kit.security.authenticator("fs_", lambda *_: Principal("staff", 3, frozenset({"admin"})))
    centre.kit.services["order_to_pay"] = access
    centre.kit.services["order_page"] = lambda _tx, order_no: f"/track/of-{order_no}"
    app = web.Application("test", static_folder=None)
    web.install(app, centre.kit).register_blueprint(api.bp)
    web.require_policies(app)
    return app.test_client()


def test_the_owner_gets_where_to_pay(centre, client):
    centre.open()
    answer = client.post(PAY, json=BODY, headers=OWNER)
    assert answer.status_code == 201
    [payment] = answer.json["payments"]
    [kept] = centre.read(queries.payments_of, ORDER)
    assert payment == kept | {"pay_url": centre.channel.cashier(kept["pay_url"], "zh")}
    assert payment["state"] == "requested" and isinstance(payment["serial_no"], str)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer fg_none"}, 401),
        ({"Authorization": "Bearer fs_staff"}, 403),
        ({"Authorization": "Bearer fg_other"}, 404),
    ],
)
def test_nobody_else_pays(centre, client, headers, status):
    centre.open()
    assert client.post(PAY, json=BODY, headers=headers).status_code == status
    assert centre.channel.book.transactions == {}


def test_the_same_key_gives_the_same_payment_and_another_body_is_refused(centre, client):
    centre.open()
    keyed = OWNER | {"Idempotency-Key": "k-1"}
    first = client.post(PAY, json=BODY, headers=keyed).json
    centre.tell(centre.pay(first["payments"][0]))
    again = client.post(PAY, json=BODY, headers=keyed)
    assert (again.status_code, again.json["payments"][0]["serial_no"]) == (
        201,
        first["payments"][0]["serial_no"],
    )
    other = client.post(PAY, json=BODY | {"method": "quick_card"}, headers=keyed)
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
    fresh = client.post(PAY, json=BODY, headers=OWNER)
    assert (fresh.status_code, fresh.json["code"]) == (409, "already_paid")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid"),
        ({"method": 1, "channel": "sandbox"}, 422, "invalid"),
        ({"method": "platform", "channel": "\x00"}, 400, "malformed"),
        ({"method": "m" * 33, "channel": "sandbox"}, 422, "invalid"),
        (BODY | {"parts": [2**63, 1]}, 422, "invalid"),
        (BODY | {"parts": []}, 422, "invalid"),
        (BODY | {"parts": [True]}, 422, "invalid"),
        (BODY | {"parts": [1000, 1590]}, 409, "split_refused"),
        (BODY | {"method": "offline"}, 409, "method_unavailable"),
        (BODY | {"channel": "wechat"}, 404, "unknown_channel"),
    ],
)
def test_what_is_not_offered_is_refused_and_leaves_nothing(centre, client, body, status, code):
    centre.open()
    answer = client.post(PAY, json=body, headers=OWNER)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert centre.read(queries.payments_of, ORDER)[0]["serial_no"] is None


def test_a_silent_channel_is_503_and_nothing_is_lost(centre, client):
    centre.open()
    centre.channel.silent = {"POST transactions"}
    answer = client.post(PAY, json=BODY, headers=OWNER)
    assert (answer.status_code, answer.json["code"]) == (503, "channel_unavailable")
    centre.channel.silent = set()
    assert client.post(PAY, json=BODY, headers=OWNER).status_code == 201
    assert len(centre.channel.book.transactions) == 1


def test_a_callback_is_2xx_on_every_repeat(centre, client):
    centre.open()
    [(headers, body)] = centre.channel.callbacks(centre.pay(centre.start()))
    answers = [client.post(NOTIFY, data=body, headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0].json == {"heard": True} and len(centre.heard) == 1


def test_a_forged_or_altered_callback_is_401_and_an_unreadable_one_422(centre, client):
    centre.open()
    [(headers, body)] = centre.channel.callbacks(centre.pay(centre.start()))
    altered = body.replace(b"2590", b"2591")
    for sent, with_headers in ((altered, headers), (body, {}), (b"\xff", {"X-Sandbox-Signature": "é"})):
        answer = client.post(NOTIFY, data=sent, headers=with_headers)
        assert (answer.status_code, answer.json["code"]) == (401, "bad_signature")
    signed = centre.channel._headers(b"[]")
    assert client.post(NOTIFY, data=b"[]", headers=signed).json["code"] == "malformed_notice"
    assert client.post("/api/v1/payments/notify/none", data=body, headers=headers).status_code == 404
    assert centre.heard == []


def test_one_nonce_for_two_bodies_is_a_forgery(centre, client):
    from fulfil.trade.payments.rules import signature

    centre.open()
    [(headers, body)] = centre.channel.callbacks(centre.pay(centre.start()))
    assert client.post(NOTIFY, data=body, headers=headers).status_code == 200
    other = json.dumps(json.loads(body) | {"state": "failed"}).encode()
    timestamp, nonce = headers["X-Sandbox-Timestamp"], headers["X-Sandbox-Nonce"]
    resigned = headers | {
        "X-Sandbox-Signature": signature(centre.kit.config.sandbox_secret, timestamp, nonce, other)
    }
    assert client.post(NOTIFY, data=other, headers=resigned).status_code == 401


def test_the_cashier_leads_back_to_the_order_by_an_unguessable_token(centre, client):
    centre.open()
    serial_no = centre.write(lambda tx: service.intend(tx, ORDER, "platform", "sandbox"))
    token = centre.read(queries.transaction, serial_no).token
    answer = client.get(f"/api/v1/payments/return/{token}")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/track/of-{ORDER}")
    for added, page in (("lang=en", "?lang=en"), ("lang=zh&trade_no=7", "?lang=zh"), ("lang=//evil", "")):
        led = client.get(f"/api/v1/payments/return/{token}?{added}").headers["Location"]
        assert led == f"/track/of-{ORDER}{page}"
    assert client.get("/api/v1/payments/return/pt_guess").status_code == 404


def test_a_payment_that_goes_on_in_another_language_leads_to_the_cashier_of_that_one(centre):
    """And from there back in it: the way back itself is the same for all."""
    centre.open()
    serial_no = centre.write(lambda tx: service.intend(tx, ORDER, "platform", "sandbox"))
    transaction = centre.read(queries.transaction, serial_no)
    for language, said in (("zh", "/zh/"), ("en", "/en/"), ("", "/"), ("zh", "/zh/")):
        [part] = service.ask_channel(centre.kit, serial_no, language)
        assert part["pay_url"].endswith(f"/cashier{said}{part['token']}")
    asked = centre.channel.book.transactions[str(serial_no)]
    assert asked.return_url.endswith(f"/payments/return/{transaction.token}")
