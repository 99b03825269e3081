"""A day as it goes: orders are paid, people are free or busy, tickets wait. Time is virtual."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Protocol

from fulfil.dispatch.rules import after, cold_may_start, estimate, pick_released
from fulfil.picking.rules import parts
from fulfil.sim.day.orders import Day, DayOrder, DayPerson
from fulfil.store.rules import Stops, length, stops_of

# How long things take a person of mean pace, in seconds; the plan knows only its own estimates.
METRES_PER_SECOND = 1.1
LINE_SECONDS, TOTE_SECONDS, START_SECONDS = 9.0, 18.0, 12.0
PACK_SECONDS, PACK_LINE_SECONDS = 40.0, 7.0
ACCEPT_SECONDS = 3.0
SWEEP_SECONDS = 5.0  # time alone may free a ticket: whoever waits is looked at so often
HAND_OVER_SECONDS = 60.0
NOISE = 0.2


@dataclass
class DayTicket:
    """One ticket. `ends_at` is when its work will be over, as soon as somebody has begun.

    `shelves` and `metres` are its own walk, measured once; None and 0 where nothing is walked.
    """

    id: int
    order: DayOrder
    stage: str
    zone: str
    stops: tuple[str, ...]
    lines: int
    units: int
    grams: int
    volume_ml: int
    queued_at: datetime
    shelves: Stops | None = None
    metres: float = 0.0
    state: str = "queued"
    ends_at: datetime | None = None


@dataclass
class AtWork:
    """Somebody on duty, and what they did so far. `place` is the x of where they are, in metres.

    `given_seconds` is the work that they were given, as long as it takes somebody of mean pace.
    They are busy until `busy_until`, which nobody knows; by the plan's estimate until `expected_until`.
    """

    person: DayPerson
    busy_until: datetime
    expected_until: datetime
    place: float = 0.0
    load_seconds: int = 0
    given_seconds: float = 0.0
    worked_seconds: float = 0.0


@dataclass
class Progress:
    """What became of an order."""

    order: DayOrder
    picking: int = 0
    handed_over_at: datetime | None = None


@dataclass(frozen=True)
class Start:
    """Somebody does these tickets now, in one walk if they are picked; `seconds` by the plan's estimate."""

    person_id: int
    ticket_ids: tuple[int, ...]
    seconds: int


class Way(Protocol):
    """How a shop decides who does what."""

    def decide(self, world: World, waiting: Sequence[DayTicket], free: Sequence[AtWork]) -> Iterable[Start]:
        """Who begins what now, of the tickets that may be handed out and the people who are free."""


@dataclass
class World:
    """The shop at one moment. `run` lives the whole day and leaves what became of it here."""

    day: Day
    way: Way
    seed: str
    now: datetime = field(init=False)
    tickets: dict[int, DayTicket] = field(default_factory=dict)
    people: dict[int, AtWork] = field(default_factory=dict)
    gone: list[AtWork] = field(default_factory=list)
    orders: dict[int, Progress] = field(default_factory=dict)
    metres: float = 0.0
    walked: list[tuple[DayTicket, ...]] = field(default_factory=list)
    pick_seconds: float = 0.0
    units: int = 0
    bars: list[tuple[int, str, datetime, datetime, tuple[int, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count, self._awake = 0, False
        self._random = Random(f"{self.seed}/{len(self.day.orders)}/work")
        self._live: dict[int, set[int]] = defaultdict(set)

    def run(self) -> None:
        for order in self.day.orders:
            self._at(order.paid_at, lambda order=order: self._paid(order))
        for person in self.day.people:
            self._at(person.comes_at, lambda person=person: self._comes(person))
            self._at(person.goes_at, lambda person=person: self._goes(person.id))
        while self._events:
            self.now = self._events[0][0]
            while self._events and self._events[0][0] == self.now:
                heapq.heappop(self._events)[2]()
            self._plan()

    def waiting(self) -> list[DayTicket]:
        """Tickets that may be handed out now, as the shop's rules release them (floor rules 3, 11)."""
        queued = [t for t in self.tickets.values() if t.state == "queued"]
        unpacked = sum(t.stage == "packing" and t.state != "done" for t in self.tickets.values())
        packers = sum(at_work.person.role == "packer" for at_work in self.people.values())
        released = pick_released(unpacked, packers, self.day.policy)
        return [
            t
            for t in queued
            if t.stage != "picking"
            or released
            and (t.zone == "ambient" or cold_may_start(self._ambient_left(t.order), self.day.policy))
        ]

    def free(self) -> list[AtWork]:
        return [at_work for at_work in self.people.values() if at_work.busy_until <= self.now]

    def after(self, ticket: DayTicket) -> int:
        """Seconds that follow a ticket until the customer has the goods."""
        return after(ticket.stage, len(ticket.order.lines), ticket.order.ride_seconds, self.day.policy)

    def walk(self, tickets: Sequence[DayTicket]) -> float:
        """Metres of one walk past all that these tickets want."""
        stops = [stop for ticket in tickets for stop in ticket.stops]
        return sum(route.metres for route in self.day.floor.routes(stops))

    def where(self, ticket: DayTicket) -> float:
        """The x of where the ticket's walk begins."""
        return self.day.floor.begins(ticket.stops[0])[0]

    def _at(self, when: datetime, act: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (when, self._count, act))

    def _paid(self, order: DayOrder) -> None:
        planned = self.day.floor.order(line.location for line in order.lines)
        progress = self.orders[order.no] = Progress(order)
        for part in parts(order.lines, planned):
            progress.picking += 1
            self._open(
                order,
                "picking",
                part.zone,
                tuple(line.location for line in part.lines),
                len(part.lines),
                sum(line.quantity for line in part.lines),
                part.grams,
                part.volume_ml,
            )

    def _open(
        self,
        order: DayOrder,
        stage: str,
        zone: str,
        stops: tuple[str, ...],
        lines: int,
        units: int,
        grams: int,
        volume_ml: int,
    ) -> None:
        number = order.no * 100 + len(self._live[order.no])
        self._live[order.no].add(number)
        ticket = DayTicket(number, order, stage, zone, stops, lines, units, grams, volume_ml, self.now)
        if stops:
            ticket.shelves = stops_of(self.day.floor, stops)
            ticket.metres = length(self.day.floor, ticket.shelves)
        self.tickets[number] = ticket

    def _comes(self, person: DayPerson) -> None:
        least = min((p.load_seconds for p in self.people.values() if p.person.role == person.role), default=0)
        self.people[person.id] = AtWork(person, self.now, self.now, load_seconds=least)

    def _goes(self, person_id: int) -> None:
        at_work = self.people[person_id]
        if at_work.busy_until > self.now:  # whoever has goods in hand brings them to an end
            self._at(at_work.busy_until, lambda: self._goes(person_id))
            return
        self.gone.append(self.people.pop(person_id))

    def _plan(self) -> None:
        free = self.free()
        waiting = self.waiting() if free else []
        if not waiting:
            return
        for start in self.way.decide(self, waiting, free):
            self._start(start)
        if any(ticket.state == "queued" for ticket in waiting) and not self._awake:
            self._awake = True
            self._at(self.now + timedelta(seconds=SWEEP_SECONDS), self._wake)

    def _wake(self) -> None:
        self._awake = False

    def _start(self, start: Start) -> None:
        at_work, tickets = self.people[start.person_id], [self.tickets[n] for n in start.ticket_ids]
        seconds = (
            self._pick_seconds(at_work, tickets)
            if tickets[0].stage == "picking"
            else (PACK_SECONDS + PACK_LINE_SECONDS * tickets[0].lines)
        )
        at_work.given_seconds += seconds
        seconds = ACCEPT_SECONDS + seconds * at_work.person.pace * self._random.lognormvariate(0, NOISE)
        ends_at = self.now + timedelta(seconds=seconds)
        at_work.busy_until, at_work.expected_until = ends_at, self.now + timedelta(seconds=start.seconds)
        at_work.load_seconds += start.seconds
        at_work.worked_seconds += seconds
        self.bars.append(
            (
                at_work.person.id,
                tickets[0].stage,
                self.now,
                ends_at,
                tuple(ticket.order.no for ticket in tickets),
            )
        )
        for ticket in tickets:
            ticket.state, ticket.ends_at = "working", ends_at
        self._at(ends_at, lambda: self._done(tickets))
        # An order's cold goods may be released by then, without anything else happening.
        lead = timedelta(seconds=self.day.policy.cold_lead_seconds)
        self._at(max(self.now, ends_at - lead), lambda: None)

    def _pick_seconds(self, at_work: AtWork, tickets: list[DayTicket]) -> float:
        begins = self.where(tickets[0])
        metres = self.walk(tickets) + abs(begins - at_work.place)
        at_work.place = begins
        self.metres += metres
        self.walked.append(tuple(tickets))
        self.units += sum(ticket.units for ticket in tickets)
        seconds = (
            START_SECONDS
            + metres / METRES_PER_SECOND
            + TOTE_SECONDS * len(tickets)
            + LINE_SECONDS * sum(ticket.lines for ticket in tickets)
        )
        self.pick_seconds += seconds
        return seconds

    def _done(self, tickets: Iterable[DayTicket]) -> None:
        for ticket in tickets:
            ticket.state = "done"
            progress = self.orders[ticket.order.no]
            if ticket.stage == "packing":
                progress.handed_over_at = self.now + timedelta(seconds=HAND_OVER_SECONDS)
                for number in self._live.pop(ticket.order.no):
                    del self.tickets[number]
                continue
            progress.picking -= 1
            if not progress.picking:
                lines = len(ticket.order.lines)
                self._open(ticket.order, "packing", "all", (), lines, 0, 0, 0)

    def _ambient_left(self, order: DayOrder) -> int | None:
        """Seconds until the ambient part of an order is picked; None while nobody has begun it."""
        mine = [self.tickets[n] for n in self._live[order.no]]
        ambient = [t for t in mine if t.stage == "picking" and t.zone == "ambient" and t.state != "done"]
        if not ambient:
            return 0
        if any(t.state == "queued" for t in ambient):
            return None
        return max(
            estimate("picking", t.lines, 0, self.day.policy)
            if t.ends_at is None
            else round((t.ends_at - self.now).total_seconds())
            for t in ambient
        )
