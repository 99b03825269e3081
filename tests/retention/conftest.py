"""A shop that keeps things briefly, has seen every kind of end of an order, and then lives on for days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fulfil.retention.ageing import AGED
from fulfil.sim.clients import Customer
from fulfil.sim.inside import CONTACT, InsideShop
from fulfil.sim.sandbox.outbox import Delivery
from tests.journeys.test_life_of_an_order import work_off
from tests.servers import redis_of

NOTE, REASON = "密码门 Klingel Zappelmann", "Zappelmann moved away"
WHO = CONTACT | {"name": "Zappelmann 赵", "phone": "13911112222", "address": "Zappelweg 7 弄堂"}
TELLING = ("Zappelmann", "13911112222", "Zappelweg")
LOOKED_THROUGH_DAYS = 2
ROUNDS = len(AGED)  # one for each table that `retention.age` looks through


class LongLived(InsideShop):
    """The shop, with the crew that a whole order needs."""

    def __init__(self, database_url: str, carts_path: str, **settings: Any) -> None:
        super().__init__(database_url, carts_path, redis_url=redis_of(database_url), **settings)
        self.crew = {role: self.staff(role) for role in ("picker", "packer", "counter", "rider")}
        dry = [row["sku"] for row in self.access.skus if row["zone"] == "ambient" and not row["weighed"]]
        self._skus = iter(dry)

    def ordered(self, quantity: int, customer: Customer | None = None) -> tuple[Customer, str]:
        customer = customer or self.customer()
        customer.put(next(self._skus), quantity)
        body = customer.order(WHO, note=NOTE)
        return customer, body["order_no"]

    def paid(self, quantity: int = 2, customer: Customer | None = None) -> tuple[Customer, str]:
        customer, order_no = self.ordered(quantity, customer)
        self.pay(customer, order_no)
        return customer, order_no

    def deliver(self) -> None:
        """Everybody does what there is to do."""
        for role in ("picker", "packer", "rider"):
            work_off(self, self.crew[role])
        rider = self.crew["rider"]
        self.crew["counter"].http.call(
            "POST", "/api/v1/handoff/arrivals", {"code": rider.session["person"]["badge"]}
        )
        work_off(self, self.crew["counter"])
        work_off(self, rider)

    # Ends of an order

    def delivered(self, customer: Customer | None = None) -> tuple[Customer, str]:
        customer, order_no = self.paid(customer=customer)
        self.deliver()
        assert customer.order_view(order_no)["state"] == "completed"
        return customer, order_no

    def short(self) -> tuple[Customer, str]:
        """Delivered with a piece short, which is refunded."""
        picker = self.crew["picker"]
        customer, order_no = self.paid(3)
        ticket = picker.accept(picker.work()["offers"][0])
        ticket = picker.do(ticket, "tote", {"code": next(self.totes)})
        line, tote = ticket["lines"][0]["id"], ticket["totes"][0]["code"]
        ticket = picker.do(ticket, "pick", {"line": line, "quantity": 2, "tote": tote})
        picker.do(ticket, "short", {"line": line, "quantity": 1, "reason": "not_found"})
        self.deliver()
        assert customer.order_view(order_no)["refunded"] > 0
        return customer, order_no

    def cancelled(self) -> tuple[Customer, str]:
        """Cancelled with goods in a tote, which are put back."""
        picker = self.crew["picker"]
        customer, order_no = self.paid()
        ticket = picker.accept(picker.work()["offers"][0])
        ticket = picker.do(ticket, "tote", {"code": next(self.totes)})
        picker.do(
            ticket,
            "pick",
            {"line": ticket["lines"][0]["id"], "quantity": 1, "tote": ticket["totes"][0]["code"]},
        )
        customer.http.call("POST", f"/api/v1/orders/{order_no}/cancel", {"reason": REASON})
        work_off(self, picker)
        assert customer.order_view(order_no)["state"] == "cancelled"
        return customer, order_no

    def expired(self) -> tuple[Customer, str]:
        customer, order_no = self.ordered(1)
        self.pass_seconds(16 * 60)
        assert customer.order_view(order_no)["state"] == "expired"
        return customer, order_no

    def paid_late(self) -> tuple[Customer, str]:
        """Expired, paid afterwards at the channel's own cashier, and the money went back."""
        customer, order_no = self.ordered(1)
        payment = customer.start_payment(order_no)
        self.pass_seconds(16 * 60)
        row = self.book.pay(payment["pay_url"].rsplit("/", 1)[1], "succeeded")
        self.deliver_callbacks(row, Delivery())
        view = customer.order_view(order_no)
        assert (view["state"], view["refunded"]) == ("expired", view["paid"])
        return customer, order_no

    def all_ends(self) -> dict[str, tuple[Customer, str]]:
        return {
            name: getattr(self, name)()
            for name in ("delivered", "short", "cancelled", "expired", "paid_late")
        }

    # Time

    def pass_seconds(self, seconds: float) -> None:
        """Time passes, and each sweep runs once."""
        self.clock.advance(seconds)
        for person_id in self.present:
            self.kit.services["presence"].beat(person_id)
        self.sweep()

    def pass_days(self, days: int) -> None:
        """Days pass; on the last two, sweeps get enough turns to look at everything there is.

        Before, each has one turn a day: what was late meanwhile, and what others had kept, goes then.
        """
        for left in reversed(range(days)):
            self.pass_seconds(86_400)
            for _ in range(ROUNDS if left < LOOKED_THROUGH_DAYS else 0):
                for sweep in self.kit.tasks.sweeps:
                    if sweep.name.startswith("retention."):
                        self.kit.db.write(sweep.run, f"sweep-{sweep.name}")


@pytest.fixture
def carts_path(tmp_path) -> str:
    return str(tmp_path / "carts.db")


@pytest.fixture
def brief(database_url: str, carts_path: str) -> Iterator[LongLived]:
    """A shop that archives after 20 days and erases after 10."""
    shop = LongLived(
        database_url,
        carts_path,
        archive_after_days=20,
        personal_days=10,
        op_days=5,
        session_days=3,
        guest_days=5,
        member_days=40,
        archived_days=60,
    )
    yield shop
    shop.kit.close()
