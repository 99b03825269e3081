"""A message is a row of its sender's transaction, sent after the commit, once for its key, or given up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from fulfil.kit.clock import VirtualClock
from fulfil.kit.gateway import CallRefused
from fulfil.kit.moves import History
from fulfil.kit.task_rows import Task
from fulfil.messages import queries, service
from fulfil.messages.errors import NotDead, NotSent, Undeliverable, UnknownMessage, WrongContact
from fulfil.messages.model import Message
from fulfil.retention import personal
from fulfil.retention.ageing import AGED, Ageing
from tests.trade.shop import Shop, build

PHONE = "19900000001"


class Provider:
    """A gateway whose answers the test chooses: an exception to raise, or None."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.answers: list[Exception | None] = []

    def send(self, recipient: str, text: str, *, key: str, subject: str = "") -> None:
        answer = self.answers.pop(0) if self.answers else None
        if not isinstance(answer, CallRefused):
            self.sent.append({"to": recipient, "text": text, "key": key, "subject": subject})
        if answer is not None:
            raise answer


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = build(database_url)
    yield made
    assert made.read(queries.violations) == []
    made.kit.close()


@pytest.fixture
def provider(shop: Shop) -> Provider:
    shop.kit.services["sms"] = shop.kit.services["email"] = provider = Provider()
    return provider


def send(shop: Shop, key: str = "k", **changes: Any) -> int | None:
    given = {
        "kind": "delivered",
        "store_id": shop.store_id,
        "order_no": 4711,
        "phone": PHONE,
        "language": "en",
        "values": {"shop": "Jing'an", "order": 4711, "link": "https://s/1"},
    } | changes
    return shop.write(lambda tx: service.send(tx, key=key, **given))


def row(shop: Shop, message_id: int) -> Any:
    return shop.read(lambda tx: queries.message(tx, message_id))


def wait(shop: Shop, **time: float) -> None:
    clock = shop.kit.clock
    assert isinstance(clock, VirtualClock)
    clock.advance(timedelta(**time).total_seconds())
    shop.run_tasks()


def test_a_message_leaves_after_the_commit_and_its_row_says_so(shop: Shop, provider: Provider) -> None:
    message_id = send(shop)
    assert (row(shop, message_id).state, provider.sent) == ("queued", [])
    shop.run_tasks()
    [sent] = provider.sent
    assert sent == {
        "to": PHONE,
        "text": "Jing'an: order 4711 is delivered. https://s/1",
        "key": "k",
        "subject": "",
    }
    after = row(shop, message_id)
    assert (after.state, after.attempts, after.next_at, after.ended_at) == ("sent", 1, None, shop.clock.now())
    steps = shop.read(
        lambda tx: tx.scalars(
            sa.select(History.event)
            .where(History.entity == "messages", History.order_no == 4711)
            .order_by(History.seq)
        )
    )
    assert steps == ["create", "send"]


def test_what_was_rolled_back_tells_nobody(shop: Shop, provider: Provider) -> None:
    def effect(tx: Any) -> None:
        service.send(
            tx, kind="test", store_id=None, order_no=None, phone=PHONE, language="", values={}, key="k"
        )
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        shop.write(effect)
    shop.run_tasks()
    assert provider.sent == []


def test_a_key_is_one_message_and_nobody_without_a_phone_is_told(shop: Shop, provider: Provider) -> None:
    assert send(shop) and send(shop) is None and send(shop, key="other")
    assert send(shop, key="third", phone="") is None
    shop.run_tasks()
    assert [sent["key"] for sent in provider.sent] == ["k", "other"]


def test_an_unknown_fate_is_tried_again_under_the_same_key(shop: Shop, provider: Provider) -> None:
    provider.answers = [TimeoutError("no answer"), ConnectionError("reset")]
    message_id = send(shop)
    shop.run_tasks()
    waiting = row(shop, message_id)
    assert (waiting.state, waiting.attempts, waiting.error) == ("queued", 1, "TimeoutError")
    assert waiting.next_at == shop.clock.now() + timedelta(seconds=5)
    wait(shop, seconds=4)
    assert len(provider.sent) == 1
    wait(shop, seconds=1)
    wait(shop, seconds=30)
    assert {sent["key"] for sent in provider.sent} == {"k"} and len(provider.sent) == 3
    assert (row(shop, message_id).state, row(shop, message_id).error) == ("sent", None)


def test_it_is_given_up_after_the_last_try_and_can_be_sent_again(shop: Shop, provider: Provider) -> None:
    provider.answers = [TimeoutError("no answer")] * 10
    message_id = send(shop)
    for _ in range(12):
        wait(shop, hours=2.2)
    dead = row(shop, message_id)
    assert (dead.state, dead.error, dead.next_at) == ("dead", "TimeoutError", None)
    assert dead.attempts == len(provider.sent)
    wait(shop, hours=24)
    assert len(provider.sent) == dead.attempts
    provider.answers = []
    shop.write(lambda tx: service.retry(tx, message_id, "staff:1"))
    shop.run_tasks()
    assert row(shop, message_id).state == "sent" and provider.sent[-1]["key"] == "k"


def test_a_refusal_for_good_is_not_repeated(shop: Shop, provider: Provider) -> None:
    provider.answers = [Undeliverable("http_400")]
    message_id = send(shop)
    shop.run_tasks()
    wait(shop, days=1)
    dead = row(shop, message_id)
    assert (len(provider.sent), dead.state, dead.error, dead.attempts) == (1, "dead", "http_400", 1)


def test_a_switch_that_is_off_costs_no_try_and_time_ends_it(shop: Shop, provider: Provider) -> None:
    provider.answers = [CallRefused(dependency="sms")] * 2
    first = send(shop)
    shop.run_tasks()
    wait(shop, seconds=10)
    assert row(shop, first).attempts == 0 and provider.sent == []
    wait(shop, seconds=10)
    assert row(shop, first).state == "sent"
    question = {"shop": "s", "order": 1, "product": "p", "link": "l", "minutes": 3}
    second = send(shop, key="q", kind="substitute_question", values=question)
    provider.answers = [CallRefused(dependency="sms")] * 100
    for _ in range(4):
        wait(shop, minutes=1)
    assert (row(shop, second).state, row(shop, second).error) == ("dead", "Expired")


def test_only_what_was_given_up_is_sent_again(shop: Shop, provider: Provider) -> None:
    message_id = send(shop)
    shop.run_tasks()
    with pytest.raises(NotDead):
        shop.write(lambda tx: service.retry(tx, message_id, "staff:1"))
    with pytest.raises(UnknownMessage):
        shop.write(lambda tx: service.retry(tx, 1, "staff:1"))


def test_an_e_mail_has_a_subject(shop: Shop, provider: Provider) -> None:
    shop.write(
        lambda tx: service.enqueue(
            tx,
            kind="test",
            store_id=None,
            order_no=None,
            channel="email",
            recipient="a@example.org",
            language="en",
            values={},
            key="k",
        )
    )
    shop.run_tasks()
    assert [sent["subject"] for sent in provider.sent] == ["fulfil test message"]


def test_a_sign_in_code_is_never_stored(shop: Shop, provider: Provider) -> None:
    values = {"code": "864209", "minutes": 5}
    with pytest.raises(ValueError, match="never stored"):
        send(shop, kind="sign_in_code", values=values)
    service.send_now(shop.kit, kind="sign_in_code", phone=PHONE, language="zh", values=values, key="c")
    assert [sent["text"] for sent in provider.sent] == ["验证码 864209，5 分钟内有效。"]
    assert shop.read(lambda tx: tx.all(sa.select(Message.id))) == []


def test_a_test_message_says_where_it_went_or_why_not(shop: Shop, provider: Provider) -> None:
    assert service.try_out(shop.kit, PHONE) == "sms"
    assert service.try_out(shop.kit, "li@example.org") == "email"
    assert [sent["subject"] for sent in provider.sent] == ["", "fulfil 测试消息 / fulfil test message"]
    with pytest.raises(WrongContact):
        service.try_out(shop.kit, "nobody")
    provider.answers = [TimeoutError("no answer"), Undeliverable("http_400")]
    for why in ("no answer", "http_400"):
        with pytest.raises(NotSent, match=why):
            service.try_out(shop.kit, PHONE)


def test_a_message_that_nothing_sends_and_a_state_without_a_step_are_seen(shop: Shop) -> None:
    message_id = send(shop)
    shop.write(lambda tx: tx.delete(Task, {"key": f"message:{message_id}"}))
    assert [(v.invariant, v.id) for v in shop.read(queries.violations)] == [(14, str(message_id))]
    shop.write(lambda tx: tx.update(Message, {"id": message_id}, state="sent"))
    assert [(v.invariant, v.id) for v in shop.read(queries.violations)] == [(11, str(message_id))]
    shop.write(lambda tx: tx.delete(Message, {"id": message_id}))


def test_what_was_said_to_whom_goes_with_the_other_personal_data(shop: Shop, provider: Provider) -> None:
    order_no = shop.place()
    message_id = send(shop, order_no=order_no)
    shop.run_tasks()
    shop.write(lambda tx: personal.erase(tx, order_no, shop.store_id))
    after = row(shop, message_id)
    assert (after.recipient, after.subject, after.text, after.state) == ("", "", "", "sent")


def test_what_was_erased_is_not_sent_again(shop: Shop, provider: Provider) -> None:
    provider.answers = [Undeliverable("http_400")]
    order_no = shop.place()
    message_id = send(shop, order_no=order_no)
    shop.run_tasks()
    shop.write(lambda tx: personal.erase(tx, order_no, shop.store_id))
    with pytest.raises(NotDead):
        shop.write(lambda tx: service.retry(tx, message_id, "staff:1"))


def test_a_message_of_no_order_goes_with_its_steps(shop: Shop, provider: Provider) -> None:
    ids = [send(shop, key=str(n), order_no=None, kind="test") for n in range(2)]
    ids.append(send(shop, key="of order"))
    shop.run_tasks()
    provider.answers = [CallRefused(dependency="sms")] * 9
    waiting = send(shop, key="waits", order_no=None, kind="test")
    sweep = Ageing()
    shop.clock.advance(timedelta(days=shop.kit.config.message_days).total_seconds() + 1)
    for _ in AGED:
        shop.write(sweep)
    left = shop.read(lambda tx: tx.scalars(sa.select(Message.id).order_by(Message.id)))
    assert left == [ids[2], waiting]
    steps = shop.read(lambda tx: tx.scalars(sa.select(History.entity_id).where(History.entity == "messages")))
    assert set(steps) == {ids[2], waiting}
