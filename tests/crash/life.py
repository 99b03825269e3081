"""An order's life as its client lives it while the server dies under its hands.

What is sent is sent again, with the same key or op id, until it is answered; what was answered is the
client's own log, and must be found in the shop afterwards.
"""

from __future__ import annotations

from typing import Any

from fulfil.sim.clients import Customer, Handheld
from fulfil.sim.workers import next_act
from tests.crash.mortal import Mortal
from tests.house import API, CONTACT, House

PIECES = 3
DONE = {"state": "done"}  # an ended ticket is no longer its holder's to see


class Life:
    """Guests, a picker and their orders before a server that dies."""

    def __init__(self, house: House, server: Mortal) -> None:
        self._house, self._server = house, server
        self.acknowledged: set[str] = set()
        self._picked: set[str] = set()

    def order(self, customer: Customer, **more: Any) -> str:
        body, key = customer.order_body(CONTACT, **more), customer.http.uuid()
        placed = self._server.patiently(lambda: customer.http.call("POST", f"{API}/orders", body, key=key))
        return placed["order_no"]

    def pay(self, customer: Customer, order_no: str) -> None:
        """Pay with one tap; the channel repeats its callback until somebody hears it."""
        key, body = customer.http.uuid(), {"method": "platform", "channel": "sandbox"}
        path = f"{API}/orders/{order_no}/payments"
        answer = self._server.patiently(lambda: customer.http.call("POST", path, body, key=key))
        [payment] = answer["payments"]
        self._house.tap(payment["pay_url"])
        self._server.until(lambda: customer.order_view(order_no)["state"] == "paid")

    def pick(self, picker: Handheld, order_no: str) -> None:
        """Work tickets off until that order is picked."""
        while order_no not in self._picked:
            ticket: Any = self._server.until(lambda: self._ticket(picker))
            while ticket["state"] != "done":
                ticket = self._op(picker, ticket, *next_act(ticket, self._house.totes)) or ticket | DONE
            self._picked.add(ticket["order_no"])

    def _ticket(self, picker: Handheld) -> dict[str, Any] | None:
        """Who missed offers while servers died says that they are here, or they would be asked no more."""
        work = self._server.patiently(picker.work)
        if work["shift"]["paused"]:
            self._server.patiently(lambda: picker.shift("available"))
        if work["tickets"]:
            return work["tickets"][0]
        for offer in work["offers"]:
            return self._op(picker, offer["ticket"], "accept", {"offer": offer["id"]})
        return None

    def _op(self, picker: Handheld, ticket: dict[str, Any], kind: str, payload: dict[str, Any]) -> Any:
        """Send an op until it is answered, the same each time. An offer may have ended meanwhile."""
        op = picker.op(ticket, kind, payload)
        [result] = self._server.patiently(lambda: picker.send(op))
        if (kind, result["code"]) == ("accept", "offer_gone"):
            return None
        assert result["status"] in ("applied", "duplicate"), result
        self.acknowledged.add(op["id"])
        return result["ticket"]
