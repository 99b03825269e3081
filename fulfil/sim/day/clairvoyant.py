"""A plan by somebody who knows the day: which orders are picked together, whenever they will be paid.

Orders of some minutes are put into tours at leisure; each tour begins when its last order is paid. Nobody in
a shop can know that: it tells how short the walks could be at best.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np

from fulfil.picking.rules import parts
from fulfil.planner.batching import batch
from fulfil.planner.block import Block
from fulfil.planner.search import Problem
from fulfil.sim.day.orders import MIDNIGHT, Day
from fulfil.sim.day.ways import may_do
from fulfil.sim.day.world import AtWork, DayTicket, Start, World
from fulfil.store.rules import floor

WINDOWS = (3, 6, 9, 12, 15)  # minutes in which orders may wait for one another
SEARCH_SECONDS = 0.2


class Clairvoyant:
    """Plays the tours that were chosen with the whole day in view, the earliest promise first."""

    def __init__(self, day: Day, minutes: int) -> None:
        self._tours = chosen(day, minutes)

    def decide(self, world: World, waiting: Sequence[DayTicket], free: Sequence[AtWork]) -> Iterable[Start]:
        idle = list(free)
        queued = {_key(ticket): ticket for ticket in world.tickets.values() if ticket.state == "queued"}
        ready = [[queued[key] for key in tour] for tour in self._tours if all(key in queued for key in tour)]
        ready += [[ticket] for ticket in waiting if ticket.stage == "packing"]
        for tickets in sorted(ready, key=lambda group: min((t.order.due_at, t.id) for t in group)):
            able = [at_work for at_work in idle if may_do(at_work, tickets[0])]
            if able:
                chosen_one = min(able, key=lambda a: (a.load_seconds, a.person.id))
                idle.remove(chosen_one)
                yield Start(chosen_one.person.id, tuple(t.id for t in tickets), sum(t.lines for t in tickets))


Key = tuple[int, str, tuple[str, ...]]  # order, zone, stops


def chosen(day: Day, minutes: int) -> list[tuple[Key, ...]]:
    """The tours of a whole day; orders wait for others of the same so many minutes."""
    found: list[tuple[Key, ...]] = []
    by_zone: dict[str, list[tuple[int, Key]]] = defaultdict(list)
    for order in day.orders:
        window = int((order.paid_at - MIDNIGHT).total_seconds() // (60 * minutes))
        planned = day.floor.order(line.location for line in order.lines)
        for part in parts(order.lines, planned):
            key = order.no, part.zone, tuple(line.location for line in part.lines)
            by_zone[part.zone].append((window, key))
    for zone, keys in sorted(by_zone.items()):
        block = next(block for block in day.floor.blocks if block.zone == zone)
        for _, together in groupby(keys, key=lambda pair: pair[0]):
            group = [key for _, key in together]
            plan = batch(problem_of(block, group, day.policy.tour_orders_max), SEARCH_SECONDS)
            found += [tuple(group[number] for number in tour) for tour in plan.groups]
    return found


def problem_of(block: floor.Block, keys: Sequence[Key], most: int) -> Problem:
    """What the planner is asked: these tickets of one block, at most so many in one tour."""
    masks = np.zeros((len(keys), len(block.aisles)), np.uint64)
    for number, (_, _, stops) in enumerate(keys):
        for stop in stops:
            aisle, distance = block.point(stop)
            from_front = round((distance - block.end) / block.bay)
            masks[number, aisle] |= np.uint64(1 << (block.bays - 1 - from_front))
    shape = Block(aisles=len(block.aisles), cells=block.bays, depot=block.aisles.index(block.start),
                  cell=block.bay, top=block.end, bottom=block.end, pitch=block.pitch)
    return Problem(shape, masks, np.ones(len(keys)), float(most))


def _key(ticket: DayTicket) -> Key:
    return ticket.order.no, ticket.zone, ticket.stops
