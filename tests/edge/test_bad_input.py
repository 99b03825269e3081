"""What is no request, sent to every route: always 4xx with a code, never 5xx, and nothing is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fulfil.sim.inside import CONTACT
from tests.edge import junk
from tests.edge.town import API, Route, Town, routes

# Being heard of is written whatever was sent; a login counts its tries before it looks at the PIN.
HEARD = ("presence", "sequence")
TOWNS = ("town", "postgres_town")
OTHER_KINDS = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "")
PATH_JUNK = (
    "9" * 30,
    "9" * 19,
    "-1",
    "1.5",
    "%00",
    "a%00b",
    "%ED%A0%80",
    "%EF%BC%91",
    "x" * 3000,
    "%F0%9F%98%80",
    "'%20or%20'1'='1",
    "..%2f..%2fetc",
    "%25",
    "%0a",
)
QUERY_JUNK = (
    "%00",
    "%ED%A0%80",
    "%FF",
    "-1",
    "9" * 30,
    "1e9",
    "x" * 5000,
    "%F0%9F%98%80",
    "'%20or%201=1--",
    "",
)
OF_THE_SCHEMA = ("invalid", "malformed")
STORED_ANSWERS = ("ops", "worker_load")


def good_body(town: Town, method: str, path: str) -> dict[str, Any]:
    """A body that the schema of this route takes."""
    op = {
        "id": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
        "seq": 1,
        "ticket": town.ticket["id"],
        "epoch": 99,
        "session": town.handhelds["picker"].session["session_id"],
        "version": 1,
        "type": "start",
        "payload": {},
        "at": "2026-03-02T02:00:00Z",
    }
    person = {"badge": "N001", "name_zh": "新", "name_en": "New", "roles": ["picker"], "zones": ["ambient"]}
    cart = {"store_id": town.store_id, "cart_type": "online"}
    order = cart | {
        "cart_version": 999,
        "channel": "app",
        "scene": "online",
        "contact": CONTACT,
        "lines": [{"sku": "x", "on_shortage": "refund", "if_silent": "refund"}],
        "note": "n",
    }
    return {
        "PUT /switches/{name}": {"on": True, "reason": "r"},
        "POST /payments/notices/{notice_id}/resolve": {"note": "n"},
        "POST /tasks/{task_id}/skip": {"reason": "r"},
        "POST /tasks/drain": {"handler": "no.such"},
        "POST /webhooks": {"url": "https://receiver.invalid/hook", "types": ["order.paid"]},
        "PATCH /webhooks/{webhook_id}": {"url": "https://receiver.invalid/hook", "active": True},
        "POST /alarms/{alarm_id}/acknowledge": {"note": "n"},
        "POST /stores/{store_id}/state": {"state": "open", "reason": "r"},
        "POST /terminal/devices": {"enrolment_code": "NOSUCHCODE", "name": "n", "kind": "handheld"},
        "POST /terminal/sessions": {"badge": "NOBODY", "pin": "123456"},
        "POST /terminal/shift": {"state": "break"},
        "POST /staff/people": person,
        "PATCH /staff/people/{person_id}": {"locale": "en", "reset_pin": True},
        "PUT /staff/roster": {
            "store_id": town.store_id,
            "shifts": [
                {
                    "person_id": town.person_id("picker"),
                    "starts_at": "2026-03-02T00:00:00Z",
                    "ends_at": "2026-03-02T08:00:00Z",
                    "breaks": [],
                }
            ],
        },
        "POST /staff/roster/{planned_shift_id}/break": {
            "store_id": town.store_id,
            "starts_at": "2026-03-02T03:00:00Z",
            "to": "2026-03-02T04:00:00Z",
        },
        "POST /staff/enrolment-codes": {"store_id": town.store_id},
        "POST /staff/devices/{device_id}/unlock": {"store_id": town.store_id},
        "POST /terminal/ops": {"ops": [op]},
        "POST /dispatch/tickets/acts": {
            "tickets": [town.ticket["id"]],
            "act": "hold",
            "reason": "r",
            "priority": 1,
        },
        "POST /stores/{store_id}/throttle": {"limit": 5},
        "POST /dispatch/tickets/{ticket_id}/reassign": {"confirm": True},
        "POST /dispatch/tickets/{ticket_id}/priority": {"priority": 5},
        "POST /dispatch/tickets/{ticket_id}/hold": {"reason": "r"},
        "POST /dispatch/tickets/{ticket_id}/unhold": {"hold_id": "1"},
        "POST /handoff/arrivals": {"code": "NOBODY", "store_id": town.store_id},
        "POST /ride/{carrier_token}": {"type": "milestone", "name": "arrived"},
        "POST /sessions/code": {"phone": "13911112222"},
        "POST /sessions": {"phone": "13911112222", "code": "123456"},
        "PUT /stores/{store_id}/stock/{sku}": {"shelf": 500},
        "POST /stores/{store_id}/stock/movements": {"sku": town.sku, "delta": 1, "source_ref": "r"},
        "POST /stores/{store_id}/carts/{cart_type}/items": {"sku": town.sku, "op": "add", "quantity": 1},
        "POST /stores/{store_id}/carts/{cart_type}/merge": {"guest_token": "fg_none"},
        "POST /quotes": cart | {"contact": CONTACT, "deliver_by": "2026-03-02T12:00:00Z"},
        "POST /orders": order,
        "POST /orders/{order_no}/cancel": {"reason": "r"},
        "POST /stores/{store_id}/products/{sku}/sale": {"on_sale": True, "reason": "r"},
        "POST /orders/{order_no}/aftersales": {
            "lines": [{"line_no": 1, "quantity": 1, "reason": "damaged", "wants": "refund"}],
            "note": "n",
            "photos": ["1"],
        },
        "POST /aftersales/{case_id}/decision": {
            "decision": "approve_part",
            "lines": [{"line_no": 1, "quantity": 1}],
            "note": "n",
        },
        "POST /aftersales/complaints": {
            "order_no": town.order_no,
            "note": "n",
            "photos": ["1"],
            "lines": [{"line_no": 1, "quantity": 1, "reason": "damaged", "wants": "refund"}],
        },
        "POST /orders/{order_no}/refunds": {
            "lines": [{"line_no": 1, "quantity": 1}],
            "reason": "quality",
            "note": "n",
        },
        "POST /aftersales/{case_id}/return/cancel": {"reason": "r", "refund": True},
        "PUT /alarm-contacts": {"store_id": town.store_id, "contacts": ["13911112222", "a@example.org"]},
        "POST /aftersales/refunds/{refund_id}/audit": {"approve": True, "note": "n"},
        "POST /aftersales/refunds/{refund_id}/other-means": {"reference": "r", "note": "n"},
        "POST /track/{token}/decisions/{decision_id}": {"answer": "approve", "sku": "x"},
        "POST /orders/{order_no}/payments": {"method": "platform", "channel": "sandbox", "parts": [1]},
    }[f"{method} {path.removeprefix(API)}"]


def real_path(town: Town, path: str) -> str:
    """The path with ids of things that are there."""
    ids = {
        "store_id": town.store_id,
        "ticket_id": town.ticket["id"],
        "order_no": town.order_no,
        "person_id": town.person_id("rider"),
        "device_id": "1",
        "session_id": "1",
        "sku": town.sku,
        "cart_type": "online",
        "name": "sms",
        "fulfilment_id": "1",
        "channel": "sandbox",
        "carrier_token": "none",
        "code": "B1",
        "token": "none",
        "q": "1",
        "task_id": "1",
        "decision_id": "1",
        "notice_id": "1",
        "message_id": "1",
        "webhook_id": "1",
        "delivery_id": "1",
        "alarm_id": "1",
        "case_id": "1",
        "refund_id": "1",
        "photo_id": "1",
        "key": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
        "planned_shift_id": "1",
    }
    return re.sub(r"{(\w+)}", lambda name: ids[name[1]], path)


@dataclass(frozen=True)
class Call:
    """A route as the API's document tells it; `schema` is its body's, None without one."""

    method: str
    path: str
    caller: str
    schema: Mapping[str, Any] | None
    queries: tuple[str, ...]


def calls(town: Town) -> tuple[Mapping[str, Any], list[Call]]:
    """The document, and every call in it with somebody who may make it."""
    document = town.app.test_client().get("/openapi.json").get_json()
    return document, [_call(route, document) for route in routes(town.app) if route.path in document["paths"]]


def _call(route: Route, document: Mapping[str, Any]) -> Call:
    operation = document["paths"][route.path][route.method.lower()]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    asked = tuple(p["name"] for p in operation.get("parameters", ()) if p.get("in") == "query")
    return Call(route.method, route.path, route.callers()[0], body, asked)


def send(
    town: Town,
    method: str,
    path: str,
    raw: bytes,
    caller: str,
    content_type: str = "application/json",
    **headers: str,
) -> Any:
    who = dict(town.headers(caller)) if caller else {}
    return town.app.test_client().open(
        path, method=method, data=raw, content_type=content_type, headers=who | headers
    )


def refused(answer: Any, what: str) -> list[str]:
    """What is wrong with this answer to something that is no request."""
    if answer.status_code >= 500 or answer.status_code < 400:
        return [f"{what}: {answer.status_code} {answer.get_data(as_text=True)[:200]}"]
    problem = answer.get_json(silent=True)
    if answer.mimetype != "application/problem+json" or not problem.get("code"):
        return [f"{what}: no problem document but {answer.get_data(as_text=True)[:80]}"]
    return []


def bodies_of(town: Town) -> Iterator[tuple[Call, str, dict, list]]:
    """Every call that takes a body, with its real path, a good body and the body's fields."""
    document, found = calls(town)
    for call in found:
        if call.schema is not None:
            yield (
                call,
                real_path(town, call.path),
                good_body(town, call.method, call.path),
                list(junk.fields_of(document, call.schema)),
            )


def written(before: Mapping[str, str], after: Mapping[str, str], what: str) -> list[str]:
    """Tables that are not as they were."""
    return [f"{what}: wrote to {name}" for name in sorted(after) if after[name] != before[name]]


def test_the_good_bodies_are_good(sqlite_url: str, tmp_path: Path) -> None:
    """Else what is refused below would be refused for another reason."""
    town, bad = Town(sqlite_url, str(tmp_path / "carts.db")), []
    for call, path, good, _ in bodies_of(town):
        answer = send(town, call.method, path, json.dumps(good).encode(), call.caller)
        code = (answer.get_json(silent=True) or {}).get("code")
        if code in ("invalid", "malformed", "unsupported_media_type", "forbidden", "unauthenticated"):
            bad.append(f"{call.method} {path}: {answer.get_data(as_text=True)}")
    town.kit.close()
    assert not bad, "\n".join(bad)


def test_wrong_bodies(town: Town) -> None:
    """Bodies that are no JSON object, too deep, too large, or of another kind, on every route with a body."""
    wrong, seen, before = [], 0, town.digest(*HEARD)
    for call, path, _, _ in bodies_of(town):
        name = f"{call.method} {path}"
        for what, raw in junk.RAW.items():
            wrong += refused(send(town, call.method, path, raw, call.caller), f"{name} {what}")
            seen += 1
        for kind in OTHER_KINDS:
            answer = send(town, call.method, path, b'{"a":1}', call.caller, kind)
            wrong += refused(answer, f"{name} as {kind}")
        after = town.digest(*HEARD)
        wrong += written(before, after, name)
        before = after
    assert not wrong, "\n".join(wrong)
    assert seen > 400


def test_wrong_fields(town: Town, postgres_town: Town) -> None:
    """Every field of every body with what it must not take: of another type, out of range, no text.

    What the schema refuses comes to no database; what goes further is tried on both.
    """
    wrong, seen, further = [], 0, 0
    towns = (town, postgres_town)
    befores = [one.digest(*HEARD) for one in towns]
    goods = {(call.method, call.path): good for call, _, good, _ in bodies_of(postgres_town)}
    for call, path, good, fields in bodies_of(town):
        name, theirs = f"{call.method} {path}", goods[call.method, call.path]
        for place, told in fields:
            for spoil in junk.spoiling(told):
                raw = spoil(good, place)
                answer = send(town, call.method, path, raw, call.caller)
                seen += 1
                wrong += refused(answer, f"{name} {place}: {raw[:300]!r}")
                if (answer.get_json(silent=True) or {}).get("code") not in OF_THE_SCHEMA:
                    there = real_path(postgres_town, call.path)
                    answer = send(postgres_town, call.method, there, spoil(theirs, place), call.caller)
                    further += 1
                    wrong += refused(answer, f"PostgreSQL, {name} {place}: {raw[:300]!r}")
        afters = [one.digest(*HEARD) for one in towns]
        for before, after in zip(befores, afters, strict=True):
            wrong += written(before, after, name)
        befores = afters
    assert not wrong, "\n".join(wrong)
    assert seen > 800 and further > 0, (seen, further)


def test_missing_fields(town: Town) -> None:
    """Every required field left out, one by one."""
    document, found = calls(town)
    wrong, before = [], town.digest(*HEARD)
    for call in (call for call in found if call.schema is not None):
        good = good_body(town, call.method, call.path)
        for name in junk.resolved(document, call.schema).get("required", ()):
            raw = json.dumps({key: value for key, value in good.items() if key != name}).encode()
            answer = send(town, call.method, real_path(town, call.path), raw, call.caller)
            wrong += refused(answer, f"{call.method} {call.path} without {name}")
    wrong += written(before, town.digest(*HEARD), "a missing field")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("where", TOWNS)
def test_wrong_paths(request: pytest.FixtureRequest, where: str) -> None:
    """Each part of each path in turn: too long, not a number, NUL, half a character, SQL."""
    town: Town = request.getfixturevalue(where)
    wrong, before = [], town.digest(*HEARD)
    for call in calls(town)[1]:
        raw = json.dumps(good_body(town, call.method, call.path)).encode() if call.schema else b""
        for name in re.findall(r"{(\w+)}", call.path):
            for value in PATH_JUNK:
                path = real_path(town, call.path.replace(f"{{{name}}}", value))
                answer = send(town, call.method, path, raw, call.caller)
                wrong += refused(answer, f"{call.method} {path[:90]}")
    wrong += written(before, town.digest(*HEARD), "a wrong path")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("where", TOWNS)
def test_wrong_queries(request: pytest.FixtureRequest, where: str) -> None:
    """Every query parameter with junk: a refusal or an honest empty answer, never a fault."""
    town: Town = request.getfixturevalue(where)
    faults, seen = [], 0
    for call in calls(town)[1]:
        for name in call.queries:
            for value in QUERY_JUNK:
                path = f"{real_path(town, call.path)}?{name}={value}&{name}={value}"
                answer = send(town, call.method, path, b"", call.caller)
                seen += 1
                if answer.status_code >= 400:
                    faults += refused(answer, f"{call.method} {path[:90]}")
    assert not faults, "\n".join(faults)
    assert seen >= 60


HEADER_JUNK = {
    "Authorization": (
        "Bearer",
        "Bearer ",
        "Basic eDp5",
        "Bearer fs_" + "x" * 300,
        "Bearer \xff\xfe",
        "Bearer fg_",
        "fs_x",
        "Bearer  ",
        "Bearer fs_x fs_y",
    ),
    "Idempotency-Key": ("x" * 129, "\xff", "a\tb"),
    "X-Device-Key": ("\xff" * 20, "x" * 5000),
    "Accept-Language": ("\xff", "x" * 5000, ";q=;q=,,,"),
    "Content-Length": ("-1", "x"),
    "X-Sandbox-Timestamp": ("9" * 30, "-1", "x", "\xff", "1e9"),
    "X-Sandbox-Signature": ("\xff", "", "0" * 64),
}


def test_wrong_headers(town: Town) -> None:
    """Headers with junk: never a fault."""
    routes = [
        ("POST", f"{API}/orders", "guest"),
        ("GET", f"{API}/terminal/work", "picker"),
        ("GET", f"{API}/stores", ""),
        ("POST", f"{API}/payments/notify/sandbox", ""),
        ("POST", f"{API}/terminal/sessions", ""),
    ]
    faults = []
    for method, path, caller in routes:
        for name, values in HEADER_JUNK.items():
            for value in values:
                answer = send(town, method, path, b"{}", caller, **{name: value})
                if answer.status_code >= 500:
                    faults.append(f"{method} {path} {name}: {value[:30]!r}: {answer.status_code}")
    assert not faults, "\n".join(faults)


def test_wrong_ops(town: Town) -> None:
    """Every op of every stage with every field of its payload spoilt: rejected, stored, no other effect."""
    picker, wrong = town.handhelds["picker"], []
    before = town.digest(*HEARD, *STORED_ANSWERS)
    [ticket] = picker.work()["tickets"]
    for op_type, name, value in _spoilt(town):
        [result] = picker.send(picker.op(ticket, op_type, {name: value}))
        if result["status"] != "rejected" or not result["code"]:
            wrong.append(f"{op_type} {name} = {str(value)[:40]!r}: {result['status']}")
    after = town.digest(*HEARD, *STORED_ANSWERS)
    assert not wrong, "\n".join(wrong)
    assert [name for name in after if after[name] != before[name]] == []


def _spoilt(town: Town) -> Iterator[tuple[str, str, Any]]:
    for stage in town.kit.services["stages"].values():
        for op_type, schema in stage.ops.items():
            for name in schema().fields if schema else ():
                for value in ({"a": {}}, [[]], True, 2**63, 1.5, "\x01", "x" * 5000):
                    if not (value is True and name in ("missing", "without_missing")):
                        yield op_type, name, value
