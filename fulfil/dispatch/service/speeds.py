"""Learned speeds: written when orders are counted, read by plans and promises at most once a minute.

No screen and no answer of the API shows them (F4).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.engine import Row

from fulfil.dispatch.model import WorkSpeed
from fulfil.dispatch.queries import speeds as queries
from fulfil.dispatch.rules import speeds as rules
from fulfil.dispatch.rules.speeds import Learned, Pace, Place
from fulfil.kit.db import Tx

# Whose speeds are learned.
ROLES: Mapping[str, str] = {"picking": "picker", "packing": "packer", "delivery": "rider"}
KNOWN = timedelta(seconds=60)  # speeds change slowly


@dataclass(frozen=True)
class Known:
    """What a shop has learned: its pace, everybody's speed by stage and zone, and by stage over all zones."""

    at: datetime
    shop: Pace
    speeds: Mapping[int, Mapping[Place, float]]
    overall: Mapping[int, Mapping[str, float]]

    def pace(self, crew: Sequence[Row]) -> Pace:
        """The pace of who is on duty (person_id, roles, zones); who is unknown goes as the shop does."""
        places = {}
        for (stage, zone), shop in self.shop.places.items():
            able = [
                self.speeds.get(row.person_id, {}).get((stage, zone), shop)
                for row in crew
                if ROLES[stage] in row.roles and (zone == "all" or zone in row.zones)
            ]
            places[stage, zone] = rules.together(able) if able else shop
        return Pace(self.shop.stages, places)

    def hands(self, stage: str, crew: Sequence[Row]) -> Mapping[int, float]:
        """How many hands of the crew's pace everybody is worth whose speed in a stage is known."""
        known = {person_id: mine[stage] for person_id, mine in self.overall.items() if stage in mine}
        if not known:
            return {}
        there = [row.person_id for row in crew if ROLES[stage] in row.roles]
        shop = self.shop.stages[stage]
        pace = rules.together([known.get(person_id, shop) for person_id in there]) if there else shop
        return {person_id: pace / speed for person_id, speed in known.items()}


class Speeds:
    """What each shop has learned, as it was at most a minute ago."""

    def __init__(self) -> None:
        self._known: dict[int, Known] = {}

    def of(self, tx: Tx, store_id: int) -> Known:
        known = self._known.get(store_id)
        if known is None or not known.at <= tx.now < known.at + KNOWN:
            rows = {
                (row.person_id, (row.stage, row.zone)): Learned(row.worked, row.estimated)
                for row in queries.speeds(tx, store_id)
            }
            shop = Pace(rules.pace_of(rows), rules.places_of(rows))
            self._known[store_id] = known = Known(tx.now, shop, rules.speeds_of(rows), rules.overall_of(rows))
        return known


def of(tx: Tx, store_id: int) -> Known:
    """What a shop has learned so far."""
    return tx.kit.services["speeds"].of(tx, store_id)


def ride(tx: Tx, store_id: int, seconds: int) -> int:
    """An estimated ride as this shop's riders take it."""
    return round(seconds * of(tx, store_id).shop.of("delivery", "all"))


def learn(tx: Tx, ticket_ids: Iterable[int]) -> None:
    """Learn from tickets that are done, once each: of a tour as a whole, of others from their steps."""
    done = [row for row in queries.done(tx, ticket_ids) if row.stage in ROLES]
    steps: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
    for op in queries.steps(tx, [row.id for row in done if row.tour_id is None]):
        steps[op.ticket_id].append((op.type, op.at or op.received_at))
    found: dict[tuple[int, str, str], list[tuple[float, float]]] = defaultdict(list)
    store_of = {row.assignee_id: row.store_id for row in done}
    for row in done:
        took = _took(row, steps[row.id])
        if took is not None:
            found[row.assignee_id, row.stage, row.zone].append(took)
    known = (
        {
            (row.person_id, row.stage, row.zone): Learned(row.worked, row.estimated)
            for row in queries.speeds_of_people(tx, store_of)
        }
        if found
        else {}
    )
    for place, took in sorted(found.items()):
        _write(tx, store_of[place[0]], place, known.get(place), took)


def _took(row: Row, steps: Sequence[tuple[str, datetime]]) -> tuple[float, float] | None:
    """Seconds worked and estimated."""
    if row.stage == "delivery":
        return _ride(row, steps)
    return _alone(row, steps) if row.tour_id is None else _tour(row)


def _ride(row: Row, steps: Sequence[tuple[str, datetime]]) -> tuple[float, float] | None:
    """From the counter to the customer, with whoever else was on the way; what came back teaches nothing."""
    delivered = next((at for kind, at in steps if kind == "deliver"), None)
    if delivered is None or row.handed_over_at is None:
        return None
    return (delivered - row.handed_over_at).total_seconds(), float(row.estimate_seconds)


def _alone(row: Row, steps: Sequence[tuple[str, datetime]]) -> tuple[float, float] | None:
    """In a packer's hands several orders wait: the first step begins one."""
    if not steps:
        return None
    begun_at = row.accepted_at if row.stage == "picking" else steps[0][1]
    return rules.worked_seconds(begun_at, steps), float(row.estimate_seconds)


def _tour(row: Row) -> tuple[float, float] | None:
    """A tour counts once, with the ticket in its first slot, by the time that its walk was to take."""
    if row.tour_sequence != 1 or row.walking_at is None or row.ends_at is None or row.tour_ended_at is None:
        return None
    return (
        (row.tour_ended_at - row.walking_at).total_seconds(),
        (row.ends_at - row.walking_at).total_seconds(),
    )


def _write(
    tx: Tx,
    store_id: int,
    place: tuple[int, str, str],
    before: Learned | None,
    took: Sequence[tuple[float, float]],
) -> None:
    after = before
    for worked, estimated in took:
        after = rules.learn(after, worked, estimated)
    if after is None or after == before:
        return
    person_id, stage, zone = place
    values = {"worked": after.worked, "estimated": after.estimated, "at": tx.now}
    if before is None:
        tx.insert(
            WorkSpeed,
            id=tx.number(),
            store_id=store_id,
            person_id=person_id,
            stage=stage,
            zone=zone,
            **values,
        )
    else:
        tx.rewrite(WorkSpeed, {"person_id": person_id, "stage": stage, "zone": zone}, **values)
