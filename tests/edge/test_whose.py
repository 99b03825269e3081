"""Whose is it: with the right role, and the ids of another shop or customer, nothing is there."""

from __future__ import annotations

import json
import re

import pytest

from fulfil.kit.task_rows import DEAD, Task
from tests.edge.town import API, Town

SHIFT = {"person_id": "{person}", "starts_at": "2030-01-01T08:00:00Z", "ends_at": "2030-01-01T16:00:00Z"}
FOREIGN = (
    ("POST", "/stores/{store}/state", {"state": "closed"}),
    ("GET", "/stores/{store}/floor", None),
    ("GET", "/stores/{store}/stock/{sku}", None),
    ("PUT", "/stores/{store}/stock/{sku}", {"shelf": 1}),
    ("POST", "/stores/{store}/stock/movements", {"sku": "{sku}", "delta": 1, "source_ref": "foreign"}),
    ("GET", "/staff/people?store_id={store}", None),
    (
        "POST",
        "/staff/people",
        {"store_id": "{store}", "badge": "SPY", "name_zh": "s", "name_en": "s", "roles": ["picker"]},
    ),
    ("PATCH", "/staff/people/{person}", {"reset_pin": True}),
    ("POST", "/staff/enrolment-codes", {"store_id": "{store}"}),
    ("GET", "/staff/devices?store_id={store}", None),
    ("DELETE", "/staff/devices/{device}?store_id={store}", None),
    ("DELETE", "/staff/devices/{device}", None),
    ("POST", "/staff/devices/{device}/unlock", {}),
    ("DELETE", "/staff/sessions/{session}", None),
    ("GET", "/dispatch/board?store_id={store}", None),
    ("GET", "/exceptions?store_id={store}", None),
    ("GET", "/dispatch/orders?store_id={store}&q={order}", None),
    ("POST", "/dispatch/tickets/{ticket}/reassign", {"confirm": True}),
    ("POST", "/dispatch/tickets/{ticket}/priority", {"priority": 9}),
    ("POST", "/dispatch/tickets/{ticket}/hold", {"reason": "r"}),
    ("POST", "/dispatch/tickets/{ticket}/unhold", {}),
    ("POST", "/dispatch/tickets/acts", {"tickets": ["{ticket}"], "act": "reassign", "confirm": True}),
    ("POST", "/stores/{store}/throttle", {"limit": 0}),
    ("GET", "/staff/roster?store_id={store}&since=2020-01-01T00:00:00Z&until=2031-01-01T00:00:00Z", None),
    ("PUT", "/staff/roster", {"store_id": "{store}", "shifts": [SHIFT]}),
    ("PUT", "/staff/roster", {"store_id": "{far}", "shifts": [SHIFT]}),
    (
        "POST",
        "/staff/roster/{planned}/break",
        {"store_id": "{store}", "starts_at": "2026-03-02T03:00:00Z", "to": "2026-03-02T04:00:00Z"},
    ),
    ("DELETE", "/staff/roster/{planned}?store_id={store}", None),
    ("DELETE", "/staff/roster/{planned}?store_id={far}", None),
    ("GET", "/stores/{store}/figures", None),
    ("GET", "/stores/{store}/figures.csv?table=workload", None),
    ("GET", "/stores/{store}/floor/now", None),
    ("GET", "/stores/{store}/pick-lists", None),
    ("GET", "/orders/{order}/shelf-photos/00000000-0000-4000-8000-000000000001", None),
    ("GET", "/dispatch/fulfilments/{fulfilment}/timeline", None),
    ("GET", "/delivery/orders/{order}/carrier-link", None),
    ("POST", "/handoff/tickets/{ticket}/allow-missing", None),
    ("POST", "/handoff/arrivals", {"code": "{rider}"}),
    ("POST", "/handoff/arrivals", {"code": "{rider}", "store_id": "{store}"}),
    ("GET", "/packing/bags/1/label?store_id={store}", None),
)
SPOKEN = {"line_no": 1, "quantity": 1}
# Only people speak for customers.
FOREIGN_TO_PEOPLE = (
    ("POST", "/orders/{order}/complaint-photos", "no picture"),
    ("POST", "/orders/{order}/refunds", {"lines": [SPOKEN], "reason": "damaged", "note": "n"}),
    (
        "POST",
        "/aftersales/complaints",
        {"order_no": "{order}", "note": "n", "lines": [{**SPOKEN, "reason": "damaged", "wants": "refund"}]},
    ),
)


@pytest.mark.parametrize("who", ["a program", "a person"])
def test_the_staff_of_another_shop_find_nothing_here(town: Town, who: str) -> None:
    """404 as for what is not there, and nothing is written, with every id of the first shop."""
    headers = far_headers(town, who)
    ids = names_of(town)
    before, wrong = town.digest("presence", "sequence"), []
    for method, path, body in FOREIGN + (FOREIGN_TO_PEOPLE if who == "a person" else ()):
        raw = None if body is None else filled(json.dumps(body), ids)
        answer = town.app.test_client().open(
            API + filled(path, ids), method=method, data=raw, headers=headers, content_type="application/json"
        )
        if answer.status_code != 404:
            wrong.append(f"{method} {path}: {answer.status_code} {answer.get_data(as_text=True)[:160]}")
    after = town.digest("presence", "sequence")
    assert not wrong, "\n".join(wrong)
    assert [name for name in after if after[name] != before[name]] == []


def names_of(town: Town) -> dict[str, str]:
    """Ids of things in the first shop."""
    supervisor = town.handhelds["supervisor"].http
    found = supervisor.call("GET", f"{API}/dispatch/orders?store_id={town.store_id}&q={town.order_no}")
    planned = json.loads(filled(json.dumps({"shifts": [SHIFT]}), {"person": town.person_id("picker")}))
    roster = supervisor.call("PUT", f"{API}/staff/roster", planned)
    return {
        "store": town.store_id,
        "far": str(town.far_id),
        "sku": town.sku,
        "person": town.person_id("picker"),
        "planned": roster["shifts"][0]["id"],
        "session": town.handhelds["picker"].session["session_id"],
        "ticket": town.ticket["id"],
        "device": supervisor.call("GET", f"{API}/staff/devices")["devices"][0]["id"],
        "order": town.order_no,
        "fulfilment": found["orders"][0]["fulfilment_id"],
        "rider": town.handhelds["rider"].session["person"]["badge"],
    }


def filled(text: str, ids: dict[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda name: ids[name[1]], text)


def far_headers(town: Town, who: str) -> dict[str, str]:
    roles = ["operator", "supervisor", "packer", "counter", "picker"]
    if who == "a program":
        return {"Authorization": f"Bearer {town.far_token(roles)}"}
    return dict(town.hired("FAR", roles, store=town.far_id).http.headers)


def test_ops_on_another_shops_ticket_find_no_ticket(town: Town) -> None:
    far = town.hired("FAR2", ["picker"], store=town.far_id)
    [result] = far.send(far.op(town.ticket, "start"))
    assert (result["status"], result["code"], result["ticket"]) == ("rejected", "unknown_ticket", None)
    ours = town.handhelds["picker"]
    borrowed = far.op(town.ticket, "start") | {"session": ours.session["session_id"]}
    [result] = far.send(borrowed)
    assert (result["status"], result["ticket"]) == ("rejected", None)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/orders/{order}", None),
        ("POST", "/orders/{order}/cancel", {}),
        ("POST", "/orders/{order}/keep", {}),
        ("POST", "/orders/{order}/payments", {"method": "platform", "channel": "sandbox"}),
    ],
)
def test_another_customers_order_is_not_there(town: Town, method: str, path: str, body: dict | None) -> None:
    """And nobody can tell it from an order that never was."""
    http, seen = town.customer().http, []
    for order_no in (town.order_no, "1"):
        status, answer = http.exchange(method, API + path.format(order=order_no), body, key=http.uuid())
        seen.append((status, answer["code"]))
    assert seen[0] == seen[1] and seen[0][0] == 404


def test_staff_who_cancel_learn_nothing_that_speaks_for_the_customer(town: Town) -> None:
    for who in ("operator", "supervisor"):
        view = town.handhelds[who].http.call(
            "POST", f"{API}/orders/{town.order_no}/cancel", {"reason": "flood"}, key=town.guest.http.uuid()
        )
        assert {"delivery_pin", "track_url"} & view.keys() == set()


# Who × whose task: tried again, hidden as if it were not there, or not theirs to try at all.
RETRIES = {
    "supervisor": {"payload": 204, "key": 204, "far": 404, "nobody": 404},
    "admin": {"payload": 204, "key": 204, "far": 204, "nobody": 204},
    "program": {"payload": 204, "key": 204, "far": 404, "nobody": 404},  # an administrator of one shop
    "far supervisor": {"payload": 404, "key": 404, "far": 204, "nobody": 404},
    "operator": {"payload": 403, "key": 403, "far": 403, "nobody": 403},
    "picker": {"payload": 403, "key": 403, "far": 403, "nobody": 403},
}


@pytest.mark.parametrize("who", RETRIES)
def test_whose_dead_tasks_somebody_may_try_again(town: Town, who: str) -> None:
    headers = (
        town.headers(who)
        if who != "far supervisor"
        else {"Authorization": f"Bearer {town.far_token(['supervisor'])}"}
    )
    tasks = {
        "payload": ({"store_id": int(town.store_id)}, None),
        "key": ({}, f"order:{town.order_no}"),
        "far": ({"store_id": town.far_id}, None),
        "nobody": ({"parcel": 1}, "parcel:1"),
    }
    told = {}
    for whose, (payload, key) in tasks.items():
        task_id = dead_task(town, payload, key)
        told[whose] = town.app.test_client().post(f"{API}/tasks/{task_id}/retry", headers=headers).status_code
        with town.kit.db.transaction("test") as tx:
            tx.delete(Task, Task.id == task_id)
    assert told == RETRIES[who]


def dead_task(town: Town, payload: dict[str, int], key: str | None) -> int:
    with town.kit.db.transaction("test") as tx:
        return tx.insert_new(
            Task,
            handler="test.nobody",
            payload=payload,
            key=key,
            priority=5,
            run_at=tx.now,
            created_at=tx.now,
            state=DEAD,
            attempts=12,
            error="Gone: away",
        )
