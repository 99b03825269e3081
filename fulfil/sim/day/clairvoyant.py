"""A plan by somebody who knows the day: which orders are picked together, whenever they will be paid.

Orders of some minutes are put into tours at leisure (`sim.tours`); each tour begins when its last order is
paid. Nobody in a shop can know that: it tells how short the walks could be. All else is as it is for us: the
same people, the same cart, picking as fast as is packed, cold goods last.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from fulfil.picking.rules import parts
from fulfil.sim.day.orders import MIDNIGHT, Day
from fulfil.sim.day.ways import may_do, metres_to
from fulfil.sim.day.world import AtWork, DayTicket, Start, World
from fulfil.sim.tours.batches import batch
from fulfil.sim.tours.block import Block
from fulfil.sim.tours.search import Problem
from fulfil.store.rules import floor

WINDOWS = (15, 12, 10, 8, 6, 4, 3)  # minutes in which orders may wait for one another
SEARCH_SECONDS, SEARCHED_ORDERS = 0.1, 20  # of this process's own time, for so many orders together


class Clairvoyant:
    """Plays the tours that were chosen with the whole day in view, the earliest promise first."""

    def __init__(self, day: Day, minutes: int) -> None:
        self._tours = chosen(day, minutes)

    def decide(self, world: World, waiting: Sequence[DayTicket], free: Sequence[AtWork]) -> Iterable[Start]:
        idle = list(free)
        queued = {_key(ticket): ticket for ticket in waiting if ticket.stage == "picking"}
        ready = [[queued[key] for key in tour] for tour in self._tours if all(key in queued for key in tour)]
        ready += [[ticket] for ticket in waiting if ticket.stage == "packing"]
        for tickets in sorted(ready, key=lambda group: min((t.order.due_at, t.id) for t in group)):
            able = [at_work for at_work in idle if may_do(at_work, tickets[0])]
            if able:
                nearest = min(
                    able, key=lambda a: (metres_to(world, a, tickets[0]), a.load_seconds, a.person.id)
                )
                idle.remove(nearest)
                yield Start(nearest.person.id, tuple(t.id for t in tickets), sum(t.lines for t in tickets))


Key = tuple[int, str, tuple[str, ...]]  # order, zone, stops


@dataclass(frozen=True)
class Wanted:
    """A ticket that there will be; `share` is what it takes of the cart by lines, grams or volume."""

    key: Key
    window: int
    share: float


def chosen(day: Day, minutes: int) -> list[tuple[Key, ...]]:
    """The tours of a whole day; orders wait for others of the same so many minutes."""
    by_zone: dict[str, list[Wanted]] = defaultdict(list)
    for order in day.orders:
        window = int((order.paid_at - MIDNIGHT).total_seconds() // (60 * minutes))
        planned = day.floor.order(line.location for line in order.lines)
        for part in parts(order.lines, planned):
            key = order.no, part.zone, tuple(line.location for line in part.lines)
            share = max(
                len(part.lines) / day.policy.tour_lines_max,
                part.grams / day.policy.tour_grams_max,
                part.volume_ml / day.policy.tour_volume_ml_max,
            )
            by_zone[part.zone].append(Wanted(key, window, min(1.0, share)))
    found: list[tuple[Key, ...]] = []
    for zone, wanted in sorted(by_zone.items()):
        block = next(block for block in day.floor.blocks if block.zone == zone)
        for _, together in groupby(wanted, key=lambda one: one.window):
            found += [
                tuple(one.key for one in tour)
                for tour in _on_carts(block, list(together), day.policy.tour_orders_max)
            ]
    return found


def _on_carts(block: floor.Block, wanted: Sequence[Wanted], most: int) -> list[list[Wanted]]:
    """Tours of so many orders at most; of those that are too much for a cart, others are made."""
    tours = _batched(block, wanted, [1.0] * len(wanted), most)
    full = [one for tour in tours if sum(one.share for one in tour) > 1 for one in tour]
    shares = [max(one.share, 1 / most) for one in full]
    return [
        *(tour for tour in tours if sum(one.share for one in tour) <= 1),
        *(_batched(block, full, shares, 1.0) if full else ()),
    ]


def _batched(
    block: floor.Block, wanted: Sequence[Wanted], sizes: Sequence[float], capacity: float
) -> list[list[Wanted]]:
    problem = problem_of(block, [one.key for one in wanted], sizes, capacity)
    seconds = SEARCH_SECONDS * len(wanted) / SEARCHED_ORDERS
    plan = batch(problem, seconds, clock=time.process_time)
    return [[wanted[number] for number in tour] for tour in plan.groups]


def problem_of(block: floor.Block, keys: Sequence[Key], sizes: Sequence[float], capacity: float) -> Problem:
    """What is to be put into tours: these tickets of one block, and how much of a cart each takes."""
    masks = np.zeros((len(keys), len(block.aisles)), np.uint64)
    for number, (_, _, stops) in enumerate(keys):
        for stop in stops:
            aisle, distance = block.point(stop)
            from_front = round((distance - block.end) / block.bay)
            masks[number, aisle] |= np.uint64(1 << (block.bays - 1 - from_front))
    shape = Block(
        aisles=len(block.aisles),
        cells=block.bays,
        depot=block.aisles.index(block.start),
        cell=block.bay,
        top=block.end,
        bottom=block.end,
        pitch=block.pitch,
    )
    return Problem(shape, masks, np.array(sizes), capacity)


def _key(ticket: DayTicket) -> Key:
    return ticket.order.no, ticket.zone, ticket.stops
