"""The task engine as people see it: what is due, what gave up, what waits behind it, and what they may do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from fulfil.app import tasks as engine
from fulfil.app.levels import measured
from fulfil.kit.db import Tx
from fulfil.kit.moves import History, record
from fulfil.kit.task_rows import ATTEMPTS_MAX, LEASED, Task
from fulfil.kit.tasks import BACKOFF_SECONDS_MAX
from fulfil.store import service as stores
from tests.app.asking import Ask, asking
from tests.trade.shop import SHOP, Shop, build


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = build(database_url)
    made.kit.tasks.handler("test.breaks", breaks)
    made.kit.tasks.handler("test.follows", lambda tx, payload: None)
    yield made
    made.kit.close()


def breaks(_tx, _payload) -> None:
    raise OSError("the secret of a customer")


@pytest.fixture
def ask(shop: Shop) -> Ask:
    return asking(shop, "admin")


def add(shop: Shop, name: str, payload: dict[str, Any], **more: Any) -> int:
    return shop.write(lambda tx: shop.kit.tasks.add(tx, name, payload, **more))


def die(shop: Shop) -> None:
    for _ in range(ATTEMPTS_MAX):
        shop.run_tasks()
        shop.clock.advance(BACKOFF_SECONDS_MAX)


def listed(ask: Ask, more: str = "", **who: Any) -> list[tuple[str, str]]:
    status, answer = ask("GET", f"/tasks?{more}", **who)
    assert status == 200, answer
    return [(one["handler"], one["state"]) for one in answer["tasks"]]


def test_every_state_is_told_and_asked_for(shop: Shop, ask: Ask) -> None:
    store = {"store_id": shop.store_id}
    dead = add(shop, "test.breaks", store, key="a")
    die(shop)
    add(shop, "test.follows", store, key="a")
    add(shop, "test.follows", store, run_at=shop.clock.now().replace(year=2030))
    leased = add(shop, "test.breaks", store)
    shop.write(lambda tx: tx.update(Task, {"id": leased}, state=LEASED))
    add(shop, "test.follows", store, after=leased)
    add(shop, "test.follows", store)
    assert listed(ask) == [
        ("test.follows", "due"),
        ("test.follows", "waiting"),
        ("test.breaks", "running"),
        ("test.follows", "waiting"),
        ("test.follows", "waiting"),
        ("test.breaks", "dead"),
    ]
    for state in engine.STATES:
        assert {got for _, got in listed(ask, f"state={state}")} == {state}
    assert listed(ask, "handler=test.breaks&state=dead") == [("test.breaks", "dead")]
    _, whole = ask("GET", f"/tasks/{dead}")
    assert (whole["error"], whole["attempts"], whole["attempts_max"]) == ("OSError", 12, 12)
    assert [one["handler"] for one in whole["behind"]] == ["test.follows"]
    assert ask("GET", f"/tasks/{whole['behind'][0]['id']}")[1]["ahead"] == str(dead)


def test_pages_follow_each_other_and_orders_are_found(shop: Shop, ask: Ask) -> None:
    order_no = shop.place()
    keyed = add(shop, "test.follows", {"store_id": shop.store_id}, key=f"order:{order_no}")
    seen, cursor = [], ""
    while cursor is not None:
        _, page = ask("GET", f"/tasks?limit=1{cursor and '&cursor=' + cursor}")
        seen += [one["id"] for one in page["tasks"]]
        cursor = page["cursor"]
    everything = [one["id"] for one in ask("GET", "/tasks")[1]["tasks"]]
    assert seen == everything and len(seen) >= 2
    found = ask("GET", f"/tasks?order_no={order_no}")[1]["tasks"]
    assert {one["handler"] for one in found} >= {"orders.expire", "test.follows"}
    assert {one["order_no"] for one in found} == {str(order_no)}
    assert str(keyed) in {one["id"] for one in found}
    assert ask("GET", f"/tasks?order_no={order_no // 10}")[1]["tasks"] == []


def test_whose_a_page_of_tasks_is_takes_one_statement_however_many_they_are(shop: Shop, monkeypatch) -> None:
    orders = [shop.place(owner) for owner in range(1, 4)]
    for order_no in orders:
        shop.start_payment(order_no)
        add(shop, "test.follows", {}, key=f"order:{order_no}")
        add(shop, "test.follows", {"order_no": order_no})
    add(shop, "test.follows", {"order_no": 1})
    add(shop, "test.follows", {"offer_id": 1})
    rows = shop.read(lambda tx: tx.all(sa.select(*Task.__table__.c)))
    asked: list[Any] = []
    for name in ("all", "one", "scalar", "scalars"):
        really = getattr(Tx, name)
        monkeypatch.setattr(
            Tx, name, lambda *args, really=really, **more: asked.append(args) or really(*args, **more)
        )
    found = shop.read(lambda tx: engine.subjects(tx, rows))
    assert len(asked) == 1 and len(rows) > 8
    monkeypatch.undo()
    assert found == {row.id: shop.read(lambda tx, row=row: engine.subject(tx, row)) for row in rows}
    ours = [whose for whose in found.values() if whose[0] == shop.store_id]
    assert {order_no for _, order_no in ours if order_no} == set(orders)
    assert list(found.values())[-2:] == [engine.NOBODYS, engine.NOBODYS]


def test_no_payload_tells_whose_it_is(shop: Shop, ask: Ask) -> None:
    payload = {
        "store_id": shop.store_id,
        "contact": {"name": "Li", "phone": "199"},
        "note": "ring twice",
        "reason": "Li is ill",
        "currency": "CNY",
        "state": "a whole sentence",
        "lines": [{"sku": "1", "quantity": 2, "name": "Li"}],
    }
    _, whole = ask("GET", f"/tasks/{add(shop, 'test.breaks', payload)}")
    assert whole["payload"] == {
        "store_id": shop.store_id,
        "currency": "CNY",
        "lines": [{"sku": "1", "quantity": 2}],
    }
    assert whole["withheld"] == ["contact", "lines.name", "note", "reason", "state"]


def test_a_skipped_task_frees_what_waits_and_is_written_down(shop: Shop, ask: Ask) -> None:
    order_no = shop.place()
    done: list[int] = []
    shop.kit.tasks.handler("test.done", lambda tx, payload: done.append(1))
    dead = add(shop, "test.breaks", {"order_no": order_no}, key=f"order:{order_no}")
    add(shop, "test.done", {}, key=f"order:{order_no}")
    add(shop, "test.done", {"store_id": shop.store_id}, after=dead)
    die(shop)
    assert done == []
    assert ask("POST", f"/tasks/{dead}/skip", body={"reason": ""})[0] == 422
    assert ask("POST", f"/tasks/{dead}/skip", role="supervisor", body={"reason": "r"})[0] == 403
    assert ask("POST", f"/tasks/{dead}/skip", body={"reason": "done by hand"})[0] == 204
    shop.run_tasks()
    assert done == [1, 1]
    assert ask("POST", f"/tasks/{dead}/skip", body={"reason": "r"})[1]["code"] == "unknown_task"
    [step] = shop.read(
        lambda tx: tx.all(
            sa.select(History.order_no, History.reason, History.detail).where(
                History.entity == "tasks", History.event == "skip"
            )
        )
    )
    assert (step.order_no, step.reason) == (order_no, "done by hand")
    assert step.detail == {"handler": "test.breaks", "error": "OSError"}


def test_a_running_task_is_not_skipped(shop: Shop, ask: Ask) -> None:
    task_id = add(shop, "test.breaks", {"store_id": shop.store_id})
    shop.write(lambda tx: tx.update(Task, {"id": task_id}, state=LEASED))
    status, answer = ask("POST", f"/tasks/{task_id}/skip", body={"reason": "r"})
    assert (status, answer["code"]) == (409, "task_running")
    assert ask("GET", f"/tasks/{task_id}")[1]["actions"] == []


def test_all_dead_of_a_handler_are_tried_again(shop: Shop, ask: Ask, monkeypatch) -> None:
    monkeypatch.setattr(engine, "DRAINED_MAX", 2)
    far = shop.write(lambda tx: stores.create_store(tx, **SHOP))
    for store in (shop.store_id,) * 3 + (far,):
        add(shop, "test.breaks", {"store_id": store})
    die(shop)
    assert ask("POST", "/tasks/drain", body={"handler": "test.breaks"}) == (200, {"retried": 2, "left": 1})
    assert ask("POST", "/tasks/drain", role="supervisor", body={"handler": "test.breaks"}) == (
        200,
        {"retried": 1, "left": 0},
    )
    assert listed(ask, "state=dead") == []
    assert listed(ask, "state=dead", store_ids=(far,)) == [("test.breaks", "dead")]
    retries = shop.read(
        lambda tx: tx.scalar(
            sa.select(sa.func.count())
            .select_from(History)
            .where(History.entity == "tasks", History.event == "retry")
        )
    )
    assert retries == 3


def test_actions_are_what_the_routes_allow(shop: Shop, ask: Ask) -> None:
    add(shop, "test.breaks", {"store_id": shop.store_id})
    die(shop)
    add(shop, "test.follows", {"store_id": shop.store_id}, run_at=shop.clock.now().replace(year=2030))
    for role in ("operator", "supervisor", "admin"):
        for one in ask("GET", "/tasks", role=role)[1]["tasks"]:
            for action in ("retry", "skip"):
                copy = add(
                    shop,
                    one["handler"],
                    {"store_id": shop.store_id},
                    run_at=shop.clock.now().replace(year=2031),
                )
                shop.write(
                    lambda tx, copy=copy, dead=one["state"] == "dead": tx.update(
                        Task, {"id": copy}, state=2 if dead else 0
                    )
                )
                body = {"reason": "r"} if action == "skip" else None
                status, _ = ask("POST", f"/tasks/{copy}/{action}", role=role, body=body)
                assert (status == 204) == (action in one["actions"]), (role, action, one)
                shop.write(lambda tx, copy=copy: tx.delete(Task, {"id": copy}))


def test_the_levels_are_measured_when_somebody_asks(shop: Shop) -> None:
    store = {"store_id": shop.store_id}
    add(shop, "test.breaks", store)
    die(shop)
    add(shop, "test.follows", store)
    shop.clock.advance(30)
    lines = set(measured(shop.kit).decode().splitlines())
    assert lines >= {
        'fulfil_tasks{handler="test.breaks",state="dead"} 1.0',
        'fulfil_tasks{handler="test.follows",state="due"} 1.0',
        'fulfil_task_oldest_seconds{handler="test.follows"} 30.0',
        'fulfil_task_oldest_seconds{handler="test.breaks"} 0.0',
        'fulfil_switch_on{name="sms"} 1.0',
    }
    shop.run_tasks()
    assert b'handler="test.follows",state' not in measured(shop.kit)


def test_a_new_handler_is_one_function(shop: Shop) -> None:
    """As docs/tasks.md shows it."""

    def thank(tx: Any, payload: Any) -> None:
        record(tx, store_id=shop.store_id, entity="orders", entity_id=payload["order_no"], event="thanked")

    order_no = shop.place()
    shop.kit.tasks.handler("thanks.write", thank)
    add(shop, "thanks.write", {"order_no": order_no}, key=f"order:{order_no}")
    shop.run_tasks()
    thanked = shop.read(lambda tx: tx.scalars(sa.select(History.entity_id).where(History.event == "thanked")))
    assert thanked == [order_no]
