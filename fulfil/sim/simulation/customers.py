"""Shoppers by the hour of the day: they look, order, pay once, twice, late or never, change their mind."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from fulfil.sim.clients import Customer, Refused
from fulfil.sim.shoppers import GRAMS, LINES, PIECES, WAIT_MAX
from fulfil.sim.simulation.agenda import Actor
from fulfil.sim.simulation.channel import Bank
from fulfil.sim.simulation.colleagues import Floor
from fulfil.sim.simulation.network import Line, insist
from fulfil.sim.simulation.phones import wishes

# Visits by hour of the day: two peaks, before lunch and before supper.
BY_HOUR = {8: 3, 9: 5, 10: 8, 11: 9, 12: 6, 13: 4, 14: 3, 15: 4, 16: 7, 17: 10, 18: 9, 19: 6, 20: 3}
ABANDONS, NEVER_PAYS, CANCELS_UNPAID, CANCELS_PAID = 0.10, 0.03, 0.02, 0.08
DECLINED_FIRST, PAYS_TWICE, COMPLAINS = 0.04, 0.03, 0.06
WRONG = ("damaged", "missing", "wrong", "expired", "quality")
LOOKS_MAX, LOOK_SECONDS = 5, (1200.0, 3600.0)
THINK_SECONDS, PAY_SECONDS = (2.0, 20.0), (5.0, 90.0)
LATE_SECONDS, CANCEL_SECONDS = (850.0, 1300.0), (10.0, 3600.0)


def arrivals(rng: random.Random, midnight: datetime, orders: int, first: int, last: int) -> list[datetime]:
    """When visitors come, from hour `first` to `last`, so that about so many orders are placed."""
    hours = [hour for hour in BY_HOUR if first <= hour <= last]
    chosen = rng.choices(hours, [BY_HOUR[hour] for hour in hours], k=round(orders / (1 - ABANDONS)))
    return sorted(midnight + timedelta(hours=hour, seconds=rng.uniform(0, 3600)) for hour in chosen)


class Visit:
    """One shopper from the first look to the end of their patience."""

    def __init__(
        self,
        floor: Floor,
        bank: Bank,
        store_id: str,
        name: str,
        contact: Mapping[str, Any],
        skus: Sequence[Mapping[str, Any]],
    ) -> None:
        self._floor, self._bank, self._store_id = floor, bank, store_id
        self._rng = floor.rng(name)
        self._http = Line(floor.network, name, self._rng)
        self._contact, self._skus = contact, skus
        self._customer: Customer

    def live(self) -> Actor:
        """Refusals end the visit: the shopper gave up."""
        try:
            yield from self._shop()
        except Refused as refused:
            self._floor.agenda.note(f"{self._http.who} gives up: {refused}")

    def _shop(self) -> Actor:
        self._customer = yield from insist(lambda: Customer(self._http, self._store_id), self._rng)
        yield from self._fill()
        if self._rng.random() < ABANDONS:
            return
        quote = yield from insist(lambda: self._customer.quote(self._contact), self._rng)
        if not quote["ok"] or datetime.fromisoformat(quote["deliver_at"]) - self._now() > WAIT_MAX:
            return
        order_no = yield from self._place()
        if order_no is None:
            return
        chance = self._rng.random()
        if chance < CANCELS_UNPAID:
            yield self._rng.uniform(*PAY_SECONDS)
            yield from self._cancel(order_no)
        elif chance > CANCELS_UNPAID + NEVER_PAYS:
            yield from self._pay(order_no)
            if self._rng.random() < CANCELS_PAID:
                yield self._rng.uniform(*CANCEL_SECONDS)
                yield from self._cancel(order_no)
            elif self._rng.random() < COMPLAINS:
                yield from self._complain(order_no)

    def _fill(self) -> Actor:
        for product in self._rng.sample(list(self._skus), self._rng.randint(*LINES)):
            weighed = product["weighed"]
            quantity = self._rng.randrange(*GRAMS, 100) if weighed else self._rng.randint(*PIECES)
            yield self._rng.uniform(*THINK_SECONDS)
            try:
                yield from insist(lambda p=product, q=quantity: self._customer.put(p["sku"], q), self._rng)
            except Refused as refused:
                self._floor.agenda.note(f"{self._http.who} leaves a product: {refused}")

    def _place(self):
        """The order's number; one more try with the cart as the shop shows it, else None."""
        said = wishes(self._rng)
        for _ in range(2):
            key = self._http.uuid()
            try:
                order = yield from insist(
                    lambda key=key: self._customer.order(self._contact, key=key, **said), self._rng
                )
            except Refused as refused:
                cart = refused.problem.get("cart")
                if not cart:
                    raise
                self._customer.cart = cart
                continue
            self._floor.logbook.placed(self._customer.guest_id, order)
            return order["order_no"]
        return None

    def _pay(self, order_no: str) -> Actor:
        faults, bank = self._floor.faults, self._bank
        yield self._rng.uniform(*PAY_SECONDS)
        payment = yield from insist(lambda: self._customer.start_payment(order_no), self._rng)
        if self._rng.random() < faults.pay_late:
            yield self._rng.uniform(*LATE_SECONDS)
        token = payment["pay_url"].rsplit("/", 1)[1]
        if self._rng.random() < DECLINED_FIRST:
            bank.pay(token, "failed")
            yield self._rng.uniform(*PAY_SECONDS)
        wrong = self._rng.random() < faults.wrong_amount
        if wrong:
            self._floor.agenda.mishap("wrong_amount", f"{self._http.who} pays too little for {order_no}")
        bank.pay(token, "succeeded", max(1, payment["amount"] - 1) if wrong else None)
        if self._rng.random() < PAYS_TWICE:
            yield self._rng.uniform(0.1, 30)
            try:
                again = yield from insist(lambda: self._customer.start_payment(order_no), self._rng)
                bank.pay(again["pay_url"].rsplit("/", 1)[1], "succeeded")
            except Refused:
                return  # paid already, as it should be

    def _cancel(self, order_no: str) -> Actor:
        try:
            told = yield from insist(lambda: self._customer.cancel(order_no), self._rng)
        except Refused:
            return
        if told["state"] != "paid":  # else its rider was asked to bring it back
            self._floor.logbook.cancels.add(order_no)

    def _complain(self, order_no: str) -> Actor:
        """Something is wrong with what came, as soon as it has come."""
        for _ in range(LOOKS_MAX):
            yield self._rng.uniform(*LOOK_SECONDS)
            view = yield from insist(lambda: self._customer.order_view(order_no), self._rng)
            if view["state"] == "completed":
                break
        else:
            return
        lines = self._rng.sample(view["lines"], self._rng.randint(1, min(2, len(view["lines"]))))
        body = {
            "note": "look at this",
            "lines": [
                {
                    "line_no": line["line_no"],
                    "quantity": self._rng.randint(1, line["quantity"]),
                    "reason": self._rng.choice(WRONG),
                    "wants": self._rng.choice(("refund", "return")),
                }
                for line in lines
            ],
        }
        key = self._http.uuid()
        yield from insist(
            lambda: self._http.call("POST", f"/api/v1/orders/{order_no}/aftersales", body, key=key), self._rng
        )

    def _now(self) -> datetime:
        return self._floor.agenda.clock.now()
