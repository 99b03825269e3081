"""Who may call what: every route × every kind of caller, shop and token; what is not allowed is denied."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from flask import Flask

from fulfil.app import owner
from fulfil.app.wiring import create_app, wire
from fulfil.kit import web
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from fulfil.kit.tasks import DEAD, Task
from fulfil.sim.clients import Handheld
from fulfil.sim.inside import InsideHttp
from tests.edge.town import API, CALLERS, PIN, Route, Town, routes

STAFF = "picker cook packer counter rider operator finance supervisor admin"
OWNERS = "guest customer"
PROGRAM = "program"
# Who may, route by route. The program of these tests is administrator, operator and supervisor.
ALLOWED = {
    "GET /switches": "admin program",
    "GET /switches/{name}": "admin program",
    "PUT /switches/{name}": "admin program",
    "GET /exceptions": "operator supervisor admin program",
    "GET /tasks": "operator supervisor admin program",
    "GET /tasks/{task_id}": "operator supervisor admin program",
    "POST /tasks/{task_id}/retry": "supervisor admin program",
    "POST /tasks/{task_id}/skip": "admin program",
    "POST /tasks/drain": "supervisor admin program",
    "POST /payments/notices/{notice_id}/resolve": "operator admin program",
    "GET /messages": "operator supervisor admin program",
    "POST /messages/{message_id}/retry": "operator supervisor admin program",
    "GET /webhooks": "admin program",
    "POST /webhooks": "admin program",
    "GET /webhooks/{webhook_id}": "admin program",
    "PATCH /webhooks/{webhook_id}": "admin program",
    "DELETE /webhooks/{webhook_id}": "admin program",
    "POST /webhooks/{webhook_id}/rotate": "admin program",
    "POST /webhooks/{webhook_id}/test": "admin program",
    "GET /webhooks/{webhook_id}/deliveries": "admin program",
    "POST /webhooks/{webhook_id}/deliveries/{delivery_id}/replay": "admin program",
    "GET /alarm-contacts": "admin program",
    "PUT /alarm-contacts": "admin program",
    "GET /alarms": "operator supervisor admin program",
    "POST /alarms/{alarm_id}/acknowledge": "operator supervisor admin program",
    "GET /stores": "anyone",
    "POST /stores/{store_id}/state": "supervisor admin program",
    "GET /stores/{store_id}/floor": f"{STAFF} {PROGRAM}",
    "GET /stores/{store_id}/figures": "operator supervisor admin program",
    "GET /stores/{store_id}/figures.csv": "operator supervisor admin program",
    "GET /stores/{store_id}/floor/now": "operator supervisor admin program",
    "GET /stores/{store_id}/pick-lists": "operator supervisor admin program",
    "GET /pick-lists.css": "anyone",
    "POST /terminal/devices": "anyone",
    "POST /terminal/sessions": "anyone",
    "DELETE /terminal/sessions": STAFF,
    "POST /terminal/shift": STAFF,
    "GET /staff/people": "supervisor admin program",
    "POST /staff/people": "supervisor admin program",
    "PATCH /staff/people/{person_id}": "supervisor admin program",
    "GET /staff/roster": "supervisor admin program",
    "PUT /staff/roster": "supervisor admin program",
    "DELETE /staff/roster/{planned_shift_id}": "supervisor admin program",
    "POST /staff/roster/{planned_shift_id}/break": "supervisor admin program",
    "POST /staff/enrolment-codes": "supervisor admin program",
    "GET /staff/devices": "supervisor admin program",
    "DELETE /staff/devices/{device_id}": "supervisor admin program",
    "POST /staff/devices/{device_id}/unlock": "supervisor admin program",
    "DELETE /staff/sessions/{session_id}": "supervisor admin program",
    "GET /terminal/work": STAFF,
    "POST /terminal/ops": STAFF,
    "GET /dispatch/board": "operator supervisor admin program",
    "POST /dispatch/tickets/acts": "supervisor admin program",
    "POST /stores/{store_id}/throttle": "supervisor admin program",
    "POST /dispatch/tickets/{ticket_id}/reassign": "supervisor admin program",
    "POST /dispatch/tickets/{ticket_id}/priority": "supervisor admin program",
    "POST /dispatch/tickets/{ticket_id}/hold": "supervisor admin program",
    "POST /dispatch/tickets/{ticket_id}/unhold": "supervisor admin program",
    "GET /dispatch/fulfilments/{fulfilment_id}/timeline": "operator supervisor admin program",
    "GET /dispatch/orders": "operator supervisor finance admin program",
    "GET /prep/orders/{ticket_id}/label": "cook packer supervisor admin program",
    "GET /packing/bags/{code}/label": "packer counter supervisor admin program",
    "GET /packing/label.css": "anyone",
    "POST /handoff/arrivals": "packer counter supervisor admin program",
    "POST /handoff/tickets/{ticket_id}/allow-missing": "supervisor admin program",
    "GET /ride/{carrier_token}": "anyone",
    "POST /ride/{carrier_token}": "anyone",
    "GET /delivery/orders/{order_no}/carrier-link": "packer counter supervisor admin program",
    "GET /track/{token}": "anyone",
    "POST /track/{token}/decisions/{decision_id}": "anyone",
    "POST /track/{token}/decisions/{decision_id}/payments": "anyone",
    "GET /stores/{store_id}/off-sale": "operator supervisor admin program",
    "POST /stores/{store_id}/products/{sku}/sale": "operator supervisor admin program",
    "GET /stores/{store_id}/stock-counts": "operator supervisor admin program",
    "GET /console/orders/{order_no}": "operator supervisor finance admin program",
    "GET /console/people": "operator supervisor finance admin program",
    "GET /console/figures": "operator supervisor finance admin program",
    "GET /console/stock/{code}": "operator supervisor admin program",
    "POST /guests": "anyone",
    "POST /sessions/code": "anyone",
    "POST /sessions": "anyone",
    "DELETE /sessions/current": "customer",
    "DELETE /customers/me": "customer",
    "GET /archive/orders/{order_no}": "operator supervisor admin program",
    "GET /stores/{store_id}/products": "anyone",
    "GET /stores/{store_id}/categories": "anyone",
    "GET /stores/{store_id}/stock/{sku}": "operator supervisor admin program",
    "PUT /stores/{store_id}/stock/{sku}": "operator supervisor admin program",
    "POST /stores/{store_id}/stock/movements": "operator supervisor admin program",
    "GET /stores/{store_id}/carts/{cart_type}": OWNERS,
    "POST /stores/{store_id}/carts/{cart_type}/items": OWNERS,
    "POST /stores/{store_id}/carts/{cart_type}/merge": "customer",
    "POST /quotes": OWNERS,
    "POST /orders": OWNERS,
    "GET /orders": OWNERS,
    "GET /orders/{order_no}": OWNERS,
    "POST /orders/{order_no}/cancel": f"{OWNERS} operator supervisor admin program",
    "POST /orders/{order_no}/keep": OWNERS,
    "POST /orders/{order_no}/payments": OWNERS,
    "POST /orders/{order_no}/photos": OWNERS,
    "POST /orders/{order_no}/complaint-photos": "operator admin",
    "PUT /orders/{order_no}/shelf-photos/{key}": "picker admin",
    "GET /orders/{order_no}/shelf-photos/{key}": "picker operator supervisor admin program",
    "POST /orders/{order_no}/aftersales": OWNERS,
    "GET /orders/{order_no}/aftersales": OWNERS,
    "GET /aftersales/cases": "finance operator supervisor admin program",
    "GET /aftersales/cases/{case_id}": "finance operator supervisor admin program",
    "POST /aftersales/{case_id}/decision": "operator supervisor admin",
    "POST /aftersales/complaints": "operator admin",
    "POST /orders/{order_no}/refunds": "operator admin",
    "POST /aftersales/{case_id}/return/cancel": "operator supervisor admin",
    "GET /aftersales/refunds": "finance operator supervisor admin program",
    "POST /aftersales/refunds/{refund_id}/audit": "finance supervisor admin",
    "POST /aftersales/refunds/{refund_id}/other-means": "finance operator admin",
    "GET /aftersales/photos/{photo_id}": "finance operator supervisor admin program",
    "POST /payments/notify/{channel}": "anyone",
    "GET /payments/return/{token}": "anyone",
}
# A forged callback is nobody's: its signature is what counts.
SIGNED = "POST /payments/notify/{channel}"
# Pages without JavaScript answer by a form; the link's token says whose it is.
FORMS = ("/track/{token}/decisions/{decision_id}", "/track/{token}/decisions/{decision_id}/pay")
ENDS_THE_SESSION = ("DELETE /terminal/sessions", "DELETE /sessions/current", "DELETE /customers/me")


def of_api(app: Flask) -> Iterator[tuple[str, Route]]:
    """The routes of the API by the names of the table."""
    for route in routes(app):
        if route.path.startswith(API):
            yield f"{route.method} {route.path.removeprefix(API)}", route


def ask(town: Town, route: Route, headers: dict[str, str]) -> tuple[int, str]:
    """Status and code of a call with an empty body to things that are not there."""
    ids = {"store_id": town.store_id, "cart_type": "online"}
    path = re.sub(r"{(\w+)}", lambda name: ids.get(name[1], "1"), route.path)
    answer = town.app.test_client().open(path, method=route.method, headers=headers,
                                         content_type="application/json")
    problem = answer.mimetype == "application/problem+json"
    return answer.status_code, answer.get_json()["code"] if problem else ""


def test_every_route_is_in_the_table(town: Town) -> None:
    """A new route needs a line here: who may call it is decided, not inherited."""
    assert {name for name, _ in of_api(town.app)} == set(ALLOWED)


def test_routes_outside_the_api_are_public_and_only_read(town: Town) -> None:
    for route in routes(town.app):
        if not route.path.startswith(API):
            kind = "POST" if route.path in FORMS else "GET"
            assert (route.method, route.policy) == (kind, web.Public()), route.path


def test_who_may_call_what(town: Town) -> None:
    wrong = []
    for name, route in of_api(town.app):
        allowed = ALLOWED[name]
        for caller in ("", *CALLERS):
            if name in ENDS_THE_SESSION and caller in allowed.split():
                continue
            status, _ = ask(town, route, town.headers(caller) if caller else {})
            expected = "allowed" if allowed == "anyone" or caller in allowed.split() else \
                ("forbidden" if caller else "unauthenticated")
            told = {401: "unauthenticated", 403: "forbidden"}.get(status, "allowed")
            if told != expected and name != SIGNED:
                wrong.append(f"{name} by {caller or 'nobody'}: {status}, not {expected}")
    assert not wrong, "\n".join(wrong)


def test_who_ends_their_session_is_out(sqlite_url: str, tmp_path) -> None:
    town = Town(sqlite_url, str(tmp_path / "carts.db"))
    for caller, ending, then in (("picker", "terminal/sessions", "terminal/work"),
                                 ("customer", "sessions/current", "orders")):
        client, headers = town.app.test_client(), town.headers(caller)
        assert client.get(f"{API}/{then}", headers=headers).status_code == 200
        assert client.delete(f"{API}/{ending}", headers=headers).status_code == 204
        assert client.get(f"{API}/{then}", headers=headers).status_code == 401
    town.kit.close()


def test_tokens_that_count_no_more_count_nowhere(town: Town) -> None:
    """Ended, revoked, disabled, made up: 401 on every route, the public ones too, with one code."""
    ended = spent_tokens(town)
    made_up = {f"{prefix}{'0' * 64}": prefix for prefix in ("fs_", "fa_", "fg_", "fc_", "xx_", "")}
    wrong = []
    for name, route in of_api(town.app):
        for token, what in (ended | made_up).items():
            answer = ask(town, route, {"Authorization": f"Bearer {token}"})
            if answer != (401, "unauthenticated"):
                wrong.append(f"{name} with {what}: {answer}")
    assert not wrong, "\n".join(wrong)


def spent_tokens(town: Town) -> dict[str, str]:
    """Tokens that were good once, and what ended them."""
    supervisor = town.handhelds["supervisor"].http
    spent = {}
    for what in ("a logout", "a revocation", "a revoked device", "a disabled person", "a new PIN",
                 "a second login"):
        badge = f"Z{len(spent)}"
        owner.staff_add(town.kit, badge=badge, name_zh="甲", name_en="A", roles=["picker"], pin=PIN,
                        store=int(town.store_id))
        handheld = signed_in(town, badge)
        session, person = handheld.session["session_id"], handheld.session["person"]["id"]
        spent[handheld.session["token"]] = what
        if what == "a logout":
            handheld.http.call("DELETE", f"{API}/terminal/sessions")
        elif what == "a revocation":
            supervisor.call("DELETE", f"{API}/staff/sessions/{session}")
        elif what == "a revoked device":
            newest = max(int(d["id"]) for d in supervisor.call("GET", f"{API}/staff/devices")["devices"])
            supervisor.call("DELETE", f"{API}/staff/devices/{newest}")
        elif what == "a second login":
            signed_in(town, badge)
        else:
            change = {"disabled": True} if what == "a disabled person" else {"reset_pin": True}
            supervisor.call("PATCH", f"{API}/staff/people/{person}", change)
    return spent


def signed_in(town: Town, badge: str, store: int | None = None) -> Handheld:
    code = owner.enrol(town.kit, store=store or int(town.store_id))["codes"][0]
    handheld = Handheld(InsideHttp(town), code)
    handheld.sign_in(badge, PIN)
    return handheld


def test_roles_hold_from_the_next_request_on(town: Town) -> None:
    owner.staff_add(town.kit, badge="Y1", name_zh="甲", name_en="A", roles=["supervisor"], pin=PIN,
                    store=int(town.store_id))
    http = signed_in(town, "Y1").http
    assert http.exchange("GET", f"{API}/staff/people")[0] == 200
    owner.staff_roles(town.kit, badge="Y1", roles=["picker"], store=int(town.store_id))
    assert http.exchange("GET", f"{API}/staff/people")[0] == 403


def test_a_session_counts_on_its_own_device_only(town: Town) -> None:
    stolen = dict(town.headers("picker")) | {"X-Device-Key": town.headers("rider")["X-Device-Key"]}
    answer = town.app.test_client().get(f"{API}/terminal/work", headers=stolen)
    assert answer.status_code == 401


SHIFT = {"person_id": "{person}", "starts_at": "2030-01-01T08:00:00Z", "ends_at": "2030-01-01T16:00:00Z"}
FOREIGN = (
    ("POST", "/stores/{store}/state", {"state": "closed"}),
    ("GET", "/stores/{store}/floor", None),
    ("GET", "/stores/{store}/stock/{sku}", None),
    ("PUT", "/stores/{store}/stock/{sku}", {"shelf": 1}),
    ("POST", "/stores/{store}/stock/movements", {"sku": "{sku}", "delta": 1, "source_ref": "foreign"}),
    ("GET", "/staff/people?store_id={store}", None),
    ("POST", "/staff/people", {"store_id": "{store}", "badge": "SPY", "name_zh": "s", "name_en": "s",
                               "roles": ["picker"]}),
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
    ("POST", "/staff/roster/{planned}/break", {"store_id": "{store}", "starts_at": "2026-03-02T03:00:00Z",
                                               "to": "2026-03-02T04:00:00Z"}),
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
)  # fmt: skip


SPOKEN = {"line_no": 1, "quantity": 1}
# Only people speak for customers.
FOREIGN_TO_PEOPLE = (
    ("POST", "/orders/{order}/complaint-photos", "no picture"),
    ("POST", "/orders/{order}/refunds", {"lines": [SPOKEN], "reason": "damaged", "note": "n"}),
    ("POST", "/aftersales/complaints", {"order_no": "{order}", "note": "n", "lines": [
        {**SPOKEN, "reason": "damaged", "wants": "refund"}]}),
)  # fmt: skip


@pytest.mark.parametrize("who", ["a program", "a person"])
def test_the_staff_of_another_shop_find_nothing_here(town: Town, who: str) -> None:
    """404 as for what is not there, and nothing is written, with every id of the first shop."""
    headers = far_headers(town, who)
    ids = names_of(town)
    before, wrong = town.digest("presence", "sequence"), []
    for method, path, body in FOREIGN + (FOREIGN_TO_PEOPLE if who == "a person" else ()):
        raw = None if body is None else filled(json.dumps(body), ids)
        answer = town.app.test_client().open(API + filled(path, ids), method=method, data=raw,
                                             headers=headers, content_type="application/json")
        if answer.status_code != 404:
            wrong.append(f"{method} {path}: {answer.status_code} {answer.get_data(as_text=True)[:160]}")
    after = town.digest("presence", "sequence")
    assert not wrong, "\n".join(wrong)
    assert [name for name in after if after[name] != before[name]] == []


def dead_task(town: Town, payload: dict[str, int], key: str | None) -> int:
    with town.kit.db.transaction("test") as tx:
        return tx.insert_new(Task, handler="test.nobody", payload=payload, key=key, priority=5, run_at=tx.now,
                             created_at=tx.now, state=DEAD, attempts=12, error="Gone: away")


@pytest.mark.parametrize(("who", "change", "code"), [
    ("supervisor", {"disabled": True}, "disables_self"), ("admin", {"disabled": True}, "disables_self"),
    ("supervisor", {"reset_pin": True}, "resets_own_pin"), ("admin", {"roles": ["picker"]}, "takes_own_role"),
    ("supervisor", {"roles": ["picker"]}, "role_not_yours"),
    ("supervisor", {"roles": ["supervisor", "admin"]}, "role_not_yours"),
])  # fmt: skip
def test_nobody_ends_or_widens_their_own_access(town: Town, who: str, change: dict, code: str) -> None:
    before = town.digest("presence", "sequence")
    answer = town.app.test_client().patch(f"{API}/staff/people/{town.person_id(who)}", json=change,
                                          headers=town.headers(who))
    assert (answer.status_code, answer.get_json()["code"]) == (403, code)
    assert town.digest("presence", "sequence") == before


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
    headers = town.headers(who) if who != "far supervisor" else {
        "Authorization": f"Bearer {town.far_token(['supervisor'])}"}
    tasks = {"payload": ({"store_id": int(town.store_id)}, None),
             "key": ({}, f"order:{town.order_no}"), "far": ({"store_id": town.far_id}, None),
             "nobody": ({"parcel": 1}, "parcel:1")}
    told = {}
    for whose, (payload, key) in tasks.items():
        task_id = dead_task(town, payload, key)
        told[whose] = town.app.test_client().post(f"{API}/tasks/{task_id}/retry",
                                                  headers=headers).status_code
        with town.kit.db.transaction("test") as tx:
            tx.delete(Task, Task.id == task_id)
    assert told == RETRIES[who]


def far_headers(town: Town, who: str) -> dict[str, str]:
    roles = ["operator", "supervisor", "packer", "counter", "picker"]
    if who == "a program":
        return {"Authorization": f"Bearer {town.far_token(roles)}"}
    owner.staff_add(town.kit, badge="FAR", name_zh="远", name_en="Far", roles=roles, pin=PIN,
                    store=town.far_id)
    return dict(signed_in(town, "FAR", town.far_id).http.headers)


def test_staff_who_cancel_learn_nothing_that_speaks_for_the_customer(town: Town) -> None:
    for who in ("operator", "supervisor"):
        view = town.handhelds[who].http.call("POST", f"{API}/orders/{town.order_no}/cancel",
                                             {"reason": "flood"}, key=town.guest.http.uuid())
        assert {"delivery_pin", "track_url"} & view.keys() == set()


def names_of(town: Town) -> dict[str, str]:
    """Ids of things in the first shop."""
    supervisor = town.handhelds["supervisor"].http
    found = supervisor.call("GET", f"{API}/dispatch/orders?store_id={town.store_id}&q={town.order_no}")
    planned = json.loads(filled(json.dumps({"shifts": [SHIFT]}), {"person": town.person_id("picker")}))
    roster = supervisor.call("PUT", f"{API}/staff/roster", planned)
    return {"store": town.store_id, "far": str(town.far_id), "sku": town.sku,
            "person": town.person_id("picker"), "planned": roster["shifts"][0]["id"],
            "session": town.handhelds["picker"].session["session_id"], "ticket": town.ticket["id"],
            "device": supervisor.call("GET", f"{API}/staff/devices")["devices"][0]["id"],
            "order": town.order_no, "fulfilment": found["orders"][0]["fulfilment_id"],
            "rider": town.handhelds["rider"].session["person"]["badge"]}


def filled(text: str, ids: dict[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda name: ids[name[1]], text)


def test_ops_on_another_shops_ticket_find_no_ticket(town: Town) -> None:
    owner.staff_add(town.kit, badge="FAR2", name_zh="远", name_en="Far", roles=["picker"], pin=PIN,
                    store=town.far_id)
    far = signed_in(town, "FAR2", town.far_id)
    [result] = far.send(far.op(town.ticket, "start"))
    assert (result["status"], result["code"], result["ticket"]) == ("rejected", "unknown_ticket", None)
    ours = town.handhelds["picker"]
    borrowed = far.op(town.ticket, "start") | {"session": ours.session["session_id"]}
    [result] = far.send(borrowed)
    assert (result["status"], result["ticket"]) == ("rejected", None)


@pytest.mark.parametrize(("method", "path", "body"), [
    ("GET", "/orders/{order}", None), ("POST", "/orders/{order}/cancel", {}),
    ("POST", "/orders/{order}/keep", {}),
    ("POST", "/orders/{order}/payments", {"method": "platform", "channel": "sandbox"}),
])
def test_another_customers_order_is_not_there(town: Town, method: str, path: str, body: dict | None) -> None:
    """And nobody can tell it from an order that never was."""
    http, seen = town.customer().http, []
    for order_no in (town.order_no, "1"):
        status, answer = http.exchange(method, API + path.format(order=order_no), body, key=http.uuid())
        seen.append((status, answer["code"]))
    assert seen[0] == seen[1] and seen[0][0] == 404


def test_a_route_without_a_policy_stops_the_start(tmp_path) -> None:
    """Default deny: such an application does not start, and would it run, the route answers 403."""
    kit = wire(Kit(Config(database_url=f"sqlite:///{tmp_path}/none.db", carts_path=f"{tmp_path}/carts.db")))
    app = create_app(kit)
    app.add_url_rule("/planted", "planted", lambda: "open")
    with pytest.raises(RuntimeError, match="/planted"):
        web.require_policies(app)
    answer = app.test_client().get("/planted")
    assert (answer.status_code, answer.get_json()["code"]) == (403, "forbidden")
    kit.close()

