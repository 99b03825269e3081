"""A shop's figures of a period: by hour or day, in all, the goods that lacked most, how work was spread."""

from __future__ import annotations

import csv
import io
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.reports import queries, rules
from fulfil.reports.errors import PeriodTooLong, PeriodWrong
from fulfil.store import queries as stores

STOCKOUTS_SHOWN = 20
EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)  # beyond, some midnights are on no calendar
PORTION = {"hour": timedelta(days=1), "day": timedelta(days=7)}


@dataclass(frozen=True)
class Period:
    """Days of a shop, both inclusive, cut `by` hour or day."""

    store_id: int
    zone: ZoneInfo
    first: date
    last: date
    by: str


def period(tx: Tx, store_id: int, first: date | None, last: date | None, by: str) -> Period:
    """The period that is asked for; without an end it ends today. Raises PeriodWrong, PeriodTooLong."""
    zone = ZoneInfo(stores.store(tx, store_id).tz)
    if any(not EARLIEST <= day <= LATEST for day in (first, last) if day is not None):
        raise PeriodWrong()
    last = last or tx.now.astimezone(zone).date()
    first = first or last - timedelta(days=rules.DAYS_SHOWN[by] - 1)
    if first > last:
        raise PeriodWrong()
    if (last - first).days >= rules.DAYS_MAX[by]:
        raise PeriodTooLong(days_max=rules.DAYS_MAX[by])
    return Period(store_id, zone, first, last, by)


def figures(tx: Tx, asked: Period) -> dict[str, Any]:
    """All figures of the period, JSON-ready. Hours and days of which nothing was counted are left out."""
    whole: rules.Counts = {}
    shown = []
    for row in _counts(tx, asked):
        rules.add_to(whole, row.counts)
        shown.append({"starts_at": rfc3339(row.starts_at), **rules.figures(row.counts)})
    return {
        "store_id": str(asked.store_id),
        "from": asked.first.isoformat(),
        "to": asked.last.isoformat(),
        "by": asked.by,
        "total": rules.figures(whole),
        "rows": shown,
        "stockouts": _stockouts(tx, asked.store_id, whole),
        "workload": _workload(tx, asked),
    }


def _counts(tx: Tx, asked: Period) -> Iterator[Row]:
    """A portion at a time: others go on in between, since a year takes a tenth of a second."""
    first = asked.first
    while first <= asked.last:
        until = min(first + PORTION[asked.by], asked.last + timedelta(days=1))
        yield from queries.figure_counts(
            tx, asked.store_id, asked.by, rules.midnight(first, asked.zone), rules.midnight(until, asked.zone)
        )
        first = until
        time.sleep(0)


def _stockouts(tx: Tx, store_id: int, counts: Mapping[str, Any]) -> list[dict[str, Any]]:
    top = rules.top_stockouts(counts, STOCKOUTS_SHOWN)
    items = stores.items(tx, store_id, [sku for sku, _, _ in top])
    return [
        {
            "sku": sku,
            "orders": orders,
            "quantity": quantity,
            "unit": items[sku].unit if sku in items else "each",
            "names": {"zh": items[sku].name_zh, "en": items[sku].name_en}
            if sku in items
            else {"zh": sku, "en": sku},
        }
        for sku, orders, quantity in top
    ]


def _workload(tx: Tx, asked: Period) -> list[dict[str, Any]]:
    """The spread of each day and stage that enough people worked in, newest first; nobody is named."""
    by_place: dict[tuple[datetime, str], list[rules.Load]] = defaultdict(list)
    since, until = (rules.midnight(day, asked.zone) for day in (asked.first, asked.last + timedelta(days=1)))
    for row in queries.workloads_between(tx, asked.store_id, since, until):
        active = (row.last_at - row.first_at).total_seconds()
        by_place[row.day_at, row.stage].append(rules.Load(row.seconds, row.lines, row.grams, active))
    found = []
    newest_first = sorted(sorted(by_place), key=lambda place: place[0], reverse=True)
    for day_at, stage in newest_first:
        spread = rules.spread(by_place[day_at, stage])
        if spread is not None:
            found.append({"day": day_at.astimezone(asked.zone).date().isoformat(), "stage": stage, **spread})
    return found


# ---------------------------------------------------------------- as a table for spreadsheets


def csv_of(shown: Mapping[str, Any], table: str, zone: ZoneInfo) -> str:
    """One of the tables `figures`, `stockouts`, `workload` as RFC 4180 text, times in the shop's zone."""
    rows = list(
        {"figures": _figure_cells, "stockouts": _stockout_cells, "workload": _workload_cells}[table](
            shown, zone
        )
    )
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerows([rules.safe_cell(cell) for cell in row] for row in rows)
    return file.getvalue()


def _figure_cells(shown: Mapping[str, Any], zone: ZoneInfo) -> Iterator[Iterable[Any]]:
    flat = [_flat(row) for row in shown["rows"]]
    yield ["starts_at", *_flat(shown["total"])]
    for row in flat:
        local = datetime.fromisoformat(row.pop("starts_at")).astimezone(zone)
        yield [local.isoformat(timespec="minutes"), *row.values()]


def _stockout_cells(shown: Mapping[str, Any], _zone: ZoneInfo) -> Iterator[Iterable[Any]]:
    yield ["sku", "name_zh", "name_en", "orders", "quantity", "unit"]
    for one in shown["stockouts"]:
        yield [one["sku"], *one["names"].values(), one["orders"], one["quantity"], one["unit"]]


def _workload_cells(shown: Mapping[str, Any], _zone: ZoneInfo) -> Iterator[Iterable[Any]]:
    yield ["day", "stage", "people", *(f"{measure}_{name}" for measure in MEASURES for name in SPREAD)]
    for one in shown["workload"]:
        yield [
            one["day"],
            one["stage"],
            one["people"],
            *(one[measure][name] for measure in MEASURES for name in SPREAD),
        ]


MEASURES = ("minutes", "lines", "kilograms")
SPREAD = ("least", "mean", "most", "spread_percent")


def _flat(figures: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Nested figures as one row: `stages.pick.p50_seconds` becomes `pick_p50_seconds`."""
    found: dict[str, Any] = {}
    for name, value in figures.items():
        label = f"{above}_{name}" if above and above != "stages" else name
        found |= _flat(value, label) if isinstance(value, Mapping) else {label: value}
    return found
