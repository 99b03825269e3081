"""The demo's people as generators: each yields how many seconds pass until it acts again.

They speak to the shop as everybody does, through `clients`. Whoever runs them decides what a second is: real
time in the demo, divided by its speed.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fulfil.sim.clients import Customer, Handheld, Http, Refused
from fulfil.sim.workers import next_act

log = logging.getLogger("fulfil.sim")

Actor = Iterator[float]
LINES = (1, 6)
PIECES = (1, 3)
GRAMS = (300, 1500)
CANCELS, SHORTS = 0.03, 0.02
LOOK_SECONDS = 2.0
ACT_SECONDS = {"pick": 9.0, "tote": 3.0, "complete": 8.0, "pack": 3.0, "seal": 6.0, "bag_scan": 3.0,
               "release": 5.0, "put_back": 8.0, "milestone": 20.0, "deliver": 15.0}
RIDE_SECONDS = (90.0, 240.0)
COURTESY_SECONDS = 6.0


def shoppers(base_url: str, store_id: str, people: Sequence[Mapping[str, Any]],
             skus: Sequence[Mapping[str, Any]], rng: random.Random, mean_seconds: float) -> Actor:
    """Someone orders every `mean_seconds` on average; a few change their mind."""
    while True:
        yield rng.expovariate(1 / mean_seconds)
        yield from _shop_once(base_url, store_id, rng.choice(people), skus, rng)


def _shop_once(base_url: str, store_id: str, person: Mapping[str, Any], skus: Sequence[Mapping[str, Any]],
               rng: random.Random) -> Actor:
    http = Http(base_url, random_ids=rng)
    try:
        customer = Customer(http, store_id)
        for product in rng.sample(list(skus), rng.randint(*LINES)):
            quantity = rng.randrange(*GRAMS, 100) if product["weighed"] else rng.randint(*PIECES)
            customer.put(product["sku"], quantity)
            yield rng.uniform(0.5, 3)
        order_no = customer.order(person["contact"])["order_no"]
        yield rng.uniform(1, 5)
        customer.pay(order_no)
        if rng.random() < CANCELS:
            yield rng.uniform(10, 90)
            customer.cancel(order_no)
    except (Refused, OSError) as refused:
        log.info("a shopper gave up: %s", refused)
    finally:
        http.close()


class Colleague:
    """Somebody on duty who takes what is pushed and works it off, until another signs in with the badge."""

    def __init__(self, base_url: str, enrolment_code: str, person: Mapping[str, Any], rng: random.Random,
                 totes: Iterator[str]) -> None:
        self._handheld = Handheld(Http(base_url, random_ids=rng), enrolment_code)
        self._person, self._rng, self._totes = person, rng, totes
        self._until: dict[str, float] = {}
        self._clock = 0.0

    def work(self) -> Actor:
        """Sign in, go on duty, work."""
        self._handheld.sign_in(self._person["badge"], self._person["pin"])
        self._handheld.shift("available")
        while True:
            try:
                wait = self._step()
            except Refused as refused:
                if refused.status == 401:
                    return
                log.info("%s was refused: %s", self._person["badge"], refused)
                wait = LOOK_SECONDS
            except OSError:
                wait = LOOK_SECONDS * 2
            wait *= self._rng.uniform(0.7, 1.4)
            self._clock += wait
            yield wait

    def _step(self) -> float:
        """One look and at most one act; gives the seconds that it took."""
        work = self._handheld.work()
        if work["shift"]["state"] == "available" and work["shift"].get("paused"):
            self._handheld.shift("available")
        for offer in work["offers"]:
            self._handheld.accept(offer)
            return COURTESY_SECONDS / 2
        self._meet_riders(work["tickets"])
        for ticket in sorted(work["tickets"], key=lambda t: (t["due_at"], t["id"])):
            act = self._act(ticket)
            if act is not None:
                self._handheld.do(ticket, *act)
                return ACT_SECONDS.get(act[0], LOOK_SECONDS)
        return LOOK_SECONDS

    def _act(self, ticket: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
        if ticket["stage"] == "delivery":
            return self._ride(ticket)
        act = next_act(ticket, self._totes)
        if act is not None and act[0] == "pick" and self._rng.random() < SHORTS:
            return "short", {"line": act[1]["line"], "quantity": act[1]["quantity"], "reason": "not_found"}
        return act

    def _ride(self, ticket: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
        """To the counter, then to the customer, then deliver."""
        if "arrived" in ticket["next_milestones"]:
            return "milestone", {"name": "arrived"}
        if "deliver" not in ticket["legal"]:
            return None
        there = self._until.setdefault(ticket["id"], self._clock + self._rng.uniform(*RIDE_SECONDS))
        if self._clock < there:
            return None
        if "arrived_at_customer" in ticket["next_milestones"]:
            return "milestone", {"name": "arrived_at_customer"}
        return "deliver", {}

    def _meet_riders(self, tickets: Sequence[Mapping[str, Any]]) -> None:
        """At the counter: whoever has taken a packed order's delivery is called up."""
        for ticket in tickets:
            rider = ticket.get("rider") if ticket["stage"] == "handoff" else None
            if rider and rider["badge"] and not rider["arrived_at"]:
                self._handheld.http.call("POST", "/api/v1/handoff/arrivals", {"code": rider["badge"]},
                                         key=self._handheld.http.uuid())
