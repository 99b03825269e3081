"""An order's life as its client lives it while the server dies under its hands.

What is sent is sent again, with the same key or op id, until it is answered; what was answered is the
client's own log, and must be found in the shop afterwards.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from fulfil.sim.clients import Customer, Handheld
from fulfil.sim.workers import next_act
from tests.house import API, CONTACT, House

T = TypeVar("T")
GONE = (OSError, http.client.HTTPException)
PIECES = 3


class Life:
    """One guest, one picker, one order. Each time the server has died, it starts with the next failpoint."""

    def __init__(self, house: House, failpoints: Iterator[str]) -> None:
        self._house, self._failpoints = house, failpoints
        self.died_at: list[str] = []
        self.acknowledged: set[str] = set()
        self._current = next(failpoints)
        house.start(self._current)

    def patiently(self, ask: Callable[[], T]) -> T:
        """Ask until there is an answer."""
        while True:
            try:
                return ask()
            except GONE:
                self._house.wait_for_death()
                self.died_at.append(self._current)
                self._current = next(self._failpoints, "")
                self._house.start(self._current)

    def until(self, look: Callable[[], T]) -> T:
        return self._house.until(lambda: self.patiently(look))

    def order(self, customer: Customer) -> str:
        body, key = customer.order_body(CONTACT), customer.http.uuid()
        placed = self.patiently(lambda: customer.http.call("POST", f"{API}/orders", body, key=key))
        return placed["order_no"]

    def pay(self, customer: Customer, order_no: str) -> None:
        """Pay with one tap; the channel repeats its callback until somebody hears it."""
        key, body = customer.http.uuid(), {"method": "platform", "channel": "sandbox"}
        path = f"{API}/orders/{order_no}/payments"
        [payment] = self.patiently(lambda: customer.http.call("POST", path, body, key=key))["payments"]
        self._house.tap(payment["pay_url"])
        self.until(lambda: customer.order_view(order_no)["state"] == "paid")

    def pick(self, picker: Handheld, order_no: str) -> None:
        """Take the ticket and work it off."""
        ticket: Any = self.until(lambda: self._ticket(picker, order_no))
        while ticket is not None and ticket["state"] != "done":
            kind, payload = next_act(ticket, self._house.totes)
            ticket = self._op(picker, ticket, kind, payload)

    def _ticket(self, picker: Handheld, order_no: str) -> dict[str, Any] | None:
        work = self.patiently(picker.work)
        for offer in work["offers"]:
            return self._op(picker, offer["ticket"], "accept", {"offer": offer["id"]})
        return next((ticket for ticket in work["tickets"] if ticket["order_no"] == order_no), None)

    def _op(self, picker: Handheld, ticket: dict[str, Any], kind: str, payload: dict[str, Any]) -> Any:
        """Send an op until it is answered, the same each time."""
        op = picker.op(ticket, kind, payload)
        [result] = self.patiently(lambda: picker.send(op))
        assert result["status"] in ("applied", "duplicate"), result
        self.acknowledged.add(op["id"])
        return result["ticket"]
