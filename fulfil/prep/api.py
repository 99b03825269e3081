"""The label of what was made: one page of 60 × 40 mm, for the station's printer."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, render_template_string

from fulfil.kit.barcodes import code128
from fulfil.kit.scope import store_meant
from fulfil.kit.web import Requires, access, blueprint, paper, principal, read
from fulfil.prep import queries, schema
from fulfil.prep.errors import UnknownPrepOrder

bp = blueprint("prep", "The kitchen")

BAR_HEIGHT_MM, BAR_WIDTH_MM = 10.0, 54.0
DISHES_SHOWN = 3
# Its paper is that of a bag's label.
PAGE = """<!doctype html>
<html lang="{{ lang }}"><head><meta charset="utf-8"><title>{{ label.code }}</title>
<link rel="stylesheet" href="/api/v1/packing/label.css"></head><body>
<svg xmlns="http://www.w3.org/2000/svg" width="60mm" height="40mm" viewBox="0 0 60 40" role="img"
 aria-label="{{ label.code }}" font-family="Noto Sans CJK SC, Noto Sans, Arial, sans-serif" fill="#000">
<rect width="60" height="40" fill="#fff"/>
<text x="3" y="10" font-size="9" font-weight="700">{{ label.order_no[-4:] }}</text>
<text x="57" y="6" font-size="4" font-weight="700" text-anchor="end">{{ label.station.upper() }}</text>
<text x="57" y="11" font-size="4" text-anchor="end">{{ due }}</text>
{% for dish in dishes %}<text x="3" y="{{ 15 + loop.index0 * 4 }}" font-size="3.4">
{{- dish.portions }} × {{ dish.zh if lang == "zh-CN" else dish.en }}</text>
{% endfor %}<path d="{{ bars }}" transform="translate(3 26.5) scale({{ bar_scale }} 1)"/>
<text x="30" y="39.4" font-size="2.6" text-anchor="middle">{{ label.code }}</text>
</svg></body></html>
"""


@bp.route("/prep/orders/<int:ticket_id>/label", methods=["GET"])
@access(Requires("staff", roles=("cook", "packer", "supervisor")))
@bp.arguments(schema.LabelQuery, location="query")
@bp.response(200, content_type="text/html", description="A page of 60 × 40 mm")
def prep_label(query: dict[str, Any], ticket_id: int) -> Response:
    """The label of what a station made: order, station, dishes, due time, Code 128.

    422 store_needed where the caller sees several shops and names none.
    """
    store_id = store_meant(query)
    with read() as tx:
        order = queries.prep_order(tx, ticket_id)
        if order.store_id != store_id:
            raise UnknownPrepOrder()
        label = queries.label(tx, order)
    bars, modules = code128(label["code"], BAR_HEIGHT_MM)
    page = render_template_string(
        PAGE,
        label=label,
        lang=principal().locale,
        dishes=label["dishes"][:DISHES_SHOWN],
        bars=bars,
        bar_scale=round(BAR_WIDTH_MM / modules, 5),
        due=f"{label['due'].astimezone(ZoneInfo(label['tz'])):%H:%M}",
    )
    return paper(page)
