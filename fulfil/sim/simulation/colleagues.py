"""People on the floor as generators: they take what is pushed, walk, err, rest, and lose their devices."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from fulfil.delivery.rules import ABSENT_AFTER, CALLS_APART, CALLS_MIN
from fulfil.sim.actors import Office
from fulfil.sim.clients import Http, Refused
from fulfil.sim.simulation.agenda import Actor, Agenda
from fulfil.sim.simulation.faults import Faults
from fulfil.sim.simulation.hands import Hands
from fulfil.sim.simulation.logbook import Logbook
from fulfil.sim.simulation.network import Line, Network, insist
from fulfil.sim.simulation.terminal import Terminal
from fulfil.sim.workers import Act, seconds_of

GLANCE_SECONDS, IDLE_SECONDS, ANSWER_SECONDS = (5.0, 15.0), (60.0, 180.0), (0.5, 4.0)
AGAIN_SECONDS = (1.0, 6.0)
WALK_FACTOR = (0.8, 2.5)
BREAK_SECONDS, BREAKS = (600.0, 1200.0), 0.01  # chance of a break at one idle glance
LOST_SECONDS, SILENT_SECONDS, AWAY_SECONDS = (60.0, 900.0), (60.0, 2400.0), (6600.0, 7800.0)
LOCKED_SECONDS = 540.0  # a handheld without contact locks its tickets
DECLINES, MISSES = 0.01, 0.01
REJECTIONS_MAX = 25
LINK_SECONDS, LINK_TRIES_MAX = 60.0, 120
TOTES = 250  # more than are in use at once: a shop fills the same ones again
THIRD_PARTY, THIRD_PARTY_SECONDS = 0.4, (60.0, 900.0)


@dataclass
class Floor:
    """What everybody on the floor shares. `open`: people are wanted at work."""

    agenda: Agenda
    network: Network
    logbook: Logbook
    faults: Faults
    office: Office
    seed: str
    shortage: float
    skus: Sequence[Mapping[str, Any]]
    codes: Callable[[], str]
    open: bool = False
    at_counter: set[str] = field(default_factory=set)
    terminals: list[Terminal] = field(default_factory=list)
    totes: Iterator[str] = field(
        default_factory=lambda: itertools.cycle(f"TOTE-{n:04}" for n in range(1, TOTES + 1))
    )

    def rng(self, name: str) -> random.Random:
        """A stream of randomness of one's own: who acts first does not change what others do."""
        return random.Random(f"{self.seed}/{name}")

    def wake(self, people: set[int]) -> None:
        for terminal in self.terminals:
            if terminal.person_id in people:
                terminal.woken()


class Colleague:
    """Somebody with a device: on duty while the floor is open, whatever happens to the device."""

    def __init__(self, floor: Floor, person: Mapping[str, Any]) -> None:
        self._floor, self.badge, self._roles = floor, person["badge"], person["roles"]
        self._rng = floor.rng(self.badge)
        self.terminal = Terminal(floor.network, floor.logbook, person, floor.codes, self._rng)
        floor.terminals.append(self.terminal)
        self._hands = Hands(
            self._rng,
            shortage=floor.shortage,
            error=floor.faults.human_error,
            totes=floor.totes,
            gtins=[row["gtin"] for row in floor.skus],
            now=floor.agenda.clock.now,
            pin=lambda number: floor.logbook.pins[number],
        )
        self._place = ""
        self._later: dict[str, float] = {}
        self._third_party: dict[str, float] = {}
        self._silent_since = 0.0
        self._idles = False
        self.terminal.on_news = self._news
        self._life = floor.agenda.live(self.work())
        floor.agenda.live(self.terminal.beat())

    def work(self) -> Actor:
        """One day after the other, for ever."""
        while True:
            while not self._floor.open:
                yield 60.0
            yield self._rng.uniform(0, 300)
            yield from self._come()
            while self._floor.open:
                yield from self._look()
            yield from self._leave()

    def _come(self) -> Actor:
        yield from self.terminal.sign_in()
        yield from self.terminal.shift("available")

    def _leave(self) -> Actor:
        self.terminal.line.silent = False
        terminal = self.terminal
        while terminal.outbox:
            if not terminal.signed_in:
                yield from terminal.sign_in()
            terminal.flush()
            yield self._rng.uniform(*AGAIN_SECONDS)
        if terminal.signed_in:
            yield from terminal.shift("off")
            yield from terminal.sign_out()

    def _look(self) -> Actor:
        """One glance: keep the device alive, answer an offer, or do one act."""
        terminal, faults = self.terminal, self._floor.faults
        if terminal.handheld is None or not terminal.signed_in:
            yield from self._come()
            return
        if self._rng.random() < faults.device_lost / 4:
            yield from self._lose_device()
            return
        if self._rng.random() < faults.second_login:
            self._floor.agenda.mishap("second_login", f"{self.badge} signs in on another device")
            yield from terminal.take_another()
            return
        self._perhaps_fall_silent(0.2)
        answered = terminal.flush()
        if terminal.stale and not terminal.line.silent:
            yield from terminal.refresh()
        for offer in list(terminal.offers.values()) if answered else ():
            yield from self._answer(offer)
        if not answered and self._is_locked():
            yield 10.0
            return
        if (chosen := self._choose()) is None:
            yield from self._idle(answered)
            return
        yield from self._do(*chosen)

    def _answer(self, offer: Mapping[str, Any]) -> Actor:
        if self._rng.random() < MISSES:
            self.terminal.offers.pop(offer["id"], None)
            return
        yield self._rng.uniform(*ANSWER_SECONDS)
        if offer["id"] not in self.terminal.offers:
            return
        if self._rng.random() < DECLINES:
            act: Act = ("decline", {"offer": offer["id"], "reason": "busy"})
        else:
            act = ("accept", {"offer": offer["id"]})
        self.terminal.do(offer["ticket"], act)
        self.terminal.offers.pop(offer["id"], None)

    def _choose(self) -> tuple[dict[str, Any], Act] | None:
        """The most urgent ticket on which something can be done, and what."""
        now = self._now()
        for ticket in self.terminal.view():
            if self._later.get(ticket["id"], 0.0) > now:
                continue
            if ticket["stage"] == "handoff" and self._at_counter(ticket):
                return None
            act = self._hands.act(ticket)
            if act is not None:
                return ticket, act
        return None

    def _do(self, ticket: dict[str, Any], act: Act) -> Actor:
        """Walk there, do it, and tell the server."""
        seconds, self._place = seconds_of(ticket, act, self._place)
        yield seconds * self._rng.uniform(*WALK_FACTOR)
        self._perhaps_fall_silent(1.0)
        fresh = next((t for t in self.terminal.view() if t["id"] == ticket["id"]), None)
        if fresh is None or fresh["epoch"] != ticket["epoch"] or not self.terminal.signed_in:
            return
        self.terminal.do(fresh, act)
        if "pin_locked" in self.terminal.rejections:
            self._hands.without_pin(ticket)
        if act == ("milestone", {"name": "arrived"}):
            self._floor.at_counter.add(self.badge)
        if act[0] == "release" and act[1]["rider"] == ticket["pickup_code"]:
            self._floor.agenda.live(self._ride_of_third_party(ticket["order_no"]), 5.0)
        if self.terminal.rejections:
            self._later[ticket["id"]] = self._now() + self._rng.uniform(*AGAIN_SECONDS) * len(
                self.terminal.rejections
            )
            if len(self.terminal.rejections) > REJECTIONS_MAX:
                self.terminal.rejections.clear()
                yield from self.terminal.refresh()
        elif act[0] != "scan":
            self.terminal.rejections.clear()

    def _idle(self, answered: bool) -> Actor:
        if not answered:
            yield self._rng.uniform(*AGAIN_SECONDS)
            return
        self.terminal.rejections.clear()
        if not self.terminal.tickets and self._rng.random() < BREAKS:
            if (yield from self.terminal.shift("break")):
                yield self._rng.uniform(*BREAK_SECONDS)
            yield from self.terminal.shift("available")
        waits = self.terminal.tickets or self.terminal.offers
        self._idles = True
        yield self._rng.uniform(*(GLANCE_SECONDS if waits else IDLE_SECONDS))
        self._idles = False

    def _news(self) -> None:
        """The device buzzes: whoever idles looks at it."""
        if self._idles:
            self._idles = False
            self._life.wake(self._rng.uniform(*ANSWER_SECONDS))

    # ------------------------------------------------------------ the counter

    def _at_counter(self, ticket: Mapping[str, Any]) -> bool:
        """Call up who has come for this order; whether that took the moment."""
        if self._hands.searched(ticket):
            return self._try(
                lambda: self._floor.office.http.call(
                    "POST", f"/api/v1/handoff/tickets/{ticket['id']}/allow-missing", {}
                )
            )
        rider = ticket["rider"]
        if rider is not None and rider["arrived_at"]:
            return False
        code = rider["badge"] if rider is not None and rider["badge"] in self._floor.at_counter else None
        if code is None and self._wants_third_party(ticket):
            code = ticket["pickup_code"]
        if code is None:
            return False
        if not self._try(lambda: self._call("POST", "/api/v1/handoff/arrivals", {"code": code})):
            return False
        self._later[ticket["id"]] = self._now() + 5.0
        self._floor.agenda.live(self._reload(), 1.0)
        return True

    def _wants_third_party(self, ticket: Mapping[str, Any]) -> bool:
        if ticket["id"] not in self._third_party:
            often = self._rng.random() < THIRD_PARTY
            wait = self._rng.uniform(*THIRD_PARTY_SECONDS)
            self._third_party[ticket["id"]] = self._now() + (wait if often else 4 * wait)
        return self._now() >= self._third_party[ticket["id"]]

    def _reload(self) -> Actor:
        """What the counter's own calls change is not pushed to it: it fetches its work again."""
        if self.terminal.signed_in and not self.terminal.line.silent:
            yield from self.terminal.refresh()

    def _ride_of_third_party(self, order_no: str) -> Actor:
        """Once released: the link is given to their rider, who works with nothing else."""
        path = f"/api/v1/delivery/orders/{order_no}/carrier-link"
        for _ in range(LINK_TRIES_MAX):
            try:
                link = self._call("GET", path)["url"]
                break
            except (Refused, OSError):
                yield LINK_SECONDS
        else:
            return
        yield from carry(
            Line(self._floor.network, f"carrier of {order_no}", self._rng),
            f"/api/v1{link}",
            self._floor.logbook.pins[order_no],
            self._floor.rng(f"carrier/{order_no}"),
            self._floor.faults.human_error,
        )

    # ------------------------------------------------------------ the device

    def _lose_device(self) -> Actor:
        """It is gone; a supervisor may revoke it, and a new one is enrolled."""
        self._floor.agenda.mishap(
            "device_lost", f"{self.badge} loses the device with {len(self.terminal.outbox)} ops"
        )
        self.terminal.lose()
        self.terminal.line.silent = False
        yield self._rng.uniform(*LOST_SECONDS)

    def _perhaps_fall_silent(self, share: float) -> None:
        """Radio ends somewhere between the shelves, for a while or for the rest of the morning."""
        if self.terminal.line.silent:
            return
        if self._rng.random() < share * self._floor.faults.device_silent:
            self._fall_silent("device_silent", SILENT_SECONDS)
        elif self._rng.random() < share * self._floor.faults.device_away:
            self._fall_silent("device_away", AWAY_SECONDS)

    def _fall_silent(self, kind: str, span: tuple[float, float]) -> None:
        line = self.terminal.line
        line.silent = True
        self._silent_since = self._now()
        seconds = self._rng.uniform(*span)
        self._floor.agenda.mishap(kind, f"{self.badge} is out of contact for {seconds:.0f} s")
        self._floor.agenda.after(seconds, line.speak)

    def _is_locked(self) -> bool:
        return self.terminal.line.silent and self._now() > self._silent_since + LOCKED_SECONDS

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        return self.terminal.line.call(method, path, body, key=self.terminal.line.uuid())

    @staticmethod
    def _try(call: Callable[[], Any]) -> bool:
        try:
            call()
        except (Refused, OSError):
            return False
        return True

    def _now(self) -> float:
        return self._floor.agenda.clock.now().timestamp()


def carry(http: Http, path: str, pin: str, rng: random.Random, error: float) -> Actor:
    """A third party's rider from the counter to the door, sometimes back again."""
    yield rng.uniform(300, 1200)
    acts: list[dict[str, Any]] = [{"type": "milestone", "name": "arrived_at_customer"}]
    if rng.random() < 0.03:
        acts += [{"type": "call"}] * CALLS_MIN
        acts += [{"type": "return", "reason": "customer_absent"}, {"type": "milestone", "name": "returned"}]
    else:
        acts += [{"type": "deliver", "pin": "0000x"}] if rng.random() < error else []
        acts += [{"type": "deliver", "pin": pin}]
    for act in acts:
        if act["type"] == "return":
            yield ABSENT_AFTER.total_seconds()
        elif act["type"] == "call":
            yield CALLS_APART.total_seconds()
        with suppress(Refused):  # the wrong PIN, or a repeat whose first answer was lost
            yield from insist(lambda act=act: http.call("POST", path, act), rng)
        yield rng.uniform(20, 300)
