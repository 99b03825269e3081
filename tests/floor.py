"""A shop floor for tests of stages: a shop with goods and people, orders paid, ops by the real pipeline."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from fulfil.contracts import fulfilment as events
from fulfil.contracts.trade import Contact, OrderCancelRequested, OrderPaid, PaidLine
from fulfil.delivery import jobs as delivery_jobs
from fulfil.delivery import queries as delivery_queries
from fulfil.delivery.stage import stage as delivery
from fulfil.dispatch import jobs as dispatch_jobs
from fulfil.dispatch import queries as dispatched
from fulfil.dispatch.schema import load_payload
from fulfil.dispatch.service import add_totes, cancel, offers
from fulfil.dispatch.service.flow import open_on_paid
from fulfil.dispatch.service.ops import GivenOp, apply_batch
from fulfil.dispatch.service.takeover import take_over
from fulfil.handoff import queries as handoff_queries
from fulfil.handoff.stage import stage as handoff
from fulfil.kit import web
from fulfil.kit.base import Kit
from fulfil.kit.clock import VirtualClock
from fulfil.kit.config import Config
from fulfil.kit.security import Principal, hash_token
from fulfil.packing import queries as packing_queries
from fulfil.packing.stage import stage as packing
from fulfil.picking import jobs as picking_jobs
from fulfil.picking import queries as picking_queries
from fulfil.picking.stage import stage as picking
from fulfil.prep import jobs as prep_jobs
from fulfil.prep import queries as prep_queries
from fulfil.prep.stage import stage as prep
from fulfil.staff import jobs as staff_jobs
from fulfil.staff import service as staff
from fulfil.staff.model import Device, StaffSession
from fulfil.store.rules import check_digit
from fulfil.store.service import create_store, put_items

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ADMIN = Principal("staff", 0, frozenset({"admin"}))
ROLES = {
    "picker": "picker",
    "second": "picker",
    "packer": "packer",
    "counter": "counter",
    "rider": "rider",
    "cook": "cook",
    "second_cook": "cook",
    "supervisor": "supervisor",
}
ROLE_OF_STAGE = {
    "picking": "picker",
    "prep": "cook",
    "packing": "packer",
    "handoff": "counter",
    "delivery": "rider",
}
SCALE_RULES = [{"regex": r"21(?P<item>\d{5})(?P<value>\d{5})(?P<check>\d)", "unit": "g", "sku_prefix": ""}]
# sku → zone, location, unit, grams a piece; the GTINs have right check digits.
GOODS = {
    "milk": ("chilled", "C01-01-1", "each", 1000, "6900000000014"),
    "rice": ("ambient", "A02-03-1", "each", 5000, "6900000000021"),
    "tea": ("ambient", "A01-02-1", "each", 100, "6900000000038"),
    "00042": ("ambient", "A01-01-1", "g", 0, "6900000000045"),
    "peas": ("frozen", "F01-01-1", "each", 400, "6900000000052"),
    "burger": ("ambient", "K01-01-1", "each", 250, "6900000000069"),
    "salad": ("chilled", "K01-01-2", "each", 300, "6900000000076"),
}
# How the shop makes what it makes itself: station, seconds, portions at a time.
MADE = {"burger": "grill:480:4", "salad": "salad:120:1"}
PUBLISHED = (
    events.StockoutReported,
    events.OrderSealed,
    events.GoodsPutBack,
    events.GoodsRefused,
    events.GoodsBrought,
    events.GoodsQuarantined,
    events.HandedOver,
    events.Delivered,
    events.FulfilmentCancelled,
    events.FulfilmentVoided,
)


@pytest.fixture
def floor(database_url: str) -> Iterator[Floor]:
    """A shop floor on SQLite, then on PostgreSQL. Ends only if no stage's invariant is broken."""
    yield from _open(database_url)


@pytest.fixture
def sqlite_floor(sqlite_url: str) -> Iterator[Floor]:
    """A shop floor on SQLite alone, for tables of refusals and for pages."""
    yield from _open(sqlite_url)


def _open(url: str) -> Iterator[Floor]:
    made = Floor(url)
    try:
        yield made
        assert made.violations() == []
    finally:
        made.close()


class Undone(Exception):
    """Ends a transaction that only looked."""


@dataclass(frozen=True)
class Person:
    id: int
    session_id: int
    badge: str


class Floor:
    """A wired kit with one shop. `published` holds the events that left the stages and the dispatcher."""

    def __init__(self, url: str) -> None:
        self.clock = VirtualClock(START)
        self.kit = Kit(
            Config(database_url=url, pin_memory_kib=8, pin_time_cost=1),
            clock=self.clock,
            rng=random.Random(7),
        )
        self.kit.services["stages"] = {s.name: s for s in (picking, prep, packing, handoff, delivery)}
        self.published: list[Any] = []
        for folder in (staff_jobs, dispatch_jobs, picking_jobs, prep_jobs, delivery_jobs):
            folder.register(self.kit)
        for event in PUBLISHED:
            self.kit.events.subscribe(
                event,
                f"test.{event.__name__}",
                lambda tx, happened: self.published.append(happened),
                inline=True,
            )
        self._ids, self._orders = itertools.count(1), itertools.count(500_001)
        self.store_id = self.write(self._found_shop)
        self.people = self.write(self._hire)

    def close(self) -> None:
        self.kit.close()

    def write(self, effect: Any) -> Any:
        return self.kit.db.write(effect, "test")

    @contextmanager
    def reading(self) -> Iterator[Any]:
        with self.kit.db.read() as tx:
            yield tx

    def paid(self, *lines: tuple[str, int] | tuple[str, int, str]) -> int:
        """A paid order of `(sku, quantity[, on_shortage])`; returns its fulfilment order's number."""
        order_no = next(self._orders)
        paid = tuple(
            PaidLine(
                line_no=no,
                sku=line[0],
                quantity=line[1],
                unit=GOODS[line[0]][2],
                payable=100,
                on_shortage=line[2] if len(line) > 2 else "refund",
                if_silent="refund",
            )
            for no, line in enumerate(lines, start=1)
        )
        event = OrderPaid(
            order_no=order_no,
            store_id=self.store_id,
            paid_at=self.clock.now(),
            note="ring twice",
            promised_at=self.clock.now() + timedelta(minutes=45),
            delivery_pin="4711",
            lines=paid,
            contact=Contact("王小明", "19900001234", "1 Test Road", 31.23, 121.47),
        )
        self.write(lambda tx: open_on_paid(tx, event))
        with self.reading() as tx:
            return dispatched.fulfilment_of_order(tx, order_no).id

    def ticket(self, fulfilment_id: int, stage: str, *, zone: str | None = None, kind: str = "work") -> Any:
        """The newest ticket of a stage (and zone), live or not."""
        with self.reading() as tx:
            rows = dispatched.tickets_of(tx, fulfilment_id, stage=stage, kind=kind)
        return [row for row in rows if zone in (None, row.zone)][-1]

    def take(
        self,
        fulfilment_id: int,
        stage: str,
        *,
        zone: str | None = None,
        kind: str = "work",
        person: str | None = None,
    ) -> Worker:
        """Let somebody take a queued ticket; they work on it from then on."""
        row = self.ticket(fulfilment_id, stage, zone=zone, kind=kind)
        name = person or ROLE_OF_STAGE[stage]
        self.write(
            lambda tx: offers.assign(tx, dispatched.ticket_row(tx, row.id, lock=True), self.people[name].id)
        )
        return Worker(self, self.people[name], row.id)

    def cancelled(self, fulfilment_id: int) -> None:
        """The customer cancels the order."""
        with self.reading() as tx:
            row = dispatched.fulfilment_row(tx, fulfilment_id)
        asked = OrderCancelRequested(
            order_no=row.order_no, store_id=row.store_id, reason="customer", by="customer:1"
        )
        self.write(lambda tx: cancel.on_cancel_requested(tx, asked))

    def taken_over(self, ticket_id: int) -> None:
        """A supervisor takes the ticket from its holder."""
        self.write(lambda tx: take_over(tx, dispatched.ticket_row(tx, ticket_id, lock=True), reason="test"))

    def state(self, fulfilment_id: int) -> str:
        with self.reading() as tx:
            return dispatched.fulfilment_row(tx, fulfilment_id).state

    def line(self, fulfilment_id: int, line_no: int) -> Any:
        with self.reading() as tx:
            return next(row for row in dispatched.lines(tx, fulfilment_id) if row.line_no == line_no)

    def bags(self, fulfilment_id: int) -> list[Any]:
        with self.reading() as tx:
            return dispatched.bags_of(tx, fulfilment_id)

    def tote(self, code: str) -> Any:
        with self.reading() as tx:
            return dispatched.tote_row(tx, self.store_id, code)

    def said(self, event: type) -> list[Any]:
        """What was published of one kind."""
        return [happened for happened in self.published if type(happened) is event]

    def violations(self) -> list[Any]:
        with self.reading() as tx:
            return [
                found
                for folder in (
                    picking_queries,
                    prep_queries,
                    packing_queries,
                    handoff_queries,
                    delivery_queries,
                )
                for found in folder.violations(tx)
            ]

    def spoiled(self, folder: Any, model: Any, **values: Any) -> list[tuple[int, str]]:
        """What `folder.violations` finds once a bug has set every row of a table so; undone afterwards."""
        with pytest.raises(Undone), self.kit.db.transaction("test") as tx:
            assert tx.update(model, **values) > 0
            found = [(violation.invariant, violation.entity) for violation in folder.violations(tx)]
            raise Undone
        return found

    def _found_shop(self, tx: Any) -> int:
        store_id = create_store(
            tx,
            name_zh="测试店",
            name_en="Test shop",
            tz="Asia/Shanghai",
            currency="CNY",
            lat=31.23,
            lng=121.47,
            radius_m=3000,
            opening={},
            delivery_fee=500,
            free_delivery_from=6900,
            bag_fee=30,
            scale_rules=SCALE_RULES,
        )
        put_items(
            tx,
            store_id,
            [
                {
                    "sku": sku,
                    "gtin": gtin,
                    "name_zh": f"货{sku}",
                    "name_en": sku.title(),
                    "category": "test",
                    "unit": unit,
                    "pack": "1",
                    "zone": zone,
                    "location": location,
                    "weighed": unit == "g",
                    "scale_item": sku if unit == "g" else None,
                    "picture": f"{sku}.svg",
                    "grams": grams,
                    "prep": MADE.get(sku),
                }
                for sku, (zone, location, unit, grams, gtin) in GOODS.items()
            ],
        )
        add_totes(tx, store_id, [f"TOTE-{n:03}" for n in range(1, 10)])
        return store_id

    def _hire(self, tx: Any) -> dict[str, Person]:
        """Everybody is on duty with a live session; how one signs in is tested with staff."""
        people = {}
        for name, role in ROLES.items():
            person_id = staff.add_person(
                tx,
                store_id=self.store_id,
                badge=name.upper(),
                name_zh=name,
                name_en=name,
                roles=[role],
                pin_hash="-",
                by=ADMIN,
                tickets_done=20,
            )
            device_id, session_id = tx.number(), tx.number()
            tx.insert(
                Device,
                id=device_id,
                store_id=self.store_id,
                name=name,
                kind="handheld",
                key_hash=f"key-{name}",
                enrolled_at=tx.now,
                pin_failures=0,
            )
            tx.insert(
                StaffSession,
                id=session_id,
                person_id=person_id,
                store_id=self.store_id,
                device_id=device_id,
                token_hash=hash_token(f"fs_{name}"),
                started_at=tx.now,
            )
            staff.set_shift(tx, person_id, "available", session_id, actor="test")
            people[name] = Person(person_id, session_id, name.upper())
        return people

    def client(self, *blueprints: Any) -> FlaskClient:
        """An HTTP client of these blueprints; the token of a person is `fs_<name>`."""
        app = web.Application("floor", static_folder=None)
        api = web.install(app, self.kit)
        for blueprint in blueprints:
            api.register_blueprint(blueprint)
        web.require_policies(app)
        return app.test_client()

    def send(self, person: Person, ticket_id: int, kind: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Send one op by the real pipeline and return its result."""
        with self.reading() as tx:
            epoch = dispatched.ticket_row(tx, ticket_id).epoch
        sender = Principal("staff", person.id, frozenset(), frozenset({self.store_id}), person.session_id)
        number = next(self._ids)
        op = GivenOp(
            id=f"op-{number}",
            seq=number,
            session=person.session_id,
            ticket=ticket_id,
            epoch=epoch,
            type=kind,
            payload=payload,
        )
        return apply_batch(self.kit, sender, [op], load_payload)[0]


class Worker:
    """Somebody with a ticket in hand."""

    def __init__(self, floor: Floor, person: Person, ticket_id: int) -> None:
        self.floor, self.person, self.ticket_id = floor, person, ticket_id

    def does(self, kind: str, **payload: Any) -> dict[str, Any]:
        """An op that must be applied; returns its result."""
        result = self.floor.send(self.person, self.ticket_id, kind, payload)
        assert result["status"] == "applied", result
        return result

    def refused(self, kind: str, **payload: Any) -> dict[str, Any]:
        """An op that must be rejected; returns its result."""
        result = self.floor.send(self.person, self.ticket_id, kind, payload)
        assert result["status"] == "rejected", result
        return result

    def sees(self) -> dict[str, Any]:
        """The ticket's snapshot."""
        with self.floor.reading() as tx:
            row = dispatched.ticket_row(tx, self.ticket_id)
            stage = self.floor.kit.services["stages"][row.stage]
            return dict(stage.snapshot(tx, dispatched.ticket_view(row)))

    def line(self, line_no: int) -> str:
        """The id of a line, by its number in the order."""
        return next(line["id"] for line in self.sees()["lines"] if line["line_no"] == line_no)

    def state(self) -> str:
        with self.floor.reading() as tx:
            return dispatched.ticket_row(tx, self.ticket_id).state


def token(name: str) -> dict[str, str]:
    """The header that says who calls."""
    return {"Authorization": f"Bearer fs_{name}"}


def scale_code(item: str, grams: int) -> str:
    """What the shop's scale prints on so many grams of an item."""
    digits = f"21{item}{grams:05}"
    return digits + check_digit(digits)


def picked(floor: Floor, fulfilment_id: int, zone: str, tote: str) -> None:
    """Pick everything of a zone into one tote, and stage it."""
    worker = floor.take(fulfilment_id, "picking", zone=zone)
    worker.does("tote", code=tote)
    for line in worker.sees()["lines"]:
        worker.does("pick", line=line["id"], quantity=line["quantity"], tote=tote)
    worker.does("complete")


def packed(floor: Floor, fulfilment_id: int) -> None:
    """Pack everything that was picked, and seal."""
    worker = floor.take(fulfilment_id, "packing")
    for line in worker.sees()["lines"]:
        worker.does("pack", line=line["id"], quantity=line["quantity"])
    worker.does("seal")


def released(floor: Floor, fulfilment_id: int, *, rider: str | None = None) -> None:
    """Scan every bag and give it to the rider (own staff, or the pickup code of a third party)."""
    worker = floor.take(fulfilment_id, "handoff")
    for bag in floor.bags(fulfilment_id):
        worker.does("bag_scan", code=bag.code)
    worker.does("release", rider=rider or floor.people["rider"].badge)
