"""What is predicted of orders, against what becomes of them on a simulated day."""

from __future__ import annotations

from datetime import timedelta
from statistics import median

import pytest

from fulfil.dispatch.rules import estimate
from fulfil.dispatch.rules.forecast import LEAST_LEFT, Ahead, Part, Staffing, forecast
from fulfil.sim.day.orders import day_of
from fulfil.sim.day.ways import POLICY, ByRules
from fulfil.sim.day.world import HAND_OVER_SECONDS, DayTicket, Start, World
from fulfil.store.rules import length, stops_of

EVERY = timedelta(minutes=5)


class Foreseen(World):
    """A day on which every open order is predicted every five minutes: (order, when, predicted ready)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.said: list[tuple[int, object, object]] = []
        self._holder: dict[int, int] = {}
        self._gains: dict[int, tuple[float, float]] = {}
        self._next = self.day.orders[0].paid_at

    def _plan(self) -> None:
        super()._plan()
        if self.now >= self._next:
            self._next = self.now + EVERY
            for one in forecast(self._orders(), self._staffing(), POLICY.cold_lead_seconds):
                self.said.append((one.order, self.now, self.now + timedelta(seconds=one.ready)))

    def _start(self, start: Start) -> None:
        super()._start(start)
        self._holder.update(dict.fromkeys(start.ticket_ids, start.person_id))
        alone = sum(self._seconds(self.tickets[n]) for n in start.ticket_ids)
        if self.tickets[start.ticket_ids[0]].stage == "picking":
            self._gains[start.person_id] = (start.seconds, alone)

    def _staffing(self) -> Staffing:
        roles = [at_work.person.role for at_work in self.people.values()]
        walked, alone = (sum(pair[n] for pair in self._gains.values()) for n in (0, 1))
        return Staffing(
            max(1, roles.count("picker")),
            max(1, roles.count("packer")),
            between=8 * max(1, roles.count("packer")) + roles.count("picker"),
            tour_gain=min(1.0, walked / alone) if alone else 1.0,
            tour_seconds=walked / len(self._gains) if self._gains else 0.0,
        )

    def _orders(self) -> list[Ahead]:
        return [self._ahead(no) for no, tickets in self._live.items() if tickets]

    def _ahead(self, no: int) -> Ahead:
        order = self.orders[no].order
        tickets = [t for t in (self.tickets[n] for n in self._live[no]) if t.state != "done"]
        packing = next((t for t in tickets if t.stage == "packing"), None)
        pack = float(estimate("packing", len(order.lines), 0, POLICY))
        begun = packing is not None and packing.state == "working"
        return Ahead(
            no,
            (order.due_at - self.now).total_seconds(),
            tuple(self._part(t) for t in tickets if t.stage == "picking"),
            self._left(packing) if begun else pack,
            packing=begun,
            hand_over=HAND_OVER_SECONDS,
            ride=float(order.ride_seconds),
        )

    def _part(self, ticket: DayTicket) -> Part:
        hand = self._holder.get(ticket.id) if ticket.state == "working" else None
        return Part(
            self._seconds(ticket) if hand is None else self._left(ticket), hand, cold=ticket.zone != "ambient"
        )

    def _left(self, ticket: DayTicket) -> float:
        seconds = (self.people[self._holder[ticket.id]].expected_until - self.now).total_seconds()
        return max(seconds, LEAST_LEFT * self._seconds(ticket))

    def _seconds(self, ticket: DayTicket) -> float:
        metres = length(self.day.floor, stops_of(self.day.floor, ticket.stops)) if ticket.stops else None
        return float(estimate(ticket.stage, ticket.lines, ticket.grams, POLICY, metres))


def lived(orders: int, pickers: int, packers: int) -> Foreseen:
    day = day_of(orders, pickers, packers, POLICY, "predictions")
    world = Foreseen(day, ByRules(patience=False), "predictions")
    world.run()
    return world


def errors(world: Foreseen) -> list[float]:
    """Minutes by which what was predicted came later (or earlier) than it was said, at every look."""
    return [(world.orders[no].handed_over_at - ready).total_seconds() / 60 for no, _, ready in world.said]


@pytest.mark.parametrize(("pickers", "within_minutes"), [(6, 1), (4, 1.5)])
def test_predictions_of_an_orderly_day_are_right_within_minutes(pickers: int, within_minutes: float) -> None:
    """With four pickers the peaks queue up; who has six hardly waits."""
    off = sorted(errors(lived(400, pickers, 2)))
    assert len(off) > 400
    assert median(map(abs, off)) < within_minutes
    assert abs(median(off)) < 0.5, "as often too early as too late"
    assert off[len(off) // 20] > -5 and off[-len(off) // 20] < 10
