"""The counter's calls over HTTP."""

import pytest

from fulfil.handoff import api
from fulfil.staff import service as staff
from tests.floor import packed, picked, token


@pytest.fixture
def order(sqlite_floor):
    order = sqlite_floor.paid(("tea", 1))
    picked(sqlite_floor, order, "ambient", "TOTE-001")
    packed(sqlite_floor, order)
    sqlite_floor.take(order, "delivery")
    return order


@pytest.mark.parametrize(
    ("who", "status"),
    [("counter", 200), ("packer", 200), ("supervisor", 200), ("picker", 403), ("rider", 403)],
)
def test_who_may_say_that_a_rider_is_here(sqlite_floor, order, who, status):
    client = sqlite_floor.client(api.bp)
    answer = client.post("/api/v1/handoff/arrivals", json={"code": "BADGE-RIDER"}, headers=token(who))
    assert answer.status_code == status
    if status == 200:
        found = answer.get_json()
        assert found["carrier"] == "own"
        assert [bag["place"] for bag in found["orders"][0]["bags"]] == ["SHF-A01"]


def test_an_arrival_with_a_key_is_noted_once(sqlite_floor, order):
    client = sqlite_floor.client(api.bp)
    headers = {**token("counter"), "Idempotency-Key": "arrival-1"}
    first, again = (
        client.post("/api/v1/handoff/arrivals", json={"code": "RIDER"}, headers=headers) for _ in range(2)
    )
    assert first.get_json() == again.get_json()
    other = client.post("/api/v1/handoff/arrivals", json={"code": "BADGE-RIDER"}, headers=headers)
    assert other.get_json()["code"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    "body", [{}, {"code": 1}, {"code": ""}, {"code": "\u0000"}, {"code": "x" * 61}, [], None]
)
def test_malformed_bodies_are_refused(sqlite_floor, body):
    answer = sqlite_floor.client(api.bp).post("/api/v1/handoff/arrivals", json=body, headers=token("counter"))
    assert 400 <= answer.status_code < 500
    assert answer.mimetype == "application/problem+json"


def test_an_unknown_code_is_told(sqlite_floor):
    answer = sqlite_floor.client(api.bp).post(
        "/api/v1/handoff/arrivals", json={"code": "999999"}, headers=token("counter")
    )
    assert (answer.status_code, answer.get_json()["code"]) == (404, "rider_unknown")


def test_only_a_supervisor_gives_up_a_bag(sqlite_floor, order):
    client = sqlite_floor.client(api.bp)
    path = f"/api/v1/handoff/tickets/{sqlite_floor.ticket(order, 'handoff').id}/allow-missing"
    assert client.post(path, headers=token("counter")).status_code == 403
    assert client.post(path, headers=token("supervisor")).get_json()["missing"] == []
    assert (
        client.post("/api/v1/handoff/tickets/1/allow-missing", headers=token("supervisor")).status_code == 404
    )


@pytest.mark.parametrize(("role", "everywhere"), [("counter", True), ("admin", True), ("counter", False)])
def test_a_program_names_the_counters_shop(sqlite_floor, order, role, everywhere):
    """Who sees one shop alone need not; who names a shop that they do not see finds none."""
    client, home = sqlite_floor.client(api.bp), sqlite_floor.store_id
    program = sqlite_floor.write(
        lambda tx: staff.create_api_token(
            tx, name="t", roles=[role], store_ids=None if everywhere else [home]
        )
    )

    def arrive(**more):
        headers = {"Authorization": f"Bearer {program}"}
        answer = client.post("/api/v1/handoff/arrivals", json={"code": "RIDER", **more}, headers=headers)
        return answer.status_code, answer.get_json().get("code")

    assert arrive(store_id=str(home)) == (200, None)
    assert arrive() == ((422, "store_needed") if everywhere else (200, None))
    assert arrive(store_id="1") == (404, "rider_unknown" if everywhere else "not_found")
