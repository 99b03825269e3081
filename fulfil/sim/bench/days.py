"""Real orders in a shop inside this process: whole lives, with what goes wrong in some of them."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from fulfil.sim.clients import Customer, Handheld
from fulfil.sim.inside import CONTACT, InsideShop
from fulfil.sim.workers import next_act

API = "/api/v1"
ROLES = ("picker", "packer", "counter", "rider")
ACTS_MAX = 200
PIECES = 100_000
EXPIRY_SECONDS = 20 * 60
# What happens to the orders, again and again; most are delivered.
FATES = (
    "delivered",
    "delivered",
    "short",
    "delivered",
    "cancelled",
    "delivered",
    "put_back",
    "delivered",
    "expired",
    "delivered",
)


class Costs:
    """Seconds of this process's CPU and of waiting, by the part of an order's way that took them."""

    def __init__(self) -> None:
        self.cpu: defaultdict[str, float] = defaultdict(float)
        self.wall: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def of(self, part: str) -> Iterator[None]:
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.cpu[part] += time.process_time() - cpu
        self.wall[part] += time.perf_counter() - wall


class Day:
    """One person of each role at work in this shop, and the customers who come."""

    def __init__(self, house: InsideShop) -> None:
        self.house = house
        self.crew = {role: self._come(role) for role in ROLES}
        pieces = {
            zone: itertools.cycle(
                [row["sku"] for row in house.access.skus if row["zone"] == zone and not row["weighed"]]
            )
            for zone in ("ambient", "chilled")
        }
        self._skus = zip(*pieces.values(), strict=True)

    def live(self, fate: str, costs: Costs) -> None:
        """One order from the first tap to its end."""
        customer, order_no = self._order(costs)
        if fate == "expired":
            return  # nobody pays; time ends it
        with costs.of("pay"):
            self.house.pay(customer, order_no)
        if fate == "cancelled":
            customer.cancel(order_no)
        if fate in ("short", "put_back"):
            self._begin_to_pick(fate)
        if fate == "put_back":
            customer.cancel(order_no)
        with costs.of("pick"):
            self._work_off("picker")
        with costs.of("pack"):
            self._work_off("packer")
        with costs.of("hand over"):
            self._work_off("rider")
            self.crew["counter"].http.call(
                "POST", f"{API}/handoff/arrivals", {"code": self.crew["rider"].session["person"]["badge"]}
            )
            self._work_off("counter")
        with costs.of("deliver"):
            self._work_off("rider")
        with costs.of("look"):
            customer.order_view(order_no)
            self.house.operator().call("GET", f"{API}/dispatch/board?store_id={self.house.store_id}")

    def sweep(self, costs: Costs) -> None:
        """What wakes by itself, once."""
        with costs.of("sweeps"):
            self.house.sweep()

    def _come(self, role: str) -> Handheld:
        """Somebody signs in on a new device: codes that were issued at the founding may be too old."""
        house = self.house
        person = next(p for p in house.access.staff if p["roles"] == [role])
        code = house.operator().call("POST", f"{API}/staff/enrolment-codes", {"store_id": house.store_id})
        handheld = Handheld(house.customer().http, code["code"])
        handheld.sign_in(person["badge"], person["pin"])
        handheld.shift("available")
        return handheld

    def _order(self, costs: Costs) -> tuple[Customer, str]:
        with costs.of("order"):
            customer = self.house.customer()
            for sku in next(self._skus):
                customer.put(sku, 2)
            customer.quote(CONTACT)
            return customer, customer.order(CONTACT)["order_no"]

    def _begin_to_pick(self, fate: str) -> None:
        """Take one piece; in a `short` order the other one is not there."""
        picker = self.crew["picker"]
        ticket = picker.accept(picker.work()["offers"][0])
        ticket = picker.do(ticket, "tote", {"code": next(self.house.totes)})
        line, tote = ticket["lines"][0], ticket["totes"][0]["code"]
        ticket = picker.do(ticket, "pick", {"line": line["id"], "quantity": 1, "tote": tote})
        if fate == "short":
            picker.do(ticket, "short", {"line": line["id"], "quantity": 1, "reason": "not_found"})
            shelf = f"{API}/stores/{self.house.store_id}/stock/{line['sku']}"
            self.house.operator().call("PUT", shelf, {"shelf": PIECES})  # counted, and sold again

    def _work_off(self, role: str) -> None:
        """Accept every offer and do every ticket as far as it goes."""
        handheld = self.crew[role]
        for _ in range(ACTS_MAX):
            work = handheld.work()
            for offer in work["offers"]:
                handheld.accept(offer)
            tickets = handheld.work()["tickets"] if work["offers"] else work["tickets"]
            acted = [self._act(handheld, ticket) for ticket in tickets]
            if not any(acted) and not work["offers"]:
                return
        raise OSError(f"the {role}'s work does not end")

    def _act(self, handheld: Handheld, ticket: dict) -> bool:
        act = next_act(ticket, self.house.totes)
        if act is None:
            return False
        handheld.do(ticket, *act)
        return True


def live_many(house: InsideShop, count: int) -> None:
    """So many orders of every fate, until nothing of them is left to do: all have ended and are closed."""
    day, costs = Day(house), Costs()
    for fate in itertools.islice(itertools.cycle(FATES), count):
        day.live(fate, costs)
        house.clock.advance(20)
        for role in ROLES:
            house.kit.services["presence"].beat(int(day.crew[role].session["person"]["id"]))
    house.clock.advance(EXPIRY_SECONDS)
    house.settle()
