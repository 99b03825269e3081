"""The demo's colleagues as generators: each yields how many seconds pass until it looks again.

They speak to the shop as everybody does, through `clients`. Whoever runs them decides what a second is: real
time in the demo, divided by its speed.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fulfil.sim.clients import Handheld, Http, Refused
from fulfil.sim.workers import Act, in_turn, next_act, seconds_of

log = logging.getLogger("fulfil.sim")

Actor = Iterator[float]
SHORTS, DECLINES = 0.02, 0.01
LOOK_SECONDS = (1.0, 3.0)  # how often people glance at their device, also while their hands are busy
RIDE_SECONDS = (20.0, 50.0)
AGAIN_SECONDS = 5.0
ASIDE_SECONDS = 30.0  # between two looks whether whoever signed in with our badge has gone


def live(actor: Callable[[], Actor], sleep: Callable[[float], None]) -> None:
    """Let somebody live for ever: who stumbles begins anew, and nobody else notices."""
    while True:
        try:
            for seconds in actor():
                sleep(seconds)
        except (Refused, OSError) as trouble:
            log.info("somebody begins anew: %s", trouble)
        except Exception:
            log.exception("somebody of the demo stumbled")
        sleep(AGAIN_SECONDS)


class Office:
    """The shop's board as the demo's own token sees it."""

    def __init__(self, http: Http, store_id: str) -> None:
        self.http, self._store_id = http, store_id

    def board(self) -> Mapping[str, Any]:
        return self.http.call("GET", f"/api/v1/dispatch/board?store_id={self._store_id}")

    def is_signed_in(self, badge: str) -> bool:
        """Whether somebody works with this badge."""
        return any(person["badge"] == badge and person["session_id"] for person in self.board()["people"])


class Colleague:
    """Somebody on duty who takes what is pushed and works it off.

    They stand aside while another is signed in with their badge: that is a person who tries the demo.
    """

    def __init__(
        self,
        http: Http,
        office: Office,
        enrolment_code: str,
        person: Mapping[str, Any],
        rng: random.Random,
        totes: Iterator[str],
    ) -> None:
        self._http, self._office, self._code = http, office, enrolment_code
        self._person, self._rng, self._totes = person, rng, totes
        self._handheld: Handheld | None = None
        self._arrives: dict[str, float] = {}  # delivery ticket → when its rider is at the customer's
        self._place = ""
        self._clock, self._busy_until, self._put_out = 0.0, 0.0, False

    def work(self) -> Actor:
        """Sign in, go on duty, work; after being put out, wait until the badge is free again."""
        if self._handheld is None:
            self._handheld = Handheld(self._http, self._code)
        while True:
            while self._put_out and self._office.is_signed_in(self._person["badge"]):
                yield ASIDE_SECONDS
            self._handheld.sign_in(self._person["badge"], self._person["pin"])
            self._handheld.shift("available")
            self._put_out, self._busy_until = False, self._clock
            yield from self._on_duty(self._handheld)
            self._put_out = True

    def _on_duty(self, handheld: Handheld) -> Actor:
        while True:
            try:
                self._look(handheld)
            except Refused as refused:
                if refused.status == 401:
                    return
                log.info("%s was refused: %s", self._person["badge"], refused)
            seconds = self._rng.uniform(*LOOK_SECONDS)
            self._clock += seconds
            yield seconds

    def _look(self, handheld: Handheld) -> None:
        """One glance at the device: answer offers; when the hands are free, one act."""
        work = handheld.work()
        if work["shift"]["state"] != "available" or work["shift"]["paused"]:
            handheld.shift("available")
        for offer in work["offers"]:
            self._answer(handheld, offer)
        if self._clock < self._busy_until:
            return
        self._call_riders(handheld, work["tickets"])
        for ticket in in_turn(work["tickets"]):
            act = self._act(ticket)
            if act is not None:
                self._do(handheld, ticket, act)
                return

    def _answer(self, handheld: Handheld, offer: Mapping[str, Any]) -> None:
        if self._rng.random() < DECLINES:
            handheld.do(offer["ticket"], "decline", {"offer": offer["id"], "reason": "busy"})
        else:
            handheld.accept(offer)

    def _do(self, handheld: Handheld, ticket: Mapping[str, Any], act: Act) -> None:
        seconds, self._place = seconds_of(ticket, act, self._place)
        self._busy_until = self._clock + seconds * self._rng.uniform(0.7, 1.4)
        handheld.do(ticket, *act)
        if act[0] == "deliver":
            self._arrives.pop(ticket["id"], None)

    def _act(self, ticket: Mapping[str, Any]) -> Act | None:
        if ticket["stage"] == "delivery":
            return self._ride(ticket)
        act = next_act(ticket, self._totes)
        if act is not None and act[0] == "pick" and self._rng.random() < SHORTS:
            return "short", {"line": act[1]["line"], "quantity": act[1]["quantity"], "reason": "not_found"}
        return act

    def _ride(self, ticket: Mapping[str, Any]) -> Act | None:
        """To the counter, with the bags to the customer, deliver."""
        if "arrived" in ticket["next_milestones"]:
            return "milestone", {"name": "arrived"}
        if ticket["kind"] == "return":
            return next_act(ticket, self._totes)
        if "deliver" not in ticket["legal"]:
            return None
        there = self._arrives.setdefault(ticket["id"], self._clock + self._rng.uniform(*RIDE_SECONDS))
        if self._clock < there:
            return None
        if "arrived_at_customer" in ticket["next_milestones"]:
            return "milestone", {"name": "arrived_at_customer"}
        return "deliver", {}

    def _call_riders(self, handheld: Handheld, tickets: Sequence[Mapping[str, Any]]) -> None:
        """At the counter: whoever has taken a packed order's delivery is called up."""
        riders = [ticket["rider"] for ticket in tickets if ticket["stage"] == "handoff" and ticket["rider"]]
        for badge in sorted({r["badge"] for r in riders if r["badge"] and not r["arrived_at"]}):
            handheld.http.call("POST", "/api/v1/handoff/arrivals", {"code": badge}, key=handheld.http.uuid())
