"""Pick lists on paper, for the day on which nothing else works: one page a ticket, in walk order."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment
from sqlalchemy import Row

from fulfil.kit.barcodes import code128
from fulfil.kit.db import Tx
from fulfil.reports import queries
from fulfil.store import queries as stores

BAR_HEIGHT = 24
STYLE = """@page { size: A4; margin: 10mm }
html, body { margin: 0; background: #fff; color: #000;
  font: 11pt/1.3 "Noto Sans CJK SC", "Noto Sans", Arial, sans-serif }
article { break-after: page; padding: 0 0 6mm }
article:last-of-type { break-after: auto }
header { display: flex; justify-content: space-between; align-items: flex-end; gap: 6mm;
  border-bottom: 1mm solid #000; padding-bottom: 2mm }
h1 { font-size: 24pt; line-height: 1; margin: 0 }
p { margin: 1mm 0 0 }
.mark { font-weight: 700; border: .5mm solid #000; padding: 0 2mm }
table { width: 100%; border-collapse: collapse }
tr { break-inside: avoid }
th, td { text-align: left; padding: 1mm 2mm 1mm 0; border-bottom: .2mm solid #777; vertical-align: middle }
th { font-size: 9pt; font-weight: 400 }
.place, .many { font-size: 15pt; font-weight: 700; white-space: nowrap }
.box { width: 7mm; height: 7mm; border: .6mm solid #000; display: inline-block }
.small { font-size: 9pt }
svg { display: block; fill: #000 }
.ticket-code { width: 55mm; height: 12mm }
.line-code { width: 34mm; height: 7mm }
@media screen { article { max-width: 190mm; margin: 8mm auto; border-bottom: 1px dashed #777 } }
"""
ZONES = {"ambient": "常温 AMBIENT", "chilled": "冷藏 CHILLED", "frozen": "冷冻 FROZEN"}
WISHES = {
    "substitute": "可替换 substitute",
    "refund": "退款 refund",
    "ask": "询问 ask",
    "cancel_order": "取消整单 cancel order",
}
PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>拣货单 Pick lists · {{ shop }} · {{ printed }}</title>
{% if sheet %}<link rel="stylesheet" href="{{ sheet }}">{% else %}<style>{{ style|safe }}</style>{% endif %}
</head><body>
{% for ticket in tickets %}<article>
<header><div><h1>{{ ticket.order_no[-4:] }}</h1><p>{{ ticket.order_no }} · {{ ticket.id }}</p></div>
<div><p class="mark">{{ ticket.zone }}{% if ticket.part > 1 %} · {{ ticket.part }}{% endif %}</p>
<p><b>{{ ticket.due }}</b> 前交付 due</p>
{% if ticket.held %}<p class="mark">挂起 HELD</p>{% endif %}
{% if ticket.in_hand %}<p class="mark">已有人拣 IN HAND</p>{% endif %}</div>
<svg class="ticket-code" viewBox="0 0 {{ ticket.bars[1] }} {{ bar_height }}" preserveAspectRatio="none"
 role="img" aria-label="{{ ticket.order_no }}"><path d="{{ ticket.bars[0] }}"/></svg></header>
<table><thead><tr><th scope="col">✓</th><th scope="col">货位 Place</th><th scope="col">数量 Pick</th>
<th scope="col">商品 Goods</th><th scope="col">缺货时 If missing</th><th scope="col">条码 Code</th>
</tr></thead>
<tbody>{% for line in ticket.lines %}<tr><td><span class="box"></span></td>
<td class="place">{{ line.place }}</td><td class="many">{{ line.many }}</td>
<td>{{ line.name_zh }}<br><span class="small">{{ line.name_en }} · {{ line.pack }}</span></td>
<td class="small">{{ line.wish }}</td>
<td>{% if line.bars %}<svg class="line-code" viewBox="0 0 {{ line.bars[1] }} {{ bar_height }}"
 preserveAspectRatio="none" role="img" aria-label="{{ line.code }}"><path d="{{ line.bars[0] }}"/></svg>
{% endif %}<span class="small">{{ line.code }}</span></td></tr>
{% else %}<tr><td colspan="6">没有要拣的 Nothing left to pick</td></tr>{% endfor %}</tbody></table>
<p>周转箱 Totes: ____________________ &nbsp; 拣货员 Picker: ______________ &nbsp; 完成 Done: ____ : ____</p>
</article>
{% else %}<article><h1>没有拣货任务 Nothing to pick</h1></article>{% endfor %}
<p class="small">{{ shop }} · {{ printed }} · {{ tickets|length }}</p>
</body></html>
"""
_TEMPLATE = Environment(autoescape=True, trim_blocks=True).from_string(PAGE)


def pick_lists(tx: Tx, store_id: int, *, sheet: str | None = None) -> str:
    """The HTML of all live picking tickets, the most urgent first. `sheet` links the style, else it is in it.

    On paper stands what is left to pick; who it is for does not. Raises UnknownStore.
    """
    store = stores.store(tx, store_id)
    zone = ZoneInfo(store.tz)
    tickets = queries.tickets_to_pick(tx, store_id)
    lines: dict[int, list[Row]] = defaultdict(list)
    for line in queries.lines_to_pick(tx, [ticket.id for ticket in tickets]):
        lines[line.ticket_id].append(line)
    return _TEMPLATE.render(
        shop=f"{store.name_zh} {store.name_en}",
        printed=_time(tx.now, zone),
        style=STYLE,
        sheet=sheet,
        bar_height=BAR_HEIGHT,
        tickets=[_ticket(ticket, lines[ticket.id], zone) for ticket in tickets],
    )


def _ticket(ticket: Row, lines: list[Row], zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": str(ticket.id),
        "order_no": str(ticket.order_no),
        "part": ticket.part,
        "held": ticket.held,
        "zone": ZONES[ticket.zone],
        "in_hand": ticket.assignee_id is not None,
        "due": _time(ticket.due_at, zone),
        "bars": code128(f"ORD-{ticket.order_no}", BAR_HEIGHT),
        "lines": [_line(line) for line in lines],
    }


def _line(line: Row) -> dict[str, Any]:
    left = max(0, line.quantity - line.picked - line.short - line.substituted)
    code = line.gtin or line.sku
    return {
        "place": line.location,
        "many": f"{left} g" if line.unit == "g" else f"{left} ×",
        "name_zh": line.name_zh or line.sku,
        "name_en": line.name_en or line.sku,
        "pack": line.pack or "",
        "wish": WISHES[line.on_shortage],
        "code": code,
        "bars": code128(code, BAR_HEIGHT) if code.isascii() else None,
    }


def _time(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%m-%d %H:%M}"
