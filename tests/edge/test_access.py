"""Who may call what: every route × every kind of caller and token; what is not allowed is denied."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from fulfil.app import owner
from fulfil.app.wiring import create_app, wire
from fulfil.kit import web
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from tests.edge.town import API, CALLERS, Route, Town, routes

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
    answer = town.app.test_client().open(
        path, method=route.method, headers=headers, content_type="application/json"
    )
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
            expected = (
                "allowed"
                if allowed == "anyone" or caller in allowed.split()
                else ("forbidden" if caller else "unauthenticated")
            )
            told = {401: "unauthenticated", 403: "forbidden"}.get(status, "allowed")
            if told != expected and name != SIGNED:
                wrong.append(f"{name} by {caller or 'nobody'}: {status}, not {expected}")
    assert not wrong, "\n".join(wrong)


def test_who_ends_their_session_is_out(sqlite_url: str, tmp_path) -> None:
    town = Town(sqlite_url, str(tmp_path / "carts.db"))
    for caller, ending, then in (
        ("picker", "terminal/sessions", "terminal/work"),
        ("customer", "sessions/current", "orders"),
    ):
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
    for what in (
        "a logout",
        "a revocation",
        "a revoked device",
        "a disabled person",
        "a new PIN",
        "a second login",
    ):
        badge = f"Z{len(spent)}"
        handheld = town.hired(badge, ["picker"])
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
            town.signed_in(badge)
        else:
            change = {"disabled": True} if what == "a disabled person" else {"reset_pin": True}
            supervisor.call("PATCH", f"{API}/staff/people/{person}", change)
    return spent


def test_roles_hold_from_the_next_request_on(town: Town) -> None:
    http = town.hired("Y1", ["supervisor"]).http
    assert http.exchange("GET", f"{API}/staff/people")[0] == 200
    owner.staff_roles(town.kit, badge="Y1", roles=["picker"], store=int(town.store_id))
    assert http.exchange("GET", f"{API}/staff/people")[0] == 403


def test_a_session_counts_on_its_own_device_only(town: Town) -> None:
    stolen = dict(town.headers("picker")) | {"X-Device-Key": town.headers("rider")["X-Device-Key"]}
    answer = town.app.test_client().get(f"{API}/terminal/work", headers=stolen)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("who", "change", "code"),
    [
        ("supervisor", {"disabled": True}, "disables_self"),
        ("admin", {"disabled": True}, "disables_self"),
        ("supervisor", {"reset_pin": True}, "resets_own_pin"),
        ("admin", {"roles": ["picker"]}, "takes_own_role"),
        ("supervisor", {"roles": ["picker"]}, "role_not_yours"),
        ("supervisor", {"roles": ["supervisor", "admin"]}, "role_not_yours"),
    ],
)
def test_nobody_ends_or_widens_their_own_access(town: Town, who: str, change: dict, code: str) -> None:
    before = town.digest("presence", "sequence")
    answer = town.app.test_client().patch(
        f"{API}/staff/people/{town.person_id(who)}", json=change, headers=town.headers(who)
    )
    assert (answer.status_code, answer.get_json()["code"]) == (403, code)
    assert town.digest("presence", "sequence") == before


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
