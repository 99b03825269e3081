"""HTTP of reports: figures as JSON and for spreadsheets, the floor now, pick lists on paper."""

from __future__ import annotations

from typing import Any

from flask import Response

from fulfil.kit.web import Public, Requires, access, blueprint, in_store, paper, paper_style, read
from fulfil.reports import schema
from fulfil.reports.service import now, printing, showing

bp = blueprint("reports", "Reports: figures, the floor now, pick lists on paper.")
OVERSEERS = Requires("staff", roles=("supervisor", "operator"))
SHEET = "/api/v1/pick-lists.css"


@bp.get("/stores/<id:store_id>/figures")
@access(OVERSEERS)
@bp.arguments(schema.PeriodQuery, location="query")
@bp.response(200, schema.PeriodOut)
def figures(query: dict[str, Any], store_id: int) -> dict[str, Any]:
    """A shop's figures of a period by hour (at most 7 days) or by day (at most 366); docs/figures.md.

    422 period_wrong, period_too_long.
    """
    in_store(store_id)
    with read() as tx:
        return showing.figures(tx, showing.period(tx, store_id, query["first"], query["last"], query["by"]))


@bp.get("/stores/<id:store_id>/figures.csv")
@access(OVERSEERS)
@bp.arguments(schema.CsvQuery, location="query")
@bp.response(200, content_type="text/csv", description="RFC 4180, UTF-8 without a mark")
def figures_csv(query: dict[str, Any], store_id: int) -> Response:
    """The same as a table for spreadsheets: figures, stockouts or workload."""
    in_store(store_id)
    with read() as tx:
        asked = showing.period(tx, store_id, query["first"], query["last"], query["by"])
        text = showing.csv_of(showing.figures(tx, asked), query["table"], asked.zone)
    name = f"{query['table']}-{asked.first}-{asked.last}.csv"
    return Response(
        text, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@bp.get("/stores/<id:store_id>/floor/now")
@access(OVERSEERS)
@bp.response(200, schema.NowOut)
def floor_now(store_id: int) -> dict[str, Any]:
    """Where pickers picked last, and open lines whose goods somebody missed for another order."""
    in_store(store_id)
    with read() as tx:
        return now.now(tx, store_id)


@bp.get("/stores/<id:store_id>/pick-lists")
@access(OVERSEERS)
@bp.response(200, content_type="text/html", description="One page a ticket, for A4")
def pick_lists(store_id: int) -> Response:
    """All that is to be picked, to be printed: for the day on which everything else is down."""
    in_store(store_id)
    with read() as tx:
        page = printing.pick_lists(tx, store_id, sheet=SHEET)
    return paper(page)


@bp.get("/pick-lists.css")
@access(Public())
@bp.response(200, content_type="text/css", description="How pick lists look on paper")
def pick_lists_style() -> Response:
    """The style sheet of pick lists."""
    return paper_style(printing.STYLE)
