"""Ways to decide who does what: as this house does, with a part of it taken away, or as shops did before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from fulfil.dispatch.rules import (
    Load,
    Policy,
    Work,
    Worker,
    as_works,
    estimate,
    gathered,
    leaves_soon,
    plan,
    tours,
)
from fulfil.sim.day.world import AtWork, DayTicket, Start, Way, World

ROLES = {"picking": "picker", "packing": "packer"}
# As long as this work takes people of mean pace; somebody packs one order at a time.
POLICY = Policy.of(
    {
        "base_seconds": {"picking": 30, "packing": 43},
        "line_seconds": {"packing": 7},
        "kilogram_seconds": 0,
        "reach_seconds": 9,
        "walk_metres_per_second": 1.1,
        "tour_patience_seconds": 420,
        "capacity": {"packing": 1},
    }
)


class FirstCome:
    """First come, nearest free, one order a tour: what most shops do."""

    def decide(self, world: World, waiting: Sequence[DayTicket], free: Sequence[AtWork]) -> Iterable[Start]:
        idle = list(free)
        for ticket in sorted(waiting, key=lambda t: (t.order.paid_at, t.id)):
            able = [at_work for at_work in idle if may_do(at_work, ticket)]
            if able:
                nearest = min(able, key=lambda a: (metres_to(world, a, ticket), a.person.id))
                idle.remove(nearest)
                yield Start(nearest.person.id, (ticket.id,), 0)


@dataclass(frozen=True)
class ByRules:
    """By `dispatch.rules`; what is False is not looked at."""

    batching: bool = True
    patience: bool = True
    slack: bool = True
    fairness: bool = True
    look_ahead: bool = True
    places: bool = True

    def decide(self, world: World, waiting: Sequence[DayTicket], free: Sequence[AtWork]) -> Iterable[Start]:
        works, members = self._works(world, waiting, free)
        workers = [self._worker(world, at_work) for at_work in world.people.values()]
        estimates = {work.id: work.estimate_seconds for work in works}
        for assignment in plan(world.now, works, workers, world.day.policy):
            yield Start(assignment.person_id, members[assignment.ticket_id], estimates[assignment.ticket_id])

    def _works(
        self, world: World, waiting: Sequence[DayTicket], free: Sequence[AtWork]
    ) -> tuple[list[Work], Mapping[int, tuple[int, ...]]]:
        """What is to be handed out, and which tickets each of it is."""
        works = {ticket.id: self._work(world, ticket) for ticket in waiting}
        alone = {number: (number,) for number in works}
        hands = [at_work.person for at_work in free if at_work.person.role == "picker"]
        picks = [ticket for ticket in waiting if any(ticket.zone in person.zones for person in hands)]
        if not self.batching or not hands or not self.patience and len(hands) >= len(picks):
            return list(works.values()), alone
        policy, floor = world.day.policy, world.day.floor
        loads = [_load(ticket, works[ticket.id]) for ticket in picks]
        if self.patience:
            leaving = sum(leaves_soon(world.now, person.goes_at) for person in hands)
            joined, waits = gathered(world.now, loads, floor, policy, hands=len(hands), leaving=leaving)
        else:
            joined, waits = tours(world.now, loads, floor, policy, hands=len(hands)), frozenset()
        found = {tour.loads[0].work.id: tour for tour in joined}
        walked = {number: tuple(load.work.id for load in tour.loads) for number, tour in found.items()}
        return as_works(list(works.values()), found, waits, policy), alone | walked

    def _work(self, world: World, ticket: DayTicket) -> Work:
        policy = world.day.policy
        metres = None if ticket.shelves is None else ticket.metres
        due_at = ticket.order.due_at if self.slack else ticket.order.paid_at + timedelta(days=1)
        place = (world.where(ticket), 0.0) if ticket.stops else None
        return Work(
            ticket.id,
            ticket.stage,
            ROLES[ticket.stage],
            ticket.zone,
            due_at,
            ticket.queued_at,
            estimate(ticket.stage, ticket.lines, ticket.grams, policy, metres),
            world.after(ticket),
            lines=ticket.lines,
            grams=ticket.grams,
            place=place,
        )

    def _worker(self, world: World, at_work: AtWork) -> Worker:
        person, stage = at_work.person, "picking" if at_work.person.role == "picker" else "packing"
        busy = at_work.busy_until > world.now
        soon = max(1, round((at_work.expected_until - world.now).total_seconds()))
        return Worker(
            person.id,
            frozenset({person.role}),
            person.zones,
            {stage: int(busy)},
            load_seconds=at_work.load_seconds if self.fairness else 0,
            place=(at_work.place, 0.0) if self.places else None,
            free_in={stage: soon} if busy and self.look_ahead else {},
            until=person.goes_at,
        )


def all_ways() -> dict[str, Way]:
    """Ours, ours without each of its parts, and first come – nearest free."""
    return {
        "fulfil": ByRules(),
        "without_tours": ByRules(batching=False),
        "without_patience": ByRules(patience=False),
        "without_slack": ByRules(slack=False),
        "without_fairness": ByRules(fairness=False),
        "without_look_ahead": ByRules(look_ahead=False),
        "without_places": ByRules(places=False),
        "first_come": FirstCome(),
    }


def may_do(at_work: AtWork, ticket: DayTicket) -> bool:
    return at_work.person.role == ROLES[ticket.stage] and (
        ticket.zone == "all" or ticket.zone in at_work.person.zones
    )


def _load(ticket: DayTicket, work: Work) -> Load:
    return Load(
        work, ticket.order.no, ticket.lines, ticket.grams, ticket.volume_ml, ticket.metres, ticket.shelves
    )


def metres_to(world: World, at_work: AtWork, ticket: DayTicket) -> float:
    """From where somebody is to where the ticket's walk begins."""
    return abs(world.where(ticket) - at_work.place) if ticket.stops else 0.0
