"""What was counted: figures of hours and days, workloads of days, and how far the counting is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Row, bindparam, select

from fulfil.kit.db import Tx, Utc
from fulfil.reports.model import Figure, FigureMark, Workload

_STORE = bindparam("store")
_SINCE, _UNTIL = bindparam("since", type_=Utc), bindparam("until", type_=Utc)
_MARK = select(*FigureMark.__table__.columns).where(FigureMark.name == bindparam("mark")).with_for_update()
_FIGURE = (
    select(Figure.id, Figure.counts)
    .where(
        Figure.store_id == _STORE,
        Figure.span == bindparam("the_span"),
        Figure.starts_at == bindparam("start", type_=Utc),
    )
    .with_for_update()
)
_BETWEEN = (
    select(Figure.starts_at, Figure.counts)
    .where(
        Figure.store_id == _STORE,
        Figure.span == bindparam("the_span"),
        Figure.starts_at >= _SINCE,
        Figure.starts_at < _UNTIL,
    )
    .order_by(Figure.starts_at)
)
_WORKLOAD = (
    select(*Workload.__table__.columns)
    .where(
        Workload.store_id == _STORE,
        Workload.day_at == bindparam("day", type_=Utc),
        Workload.stage == bindparam("the_stage"),
        Workload.person_id == bindparam("person"),
    )
    .with_for_update()
)
_WORKLOADS = (
    select(*Workload.__table__.columns)
    .where(Workload.store_id == _STORE, Workload.day_at >= _SINCE, Workload.day_at < _UNTIL)
    .order_by(Workload.day_at, Workload.stage, Workload.person_id)
)


def mark(tx: Tx, name: str) -> Row | None:
    """How far was counted, locked: who counts, counts alone."""
    return tx.one(_MARK, {"mark": name})


def figure_row(tx: Tx, store_id: int, span: str, starts_at: datetime) -> Row | None:
    """The counts of an hour or a day, locked."""
    return tx.one(_FIGURE, {"store": store_id, "the_span": span, "start": starts_at})


def figure_counts(tx: Tx, store_id: int, span: str, since: datetime, until: datetime) -> list[Row]:
    """The counts of a period's hours or days that have any, oldest first."""
    return tx.all(_BETWEEN, {"store": store_id, "the_span": span, "since": since, "until": until})


def workload_row(tx: Tx, store_id: int, day_at: datetime, stage: str, person_id: int) -> Row | None:
    """What somebody did on a day, locked."""
    return tx.one(_WORKLOAD, {"store": store_id, "day": day_at, "the_stage": stage, "person": person_id})


def workloads_between(tx: Tx, store_id: int, since: datetime, until: datetime) -> list[Row]:
    """What everybody did on the days of a period."""
    return tx.all(_WORKLOADS, {"store": store_id, "since": since, "until": until})
