"""Events reach a real receiver: signed, in order, again and again until taken, replayed, given up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from fulfil.contracts.fulfilment import FulfilmentProgressed
from fulfil.contracts.trade import RefundSettled
from fulfil.kit.moves import History
from fulfil.messages import queries, service
from fulfil.messages.errors import StillQueued, UnknownDelivery, WebhookDisabled, WrongUrl
from fulfil.messages.rules.alarms import Wrong
from fulfil.messages.service import alarms, hooks, posting
from fulfil.trade.orders import service as orders
from tests.messages.conftest import CERTIFICATE
from tests.messages.receiver import Got, Receiver
from tests.trade.shop import Shop, build

DAY = 24 * 3600


@pytest.fixture
def shop(sqlite_url: str) -> Iterator[Shop]:
    made = build(sqlite_url)
    yield made
    assert made.read(queries.violations) == []
    made.kit.close()


def subscribe(shop: Shop, url: str, *types: str, store: int | None = None) -> tuple[int, str]:
    return shop.write(
        lambda tx: service.subscribe(
            tx, store_id=store, url=url, types=list(types), description="", actor="staff:1"
        )
    )


def settle(shop: Shop, refund: int, *, order: int = 4711, succeeded: bool = True) -> None:
    hear(
        shop,
        RefundSettled(
            order_no=order, store_id=shop.store_id, refund_id=refund, amount=5, succeeded=succeeded
        ),
    )


def hear(shop: Shop, *happened: Any) -> None:
    """Events of orders that nobody else knows: only webhooks hear them."""
    shop.write(lambda tx: [hooks.on_event(tx, one) for one in happened])
    shop.run_tasks()


def hook(shop: Shop, webhook_id: int) -> Any:
    return shop.read(lambda tx: queries.webhook(tx, webhook_id))


def deliveries(shop: Shop, webhook_id: int) -> list[Any]:
    """Oldest first."""
    return shop.read(lambda tx: queries.deliveries(tx, webhook_id, state=None, before=None, limit=200))[::-1]


def change(shop: Shop, webhook_id: int, **changes: Any) -> None:
    shop.write(lambda tx: service.change(tx, queries.webhook(tx, webhook_id), changes, "staff:1"))


def replay(shop: Shop, webhook_id: int, delivery_id: int) -> None:
    shop.write(lambda tx: service.replay(tx, queries.webhook(tx, webhook_id), delivery_id, "staff:1"))


def wait(shop: Shop, seconds: float) -> None:
    shop.clock.advance(seconds)
    shop.run_tasks()


def verified(got: Got, *secrets: str) -> dict[str, Any]:
    """The document of a call that every one of these secrets, and nothing else, has signed."""
    told = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    right = {
        "v1,"
        + base64.b64encode(
            hmac.new(base64.b64decode(secret.split("_", 1)[1]), told, hashlib.sha256).digest()
        ).decode()
        for secret in secrets
    }
    assert set(got.headers["webhook-signature"].split()) == right
    return json.loads(got.body)


def test_an_event_arrives_signed(shop: Shop, receiver: Receiver) -> None:
    webhook_id, secret = subscribe(shop, receiver.url + "?a=b")
    settle(shop, 7)
    [got] = receiver.got
    assert verified(got, secret) == {
        "type": "refund.succeeded",
        "timestamp": "2026-03-02T04:00:00.000Z",
        "data": {"order_no": "4711", "store_id": str(shop.store_id), "refund_id": "7", "amount": 5},
    }
    [row] = deliveries(shop, webhook_id)
    assert got.headers["webhook-id"] == service.message_id(row.id)
    assert int(got.headers["webhook-timestamp"]) == shop.clock.now().timestamp()
    assert (got.method, got.path, got.headers["content-type"]) == ("POST", "/hook?a=b", "application/json")
    assert (row.state, row.attempts, row.status, row.error) == ("sent", 1, 204, None)


def test_what_an_order_goes_through_is_told_in_order_and_names_nobody(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver.url)
    order_no = shop.place()
    shop.pay(order_no)
    shop.run_tasks()
    shop.write(lambda tx: orders.cancel(tx, order_no, "guest:1", "changed my mind"))
    shop.settle_refunds()
    told = [json.loads(got.body) for got in receiver.got]
    assert [one["type"] for one in told] == ["order.paid", "refund.succeeded", "order.cancelled"]
    assert {one["data"]["order_no"] for one in told} == {str(order_no)}
    assert told[0]["data"]["lines"][0].keys() == {"line_no", "sku", "quantity", "unit", "payable"}
    everything = b"".join(got.body for got in receiver.got).decode()
    contact = shop.order(order_no).contact
    assert not [one for one in (contact["phone"], contact["address"], "changed my mind") if one in everything]


def test_who_wants_what_where_is_told_that(shop: Shop, receiver: Receiver) -> None:
    wanted, _ = subscribe(shop, receiver.url, "refund.failed", store=shop.store_id)
    others = [subscribe(shop, receiver.url, "order.paid")[0], subscribe(shop, receiver.url)[0]]
    change(shop, others[1], active=False)
    settle(shop, 1)
    settle(shop, 2, succeeded=False)
    hear(
        shop,
        FulfilmentProgressed(
            order_no=1, store_id=shop.store_id, fulfilment_id=2, event="prepare", at=shop.clock.now()
        ),
    )
    assert [json.loads(got.body)["type"] for got in receiver.got] == ["refund.failed"]
    assert len(deliveries(shop, wanted)) == 1 and not any(deliveries(shop, one) for one in others)
    change(shop, wanted, types=["order.paid"])
    settle(shop, 3, succeeded=False)
    assert len(receiver.got) == 1


def test_of_another_shop_nobody_is_told(shop: Shop, receiver: Receiver) -> None:
    subscribe(shop, receiver.url, store=shop.store_id)
    hear(shop, RefundSettled(order_no=1, store_id=shop.store_id + 1, refund_id=1, amount=5, succeeded=True))
    assert receiver.got == []


def test_a_failure_is_repeated_under_the_same_id_with_a_fresh_time(shop: Shop, receiver: Receiver) -> None:
    webhook_id, secret = subscribe(shop, receiver.url)
    receiver.answers = [500, (302, {"Location": receiver.url}), 404, 200]
    settle(shop, 7)
    for seconds in (6, 360, 2160):
        wait(shop, seconds)
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1 and len(receiver.got) == 4
    assert len({got.headers["webhook-timestamp"] for got in receiver.got}) == 4
    assert len({got.body for got in receiver.got}) == 1
    assert [verified(got, secret)["type"] for got in receiver.got] == ["refund.succeeded"] * 4
    [row] = deliveries(shop, webhook_id)
    assert (row.state, row.attempts, row.status) == ("sent", 4, 200)
    assert hook(shop, webhook_id).failing_since is None
    wait(shop, DAY)
    assert len(receiver.got) == 4


def test_from_several_processes_it_goes_by_tls(
    postgres_url: str, server_tls: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL, where plain http goes nowhere: a failure, a repeat, two secrets, a replay, the end."""
    monkeypatch.setenv("SSL_CERT_FILE", CERTIFICATE)
    shop = build(postgres_url, webhook_private=True)
    with closing(Receiver(server_tls)) as receiver:
        with pytest.raises(WrongUrl):
            subscribe(shop, receiver.url)
        webhook_id, old = subscribe(shop, f"https://127.0.0.1:{receiver.port}/")
        receiver.answers = [500]
        settle(shop, 1)
        new = shop.write(lambda tx: service.rotate(tx, queries.webhook(tx, webhook_id, lock=True), "staff:1"))
        wait(shop, 6)
        [row] = deliveries(shop, webhook_id)
        assert (row.state, row.attempts) == ("sent", 2)
        replay(shop, webhook_id, row.id)
        shop.run_tasks()
        verified(receiver.got[0], old)
        for got in receiver.got[1:]:
            verified(got, old, new)
        assert len(receiver.got) == 3
        receiver.answers = [410]
        settle(shop, 2)
        assert hook(shop, webhook_id).disabled_for == "gone"
        shop.write(lambda tx: service.end(tx, queries.webhook(tx, webhook_id, lock=True), "staff:1"))
        assert shop.read(lambda tx: queries.webhooks(tx, None)) == shop.read(queries.violations) == []
    shop.kit.close()


def test_events_of_one_order_keep_their_order_and_a_failed_one_holds_up_nobody(
    shop: Shop, receiver: Receiver
) -> None:
    subscribe(shop, receiver.url)
    receiver.answers = [204, 503]
    hear(
        shop,
        *(
            RefundSettled(order_no=4711, store_id=shop.store_id, refund_id=refund, amount=5, succeeded=True)
            for refund in range(1, 6)
        ),
    )
    wait(shop, 6)
    assert [json.loads(got.body)["data"]["refund_id"] for got in receiver.got] == list("123452")


def test_it_is_given_up_after_the_last_try_and_a_replay_keeps_the_id(shop: Shop, receiver: Receiver) -> None:
    webhook_id, _ = subscribe(shop, receiver.url)
    receiver.answers = [500]
    settle(shop, 7)
    for n in range(9):
        settle(shop, 100 + n)  # what comes through in between keeps the webhook from being disabled
        receiver.answers = [500]
        wait(shop, DAY * 1.2)
    dead = deliveries(shop, webhook_id)[0]
    assert (dead.state, dead.attempts, dead.error, dead.next_at) == ("dead", 10, "http_500", None)
    assert shop.read(lambda tx: list(alarms.of_the_house(tx))) == [
        Wrong("dead_deliveries", None, f"{urlsplit(receiver.url).netloc} ({webhook_id})", 1)
    ]
    before = len(receiver.got)
    wait(shop, DAY * 2)
    assert len(receiver.got) == before
    replay(shop, webhook_id, dead.id)
    with pytest.raises(StillQueued):
        replay(shop, webhook_id, dead.id)
    shop.run_tasks()
    assert receiver.got[-1].headers["webhook-id"] == receiver.got[0].headers["webhook-id"]
    replay(shop, webhook_id, dead.id)
    shop.run_tasks()
    assert len(receiver.got) == before + 2 and deliveries(shop, webhook_id)[0].state == "sent"
    assert shop.read(lambda tx: list(alarms.of_the_house(tx))) == []


def test_secrets_rotate_with_both_for_a_day(shop: Shop, receiver: Receiver) -> None:
    webhook_id, old = subscribe(shop, receiver.url)
    new = shop.write(lambda tx: service.rotate(tx, queries.webhook(tx, webhook_id), "staff:1"))
    assert new != old
    settle(shop, 1)
    wait(shop, DAY)
    settle(shop, 2)
    both, last = receiver.got
    verified(both, old, new)
    verified(last, new)
    steps = shop.read(
        lambda tx: tx.scalars(
            sa.select(History.event)
            .where(History.entity == "webhooks", History.entity_id == webhook_id)
            .order_by(History.id)
        )
    )
    assert steps == ["create", "rotate"]


def test_whoever_did_not_hear_the_new_secret_asks_again(shop: Shop, receiver: Receiver) -> None:
    webhook_id, old = subscribe(shop, receiver.url)
    for _ in range(3):
        new = shop.write(lambda tx: service.rotate(tx, queries.webhook(tx, webhook_id), "staff:1"))
    settle(shop, 1)
    [both] = receiver.got
    verified(both, old, new)


def test_a_receiver_that_is_gone_is_asked_no_more(shop: Shop, receiver: Receiver) -> None:
    webhook_id, _ = subscribe(shop, receiver.url)
    receiver.answers = [410]
    settle(shop, 1)
    settle(shop, 2)
    assert len(receiver.got) == 1
    assert (hook(shop, webhook_id).state, hook(shop, webhook_id).disabled_for) == ("disabled", "gone")
    [dead] = deliveries(shop, webhook_id)
    assert (dead.state, dead.status, dead.attempts) == ("dead", 410, 1)
    with pytest.raises(WebhookDisabled):
        replay(shop, webhook_id, dead.id)
    with pytest.raises(WebhookDisabled):
        shop.write(lambda tx: service.send_test(tx, queries.webhook(tx, webhook_id)))
    change(shop, webhook_id, active=True)
    replay(shop, webhook_id, dead.id)
    shop.run_tasks()
    assert deliveries(shop, webhook_id)[0].state == "sent"


def test_an_alarm_names_a_webhook_by_its_host_and_tells_nobody_the_rest_of_its_address(
    sqlite_url: str, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    shop = build(sqlite_url, alarm_contacts="ops@example.org", alarm_minimum=1)
    webhook_id, _ = subscribe(shop, f"{receiver.url}/T0KEN-OF-THE-HOOK?key=s3cret")
    receiver.answers = [410]
    settle(shop, 1)
    shop.kit.services["alarm_sources"] = [alarms.of_the_house]
    shop.write(alarms.check)
    host = f"127.0.0.1:{receiver.port}"
    [told] = shop.read(lambda tx: queries.messages(tx, None, state=None, order_no=None, before=None, limit=9))
    [alarm] = shop.read(queries.live_alarms)
    assert alarm.kind == "disabled_webhooks"
    for said in (told.text, alarm.subject, caplog.text):
        assert f"{host} ({webhook_id})" in said
        assert "T0KEN" not in said and "s3cret" not in said
    shop.kit.close()


def test_who_fails_for_days_is_disabled_and_what_waits_is_given_up(shop: Shop, receiver: Receiver) -> None:
    webhook_id, _ = subscribe(shop, receiver.url)
    receiver.answers = [500] * 50
    settle(shop, 1)
    assert hook(shop, webhook_id).failing_since == shop.clock.now()
    wait(shop, 2.9 * DAY)
    assert hook(shop, webhook_id).state == "active"
    settle(shop, 2)
    wait(shop, 0.2 * DAY)
    row = hook(shop, webhook_id)
    assert (row.state, row.disabled_for) == ("disabled", "failing")
    wait(shop, 2 * DAY)
    assert {one.state for one in deliveries(shop, webhook_id)} == {"dead"}
    asked = len(receiver.got)
    wait(shop, 5 * DAY)
    assert len(receiver.got) == asked


def test_faults_of_one_receiver_are_not_those_of_another(shop: Shop, receiver: Receiver) -> None:
    """Five failures would open a breaker: then nobody would be told of anything."""
    with closing(Receiver()) as broken:
        broken.answers = [500] * 50
        subscribe(shop, broken.url)
        subscribe(shop, receiver.url)
        for n in range(8):
            settle(shop, n, order=n + 1)
        assert len(broken.got) == len(receiver.got) == 8


def test_a_switch_that_is_off_costs_no_try(shop: Shop, receiver: Receiver) -> None:
    webhook_id, _ = subscribe(shop, receiver.url)
    shop.write(lambda tx: shop.kit.gateway.flip(tx, "webhooks", False, "r", "staff:1"))
    settle(shop, 1)
    assert (deliveries(shop, webhook_id)[0].attempts, receiver.got) == (0, [])
    shop.write(lambda tx: shop.kit.gateway.flip(tx, "webhooks", True, "", "staff:1"))
    wait(shop, 10)
    assert deliveries(shop, webhook_id)[0].state == "sent"


def test_a_test_says_that_it_is_one(shop: Shop, receiver: Receiver) -> None:
    webhook_id, secret = subscribe(shop, receiver.url, "order.paid")
    shop.write(lambda tx: service.send_test(tx, queries.webhook(tx, webhook_id)))
    shop.run_tasks()
    assert verified(receiver.got[0], secret)["type"] == "webhook.test"


def test_what_has_ended_is_told_nothing_and_keeps_no_secret(shop: Shop, receiver: Receiver) -> None:
    webhook_id, _ = subscribe(shop, receiver.url)
    receiver.answers = [500]
    settle(shop, 1)
    shop.write(lambda tx: service.end(tx, queries.webhook(tx, webhook_id), "staff:1"))
    settle(shop, 2)
    wait(shop, 60)
    row = hook(shop, webhook_id)
    assert (row.state, row.url, row.secrets, len(receiver.got)) == ("ended", "", [], 1)
    assert [(one.state, one.error) for one in deliveries(shop, webhook_id)] == [("dead", "webhook_disabled")]


def test_a_delivery_is_of_its_webhook(shop: Shop, receiver: Receiver) -> None:
    webhook_id, _ = subscribe(shop, receiver.url, "refund.succeeded")
    other, _ = subscribe(shop, receiver.url, "order.paid")
    settle(shop, 1)
    with pytest.raises(UnknownDelivery):
        replay(shop, other, deliveries(shop, webhook_id)[0].id)


@pytest.mark.parametrize("url", ["http://example.org/x", "https://user:pw@example.org", "nonsense"])
def test_a_wrong_address_is_refused(shop: Shop, receiver: Receiver, url: str) -> None:
    with pytest.raises(WrongUrl):
        subscribe(shop, url)
    webhook_id, _ = subscribe(shop, receiver.url)
    with pytest.raises(WrongUrl):
        change(shop, webhook_id, url=url)


# ---------------------------------------------------------------- the call itself


def test_who_waits_for_a_slow_receiver_loses_no_try(
    shop: Shop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook_id, _ = subscribe(shop, receiver.url)

    def busy(*_: Any) -> posting.Answer:
        raise posting.Busy()

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(shop.kit.services["webhook_lanes"], "run", busy)
        settle(shop, 1)
    assert (deliveries(shop, webhook_id)[0].attempts, receiver.got) == (0, [])
    wait(shop, 60)
    assert deliveries(shop, webhook_id)[0].state == "sent"
