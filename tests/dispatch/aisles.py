"""A shop whose floor has a plan: real picking, and tickets of several orders in one walk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import select

from fulfil.contracts.trade import ShortageDecided, Substitute
from fulfil.dispatch import queries
from fulfil.dispatch import service as dispatch
from fulfil.dispatch.model import StockoutReport
from fulfil.dispatch.service import shortage
from fulfil.picking import jobs as picking_jobs
from fulfil.picking import queries as picking_queries
from fulfil.picking import service as picking
from fulfil.picking.stage import PickingStage
from fulfil.store.model import Store
from fulfil.store.service import create_store, put_floor, put_items
from tests.dispatch.small import ALWAYS_OPEN, SmallShop, Somebody

SIZES = {"bays": 6, "y": 0, "pitch": 3.0, "bay": 2.0, "end": 1.0}
PLAN = {
    "blocks": [
        {"zone": "ambient", "aisles": ["A01", "A02", "A03", "A04", "A05"], "x": 0, "start": "A01", **SIZES},
        {"zone": "chilled", "aisles": ["C01", "C02"], "x": 20, "start": "C01", **SIZES},
    ]
}
# The same aisles where none is parallel to another: a ring with a nook, and a corner for what is chilled.
HALL = {
    "areas": [
        {
            "zone": "ambient",
            "start": "door",
            "points": {"door": [0, 0], "left": [2, 12], "back": [14, 16], "right": [18, 4], "nook": [10, 8]},
            "ways": [
                ["door", "left"],
                ["left", "back"],
                ["back", "right"],
                ["right", "door"],
                ["left", "nook"],
            ],
            "aisles": {
                "A01": {"from": "door", "to": "left", "bays": 6},
                "A02": {"from": "left", "to": "back", "bays": 6},
                "A03": {"from": "right", "to": "back", "bays": 6},
                "A04": {"from": "right", "to": "door", "bays": 6},
                "A05": {"from": "left", "to": "nook", "bays": 6},
            },
        },
        {
            "zone": "chilled",
            "start": "cold",
            "points": {"cold": [20, 0], "end": [26, 6], "far": [30, 0]},
            "ways": [["cold", "end"], ["end", "far"]],
            "aisles": {
                "C01": {"from": "cold", "to": "end", "bays": 6},
                "C02": {"from": "end", "to": "far", "bays": 6},
            },
        },
    ]
}
# By sku, such as a23: zone and shelf, here bay 3 of aisle A02.
SHELVES = {
    f"{code[0].lower()}{code[2]}{bay}": (block["zone"], f"{code}-0{bay}-1")
    for block in PLAN["blocks"]
    for code in block["aisles"]
    for bay in range(1, 7)
}
GRAMS = 250
# Both ends of the floor, for each of three orders.
THREE = (("a11", "a51"), ("a12", "a52"), ("a13", "a53"))
TOTES = [f"TOTE-{n:03}" for n in range(1, 40)]


class AisleShop(SmallShop):
    """`floor` is the plan; None leaves it away."""

    def __init__(self, url: str, *, floor: Mapping[str, Any] | None = PLAN, **settings: Any) -> None:
        self._floor = floor
        super().__init__(url, **settings)
        self.stages["picking"] = PickingStage()
        picking_jobs.register(self.kit)
        self._totes = iter(TOTES)

    def policy(self, **changes: Any) -> None:
        """The shop's own numbers."""
        self.write(lambda tx: tx.update(Store, Store.id == self.store_id, policy=changes))

    def offer(self, somebody: Somebody) -> dict[str, Any]:
        """The one offer on their screen."""
        (offer,) = self.work(somebody)["offers"]
        return offer

    def answers(self, somebody: Somebody, kind: str = "accept", **more: Any) -> dict[str, Any]:
        """The person answers the one offer on their screen; returns the result."""
        offer = self.offer(somebody)
        return self.does(somebody, offer["ticket"], kind, offer=offer["id"], **more)

    def held(self, somebody: Somebody) -> list[dict[str, Any]]:
        """Their tickets by slot of the cart."""
        return sorted(
            self.work(somebody)["tickets"], key=lambda t: 0 if t["tour"] is None else t["tour"]["sequence"]
        )

    def walk(self, somebody: Somebody) -> list[tuple[int, str, str]]:
        """What is to do in the order of its positions: (position, ticket, shelf)."""
        return sorted(
            (line["position"], ticket["id"], line["location"])
            for ticket in self.held(somebody)
            for line in ticket["lines"]
            if line["state"] == "todo"
        )

    def picks(self, somebody: Somebody, ticket_id: str, *, lines: int = 99) -> None:
        """The person picks so many lines of a ticket in their turn; the first one begins a tote."""
        for _ in range(lines):
            ticket = next(t for t in self.held(somebody) if t["id"] == ticket_id)
            todo = [line for line in ticket["lines"] if line["state"] == "todo"]
            if not todo:
                return
            if not ticket["totes"]:
                self._applied(somebody, ticket, "tote", code=next(self._totes))
                continue
            self._applied(somebody, ticket, "pick", line=todo[0]["id"], quantity=todo[0]["quantity"])

    def finishes(self, somebody: Somebody, ticket_id: str) -> None:
        """The person picks the whole ticket and stages it."""
        self.picks(somebody, ticket_id)
        ticket = next(t for t in self.held(somebody) if t["id"] == ticket_id)
        self._applied(somebody, ticket, "complete")

    def misses_first(self, somebody: Somebody, ticket: dict[str, Any], *, instead: str) -> None:
        """The first line of a ticket is not on its shelf, and its customer takes other goods instead."""
        line = ticket["lines"][0]
        self._applied(somebody, ticket, "short", line=line["id"], reason="not_found")
        order_no = self.ticket(int(ticket["id"])).order_no
        said = select(StockoutReport).where(StockoutReport.order_no == order_no)
        (report,) = self.read(lambda tx: tx.all(said))
        answer = ShortageDecided(
            order_no,
            self.store_id,
            report.id,
            report.line_no,
            report.quantity,
            "substitute",
            0,
            Substitute(1001, instead, 1),
        )
        for handle in (shortage.on_decided, picking.customer_decided):
            self.write(lambda tx, handle=handle: handle(tx, answer))

    def _applied(self, somebody: Somebody, ticket: dict[str, Any], kind: str, **payload: Any) -> None:
        result = self.does(somebody, ticket, kind, **payload)
        assert result["status"] == "applied", result

    def tour(self, tour_id: int | str) -> Any:
        return self.read(lambda tx: queries.tour_row(tx, int(tour_id)))

    def pushed(self, somebody: Somebody, since: int = 0) -> list[dict[str, Any]]:
        """What was pushed to somebody after a number of their log."""
        return self.read(lambda tx: self.kit.live.since(tx, somebody.id, since))

    def violations(self) -> list[Any]:
        return [*super().violations(), *self.read(picking_queries.violations)]

    def _found(self, tx: Any) -> int:
        store_id = create_store(
            tx,
            name_zh="店",
            name_en="Aisles",
            tz="Asia/Shanghai",
            currency="CNY",
            lat=31.23,
            lng=121.47,
            radius_m=3000,
            opening=ALWAYS_OPEN,
            delivery_fee=500,
            free_delivery_from=6900,
            bag_fee=30,
        )
        put_items(
            tx,
            store_id,
            [
                {
                    "sku": sku,
                    "gtin": f"69{n:011}",
                    "name_zh": sku,
                    "name_en": sku,
                    "category": "test",
                    "unit": "each",
                    "pack": "1",
                    "zone": zone,
                    "location": location,
                    "weighed": False,
                    "scale_item": None,
                    "picture": "",
                    "grams": GRAMS,
                }
                for n, (sku, (zone, location)) in enumerate(SHELVES.items(), 10)
            ],
        )
        if self._floor is not None:
            put_floor(tx, store_id, self._floor, actor="test")
        dispatch.add_totes(tx, store_id, TOTES)
        return store_id


def order(shop: AisleShop, *skus: str, **more: float) -> int:
    return shop.paid(*((sku, 1) for sku in skus), **more)


def three_waiting(shop: AisleShop) -> list[int]:
    """Three orders at both ends of the floor, the first one due first, while nobody is there."""
    return [order(shop, *skus, due_minutes=60 + n) for n, skus in enumerate(THREE)]


def a_picker(shop: AisleShop, badge: str = "P1") -> Somebody:
    picker = shop.hire(badge, "picker")
    shop.run()
    return picker


def walking(shop: AisleShop) -> tuple[Somebody, list[dict[str, Any]]]:
    """A picker who has accepted a tour of three; their tickets by slot."""
    three_waiting(shop)
    picker = a_picker(shop)
    shop.answers(picker)
    return picker, shop.held(picker)


@pytest.fixture
def shop(database_url: str) -> Iterator[AisleShop]:
    """Such a shop of the test's own; its books are in order afterwards."""
    made = AisleShop(database_url)
    yield made
    assert made.violations() == []
    made.kit.close()
