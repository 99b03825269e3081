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
from fulfil.dispatch.rules.speeds import Learned, Place
from fulfil.kit.db import Tx

STAGES = ("picking", "packing")
KNOWN = timedelta(seconds=60)  # speeds change slowly


@dataclass(frozen=True)
class Known:
    """What a shop has learned: its pace by stage, and everybody's speed by stage and zone."""

    at: datetime
    pace: Mapping[str, float]
    speeds: Mapping[int, Mapping[Place, float]]


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
            self._known[store_id] = known = Known(tx.now, rules.pace_of(rows), rules.speeds_of(rows))
        return known


def of(tx: Tx, store_id: int) -> Known:
    """What a shop has learned so far."""
    return tx.kit.services["speeds"].of(tx, store_id)


def learn(tx: Tx, ticket_ids: Iterable[int]) -> None:
    """Learn from tickets that are done, once each: of a tour as a whole, of others from their steps."""
    done = [row for row in queries.done(tx, ticket_ids) if row.stage in STAGES]
    steps: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
    for op in queries.steps(tx, [row.id for row in done if row.tour_id is None]):
        steps[op.ticket_id].append((op.type, op.at or op.received_at))
    found: dict[tuple[int, str, str], list[tuple[float, float]]] = defaultdict(list)
    store_of = {row.assignee_id: row.store_id for row in done}
    for row in done:
        took = _alone(row, steps[row.id]) if row.tour_id is None else _tour(row)
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


def _alone(row: Row, steps: Sequence[tuple[str, datetime]]) -> tuple[float, float] | None:
    """Seconds worked and estimated. In a packer's hands several orders wait: the first step begins one."""
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
