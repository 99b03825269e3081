"""A person is told of what is wrong, until somebody has it or it is over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa

from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from fulfil.kit.errors import ConfigError
from fulfil.kit.gateway import CallFailed, KeyRefused
from fulfil.messages import jobs, queries, service
from fulfil.messages.errors import AlarmOver
from fulfil.messages.model import Message
from fulfil.messages.rules.alarms import Wrong
from fulfil.messages.service import alarms, posting
from fulfil.store.model import Store
from tests.trade.shop import Shop, build

MAIL, PHONE = "ops@example.org", "13800005678"
MINUTE = 60


class Inbox:
    """Takes what is sent to phones and addresses."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, str]] = []

    def send(self, recipient: str, text: str, *, key: str, subject: str = "") -> None:
        self.got.append((recipient, subject, text))


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = build(database_url, alarm_contacts=f"{MAIL} {PHONE}")
    made.kit.services["alarm_sources"] = [lambda tx: made.wrong]
    made.wrong = []
    yield made
    assert made.read(queries.violations) == []
    made.kit.close()


@pytest.fixture
def inbox(shop: Shop) -> Inbox:
    shop.kit.services["sms"] = shop.kit.services["email"] = inbox = Inbox()
    return inbox


def check(shop: Shop, minutes: int = 1) -> None:
    """So many minutes pass, with a check at the end of each, by two processes."""
    for _ in range(minutes):
        shop.clock.advance(MINUTE)
        for _ in range(2):
            shop.write(alarms.check)
        shop.run_tasks()


def live(shop: Shop) -> list[Any]:
    return shop.read(queries.live_alarms)


def acknowledge(shop: Shop, alarm_id: int, note: str = "") -> None:
    shop.write(lambda tx: service.acknowledge(tx, queries.alarm(tx, alarm_id), note, "staff:1"))


def refunds(shop: Shop, amount: int = 2) -> Wrong:
    return Wrong("failed_refunds", shop.store_id, "", amount)


def test_people_hear_of_it_by_the_rule_and_that_it_is_over(shop: Shop, inbox: Inbox) -> None:
    shop.wrong = [refunds(shop)]
    check(shop, 2)
    assert inbox.got == []
    check(shop)
    mail, text = sorted(inbox.got, reverse=True)
    assert mail[0] == MAIL and "静安店" in mail[1] and "2 × refund that its channel refused" in mail[1]
    assert text[:2] == (PHONE, "") and "2 笔退款被支付渠道拒绝" in text[2] and "03-02 12:01 CST" in text[2]
    check(shop, 27)  # the thirtieth check
    assert len(inbox.got) == 2 * 10
    [row] = live(shop)
    assert (row.count, row.told, row.state) == (30, 10, "open")
    shop.wrong = []
    check(shop, 3)
    assert live(shop) == []
    assert "告警解除" in inbox.got[-1][2] and len(inbox.got) == 2 * 11
    check(shop, 60)
    assert len(inbox.got) == 2 * 11


def test_a_recovery_resets_and_what_nobody_heard_of_ends_silently(shop: Shop, inbox: Inbox) -> None:
    for _ in range(3):
        shop.wrong = [refunds(shop)]
        check(shop, 2)
        shop.wrong = []
        check(shop, 3)
    assert inbox.got == []
    assert len(shop.read(lambda tx: queries.alarms(tx, None, over=True, before=None, limit=9))) == 3


def test_who_has_it_is_told_no_more_and_when_it_is_over_all_are(shop: Shop, inbox: Inbox) -> None:
    shop.wrong = [refunds(shop)]
    check(shop, 4)
    told = len(inbox.got)
    [row] = live(shop)
    for _ in range(2):
        acknowledge(shop, row.id, "calling the bank")
    shop.wrong = [refunds(shop, 5)]
    check(shop, 30)
    [row] = live(shop)
    assert (row.state, row.acknowledged_by, row.note, row.amount) == (
        "acknowledged",
        "staff:1",
        "calling the bank",
        5,
    )
    assert len(inbox.got) == told
    shop.wrong = []
    check(shop, 3)
    assert len(inbox.got) == told + 2
    with pytest.raises(AlarmOver):
        acknowledge(shop, row.id)


def test_a_shop_names_its_own_contacts_and_others_hear_of_the_house(shop: Shop, inbox: Inbox) -> None:
    own = {"alarm_contacts": ["13900000001", "nonsense"]}
    shop.write(lambda tx: tx.update(Store, {"id": shop.store_id}, policy=own))
    shop.wrong = [refunds(shop), Wrong("switch_off", None, "sms")]
    check(shop, 3)
    heard = {(to, "Short messages" in text) for to, _, text in inbox.got}
    assert heard == {("13900000001", False), (MAIL, True), (PHONE, True)}


def test_without_contacts_the_list_still_tells(sqlite_url: str) -> None:
    shop = build(sqlite_url)
    shop.kit.services["alarm_sources"] = [lambda tx: [refunds(shop)]]
    check(shop, 3)
    [row] = live(shop)
    assert row.told == 1 and shop.read(lambda tx: tx.all(sa.select(Message.id))) == []
    shop.kit.close()


def test_the_house_knows_what_is_wrong_with_it(shop: Shop) -> None:
    def wrong() -> set[tuple[str, int | None, str, int]]:
        return {
            (one.kind, one.store_id, one.subject, one.amount)
            for one in shop.write(lambda tx: list(alarms.of_the_house(tx)))
        }

    assert wrong() == set()
    shop.write(lambda tx: shop.kit.gateway.flip(tx, "sms", False, "r", "staff:1"))
    webhook_id, _ = shop.write(
        lambda tx: service.subscribe(
            tx, store_id=None, url="https://example.org", types=[], description="", actor="staff:1"
        )
    )
    for key in ("a", "b"):
        shop.write(
            lambda tx, key=key: service.send(
                tx,
                kind="substitute_question",
                store_id=shop.store_id,
                order_no=None,
                phone=PHONE,
                language="",
                values={"shop": "s", "order": 1, "product": "p", "minutes": 1, "link": "l"},
                key=key,
            )
        )
    shop.clock.advance(60 * MINUTE)
    shop.run_tasks()
    found = {("dead_messages", shop.store_id, "sms", 2)}
    assert wrong() == found
    shop.clock.advance(1)
    assert wrong() == found | {("switch_off", None, "sms", 1)}
    for _ in range(5):
        with pytest.raises(OSError):
            shop.kit.gateway.call(posting.DEPENDENCY, lambda: (_ for _ in ()).throw(OSError()))
    shop.write(lambda tx: service.change(tx, queries.webhook(tx, webhook_id), {"active": False}, "staff:1"))
    assert wrong() == found | {("switch_off", None, "sms", 1), ("breaker_open", None, "webhooks", 1)}
    shop.write(lambda tx: shop.kit.gateway.flip(tx, "sms", True, "", "staff:1"))
    shop.clock.advance(24 * 60 * MINUTE)
    shop.kit.gateway.call(posting.DEPENDENCY, lambda: None)
    assert wrong() == set()


def test_who_refuses_our_key_is_told_of_at_once_and_not_as_silent(shop: Shop, inbox: Inbox) -> None:
    def call(raised: Exception | None) -> None:
        with suppress(CallFailed):
            shop.kit.gateway.call(posting.DEPENDENCY, lambda: raised and (_ for _ in ()).throw(raised))

    shop.kit.services["alarm_sources"] = [alarms.of_the_house]
    for _ in range(5):
        call(KeyRefused("answered 401"))
    check(shop)
    [row] = live(shop)
    assert (row.kind, row.subject) == ("key_refused", posting.DEPENDENCY)
    assert len(inbox.got) == 2 and all("refuses our key" in text for _, _, text in inbox.got)
    call(None)
    check(shop, 3)
    assert live(shop) == []


def fail(shop: Shop, name: str) -> None:
    with pytest.raises(CallFailed):
        shop.kit.gateway.call(name, lambda: (_ for _ in ()).throw(CallFailed("no answer")))


def test_silence_of_what_customers_wait_for_is_told_after_a_minute(shop: Shop, inbox: Inbox) -> None:
    """Little traffic: three calls in a minute, as one payment that is asked about again. No breaker opens."""
    shop.kit.services["alarm_sources"] = [alarms.of_the_house]
    for seconds in (0, 15, 30):
        shop.clock.advance(seconds)
        fail(shop, "pay_sandbox")
    check(shop)
    assert shop.read(lambda tx: shop.kit.gateway.switch(tx, "pay_sandbox"))["breaker"] == "closed"
    [row] = live(shop)
    assert (row.kind, row.subject) == ("silent", "pay_sandbox")
    assert len(inbox.got) == 2 and all("nobody can pay, and refunds wait" in text for _, _, text in inbox.got)
    shop.kit.gateway.call("pay_sandbox", lambda: None)
    check(shop, 3)
    assert live(shop) == [] and "解除" in inbox.got[-1][2]


@pytest.mark.parametrize(
    ("name", "failures", "then"),
    [
        ("pay_sandbox", 1, False),  # an answer that got lost
        ("pay_sandbox", 3, True),  # it came through since
        ("email", 3, False),  # nobody waits at a screen for it
    ],
)
def test_nobody_is_alarmed_without_need(
    shop: Shop, inbox: Inbox, name: str, failures: int, then: bool
) -> None:
    shop.kit.services["alarm_sources"] = [alarms.of_the_house]
    for _ in range(failures):
        fail(shop, name)
    if then:
        shop.kit.gateway.call(name, lambda: None)
    check(shop, 5)
    assert live(shop) == [] and inbox.got == []


def test_a_channel_that_was_switched_off_is_not_called_silent(shop: Shop, inbox: Inbox) -> None:
    shop.kit.services["alarm_sources"] = [alarms.of_the_house]
    for _ in range(3):
        fail(shop, "pay_sandbox")
    shop.write(lambda tx: shop.kit.gateway.flip(tx, "pay_sandbox", False, "r", "staff:1"))
    check(shop, 5)
    assert live(shop) == []


def test_people_are_told_in_a_shops_words_and_where_to_look(shop: Shop, inbox: Inbox) -> None:
    shop.wrong = [Wrong("dead_tasks", shop.store_id, "payments.refund", 2)]
    check(shop, 3)
    text = sorted(inbox.got)[0][2]
    assert "2 件事停住了：向渠道发起退款" in text and "2 × stands still: Ask the channel to pay back" in text
    assert f"{shop.kit.config.public_url}/console#/stuck" in text and "payments.refund" not in text


def test_a_contact_whom_nobody_could_tell_stops_the_start(sqlite_url: str) -> None:
    kit = Kit(Config(database_url=sqlite_url, alarm_contacts=f"{MAIL} nonsense"))
    with pytest.raises(ConfigError, match="not 'nonsense'"):
        jobs.register(kit)
    kit.close()
