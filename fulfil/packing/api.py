"""The bag label: one page of 60 × 40 mm, for the station's printer."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import segno
from flask import Response, render_template_string
from markupsafe import Markup
from sqlalchemy import Row

from fulfil.dispatch import queries as dispatch
from fulfil.dispatch.errors import UnknownBag
from fulfil.kit.barcodes import code128
from fulfil.kit.db import Tx
from fulfil.kit.scope import store_meant
from fulfil.kit.web import Public, Requires, access, blueprint, paper, paper_style, principal, read
from fulfil.packing import queries, rules, schema

bp = blueprint("packing", "The packing station")

STYLE = (
    "@page { size: 60mm 40mm; margin: 0 } html, body { margin: 0; background: #fff } svg { display: block }"
)
BAR_TOP_MM, BAR_HEIGHT_MM, BAR_LEFT_MM, BAR_WIDTH_MM = 27.0, 8.5, 3.0, 54.0
QR_LEFT_MM, QR_TOP_MM, QR_SIZE_MM = 43.0, 2.0, 15.0
WORDS = {"ambient": ("常温", "AMBIENT"), "chilled": ("冷藏", "CHILLED"), "frozen": ("冷冻", "FROZEN")}
PAGE = """<!doctype html>
<html lang="{{ lang }}"><head><meta charset="utf-8"><title>{{ label.code }}</title>
<link rel="stylesheet" href="/api/v1/packing/label.css"></head><body>
<svg xmlns="http://www.w3.org/2000/svg" width="60mm" height="40mm" viewBox="0 0 60 40" role="img"
 aria-label="{{ label.code }}" font-family="Noto Sans CJK SC, Noto Sans, Arial, sans-serif" fill="#000">
<rect width="60" height="40" fill="#fff"/>
<text x="3" y="10.5" font-size="10" font-weight="700">{{ label.order_no[-4:] }}</text>
<text x="28" y="10.5" font-size="6" font-weight="700">{{ label.n }}/{{ label.of }}</text>
<g transform="translate(3 13)">{{ icon }}</g>
<text x="9.5" y="17" font-size="4" font-weight="700">{{ words[0] }} {{ words[1] }}</text>
<text x="3" y="22.8" font-size="3.6">{{ name }} · {{ due }}</text>
<text x="57" y="25.2" font-size="{{ place_size }}" font-weight="700" text-anchor="end">
{{- label.place or "" }}</text>
<path d="{{ qr }}" transform="translate({{ qr_left }} {{ qr_top }}) scale({{ qr_scale }})"/>
<path d="{{ bars }}" transform="translate({{ bar_left }} {{ bar_top }}) scale({{ bar_scale }} 1)"/>
<text x="30" y="38.8" font-size="3" text-anchor="middle">{{ label.code }}</text>
</svg></body></html>
"""
# 5 × 5 mm, by shape as well as by word: a sun, drops of cold, a snow star.
ICONS = {
    "ambient": '<circle cx="2.5" cy="2.5" r="1.7" fill="none" stroke="#000" stroke-width=".7"/>',
    "chilled": '<path d="M2.5 0 4 3a1.7 1.7 0 1 1-3 0z" fill="#000"/>',
    "frozen": '<path d="M2.5 0v5M.3 1.2l4.4 2.6M4.7 1.2.3 3.8" stroke="#000" stroke-width=".7" fill="none"/>',
}


@bp.route("/packing/bags/<string:code>/label", methods=["GET"])
@access(Requires("staff", roles=("packer", "counter", "supervisor")))
@bp.arguments(schema.LabelQuery, location="query")
@bp.response(200, content_type="text/html", description="A page of 60 × 40 mm")
def bag_label(query: dict[str, Any], code: str) -> Response:
    """The label of a bag: order, bag n of N, temperature, initial, due time, place, Code 128 and QR.

    422 store_needed where the caller sees several shops and names none.
    """
    store_id = store_meant(query)
    with read() as tx:
        label = queries.label(tx, _bag(tx, store_id, code))
    return paper(render_label(label, principal().locale))


@bp.route("/packing/label.css", methods=["GET"])
@access(Public())
@bp.response(200, content_type="text/css", description="The label's paper size")
def label_style() -> Response:
    """The style sheet that gives a label its paper size."""
    return paper_style(STYLE)


def render_label(label: dict[str, Any], locale: str) -> str:
    """The label's page from `queries.label`; drawn in millimetres, without script or inline style."""
    bars, bar_modules = code128(label["code"], BAR_HEIGHT_MM)
    qr, qr_modules = _qr(label["code"])
    due = label["due"].astimezone(ZoneInfo(label["tz"]))
    place = label["place"] or ""
    return render_template_string(
        PAGE,
        label=label,
        lang=locale,
        words=WORDS[label["temperature"]],
        icon=Markup(ICONS[label["temperature"]]),
        name=rules.masked_name(label["name"]),
        due=f"{due:%H:%M}",
        place_size=min(5.0, 60.0 / max(1, len(place))),
        bars=bars,
        bar_left=BAR_LEFT_MM,
        bar_top=BAR_TOP_MM,
        bar_scale=round(BAR_WIDTH_MM / bar_modules, 5),
        qr=qr,
        qr_left=QR_LEFT_MM,
        qr_top=QR_TOP_MM,
        qr_scale=round(QR_SIZE_MM / qr_modules, 5),
    )


def _qr(code: str) -> tuple[str, int]:
    """The QR code of a text as one path, one unit a module, and how many modules a side has."""
    matrix = segno.make(code, error="m", micro=False).matrix
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark)
    return path, len(matrix)


def _bag(tx: Tx, store_id: int, code: str) -> Row:
    bag = dispatch.bag_row(tx, store_id, code)
    if bag is None:
        raise UnknownBag(bag=code)
    return bag
