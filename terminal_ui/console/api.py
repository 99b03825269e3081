"""HTTP of the console: one order from both sides, and the figures of its charts."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from fulfil.dispatch.schema import EventOut
from fulfil.kit.web import (
    IdStr,
    Requires,
    Strict,
    StrictBool,
    StrictInt,
    TimeIn,
    access,
    blueprint,
    in_store,
    principal,
    read,
)
from fulfil.store.api import language
from fulfil.store.schema import NamesOut
from fulfil.trade.orders.schema import OrderHeadOut, OrderLineOut
from fulfil.trade.payments.schema import DocumentOut
from fulfil.trade.stock.schema import MovementOut, StockOut
from terminal_ui.console import goods, view
from terminal_ui.console.figures import figures

bp = blueprint("console", "The operators' console.")
OPERATORS = Requires("staff", roles=("supervisor", "operator", "finance"))
KEEPERS = Requires("staff", roles=("supervisor", "operator"))


class ConsoleLineOut(OrderLineOut):
    """Quantities are pieces or grams; `refunded` is minor units."""

    picked = StrictInt()
    short = StrictInt()
    substituted = StrictInt()
    refunded = StrictInt()


class SubstituteOut(Strict):
    """Goods that come for `replaced` units of a line; `short` of them could not be found either.

    `difference` goes back, `extra` the customer paid on top, `shop_cost` the shop bears.
    """

    line_no = StrictInt()
    sub_line_no = StrictInt()
    sku = fields.String()
    names = fields.Nested(NamesOut)
    unit = fields.String()
    replaced = StrictInt()
    quantity = StrictInt()
    short = StrictInt()
    charge = StrictInt()
    difference = StrictInt()
    extra = StrictInt()
    shop_cost = StrictInt()


class DecisionOut(Strict):
    """What the customer was asked about a line; `open` while it may be answered."""

    decision_id = IdStr()
    line_no = StrictInt()
    kind = fields.String()
    state = fields.String()
    open = StrictBool()
    quantity = StrictInt()
    asked_at = TimeIn()
    deadline = TimeIn()
    if_silent = fields.String()
    answered_at = TimeIn(allow_none=True)


class FulfilmentOut(Strict):
    id = IdStr()
    state = fields.String()
    due_at = TimeIn()


class BagOut(Strict):
    n = StrictInt()
    code = fields.String()
    temperature = fields.String()
    state = fields.String()


class PaymentOut(DocumentOut):
    """`is_extra`: what a customer agreed to pay on top for goods that come instead."""

    is_extra = StrictBool()


class ConsoleOrderOut(OrderHeadOut):
    """`pending` is on its way back to the customer, `debt` what channels refused to pay back, minor units.

    `actions` are cancel, or recall where the rider has the goods, complain and refund_lines for who has them;
    `recalled`: the rider was asked for them.
    `people` are the names of the staff in `events`, by id.
    """

    actions = fields.List(fields.String())
    pending = StrictInt()
    debt = StrictInt()
    contact = fields.Dict()
    note = fields.String()
    recalled = StrictBool()
    fulfilment = fields.Nested(FulfilmentOut, allow_none=True)
    lines = fields.List(fields.Nested(ConsoleLineOut))
    payments = fields.List(fields.Nested(PaymentOut))
    substitutes = fields.List(fields.Nested(SubstituteOut))
    decisions = fields.List(fields.Nested(DecisionOut))
    cases = fields.List(fields.Dict())
    bags = fields.List(fields.Nested(BagOut))
    events = fields.List(fields.Nested(EventOut))
    people = fields.Dict()


class NamesByIdOut(Strict):
    people = fields.Dict(keys=fields.String(), values=fields.Nested(NamesOut))


class ShopQuery(Strict):
    store_id = IdStr(required=True)


class ShortageOut(Strict):
    order_no = IdStr()
    line_no = StrictInt()
    quantity = StrictInt()


class GoodsOut(StockOut):
    """What the books say of a product, pieces or grams, and what it is; `price` in minor units.

    `movements` are the last 50, newest first; `people` the names of the staff in them, by id.
    """

    names = fields.Nested(NamesOut)
    unit = fields.String()
    pack = fields.String()
    gtin = fields.String()
    location = fields.String()
    zone = fields.String()
    picture = fields.String(allow_none=True)
    price = StrictInt(allow_none=True)
    currency = fields.String(allow_none=True)
    on_sale = StrictBool()
    shortages = fields.List(fields.Nested(ShortageOut))
    movements = fields.List(fields.Nested(MovementOut))
    people = fields.Dict()


class DayOut(Strict):
    day = fields.String(metadata={"description": "a day of the shop, YYYY-MM-DD"})
    count = StrictInt()


class RefundDayOut(DayOut):
    amount = StrictInt()


class ReasonOut(Strict):
    reason = fields.String()
    count = StrictInt()


class AgeOut(Strict):
    """`age` is hour | day | week | older: open for no longer than that."""

    age = fields.String()
    count = StrictInt()


class FiguresOut(Strict):
    """The shop's last 14 days, today last; amounts in minor units."""

    currency = fields.String()
    shortages = fields.List(fields.Nested(DayOut))
    reasons = fields.List(fields.Nested(ReasonOut))
    refunds = fields.List(fields.Nested(RefundDayOut))
    open_cases = fields.List(fields.Nested(AgeOut))


@bp.get("/console/orders/<id:order_no>")
@access(OPERATORS)
@bp.response(200, ConsoleOrderOut)
def order(order_no: int) -> dict[str, Any]:
    """An order from all sides: lines, money, cases, bags, every step. 404 unknown_order."""
    with read() as tx:
        return view.order_page(tx, principal(), order_no, language())


@bp.get("/console/people")
@access(OPERATORS)
@bp.arguments(ShopQuery, location="query")
@bp.response(200, NamesByIdOut)
def people(query: dict[str, Any]) -> dict[str, Any]:
    """What the people of a shop are called, to say who asked and who decided."""
    store_id = in_store(query["store_id"])
    with read() as tx:
        return {"people": view.staff_names(tx, store_id)}


@bp.get("/console/stock/<code>")
@access(KEEPERS)
@bp.arguments(ShopQuery, location="query")
@bp.response(200, GoodsOut)
def stocked(query: dict[str, Any], code: str) -> dict[str, Any]:
    """A product by its sku, its GTIN or what a scanner reads of it. 404 unknown_sku."""
    store_id = in_store(query["store_id"])
    with read() as tx:
        return goods.goods(tx, store_id, code)


@bp.get("/console/figures")
@access(OPERATORS)
@bp.arguments(ShopQuery, location="query")
@bp.response(200, FiguresOut)
def shown_figures(query: dict[str, Any]) -> dict[str, Any]:
    """Stock-outs and refunds by day, stock-outs by reason, open cases by age."""
    store_id = in_store(query["store_id"])
    with read() as tx:
        return figures(tx, store_id)
