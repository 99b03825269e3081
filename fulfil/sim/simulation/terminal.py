"""A colleague's device: its view from pushes and answers, its outbox, and how it loses both."""

from __future__ import annotations

import copy
import random
from collections import deque
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from fulfil.kit.checks import Violation
from fulfil.kit.clock import rfc3339
from fulfil.sim.clients import Handheld, Refused
from fulfil.sim.simulation.agenda import Actor
from fulfil.sim.simulation.logbook import Logbook
from fulfil.sim.simulation.network import Line, Network, insist
from fulfil.sim.workers import Act, in_turn

BEAT_SECONDS, OFF_SECONDS = 20.0, 60.0
PUSH_SECONDS = (0.02, 0.4)
CUT_SECONDS = (5.0, 40.0)
BATCH = 5
UNAUTHENTICATED = 401
STALE = "stale_epoch"
CLOCKS = (timedelta(days=1), timedelta(days=-1), timedelta(minutes=7), timedelta(minutes=-7))
HELD = ("accepted", "working")


class Unheard(Line):
    """The device's radio; while `silent` nothing goes out and nothing comes in."""

    silent = False

    def speak(self) -> None:
        """In contact again."""
        self.silent = False

    def carry(self, method: str, path: str, raw: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        if self.silent:
            raise TimeoutError("no contact")
        return super().carry(method, path, raw, headers)


class Terminal:
    """One person's devices, one after the other. `tickets` and `offers` are what its screen shows.

    Ops are made from what the screen shows and sent until they are answered. What is not answered yet is
    foreseen, so that work goes on without contact.
    """

    def __init__(
        self, network: Network, logbook: Logbook, person: Mapping[str, Any], codes: Any, rng: random.Random
    ) -> None:
        self.network, self.logbook, self.person, self.rng = network, logbook, person, rng
        self._codes = codes
        self._take_up_line()
        self.handheld: Handheld | None = None
        self.signed_in = self.connected = False
        self.person_id = 0
        self.tickets: dict[str, dict[str, Any]] = {}
        self.offers: dict[str, dict[str, Any]] = {}
        self.outbox: deque[dict[str, Any]] = deque()
        self.rejections: list[str] = []
        self.on_news: Callable[[], None] = lambda: None
        self._foreseen: dict[str, dict[str, Any] | None] = {}
        self._seq = self._sent = 0
        self._stale = False
        self._clock_wrong = timedelta(0)

    def view(self) -> list[dict[str, Any]]:
        """Tickets in hand as far as they are known here, unanswered ops included; in their turn."""
        known = [self._foreseen.get(ticket["id"], ticket) for ticket in self.tickets.values()]
        return in_turn(t for t in known if t is not None)

    def sign_in(self) -> Actor:
        """Enrol when the device is new, sign in, and see what there is."""
        while self.handheld is None:
            try:
                self.handheld = Handheld(self.line, self._codes())
            except (OSError, Refused):  # a code that was used up by an answer that got lost, too
                yield self.rng.uniform(1, 20)
        handheld = self.handheld
        if self.network.happens(self.network.faults.human_error):
            yield from self._wrong_pin(handheld)
        if self.network.happens(self.network.faults.device_clock):
            self._clock_wrong = self.rng.choice(CLOCKS)
            self.network.agenda.mishap("device_clock", f"{self.person['badge']}'s clock: {self._clock_wrong}")
        session = yield from insist(
            lambda: handheld.sign_in(self.person["badge"], self.person["pin"]), self.rng
        )
        self.person_id = int(session["person"]["id"])
        self.signed_in = True
        yield from self.refresh()

    def _wrong_pin(self, handheld: Handheld) -> Actor:
        try:
            handheld.sign_in(self.person["badge"], "000000")
        except (Refused, OSError):
            yield self.rng.uniform(2, 10)

    def sign_out(self) -> Actor:
        """Say that the session is over; whether that is heard or not, the device is put away."""
        assert self.handheld is not None
        with suppress(Refused):
            yield from insist(lambda: self.line.call("DELETE", "/api/v1/terminal/sessions"), self.rng)
        self.signed_in = self.connected = False
        self.tickets, self.offers = {}, {}

    def shift(self, state: str) -> Generator[float, None, bool]:
        """Say it until it is heard; False when the session is over or the step is not possible."""
        assert self.handheld is not None
        handheld = self.handheld
        try:
            yield from insist(lambda: handheld.shift(state), self.rng)
        except Refused as refused:
            self._refused(refused)
            return False
        return True

    def refresh(self) -> Actor:
        """Fetch everything anew and follow the log from there."""
        assert self.handheld is not None
        try:
            work = yield from insist(self.handheld.work, self.rng)
        except Refused as refused:
            self._refused(refused)
            return
        self.tickets = {ticket["id"]: ticket for ticket in work["tickets"]}
        self.offers = {offer["id"]: offer for offer in work["offers"]}
        self._seq = self._sent = work["seq"]
        self.connected, self._stale = True, False

    @property
    def stale(self) -> bool:
        """Whether the log was cut off, so that everything must be fetched anew."""
        return self._stale

    def do(self, ticket: Mapping[str, Any], act: Act) -> bool:
        """Make an op and try to send all that waits; whether everything was answered."""
        assert self.handheld is not None
        wrong = self.network.agenda.clock.now() + self._clock_wrong
        op = {**self.handheld.op(ticket, *act), "at": rfc3339(wrong)}
        self.logbook.send(op, ticket["stage"])
        self.outbox.append(op)
        if answered := self.flush():
            return answered
        self._foreseen[ticket["id"]] = foreseen(ticket, act)
        return False

    def flush(self) -> bool:
        """Send what waits; whether all of it was answered."""
        while self.outbox and self.signed_in and self.handheld is not None:
            try:
                results = self.handheld.send(*list(self.outbox)[:BATCH])
            except OSError:
                break
            except Refused as refused:
                self._refused(refused)
                break
            self._take(results)
        if not self.outbox:
            self._foreseen.clear()
        return not self.outbox

    def take_another(self) -> Actor:
        """Sign in on a second device while the first lies somewhere: there the session must be over."""
        first = self.line
        first.heard = lambda status, answer: None
        self._take_up_line()
        self.lose()
        yield from self.sign_in()
        try:
            yield from insist(lambda: first.call("GET", "/api/v1/terminal/work"), self.rng)
        except Refused as refused:
            if refused.status == UNAUTHENTICATED:
                return
        self.logbook.contradictions.append(
            Violation(
                10, "sessions", self.person["badge"], "works on a device whose person signed in elsewhere"
            )
        )

    def _take_up_line(self) -> None:
        self.line = Unheard(self.network, self.person["badge"], self.rng)
        self.line.heard = self._heard_late

    def lose(self) -> None:
        """The device is gone, with what it had not sent."""
        self.handheld = None
        self.signed_in = self.connected = False
        self.line.headers.clear()
        self.outbox.clear()
        self._foreseen.clear()
        self.tickets, self.offers = {}, {}

    def beat(self) -> Actor:
        """A sign of life over the socket, and its renewal when it was cut."""
        while True:
            yield BEAT_SECONDS * self.rng.uniform(0.8, 1.1) if self.signed_in else OFF_SECONDS
            kit = self.network.node.kit
            if kit is None or not self.signed_in or self.line.silent:
                self.connected = False
            elif not self.connected:
                self._hello()
            else:
                kit.services["presence"].beat(self.person_id, queued=len(self.outbox))

    def woken(self) -> None:
        """The server has something for us, if our socket stands."""
        if self.connected:
            self.network.agenda.after(self.network.rng.uniform(*PUSH_SECONDS), self._pull)

    def _hello(self) -> None:
        self.connected, self._sent = True, self._seq
        self._pull()

    def _pull(self) -> None:
        """What the socket carries from the log to the device."""
        kit = self.network.node.kit
        if kit is None or not self.connected or self.line.silent:
            self.connected = False
            return
        events = self.network.node.read(lambda tx: kit.live.since(tx, self.person_id, self._sent))
        if events is None:
            self._stale = True
            self.on_news()
            return
        network, faults = self.network, self.network.faults
        for event in events:
            if network.happens(faults.cut_push):
                network.dropped += 1
                self.connected = False
                network.agenda.after(network.rng.uniform(*CUT_SECONDS), self._hello)
                return
            self._sent = event["seq"]
            if network.happens(faults.double_push):
                network.doubled += 1
                network.agenda.after(network.rng.uniform(0, 5), lambda event=event: self._push(event))
            self._push(event)

    def _push(self, event: Mapping[str, Any]) -> None:
        """As the handheld's screen does: what it knows is skipped, after a gap it asks again."""
        if event["seq"] <= self._seq:
            return
        self.on_news()
        if event["seq"] > self._seq + 1:
            self._stale = True
            return
        self._seq = event["seq"]
        if event["type"] == "ticket.offered":
            self.offers[event["offer"]["id"]] = event["offer"]
        elif event["type"] == "ticket.changed":
            self._keep(event["ticket"])
        elif event["type"] == "ticket.withdrawn":
            self.tickets.pop(event["ticket_id"], None)
            self.offers = {
                key: offer
                for key, offer in self.offers.items()
                if key != event["offer_id"] and offer["ticket"]["id"] != event["ticket_id"]
            }

    def _keep(self, ticket: dict[str, Any]) -> None:
        known = self.tickets.get(ticket["id"])
        if known is not None and (known["epoch"], known["version"]) > (ticket["epoch"], ticket["version"]):
            return
        if ticket["state"] in HELD and ticket["assignee"] == str(self.person_id):
            self.tickets[ticket["id"]] = ticket
        else:
            self.tickets.pop(ticket["id"], None)

    def _take(self, results: list[dict[str, Any]]) -> None:
        self.logbook.hear(results)
        answered = {result["id"]: result for result in results}
        for op in [op for op in self.outbox if op["id"] in answered]:
            self.outbox.remove(op)
            result = answered[op["id"]]
            if result["ticket"] is not None:
                self._keep(result["ticket"])
            else:
                self.tickets.pop(op["ticket"], None)
            if "offer" in op["payload"]:
                self.offers.pop(op["payload"]["offer"], None)
            if result["status"] == "rejected":
                self.rejections.append(result["code"])
            if result["code"] == STALE:
                self._late(result)

    def _late(self, result: Mapping[str, Any]) -> None:
        """Somebody else has the ticket by now, or will: whoever has it is named, to hand the tote to."""
        self.network.agenda.mishaps["late_op"] += 1
        if (to := result.get("hand_to")) is not None:
            self.network.agenda.mishaps["late_op_hand_to"] += 1
            if to["id"] == str(self.person_id):
                self.logbook.contradictions.append(
                    Violation(2, "ops", result["id"], "whoever is late is told to hand over to themselves")
                )

    def _heard_late(self, status: int, answer: Any) -> None:
        """An answer to a copy: nobody waits for it, but it must say the same."""
        if status < 300 and isinstance(answer, dict) and "results" in answer:
            self.logbook.hear(answer["results"])

    def _refused(self, refused: Refused) -> None:
        if refused.status == UNAUTHENTICATED:
            self.signed_in = self.connected = False


def foreseen(ticket: Mapping[str, Any], act: Act) -> dict[str, Any] | None:
    """The ticket as it will be after a pick or pack that nobody has answered yet; None when nobody knows."""
    kind, payload = act
    if kind not in ("pick", "pack"):
        return None
    after = copy.deepcopy(dict(ticket))
    line = next(line for line in after["lines"] if line["id"] == payload["line"])
    done = "picked" if kind == "pick" else "packed"
    line[done] += payload["quantity"]
    if line[done] + line["short"] + line.get("substituted", 0) >= line["quantity"]:
        line["state"] = "closed"
    return after
