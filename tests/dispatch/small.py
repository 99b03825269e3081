"""A small shop for tests of dispatch: goods in three zones, people, and stages that only count.

The stages are real plug-ins of `contracts.stage`: they open one ticket a zone (or one in all), and their ops
do nothing but what the dispatcher offers.
"""

from __future__ import annotations

import itertools
import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import Schema

from fulfil.contracts import fulfilment as events
from fulfil.contracts.fulfilment import LineQuantity
from fulfil.contracts.stage import FulfilmentView, Op, Outcome, TicketSpec, TicketView
from fulfil.contracts.trade import Contact, OrderCancelRequested, OrderPaid, PaidLine
from fulfil.dispatch import jobs as dispatch_jobs
from fulfil.dispatch import queries
from fulfil.dispatch import service as dispatch
from fulfil.dispatch.schema import load_payload
from fulfil.dispatch.service import ops, views
from fulfil.kit.base import Kit
from fulfil.kit.clock import VirtualClock
from fulfil.kit.config import Config
from fulfil.kit.errors import Conflict
from fulfil.kit.fields import Str, Strict, StrictInt
from fulfil.kit.security import Principal
from fulfil.planner.inside import PlannerInside
from fulfil.staff import jobs as staff_jobs
from fulfil.staff import queries as staff_queries
from fulfil.staff import service as staff
from fulfil.store import jobs as store_jobs
from fulfil.store.service import create_store, put_items

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ADMIN = Principal("staff", 0, frozenset({"admin"}))
PIN = "602718"
ZONES = ("ambient", "chilled", "frozen")
GOODS = {"tea": "ambient", "rice": "ambient", "milk": "chilled", "peas": "frozen"}
HEARD = (
    events.FulfilmentProgressed,
    events.HandedOver,
    events.Delivered,
    events.StockoutReported,
    events.FulfilmentCancelled,
    events.CancelRefused,
    events.FulfilmentVoided,
    events.GoodsQuarantined,
    events.DelayPredicted,
    events.OrderHeldBack,
)
ALWAYS_OPEN = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


class NotNow(Conflict):
    code, title = "not_now", "The stage refuses this."


class LineOp(Strict):
    line_no = StrictInt(1, required=True)
    quantity = StrictInt(1, required=True)


class ToteOp(Strict):
    code = Str(max=20, required=True)


class CountingStage:
    """Opens a ticket a zone, or one in all, and counts what it is told."""

    def __init__(self, name: str, role: str, *, by_zone: bool) -> None:
        self.name, self.role, self._by_zone = name, role, by_zone
        self.ops: Mapping[str, type[Schema]] = {
            "pick": LineOp,
            "short": LineOp,
            "tote": ToteOp,
            "refuse": Strict,
            "finish": Strict,
            "release": Strict,
            "deliver": Strict,
            "bring_back": Strict,
            "back": Strict,
            "break": Strict,
        }
        self.taken: list[int] = []
        self.cancelled: list[int] = []

    def open(self, tx: Any, fulfilment: FulfilmentView) -> list[TicketSpec]:
        zones = [z for z in ZONES if any(line.zone == z for line in fulfilment.lines)]
        return [
            TicketSpec(zone=zone, part=1, lines=len(fulfilment.lines), grams=500)
            for zone in (zones if self._by_zone else ["all"])
        ]

    def opened(self, tx: Any, ticket: TicketView, spec: TicketSpec, fulfilment: FulfilmentView) -> None:
        pass

    def snapshot(self, tx: Any, ticket: TicketView) -> Mapping[str, Any]:
        return {"legal": ["pick", "short", "finish"]}

    def apply(self, tx: Any, ticket: TicketView, op: Op) -> Outcome:
        return getattr(self, f"_{op.type}")(tx, ticket, op)

    def cancel(self, tx: Any, ticket: TicketView) -> None:
        self.cancelled.append(ticket.id)

    def taken_over(self, tx: Any, ticket: TicketView) -> None:
        self.taken.append(ticket.id)

    def _pick(self, tx: Any, ticket: TicketView, op: Op) -> Outcome:
        dispatch.add_picked(tx, ticket.fulfilment_id, op.payload["line_no"], op.payload["quantity"])
        return Outcome()

    def _short(self, tx: Any, ticket: TicketView, op: Op) -> Outcome:
        line_no, quantity = op.payload["line_no"], op.payload["quantity"]
        dispatch.report_shortage(tx, ticket, line_no, quantity, "not_found", op.id)
        return Outcome()

    def _tote(self, tx: Any, ticket: TicketView, op: Op) -> Outcome:
        return Outcome(detail={"tote": dispatch.bind_tote(tx, ticket, op.payload["code"])})

    def _refuse(self, tx: Any, ticket: TicketView, op: Op) -> Outcome:
        dispatch.add_picked(tx, ticket.fulfilment_id, 1, 1)
        raise NotNow(because="test")

    def _break(self, tx: Any, ticket: TicketView, op: Op) -> Outcome:
        raise RuntimeError("a bug in a stage")

    def _finish(self, tx: Any, ticket: TicketView, op: Op) -> Outcome:
        return Outcome(done=True)

    def _release(self, tx: Any, ticket: TicketView, op: Op) -> Outcome:
        shipped = [
            LineQuantity(line.line_no, line.sku, line.picked)
            for line in dispatch.fulfilment(tx, ticket.fulfilment_id).lines
        ]
        rider = tx.kit.services["test_rider"]
        dispatch.hand_over(tx, ticket, "own" if rider else "third_party", shipped, rider)
        return Outcome(done=True)

    def _deliver(self, tx: Any, ticket: TicketView, op: Op) -> Outcome:
        dispatch.deliver(tx, ticket)
        return Outcome(done=True)

    def _bring_back(self, tx: Any, ticket: TicketView, op: Op) -> Outcome:
        dispatch.returning(tx, ticket, "nobody there")
        return Outcome()

    def _back(self, tx: Any, ticket: TicketView, op: Op) -> Outcome:
        dispatch.returned(tx, ticket, fees_back=False)
        return Outcome(done=True)


@dataclass
class Somebody:
    """A person signed in on a device of their own."""

    id: int
    badge: str
    session_id: int
    device_key: str

    def principal(self, store_id: int) -> Principal:
        return Principal("staff", self.id, frozenset(), frozenset({store_id}), self.session_id)


class SmallShop:
    """A wired kit on a virtual clock. `heard` is what dispatch published."""

    def __init__(self, url: str, **settings: Any) -> None:
        self.clock = VirtualClock(START)
        self.kit = Kit(
            Config(database_url=url, pin_memory_kib=8, pin_time_cost=1, **settings),
            clock=self.clock,
            rng=random.Random(7),
        )
        self.kit.services["payment_steps"] = lambda tx, order_no: []  # there is no trade in this shop
        self.stages = {
            "picking": CountingStage("picking", "picker", by_zone=True),
            "packing": CountingStage("packing", "packer", by_zone=False),
            "handoff": CountingStage("handoff", "counter", by_zone=False),
            "delivery": CountingStage("delivery", "rider", by_zone=False),
        }
        self.kit.services |= {"stages": self.stages, "test_rider": None, "planner": PlannerInside()}
        store_jobs.register(self.kit)
        staff_jobs.register(self.kit)
        dispatch_jobs.register(self.kit)
        self.heard: list[Any] = []
        for event in HEARD:
            self.kit.events.subscribe(
                event, f"test.{event.__name__}", lambda tx, happened: self.heard.append(happened), inline=True
            )
        self.store_id = self.write(self._found)
        self._orders, self._seq = itertools.count(500_001), itertools.count(1)

    def write(self, effect: Callable[[Any], Any]) -> Any:
        return self.kit.db.write(effect, "test")

    def read(self, ask: Callable[[Any], Any]) -> Any:
        with self.kit.db.read() as tx:
            return ask(tx)

    def run(self) -> None:
        """Everything that is due, plans included."""
        self.kit.tasks.run_until_idle()

    def passes(self, seconds: float, *present: Somebody) -> None:
        """Time passes; those `present` are heard of; what falls due happens."""
        self.clock.advance(seconds)
        for somebody in present:
            self.kit.services["presence"].beat(somebody.id)
        self.run()

    def hire(
        self,
        badge: str,
        *roles: str,
        zones: tuple[str, ...] = ZONES,
        on_duty: bool = True,
        tickets_done: int = 20,
    ) -> Somebody:
        """Somebody new, signed in on a device of their own and available if asked."""
        _, pin_hash = staff.new_pin(self.kit, PIN)
        person_id = self.write(
            lambda tx: staff.add_person(
                tx,
                store_id=self.store_id,
                badge=badge,
                name_zh=badge,
                name_en=badge,
                roles=roles,
                zones=zones,
                pin_hash=pin_hash,
                by=ADMIN,
                tickets_done=tickets_done,
            )
        )
        key = self.enrol()
        answer = staff.login(self.kit, key, badge, PIN)
        somebody = Somebody(person_id, badge, int(answer["session_id"]), key)
        if on_duty:
            self.shift(somebody, "available")
        return somebody

    def enrol(self) -> str:
        code = self.write(lambda tx: staff.issue_code(tx, self.store_id, by="test"))["code"]
        return self.write(lambda tx: staff.enrol(tx, code, "handheld", "handheld"))["device_key"]

    def shift(self, somebody: Somebody, state: str) -> None:
        self.write(lambda tx: staff.set_shift(tx, somebody.id, state, somebody.session_id, actor="test"))

    def paid(self, *lines: tuple[str, int], due_minutes: int = 45) -> int:
        """A paid order; returns its fulfilment order's number."""
        order_no = next(self._orders)
        event = OrderPaid(
            order_no=order_no,
            store_id=self.store_id,
            paid_at=self.clock.now(),
            note="",
            delivery_pin="4711",
            promised_at=self.clock.now() + timedelta(minutes=due_minutes),
            contact=Contact("王小明", "19900001234", "1 Test Road", 31.23, 121.47),
            lines=tuple(
                PaidLine(no, sku, quantity, "each", 100, "refund", "refund")
                for no, (sku, quantity) in enumerate(lines, 1)
            ),
        )
        self.write(lambda tx: self.kit.events.give(tx, "dispatch.order_paid", event, key=event.key))
        self.run()
        return self.read(lambda tx: queries.fulfilment_of_order(tx, order_no).id)

    def cancel(self, fulfilment_id: int) -> None:
        row = self.fulfilment(fulfilment_id)
        self.write(
            lambda tx: tx.publish(
                OrderCancelRequested(row.order_no, row.store_id, "changed_mind", "customer:1")
            )
        )
        self.run()

    def fulfilment(self, fulfilment_id: int) -> Any:
        return self.read(lambda tx: queries.fulfilment_row(tx, fulfilment_id))

    def tickets(self, fulfilment_id: int, stage: str | None = None, **asked: Any) -> list[Any]:
        return self.read(lambda tx: queries.tickets_of(tx, fulfilment_id, stage=stage, **asked))

    def ticket(self, ticket_id: int) -> Any:
        return self.read(lambda tx: queries.ticket_row(tx, ticket_id))

    def work(self, somebody: Somebody) -> dict[str, Any]:
        """What the person's terminal shows."""
        return self.read(lambda tx: views.work(tx, somebody.principal(self.store_id)))

    def op(self, somebody: Somebody, ticket: Any, kind: str, **payload: Any) -> ops.GivenOp:
        """An op as that person's device makes it now."""
        return ops.GivenOp(
            id=str(uuid.uuid4()),
            seq=next(self._seq),
            session=somebody.session_id,
            ticket=int(ticket["id"]),
            epoch=ticket["epoch"],
            type=kind,
            payload=payload,
        )

    def send(self, somebody: Somebody, *batch: ops.GivenOp) -> list[dict[str, Any]]:
        return ops.apply_batch(self.kit, somebody.principal(self.store_id), batch, load_payload)

    def does(self, somebody: Somebody, ticket: Any, kind: str, **payload: Any) -> dict[str, Any]:
        """One op; returns its result. Tasks that follow are run."""
        result = self.send(somebody, self.op(somebody, ticket, kind, **payload))[0]
        self.run()
        return result

    def accepts(self, somebody: Somebody) -> dict[str, Any]:
        """The person accepts the one offer on their screen; returns the ticket."""
        (offer,) = self.work(somebody)["offers"]
        result = self.does(somebody, offer["ticket"], "accept", offer=offer["id"])
        assert result["status"] == "applied", result
        return result["ticket"]

    def violations(self) -> list[Any]:
        return self.read(lambda tx: [*queries.violations(tx), *staff_queries.violations(tx)])

    def _found(self, tx: Any) -> int:
        store_id = create_store(
            tx,
            name_zh="小店",
            name_en="Small shop",
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
                    "gtin": f"69000000000{n}",
                    "name_zh": sku,
                    "name_en": sku,
                    "category": "test",
                    "unit": "each",
                    "pack": "1",
                    "zone": zone,
                    "location": "A01-01-1",
                    "weighed": False,
                    "scale_item": None,
                    "picture": "",
                    "grams": 250,
                }
                for n, (sku, zone) in enumerate(GOODS.items(), 10)
            ],
        )
        dispatch.add_totes(tx, store_id, ["TOTE-001", "2", "tote-003"])
        return store_id
