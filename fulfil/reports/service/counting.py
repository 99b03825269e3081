"""Counts every order once, when it is over, into the hour and the day of its shop in which it ended.

A sweep takes the next orders behind a mark. The mark moves in the transaction of the counts, so nothing is
counted twice or left out, whoever is killed when.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from fulfil.contracts.trade import Complained
from fulfil.dispatch.service import margins, speeds
from fulfil.dispatch.states import FulfilmentState
from fulfil.kit.db import Tx
from fulfil.reports import queries, rules
from fulfil.reports.model import Figure, FigureMark, Workload
from fulfil.store import queries as stores

MARK, COMPLAINED = "ended", "reports.complained"
ORDERS_MAX = {"sqlite": 20, "postgresql": 60}  # on SQLite every other writer waits meanwhile
# A transaction that began before another one may end after it: by then both are to be seen.
GRACE = timedelta(seconds=60)
FIRST = timedelta(days=1)  # before the first counting: what ended earlier has no figures


def count_ended(tx: Tx) -> None:
    """Sweep: count the next orders that are over."""
    mark = queries.mark(tx, MARK)
    if mark is None:
        tx.insert_new(FigureMark, name=MARK, ended_at=tx.now - FIRST, fulfilment_id=0)
        return
    rows = queries.ended_orders(tx, mark.ended_at, mark.fulfilment_id, tx.now - GRACE, ORDERS_MAX[tx.dialect])
    if not rows:
        return
    facts, tickets = queries.facts_of(tx, rows)
    by_place: dict[tuple[int, str, datetime], list[rules.Counts]] = defaultdict(list)
    for row in rows:
        counts, zone = rules.count_order(facts[row.id]), _zone(tx, row.store_id)
        by_place[row.store_id, "hour", rules.hour_of(row.ended_at, zone)].append(counts)
        by_place[row.store_id, "day", rules.day_of(row.ended_at, zone)].append(counts)
    for place, counts in sorted(by_place.items(), key=lambda one: one[0]):
        _add(tx, *place, counts)
    _add_workloads(tx, {row.id: row.store_id for row in rows}, queries.workloads_of(tickets))
    speeds.learn(tx, [ticket.id for ticket in tickets])
    for store_id, late in _deliveries(rows).items():
        margins.learn(tx, store_id, late)
    tx.rewrite(FigureMark, {"name": MARK}, ended_at=rows[-1].ended_at, fulfilment_id=rows[-1].id)


def _deliveries(rows: Sequence[Row]) -> dict[int, list[bool]]:
    """Whether what each shop delivered was late, in the order in which it was."""
    found: dict[int, list[bool]] = defaultdict(list)
    for row in rows:
        if row.state == FulfilmentState.DELIVERED:
            found[row.store_id].append(row.ended_at > row.due_at)
    return found


def count_complaint(tx: Tx, complained: Complained) -> None:
    """An order of which goods are found wrong was not perfect, whatever was known when it ended.

    Only its first complaint counts. An order that is not counted yet is looked at again later.
    """
    row = queries.ended_order(tx, complained.order_no) if complained.first else None
    if row is None:
        return
    mark = queries.mark(tx, MARK)
    if mark is None or (row.ended_at, row.id) > (mark.ended_at, mark.fulfilment_id):
        tx.kit.events.give(tx, COMPLAINED, complained, run_at=tx.now + GRACE)
        return
    facts, _ = queries.facts_of(tx, [row])
    counts = {"complaints": 1, "perfect": -rules.count_order(facts[row.id]).get("perfect", 0)}
    zone = _zone(tx, row.store_id)
    for span, starts_at in (
        ("hour", rules.hour_of(row.ended_at, zone)),
        ("day", rules.day_of(row.ended_at, zone)),
    ):
        if queries.figure_row(tx, row.store_id, span, starts_at) is not None:
            _add(tx, row.store_id, span, starts_at, [counts])


def _zone(tx: Tx, store_id: int) -> ZoneInfo:
    return ZoneInfo(stores.store(tx, store_id).tz)


def _add(tx: Tx, store_id: int, span: str, starts_at: datetime, counts: list[rules.Counts]) -> None:
    row = queries.figure_row(tx, store_id, span, starts_at)
    if row is None:
        tx.insert(Figure, store_id=store_id, span=span, starts_at=starts_at, counts=rules.total(counts))
    else:
        tx.rewrite(Figure, {"id": row.id}, counts=rules.total([row.counts, *counts]))


def _add_workloads(tx: Tx, store_of: dict[int, int], tickets: Iterable[Row]) -> None:
    by_place: dict[tuple[int, datetime, str, int], list[Row]] = {}
    for row in tickets:
        store_id = store_of[row.fulfilment_id]
        day_at = rules.day_of(row.done_at, _zone(tx, store_id))
        by_place.setdefault((store_id, day_at, row.stage, row.assignee_id), []).append(row)
    for place, rows in sorted(by_place.items(), key=lambda one: one[0]):
        _add_workload(tx, *place, rows)


def _add_workload(
    tx: Tx, store_id: int, day_at: datetime, stage: str, person_id: int, done: list[Row]
) -> None:
    before = queries.workload_row(tx, store_id, day_at, stage, person_id)
    first, last = min(row.accepted_at for row in done), max(row.done_at for row in done)
    new = {
        "seconds": sum(row.estimate_seconds for row in done),
        "lines": sum(row.lines for row in done),
        "grams": sum(row.grams for row in done),
    }
    if before is None:
        tx.insert(
            Workload,
            store_id=store_id,
            day_at=day_at,
            stage=stage,
            person_id=person_id,
            first_at=first,
            last_at=last,
            **new,
        )
        return
    tx.rewrite(
        Workload,
        {"id": before.id},
        first_at=min(first, before.first_at),
        last_at=max(last, before.last_at),
        **{name: getattr(before, name) + value for name, value in new.items()},
    )
