"""HTTP of dispatch and staff: one walk through every route, and bad input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from fulfil.dispatch import api as dispatch_api
from fulfil.dispatch import queries
from fulfil.kit import web
from fulfil.staff import api as staff_api
from fulfil.staff import service as staff
from tests.dispatch.small import PIN, SmallShop

API = "/api/v1"
UUIDS = [f"7f9c24e8-3b12-4fef-91e0-56a2d5a3c00{n}" for n in (1, 2, 3)]


class Terminal:
    """A device, and whoever is signed in on it."""

    def __init__(self, client: FlaskClient, device_key: str, badge: str) -> None:
        self.client, self.headers = client, {"X-Device-Key": device_key}
        answer = self.call("POST", "/terminal/sessions", json={"badge": badge, "pin": PIN}, expect=201)
        self.session = answer["session_id"]
        self.answer = answer
        self.headers["Authorization"] = f"Bearer {answer['token']}"

    def call(self, method: str, path: str, *, expect: int = 200, **options: Any) -> Any:
        response = self.client.open(API + path, method=method, headers=self.headers, **options)
        assert response.status_code == expect, (response.status_code, response.text)
        return response.get_json(silent=True)


@pytest.fixture
def small(sqlite_url: str) -> Iterator[SmallShop]:
    made = SmallShop(sqlite_url)
    yield made
    made.kit.close()


@pytest.fixture
def client(small: SmallShop) -> FlaskClient:
    app = web.Application("test", static_folder=None)
    api = web.install(app, small.kit)
    for part in (staff_api, dispatch_api):
        api.register_blueprint(part.bp)
    web.require_policies(app)
    return app.test_client()


@pytest.fixture
def picker(small: SmallShop, client: FlaskClient) -> Terminal:
    person = small.hire("P1", "picker")
    return Terminal(client, person.device_key, "badge-p1")


@pytest.fixture
def supervisor(small: SmallShop, client: FlaskClient) -> Terminal:
    person = small.hire("S1", "supervisor")
    return Terminal(client, person.device_key, "S1")


def op(terminal: Terminal, ticket: dict, kind: str, uuid: str, **payload: Any) -> dict[str, Any]:
    return {
        "id": uuid,
        "seq": 1,
        "session": terminal.session,
        "ticket": ticket["id"],
        "epoch": ticket["epoch"],
        "version": ticket["version"],
        "type": kind,
        "payload": payload,
    }


def test_login_tells_the_terminal_what_it_needs(picker, small):
    assert picker.answer["person"]["badge"] == "P1"
    assert picker.answer["roles"] == ["picker"]
    assert picker.answer["store"] == {
        "id": str(small.store_id),
        "name": {"zh": "小店", "en": "Small shop"},
        "currency": "CNY",
        "tz": "Asia/Shanghai",
    }
    assert picker.answer["queued_elsewhere"] is None


def test_a_picker_takes_an_offer_and_works(picker, small):
    picker.call("POST", "/terminal/shift", json={"state": "available"})
    small.paid(("tea", 1))
    work = picker.call("GET", "/terminal/work")
    (offer,) = work["offers"]
    assert work["seq"] > 0 and work["shift"]["state"] == "available"
    accept = op(picker, offer["ticket"], "accept", UUIDS[0], offer=offer["id"])
    finish = op(picker, offer["ticket"], "pick", UUIDS[1], line_no=1, quantity=9)
    strange = op(picker, offer["ticket"], "short", UUIDS[2], line_no=7, quantity=1)
    body = {"ops": [accept, finish, strange]}
    results = picker.call("POST", "/terminal/ops", json=body)["results"]
    assert [r["status"] for r in results] == ["applied", "applied", "rejected"]
    assert (results[2]["code"], results[2]["extra"]) == ("line_unknown", {"line_no": 7})
    again = picker.call("POST", "/terminal/ops", json=body)["results"]
    assert [r["status"] for r in again] == ["duplicate", "duplicate", "rejected"]


@pytest.mark.parametrize(
    "change",
    [
        {"id": "not-a-uuid"},
        {"seq": -1},
        {"seq": 2**63},
        {"seq": True},
        {"ticket": 7},
        {"ticket": "9" * 19},
        {"epoch": 0},
        {"epoch": "1"},
        {"type": ""},
        {"type": "\ud800"},
        {"payload": []},
        {"at": "yesterday"},
        {"session": None},
    ],
)
def test_a_malformed_op_is_refused_whole(picker, change):
    good = op(picker, {"id": "1", "epoch": 1, "version": 1}, "start", UUIDS[0])
    status = 400 if change.get("type") == "\ud800" else 422
    problem = picker.call("POST", "/terminal/ops", json={"ops": [good | change]}, expect=status)
    assert problem["status"] == status


def test_batches_have_a_limit(picker):
    good = op(picker, {"id": "1", "epoch": 1, "version": 1}, "start", UUIDS[0])
    for ops in ([], [good] * 51):
        problem = picker.call("POST", "/terminal/ops", json={"ops": ops}, expect=422)
        assert list(problem["errors"]) == ["ops"]


def test_the_supervisor_sees_and_steers(supervisor, picker, small, client):
    fulfilment_id = small.paid(("tea", 1))
    ticket = small.tickets(fulfilment_id)[0]
    store = f"store_id={small.store_id}"
    board = supervisor.call("GET", f"/dispatch/board?{store}")
    assert [t["id"] for t in board["tickets"]] == [str(ticket.id)]
    path = f"/dispatch/tickets/{ticket.id}"
    assert supervisor.call("POST", f"{path}/priority", json={"priority": 3})["ticket"]["priority"] == 3
    assert supervisor.call("POST", f"{path}/hold", json={"reason": "wait"})["ticket"]["held"]
    assert not supervisor.call("POST", f"{path}/unhold", json={})["ticket"]["held"]
    assert supervisor.call("POST", f"{path}/unhold", json={}, expect=409)["code"] == "not_held"
    many = {"tickets": [str(ticket.id)], "act": "priority", "priority": 5}
    assert supervisor.call("POST", "/dispatch/tickets/acts", json=many)["results"] == [
        {"id": str(ticket.id), "code": None, "message": None}
    ]
    assert small.ticket(ticket.id).priority == 5
    once = {
        "headers": supervisor.headers | {"Idempotency-Key": "held-once"},
        "json": {"tickets": [str(ticket.id)], "act": "hold", "reason": "flood"},
    }
    for _ in range(2):
        assert client.post(f"{API}/dispatch/tickets/acts", **once).get_json()["results"][0]["code"] is None
    assert len(small.read(lambda tx: queries.open_holds(tx, small.store_id))) == 1
    other = {**once, "json": {**once["json"], "reason": "power cut"}}
    again = client.post(f"{API}/dispatch/tickets/acts", **other)
    assert (again.status_code, again.get_json()["code"]) == (422, "idempotency_key_reused")
    supervisor.call("POST", f"{path}/unhold", json={})
    for lacking in ({**many, "priority": None}, {**many, "act": "hold"}, {**many, "tickets": []}):
        supervisor.call("POST", "/dispatch/tickets/acts", json=lacking, expect=422)
    supervisor.call("POST", "/dispatch/tickets/acts", json={**many, "tickets": ["1"]}, expect=404)
    throttle = f"/stores/{small.store_id}/throttle"
    assert supervisor.call("POST", throttle, json={"limit": 3}) == {"limit": 3, "in_flight": 0}
    supervisor.call("POST", throttle, json={}, expect=422)
    gone = {"person_id": "999999"}
    assert supervisor.call("POST", f"{path}/reassign", json=gone, expect=409)["code"] == "person_unavailable"
    told = supervisor.call("GET", f"/dispatch/fulfilments/{fulfilment_id}/timeline")["events"]
    assert {"create", "priority", "hold", "unhold"} <= {step["event"] for step in told}
    supervisor.call("GET", "/dispatch/board?store_id=1", expect=404)
    for path, body in (("/dispatch/tickets/1/hold", {"reason": "x"}), ("/dispatch/tickets/1/reassign", {})):
        supervisor.call("POST", path, json=body, expect=404)


def test_the_supervisor_runs_the_crew(supervisor, small, client):
    new = {"badge": "N1", "name_zh": "新", "name_en": "New", "roles": ["picker"]}
    person = supervisor.call("POST", "/staff/people", json=new, expect=201)
    assert len(person["pin"]) == 6
    assert supervisor.call("POST", "/staff/people", json=new, expect=409)["code"] == "badge_taken"
    admin = {**new, "badge": "N2", "roles": ["admin"]}
    assert supervisor.call("POST", "/staff/people", json=admin, expect=403)["code"] == "role_not_yours"
    code = supervisor.call("POST", "/staff/enrolment-codes", json={}, expect=201)["code"]
    body = {"enrolment_code": code, "name": "HH-7"}
    key = client.post(f"{API}/terminal/devices", json=body).get_json()["device_key"]
    assert client.post(f"{API}/terminal/devices", json=body).status_code == 403
    signed_in = client.post(
        f"{API}/terminal/sessions", headers={"X-Device-Key": key}, json={"badge": "N1", "pin": person["pin"]}
    )
    session = signed_in.get_json()
    path = f"/staff/people/{person['id']}"
    changed = supervisor.call("PATCH", path, json={"roles": ["packer"], "reset_pin": True})
    assert changed["roles"] == ["packer"] and changed["pin"] != person["pin"]
    token = {"Authorization": f"Bearer {session['token']}"}
    assert client.get(f"{API}/terminal/work", headers=token).status_code == 401, "a new PIN ends the session"
    listed = supervisor.call("GET", "/staff/devices")["devices"]
    device = next(d["id"] for d in listed if d["name"] == "HH-7")
    supervisor.call("POST", f"/staff/devices/{device}/unlock", json={}, expect=204)
    supervisor.call("DELETE", f"/staff/devices/{device}", expect=204)
    supervisor.call("DELETE", f"/staff/devices/{device}", expect=404)
    assert supervisor.call("PATCH", path, json={"disabled": True})["disabled"]
    assert {p["badge"] for p in supervisor.call("GET", "/staff/people")["people"]} == {"S1", "N1"}
    supervisor.call("PATCH", "/staff/people/1", json={}, expect=404)


def test_a_session_can_be_ended_by_its_person_and_by_the_supervisor(supervisor, picker, small, client):
    path = f"/staff/sessions/{picker.session}"
    supervisor.call("DELETE", path, expect=204)
    assert picker.call("GET", "/terminal/work", expect=401)["code"] == "unauthenticated"
    assert supervisor.call("DELETE", path, expect=404)["code"] == "unknown_session"
    supervisor.call("DELETE", "/terminal/sessions", expect=204)
    assert supervisor.call("GET", "/terminal/work", expect=401)["code"] == "unauthenticated"


def test_pickers_do_not_supervise_and_programs_have_no_work(picker, small, client):
    for method, path in (
        ("GET", f"/dispatch/board?store_id={small.store_id}"),
        ("GET", "/staff/people"),
        ("POST", "/staff/enrolment-codes"),
        ("POST", "/dispatch/tickets/1/hold"),
        ("GET", "/dispatch/fulfilments/1/timeline"),
    ):
        picker.call(method, path, expect=403)
    token = small.write(
        lambda tx: staff.create_api_token(tx, name="till", roles=["admin"], store_ids=[small.store_id])
    )
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get(f"{API}/terminal/work", headers=headers).status_code == 403
    board = client.get(f"{API}/dispatch/board?store_id={small.store_id}", headers=headers)
    assert board.status_code == 200
