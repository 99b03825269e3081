"""Shapes of reports' requests and answers."""

from __future__ import annotations

from marshmallow import fields

from fulfil.kit.web import Choice, IdStr, Strict, TimeIn
from fulfil.store.schema import NamesOut

BY = ("hour", "day")
TABLES = ("figures", "stockouts", "workload")


class PeriodQuery(Strict):
    """Days of the shop, both inclusive; `from` and `to` are YYYY-MM-DD."""

    first = fields.Date(data_key="from", load_default=None)
    last = fields.Date(data_key="to", load_default=None)
    by = Choice(BY, load_default="day")


class CsvQuery(PeriodQuery):
    table = Choice(TABLES, load_default="figures")


class StageTimesOut(Strict):
    """Of `orders` orders; None where there are none."""

    orders = fields.Integer()
    p50_seconds = fields.Integer(allow_none=True)
    p95_seconds = fields.Integer(allow_none=True)


class StagesOut(Strict):
    wait = fields.Nested(StageTimesOut)
    pick = fields.Nested(StageTimesOut)
    pack = fields.Nested(StageTimesOut)
    handover = fields.Nested(StageTimesOut)
    ride = fields.Nested(StageTimesOut)
    total = fields.Nested(StageTimesOut)


class RiderWaitOut(Strict):
    picking = fields.Float()
    packing = fields.Float()
    counter = fields.Float()


class FiguresOut(Strict):
    """docs/figures.md says how each is counted; None: there is nothing to divide by."""

    orders = fields.Integer()
    delivered = fields.Integer()
    cancelled = fields.Integer()
    void = fields.Integer()
    on_time_percent = fields.Float(allow_none=True)
    perfect_percent = fields.Float(allow_none=True)
    fill_percent = fields.Float(allow_none=True)
    units = fields.Integer()
    units_per_hour = fields.Float(allow_none=True)
    work_minutes = fields.Float()
    search_minutes = fields.Float()
    idle_minutes = fields.Float()
    stages = fields.Nested(StagesOut)
    riders = fields.Integer()
    rider_wait_minutes = fields.Nested(RiderWaitOut)
    goods_wait_minutes = fields.Float()


class FigureRowOut(FiguresOut):
    starts_at = TimeIn()


class StockoutOut(Strict):
    """Goods that `orders` orders lacked: pieces, or grams where `unit` is "g"."""

    sku = fields.String()
    names = fields.Nested(NamesOut)
    orders = fields.Integer()
    quantity = fields.Integer()
    unit = fields.String()


class SpreadOut(Strict):
    """Of everybody's work an hour; `spread_percent` is (most − least) ÷ mean."""

    least = fields.Float()
    mean = fields.Float()
    most = fields.Float()
    spread_percent = fields.Float(allow_none=True)


class WorkloadOut(Strict):
    """How a day's work of a stage was spread among so many people; nobody is named (F4)."""

    day = fields.String()
    stage = fields.String()
    people = fields.Integer()
    minutes = fields.Nested(SpreadOut)
    lines = fields.Nested(SpreadOut)
    kilograms = fields.Nested(SpreadOut)


class PeriodOut(Strict):
    store_id = IdStr()
    first = fields.String(data_key="from", attribute="from")
    last = fields.String(data_key="to", attribute="to")
    by = fields.String()
    total = fields.Nested(FiguresOut)
    rows = fields.List(fields.Nested(FigureRowOut))
    stockouts = fields.List(fields.Nested(StockoutOut))
    workload = fields.List(fields.Nested(WorkloadOut))


class WhereOut(Strict):
    """Where somebody picked last, and when."""

    person_id = IdStr()
    location = fields.String()
    at = TimeIn()


class WarnedLineOut(Strict):
    ticket_id = IdStr()
    order_no = IdStr()
    line_no = fields.Integer()
    location = fields.String()


class WarningOut(Strict):
    """Goods that somebody missed for another order, and the open lines that want them (floor rule 6)."""

    sku = fields.String()
    names = fields.Nested(NamesOut)
    lines = fields.List(fields.Nested(WarnedLineOut))


class NowOut(Strict):
    people = fields.List(fields.Nested(WhereOut))
    warnings = fields.List(fields.Nested(WarningOut))
