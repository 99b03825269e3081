"""A served shop for races: what comes before one and after it costs as little as it can.

Shelves are full, connections stay open for the next round, a picker's ops go in one request, and nobody waits
for money that has come when its ticket is seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fulfil.app.wiring import wire
from fulfil.kit.base import Kit
from fulfil.sim import shop
from fulfil.sim.clients import Customer, Handheld, Http, Refused
from fulfil.sim.inside import CONTACT
from fulfil.sim.workers import Act
from tests.house import API, SERVE, House

LINES_MAX = 48  # more than one round uses


class Ground(House):
    """A shop where every order is a walk of its own: an offer shows one ticket."""

    def __init__(self, folder: Path, database_url: str, *, program: str = SERVE) -> None:
        super().__init__(folder, database_url, program=program)
        self.set_policy(tour_orders_max=1)
        kit = wire(Kit(self.config))
        shop.fill_shelves(kit, self.access.store_id)
        kit.close()
        skus = [row["sku"] for row in self.access.skus if row["zone"] == "ambient" and not row["weighed"]]
        self._counted, self._plenty = iter(skus[:2]), deque(skus[2:])
        self._crowds: dict[int, tuple[str, list[Customer]]] = {}
        self._lines: deque[Http] = deque()

    # Connections that stay

    def line(self) -> Http:
        """An open connection of nobody's; after LINES_MAX others it is given again."""
        if len(self._lines) < LINES_MAX:
            self._lines.append(self.http())
            self._lines[-1].call("GET", "/healthz")
        else:
            self._lines.rotate(-1)
            self._lines[-1].headers.clear()
        return self._lines[-1]

    def operator(self) -> Http:
        return self._operator

    @cached_property
    def _operator(self) -> Http:
        return super().operator()

    @cached_property
    def _channel(self) -> Http:
        return Http(self.config.sandbox_url)

    def at_rest(self) -> None:
        self.until(lambda: self._operator.call("GET", "/readyz")["tasks_due"] == 0)

    # Customers

    def customer(self) -> Customer:
        return Customer(self.line(), self.store_id)

    def goods(self, *, missed: bool = False) -> str:
        """A product that does not run out. What is to be `missed` is never ordered again."""
        sku = self._plenty.popleft()
        if not missed:
            self._plenty.append(sku)
        return sku

    def crowd(self, many: int, available: int) -> tuple[str, list[Customer]]:
        """So many customers with one piece of the same product in the cart, of which so many are for sale.

        Whoever has bought it (`cart` is empty) takes the next piece; the others still have theirs.
        """
        if many not in self._crowds:
            customers = [Customer(self.http(), self.store_id) for _ in range(many)]
            self._crowds[many] = next(self._counted), customers
        sku, customers = self._crowds[many]
        before, path = self.stock(sku), f"{API}/stores/{self.store_id}/stock/{sku}"
        shelf = available + before["buffer"] + before["reserved"] - before["picked"]
        assert self._operator.call("PUT", path, {"shelf": shelf})["available"] == available
        for customer in customers:
            if not customer.cart.get("lines"):
                customer.put(sku, 1)
        return sku, customers

    def stock(self, sku: str) -> dict[str, Any]:
        """The stock of a product as the operator sees it."""
        return self._operator.call("GET", f"{API}/stores/{self.store_id}/stock/{sku}")

    def pay(self, customer: Customer, order_no: str, outcome: str = "succeeded") -> dict[str, Any]:
        """As `Customer.pay`; the way to the cashier's stays open."""
        payment = customer.start_payment(order_no)
        self._channel.call("POST", f"{urlsplit(payment['pay_url']).path}/pay", {"outcome": outcome})
        return payment

    def paid(self, pieces: int = 1, *, missed: bool = False) -> tuple[Customer, str]:
        """An order whose money is on its way; are its goods to be `missed`?"""
        customer = self.customer()
        customer.put(self.goods(missed=missed), pieces)
        order_no = customer.order(CONTACT)["order_no"]
        self.pay(customer, order_no)
        return customer, order_no

    def notice(self, serial_no: str) -> bytes:
        """What the channel says of a payment."""
        return self._channel.carry("GET", f"/transactions/{serial_no}", b"", self.signed(b""))[1]

    # The floor

    @cached_property
    def colleague(self) -> Handheld:
        """Another picker, who is on a break between rounds."""
        colleague = self.staff("picker", nth=1)
        colleague.shift("break")
        return colleague

    def act(self, handheld: Handheld, ticket: Mapping[str, Any]) -> dict[str, Any] | None:
        """The rest of a picking ticket in one request; of any other the next op."""
        if (ticket["stage"], ticket["kind"]) != ("picking", "work") or ticket.get("recount"):
            return super().act(handheld, ticket)
        acts: list[Act] = [] if ticket["totes"] else [self._tote()]
        tote = acts[0][1]["code"] if acts else ticket["totes"][-1]["code"]
        for line in ticket["lines"]:
            if line["state"] == "todo":
                missing = line["quantity"] - line["picked"] - line["short"]
                acts.append(("pick", {"line": line["id"], "quantity": missing, "tote": tote}))
        return self._done(handheld, ticket, *acts, ("complete", {}))

    def begin(self, picker: Handheld, ticket: Mapping[str, Any], pieces: int) -> dict[str, Any]:
        """The first pieces of a ticket's only line are in a tote; the fresh ticket."""
        tote = self._tote()
        pick = {"line": ticket["lines"][0]["id"], "quantity": pieces, "tote": tote[1]["code"]}
        return self._done(picker, ticket, tote, ("pick", pick))

    def _tote(self) -> Act:
        return "tote", {"code": next(self.totes)}

    def _done(self, handheld: Handheld, ticket: Mapping[str, Any], *acts: Act) -> dict[str, Any]:
        """Acts in one request; the fresh ticket. Raises Refused when one is rejected."""
        results = handheld.send(*(handheld.op(ticket, *act) for act in acts))
        for result in results:
            if result["status"] == "rejected":
                raise Refused(409, {"code": result["code"], "detail": result["message"]})
        return results[-1]["ticket"]
