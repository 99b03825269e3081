"""What a forecast is made of, as it stands in the database: orders, hands, places, learned pace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf

from sqlalchemy.engine import Row

from fulfil.contracts.stage import MakingStage
from fulfil.dispatch import rules
from fulfil.dispatch.queries import forecast as queries
from fulfil.dispatch.rules import Policy
from fulfil.dispatch.rules.forecast import Ahead, Made, Part, Staffing, left
from fulfil.dispatch.rules.promise import QUARTER, Capacity
from fulfil.dispatch.rules.speeds import Pace
from fulfil.dispatch.service import speeds, tickets
from fulfil.dispatch.service.speeds import Known
from fulfil.dispatch.states import HELD_TICKET, TicketState
from fulfil.kit.db import Tx
from fulfil.staff import queries as staff
from fulfil.staff.rules import works_until

METRES_UNKNOWN = 2000
MADE = frozenset(rules.FLOW["packing"]) - {"picking"}  # stages before packing that stations do
Stations = Mapping[int, tuple[str, datetime | None]]  # by ticket: where it is made, and since when


def stations_of(tx: Tx, rows: Sequence[Row]) -> Stations:
    """Where the tickets among these are made that the shop makes itself."""
    found: dict[int, tuple[str, datetime | None]] = {}
    for stage in sorted({row.stage for row in rows} & MADE):
        making: MakingStage = tickets.stage_of(tx, stage)
        found |= making.made_at(tx, [row.id for row in rows if row.stage == stage])
    return found


def orders_of(
    rows: Sequence[Row], now: datetime, policy: Policy, pace: Pace, stations: Stations
) -> Iterator[Ahead]:
    """Orders from their live tickets (`queries.work_of_orders`), one by one."""
    by_order: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_order[row.fulfilment_id].append(row)
    for fulfilment_id, mine in by_order.items():
        yield _order(fulfilment_id, mine, now, policy, pace, stations)


def held(tx: Tx, store_id: int, policy: Policy, pace: Pace) -> list[Ahead]:
    """Orders that were promised and are not paid yet."""
    found = []
    for row in queries.capacity_holds(tx, store_id):
        picked = row.picked if row.picked is not None else {"ambient": (row.lines, 0)}
        made = row.lines - sum(lines for lines, _ in picked.values())
        order = rules.new_order(
            picked, METRES_UNKNOWN, policy, pace, order=row.order_no, made=made, stations=row.stations
        )
        due = (row.hand_over_at - tx.now).total_seconds() + order.hand_over + order.ride
        found.append(replace(order, due=due))
    return found


def _order(
    fulfilment_id: int, rows: Sequence[Row], now: datetime, policy: Policy, pace: Pace, stations: Stations
) -> Ahead:
    stages: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        stages[row.stage].append(row)
    first, parts = rows[0], stages["picking"]
    before = [row for stage in rules.FLOW["packing"] for row in stages[stage]]
    packing = next(iter(stages["packing"]), None)
    delivery = next(iter(stages["delivery"]), None)
    if packing is not None:
        pack = _left(packing, now, pace)
    elif before:
        lines, grams = sum(row.lines for row in before), sum(row.grams for row in before)
        pack = rules.estimate("packing", lines, grams, policy) * pace.of("packing", "all")
    else:
        pack = 0.0
    riding = first.handed_over_at is not None
    ride = first.ride_seconds * pace.of("delivery", "all")
    if riding:
        ride = left(ride, (now - first.handed_over_at).total_seconds())
    return Ahead(
        fulfilment_id,
        (first.due_at - now).total_seconds(),
        tuple(_part(row, now, pace) for row in parts),
        pack,
        packing=packing is not None and packing.state == TicketState.WORKING,
        hand_over=0.0
        if riding or delivery is None and not (before or packing)
        else float(policy.base_seconds["handoff"]),
        ride=ride,
        riding=riding,
        made=tuple(_made(row, now, *stations[row.id]) for row in before if row.id in stations),
        priority=max(row.priority for row in rows),
    )


def _part(row: Row, now: datetime, pace: Pace) -> Part:
    cold = row.zone not in ("ambient", "all")
    if row.state not in HELD_TICKET:
        return Part(row.estimate_seconds * pace.of(row.stage, row.zone), cold=cold)
    if row.ends_at is not None:
        seconds = max((row.ends_at - now).total_seconds(), row.estimate_seconds * 0.1)
        return Part(seconds, row.tour_id, cold)
    return Part(_left(row, now, pace), row.id, cold)


def _made(row: Row, now: datetime, station: str, cooking_at: datetime | None) -> Made:
    if cooking_at is None:
        return Made(station, float(row.estimate_seconds))
    return Made(station, left(row.estimate_seconds, (now - cooking_at).total_seconds()), begun=True)


def _left(row: Row, now: datetime, pace: Pace) -> float:
    seconds = row.estimate_seconds * pace.of(row.stage, row.zone)
    if row.state not in HELD_TICKET or row.accepted_at is None:
        return seconds
    return left(seconds, (now - row.accepted_at).total_seconds())


def staffing(tx: Tx, store_id: int, capacity: Capacity, rows: Sequence[Row], policy: Policy) -> Staffing:
    """Hands now, and the places between the stages. Tours gain what those gain that are walked now."""
    pickers, packers = capacity.now("picking"), capacity.now("packing")
    places = queries.place_counts(tx, store_id)
    limits = [
        policy.unpacked_per_packer * packers + pickers,
        *(limit for limit in (policy.release_limit, places.get("staging")) if limit),
    ]
    gain, seconds = _tours(rows)
    return Staffing(
        pickers,
        packers,
        capacity.now("delivery"),
        min(limits),
        places.get("bag_shelf") or None,
        gain,
        seconds,
        capacity.stations,
    )


def _tours(rows: Sequence[Row]) -> tuple[float, float]:
    """How much of the time tours take, and how long one is; without any: all of it, and nothing more."""
    apart: dict[int, float] = defaultdict(float)
    together: dict[int, float] = {}
    for row in rows:
        if row.ends_at is not None and row.state in HELD_TICKET and row.accepted_at is not None:
            apart[row.tour_id] += row.estimate_seconds
            together[row.tour_id] = max(1.0, (row.ends_at - row.accepted_at).total_seconds())
    if not together:
        return 1.0, 0.0
    walked = sum(together.values())
    return min(1.0, walked / sum(apart.values())), walked / len(together)


def capacity(tx: Tx, store_id: int, on_duty: Sequence[Row], policy: Policy, known: Known) -> Capacity:
    """How many people of each role are there now and in the next quarters of an hour (floor rule 17).

    Where a roster says who comes, it counts, with whoever is there beyond it; without one whoever is there
    stays. `planned` of the policy count where neither knows anybody. Without own riders nobody waits for one.
    Whoever is known to be faster than those on duty counts for more than one. A kitchen whose cooks nobody
    knows has enough of them.
    """
    horizon = timedelta(minutes=policy.promise_minutes_max + policy.slot_minutes * policy.slots)
    roster = queries.rostered(tx, store_id, tx.now + horizon)
    changes = roster or any(row.ends_at or row.break_at for row in on_duty)
    times = [
        tx.now + timedelta(seconds=n * QUARTER)
        for n in range(round(horizon.total_seconds() / QUARTER) if changes else 1)
    ]
    hands: dict[str, list[float]] = {}
    for stage, role in speeds.ROLES.items():
        worth = known.hands(stage, on_duty)
        counts = _hands(role, times, on_duty, roster, worth)
        if not any(counts):
            if stage == "delivery":
                continue
            counts = [max(1, policy.planned.get(role, 0))]
        counts[0] = counts[0] or next(count for count in counts if count)
        hands[stage] = counts
    if policy.release_limit:  # no more people pick than orders are let go at once
        hands["picking"] = [min(count, policy.release_limit) for count in hands["picking"]]
    cooks = [count * policy.capacity.get("prep", 1) for count in _hands("cook", times, on_duty, roster, {})]
    return Capacity(hands, stations=policy.stations, cooks=cooks if any(cooks) else (inf,))


def _hands(
    role: str,
    times: Sequence[datetime],
    on_duty: Sequence[Row],
    roster: Sequence[Row],
    worth: Mapping[int, float],
) -> list[float]:
    """How many have a role at each of these times, the first of which is now; some are worth more."""
    now = {row.person_id for row in on_duty if role in row.roles}
    shifts = [row for row in roster if role in row.roles]
    rostered = {row.person_id for row in shifts}
    others = [row for row in on_duty if role in row.roles and row.person_id not in rostered]
    counts = [_worth(now, worth)]
    for at in times[1:]:
        there = {
            row.person_id
            for row in shifts
            if row.starts_at <= at < row.ends_at
            and not any(one["starts_at"] <= at < one["ends_at"] for one in staff.breaks_of(row))
        }
        counts.append(_worth(there | {row.person_id for row in others if _stays(row, at)}, worth))
    return counts


def _worth(people: Collection[int], worth: Mapping[int, float]) -> float:
    return sum(worth.get(person_id, 1.0) for person_id in sorted(people))


def _stays(row: Row, at: datetime) -> bool:
    until = works_until(at, row.ends_at, row.break_at, row.break_ends_at)
    return until is None or until > at
