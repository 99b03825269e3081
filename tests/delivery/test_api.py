"""The carrier link over HTTP."""

import pytest

from fulfil.delivery import api
from fulfil.dispatch import queries as dispatched
from tests.floor import packed, picked, released, token


@pytest.fixture
def ride(sqlite_floor):
    """The client, and the path of a third party's ride."""
    order = sqlite_floor.paid(("tea", 1))
    picked(sqlite_floor, order, "ambient", "TOTE-001")
    packed(sqlite_floor, order)
    with sqlite_floor.reading() as tx:
        row = dispatched.fulfilment_row(tx, order)
    released(sqlite_floor, order, rider=row.pickup_code)
    client = sqlite_floor.client(api.bp)
    path = f"/api/v1/delivery/orders/{row.order_no}/carrier-link"
    assert client.get(path, headers=token("rider")).status_code == 403
    link = client.get(path, headers=token("counter")).get_json()["url"]
    return client, f"/api/v1{link}"


def test_from_the_link_to_the_door(ride):
    client, path = ride
    seen = client.get(path).get_json()
    assert seen["legal"] == ["milestone", "deliver", "call", "return"]
    assert seen["next_milestones"] == ["arrived_at_customer"]
    assert client.post(path, json={"type": "milestone", "name": "arrived_at_customer"}).status_code == 200
    wrong = client.post(path, json={"type": "deliver", "pin": "0000"})
    assert (wrong.status_code, wrong.get_json()["code"], wrong.get_json()["left"]) == (409, "pin_wrong", 4)
    done = client.post(path, json={"type": "deliver", "pin": "4711"}).get_json()
    assert (done["delivery_state"], done["contact"]) == ("delivered", None)
    assert client.post(path, json={"type": "deliver", "pin": "4711"}).status_code == 409


def test_a_guess_opens_nothing(ride):
    client, path = ride
    for guess in ("0" * 48, "x", path.rsplit("/", 1)[1][:-1]):
        assert client.get(f"/api/v1/ride/{guess}").status_code == 404
        assert client.post(f"/api/v1/ride/{guess}", json={"type": "deliver"}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"type": "steal"},
        {"type": "milestone"},
        {"type": "return"},
        {"type": "return", "reason": "tired"},
        {"type": "milestone", "name": "delivered"},
        {"type": "deliver", "pin": 4711},
        {"type": "deliver", "pin": "1" * 13},
        [],
        "deliver",
    ],
)
def test_malformed_bodies_are_refused(ride, body):
    client, path = ride
    answer = client.post(path, json=body)
    assert 400 <= answer.status_code < 500
    assert client.get(path).get_json()["delivery_state"] == "picked_up"


def test_the_link_is_for_this_shops_counter(ride):
    client, _ = ride
    assert client.get("/api/v1/delivery/orders/1/carrier-link", headers=token("counter")).status_code == 404
