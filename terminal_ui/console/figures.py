"""What the console's charts show: shortages and refunds by day, open cases by age."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Row

from fulfil.dispatch.queries import figures as dispatch
from fulfil.kit.db import Tx
from fulfil.store import queries as stores
from fulfil.trade.aftersales.queries import figures as aftersales

DAYS = 14
AGES = (("hour", timedelta(hours=1)), ("day", timedelta(days=1)), ("week", timedelta(days=7)))
OLDER = "older"


def figures(tx: Tx, store_id: int) -> dict[str, Any]:
    """Of the shop's last DAYS days, today last, JSON-ready; amounts in minor units. Raises UnknownStore."""
    store = stores.store(tx, store_id)
    zone = ZoneInfo(store.tz)
    days = last_days(tx.now, zone)
    since = datetime.combine(days[0], datetime.min.time(), zone)
    reports = dispatch.reports_since(tx, store_id, since)
    return {
        "currency": store.currency,
        "shortages": shortages(reports, days, zone),
        "reasons": reasons(reports),
        "refunds": refunds(aftersales.refunds_since(tx, store_id, since), days, zone),
        "open_cases": ages(tx.now, aftersales.open_cases_since(tx, store_id)),
    }


def last_days(now: datetime, zone: ZoneInfo) -> list[date]:
    """The shop's last DAYS days, today last."""
    today = now.astimezone(zone).date()
    return [today - timedelta(days=n) for n in range(DAYS - 1, -1, -1)]


def shortages(reports: Iterable[Row], days: list[date], zone: ZoneInfo) -> list[dict[str, Any]]:
    """How many stock-outs were reported on each day."""
    counted = Counter(row.at.astimezone(zone).date() for row in reports)
    return [{"day": day.isoformat(), "count": counted[day]} for day in days]


def reasons(reports: Iterable[Row]) -> list[dict[str, Any]]:
    """How many stock-outs had which reason, the most frequent first."""
    counted = Counter(row.reason for row in reports)
    ranked = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    return [{"reason": reason, "count": count} for reason, count in ranked]


def refunds(rows: Iterable[Row], days: list[date], zone: ZoneInfo) -> list[dict[str, Any]]:
    """How many refunds each day asked for, and how much."""
    counted, amounts = Counter(), Counter()
    for row in rows:
        day = row.created_at.astimezone(zone).date()
        counted[day] += 1
        amounts[day] += row.amount
    return [{"day": day.isoformat(), "count": counted[day], "amount": amounts[day]} for day in days]


def ages(now: datetime, opened: Iterable[datetime]) -> list[dict[str, Any]]:
    """How many cases have been open for up to an hour, a day, a week, and longer."""
    counted = Counter(age_of(now - at) for at in opened)
    return [{"age": age, "count": counted[age]} for age in (*(name for name, _ in AGES), OLDER)]


def age_of(open_for: timedelta) -> str:
    """The first of AGES that is not over."""
    return next((name for name, most in AGES if open_for <= most), OLDER)
