"""The stand-in server that misbehaves on demand speaks as the real one: the same fields, the same kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from fulfil.sim.clients import Handheld
from fulfil.sim.inside import CONTACT, InsideShop
from fulfil.sim.workers import next_act
from tests.servers import SqliteDatabases
from tests.terminal import floor_mock, mock_server


def apart(ours: Any, real: Any, at: str = "") -> list[str]:
    """Where two answers have other fields or kinds of values, as paths; what is null has any kind."""
    if ours is None or real is None:
        return []
    if isinstance(ours, Mapping) and isinstance(real, Mapping):
        odd = [f"{at}.{name}" for name in ours.keys() ^ real.keys()]
        return odd + [
            path
            for name in ours.keys() & real.keys()
            for path in apart(ours[name], real[name], f"{at}.{name}")
        ]
    if isinstance(ours, list) and isinstance(real, list):
        return apart(ours[0], real[0], f"{at}[]") if ours and real else []
    return [] if type(ours) is type(real) else [f"{at}: {type(ours).__name__}, not {type(real).__name__}"]


class Seen:
    """What the people of a real shop saw of one order at their stages: offers, and tickets in hand."""

    def __init__(self, shop: InsideShop) -> None:
        self.shop = shop
        self.offers: dict[str, dict] = {}
        self.tickets: dict[str, dict] = {}
        self.work: dict = {}
        self.arrival: dict = {}
        self.results: list[dict] = []

    def off(self, person: Handheld) -> None:
        """All that this person is given is done, and kept as they saw it last."""
        while True:
            self.work = person.work()
            for offer in self.work["offers"]:
                self.offers[offer["ticket"]["stage"]] = offer
                person.accept(offer)
            if not (acts := [act for ticket in person.work()["tickets"] if (act := self._act(ticket))]):
                return
            for ticket, (kind, payload) in acts:
                self.results += person.send(person.op(ticket, kind, payload))

    def _act(self, ticket: dict) -> tuple[dict, tuple[str, dict]] | None:
        self.tickets[ticket["stage"]] = ticket
        act = next_act(ticket, self.shop.totes)
        return None if act is None else (ticket, act)


@pytest.fixture(scope="module")
def seen(sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """One order with goods of two zones lives to its end."""
    folder = tmp_path_factory.mktemp("real")
    shop = InsideShop(sqlite_databases.fresh(folder), str(folder / "carts.db"))
    people = {role: shop.staff(role) for role in ("picker", "packer", "counter", "rider")}
    customer = shop.customer()
    for zone in ("ambient", "chilled"):
        customer.put(next(row["sku"] for row in shop.access.skus if row["zone"] == zone), 2)
    shop.pay(customer, customer.order(CONTACT)["order_no"])
    told = Seen(shop)
    for role in ("picker", "packer", "rider"):
        told.off(people[role])
    badge = people["rider"].session["person"]["badge"]
    told.arrival = people["counter"].http.call("POST", "/api/v1/handoff/arrivals", {"code": badge})
    for role in ("counter", "rider"):
        told.off(people[role])
    yield told
    shop.kit.close()


@pytest.mark.parametrize(
    ("stage", "made"),
    [
        ("picking", mock_server.picking_ticket),
        ("packing", floor_mock.packing_ticket),
        ("handoff", floor_mock.handoff_ticket),
        ("delivery", floor_mock.delivery_ticket),
    ],
)
def test_its_tickets_have_the_fields_of_real_ones(seen: Seen, stage: str, made: Callable[[], dict]) -> None:
    assert apart(made(), seen.tickets[stage]) == []


def test_its_answers_have_the_fields_of_real_ones(seen: Seen) -> None:
    stand_in = floor_mock.FloorMock()
    ticket = mock_server.picking_ticket()
    offer = stand_in.offer(ticket)
    assert apart(offer, seen.offers["picking"]) == []
    client = stand_in.app.test_client()
    assert apart(client.get("/api/v1/terminal/work").get_json(), seen.work) == []
    op = {"id": "1", "ticket": ticket["id"], "type": "tote", "payload": {"code": "TOTE-0001"}}
    assert apart(stand_in.apply(op), seen.results[0]) == []
    stand_in.own_rider("P001", floor_mock.handoff_ticket())
    assert apart(stand_in.arrivals["BADGE-P001"], seen.arrival) == []


def test_a_field_that_only_one_of_them_has_is_seen(seen: Seen) -> None:
    ticket = mock_server.picking_ticket()
    ticket["lines"][0]["colour"] = "red"
    ticket["due_at"] = 7
    del ticket["zone"]
    odd = set(apart(ticket, seen.tickets["picking"]))
    assert odd == {".zone", ".due_at: int, not str", ".lines[].colour"}
