"""Money that is held, refunds that failed and tasks that gave up are seen by whom they concern."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from fulfil.kit.moves import History
from fulfil.kit.task_rows import ATTEMPTS_MAX
from fulfil.kit.tasks import BACKOFF_SECONDS_MAX
from fulfil.store import service as stores
from fulfil.trade.payments import service as payments
from fulfil.trade.payments.rules import Said
from fulfil.trade.payments.service.channel import Notice
from tests.app.asking import Ask, asking
from tests.trade.shop import SHOP, Shop, build


class Gone(OSError):
    """What a failing handler of these tests raises."""


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = build(database_url)
    yield made
    made.kit.close()


@pytest.fixture
def ask(shop: Shop) -> Ask:
    return asking(shop, "supervisor")


def seen(shop: Shop, ask: Ask, more: str = "", **who: Any) -> list[dict[str, Any]]:
    status, answer = ask("GET", f"/exceptions?store_id={shop.store_id}{more}", **who)
    assert status == 200, answer
    return answer["exceptions"]


def die(shop: Shop, payload: dict[str, Any], key: str | None = None) -> int:
    """A task of that payload fails until it is dead; its number."""

    def fail(_tx, _payload) -> None:
        raise Gone("the secret of a customer")

    shop.kit.tasks.handler("test.fails", fail)
    task_id = shop.write(lambda tx: shop.kit.tasks.add(tx, "test.fails", payload, key=key))
    for _ in range(ATTEMPTS_MAX):
        shop.run_tasks()
        shop.clock.advance(BACKOFF_SECONDS_MAX)
    return task_id


def test_a_wrong_amount_waits_with_its_order_and_age(shop: Shop, ask: Ask) -> None:
    assert seen(shop, ask) == []
    order_no = shop.place()
    payment = shop.start_payment(order_no)
    shop.tell(payment, amount=1)
    shop.clock.advance(90)
    [one] = seen(shop, ask, role="operator")
    assert (one["kind"], one["order_no"], one["reason"]) == (
        "payment_notice",
        str(order_no),
        "amount_mismatch",
    )
    assert (one["amount"], one["currency"], one["age_seconds"]) == (1, "CNY", 90)


def wrong_amount(shop: Shop) -> int:
    """An order whose payment came with another amount; its number."""
    order_no = shop.place()
    shop.tell(shop.start_payment(order_no), amount=1)
    return order_no


def resolve(ask: Ask, notice_id: str, note: str, role: str = "operator", **who: Any) -> tuple[int, Any]:
    return ask("POST", f"/payments/notices/{notice_id}/resolve", role, body={"note": note}, **who)


def test_a_notice_is_resolved_once_and_leaves_the_list(shop: Shop, ask: Ask) -> None:
    order_no = wrong_amount(shop)
    [one] = seen(shop, ask)
    assert (one["resolved_at"], one["resolved_by"], one["note"]) == (None, None, None)
    status, told = resolve(ask, one["id"], "paid back by hand")
    assert (status, told["id"], told["note"]) == (200, one["id"], "paid back by hand")
    assert told["resolved_by"].startswith("staff:") and told["resolved_at"] is not None
    assert seen(shop, ask) == [] == seen(shop, ask, "&resolved=false")
    shop.clock.advance(60)
    assert resolve(ask, one["id"], "paid back by hand", role="admin")[1]["resolved_by"] == told["resolved_by"]
    [shown] = seen(shop, ask, "&resolved=true")
    assert {name: shown[name] for name in told if name != "age_seconds"} == {
        name: told[name] for name in told if name != "age_seconds"
    }
    history = sa.select(History.order_no, History.store_id, History.actor, History.detail).where(
        History.entity == "pay_notices", History.event == "resolve"
    )
    [audit] = shop.read(lambda tx: tx.all(history))
    assert (audit.order_no, audit.store_id, audit.actor) == (order_no, shop.store_id, told["resolved_by"])
    assert audit.detail["note"] == "paid back by hand"


def test_another_note_on_a_resolved_notice_is_refused(shop: Shop, ask: Ask) -> None:
    wrong_amount(shop)
    [one] = seen(shop, ask)
    resolve(ask, one["id"], "first")
    status, answer = resolve(ask, one["id"], "second")
    assert (status, answer["code"], answer["note"]) == (409, "notice_resolved", "first")
    assert seen(shop, ask, "&resolved=true")[0]["note"] == "first"


def test_who_may_resolve_which_notice(shop: Shop, ask: Ask) -> None:
    far = shop.write(lambda tx: stores.create_store(tx, **SHOP))
    wrong_amount(shop)
    [one] = seen(shop, ask)
    assert resolve(ask, one["id"], "n", role="supervisor")[0] == 403
    for notice_id, where in ((one["id"], (far,)), ("999", ())):
        status, answer = resolve(ask, notice_id, "n", store_ids=where)
        assert (status, answer["code"]) == (404, "unknown_notice")
    assert resolve(ask, one["id"], "")[0] == 422
    assert len(seen(shop, ask)) == 1


def test_a_notice_of_no_payment_is_resolved_by_who_sees_it(shop: Shop, ask: Ask) -> None:
    shop.write(lambda tx: stores.create_store(tx, **SHOP))
    shop.write(lambda tx: payments.hear_notice(tx, "sandbox", Notice("nonce-0001", "d", Said(404, "failed"))))
    everywhere = {"role": "admin", "store_ids": None}
    [one] = seen(shop, ask, **everywhere)
    assert (one["reason"], one["order_no"]) == ("unknown_serial", None)
    assert resolve(ask, one["id"], "n")[0] == 404
    assert resolve(ask, one["id"], "n", **everywhere)[0] == 200
    assert seen(shop, ask, **everywhere) == []


def test_a_resolved_notice_stays_resolved_when_the_channel_repeats_itself(shop: Shop, ask: Ask) -> None:
    payment = shop.start_payment(shop.place())
    shop.tell(payment, amount=1)
    resolve(ask, seen(shop, ask)[0]["id"], "n")
    shop.tell(payment, amount=1)
    assert seen(shop, ask) == []
    said = Said(int(payment["serial_no"]), "succeeded", 2, "CNY", "", "another")
    shop.write(lambda tx: payments.hear_notice(tx, "sandbox", Notice("nonce-0001", "d", said)))
    assert [one["amount"] for one in seen(shop, ask)] == [2]


def test_a_refund_that_failed_waits_until_the_money_has_arrived(shop: Shop, ask: Ask) -> None:
    order_no = shop.place()
    payment = shop.start_payment(order_no)
    shop.clock.advance(15 * 60)
    shop.run_tasks()
    shop.tell(payment)
    shop.channel.book.refund_failures = 3
    for _ in range(3):
        shop.settle_refunds()
        shop.clock.advance(1800)
        shop.write(payments.ask_silent)
    [one] = seen(shop, ask)
    assert (one["kind"], one["order_no"], one["amount"]) == ("refund_failed", str(order_no), 2530)
    assert one["reason"] == "order_expired" and one["age_seconds"] >= 1800


def test_an_order_of_another_shop_is_not_seen_here(shop: Shop, ask: Ask) -> None:
    far = shop.write(lambda tx: stores.create_store(tx, **SHOP))
    payment = shop.start_payment(shop.place())
    shop.tell(payment, amount=1)
    status, answer = ask("GET", f"/exceptions?store_id={far}", store_ids=(far,))
    assert (status, answer["exceptions"]) == (200, [])
    assert ask("GET", f"/exceptions?store_id={shop.store_id}", store_ids=(far,))[0] == 404
    assert ask("GET", "/exceptions?store_id=1", role="admin", store_ids=None)[0] == 404


def test_what_names_no_shop_is_for_those_who_see_all_or_the_only_one(shop: Shop, ask: Ask) -> None:
    die(shop, {"parcel": 1})
    assert [one["kind"] for one in seen(shop, ask)] == ["dead_task"]
    shop.write(lambda tx: stores.create_store(tx, **SHOP))
    assert seen(shop, ask) == []
    assert [one["kind"] for one in seen(shop, ask, role="admin", store_ids=None)] == ["dead_task"]


def test_a_dead_task_is_tried_again_and_that_is_written_down(shop: Shop, ask: Ask) -> None:
    order_no = shop.place()
    task_id = die(shop, {"order_no": order_no})
    [one] = seen(shop, ask)
    assert (one["id"], one["order_no"], one["reason"]) == (str(task_id), str(order_no), "test.fails: Gone")
    assert one["said"] is None, "nobody has words for what a plug-in does"
    assert one["store_id"] == str(shop.store_id)
    assert ask("POST", f"/tasks/{task_id}/retry", role="operator")[0] == 403
    assert ask("POST", f"/tasks/{task_id}/retry", role="admin", store_ids=(1,))[0] == 404
    assert ask("POST", f"/tasks/{task_id}/retry", role="supervisor")[0] == 204
    assert seen(shop, ask) == []
    status, answer = ask("POST", f"/tasks/{task_id}/retry", role="admin")
    assert (status, answer["code"]) == (404, "unknown_task")
    history = sa.select(History.order_no, History.event, History.actor, History.detail).where(
        History.entity == "tasks", History.entity_id == task_id
    )
    [audit] = shop.read(lambda tx: tx.all(history))
    assert (audit.order_no, audit.event, audit.detail["handler"]) == (order_no, "retry", "test.fails")
    assert audit.actor.startswith("staff:")


def test_a_task_whose_payload_names_no_shop_belongs_to_the_order_in_its_key(shop: Shop, ask: Ask) -> None:
    shop.write(lambda tx: stores.create_store(tx, **SHOP))
    order_no = shop.place()
    task_id = die(shop, {"parcel": 1}, key=f"order:{order_no}")
    [one] = seen(shop, ask)
    assert (one["order_no"], one["store_id"]) == (str(order_no), str(shop.store_id))
    assert ask("POST", f"/tasks/{task_id}/retry")[0] == 204


def test_what_belongs_to_no_shop_is_tried_again_by_administrators_alone(shop: Shop, ask: Ask) -> None:
    task_id = die(shop, {"parcel": 1}, key="order:999")
    [one] = seen(shop, ask)
    assert one["store_id"] is None
    for store_ids in ((), None):
        assert ask("POST", f"/tasks/{task_id}/retry", store_ids=store_ids)[0] == 404
    assert ask("POST", f"/tasks/{task_id}/retry", role="admin", store_ids=None)[0] == 204
