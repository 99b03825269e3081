"""Shapes of stock's requests and answers."""

from __future__ import annotations

from marshmallow import fields

from fulfil.kit.web import IdStr, Str, Strict, StrictBool, StrictInt, TimeIn
from fulfil.trade.stock.rules import QUANTITY_MAX


class ShelfIn(Strict):
    shelf = StrictInt(min=0, max=QUANTITY_MAX, required=True)


class MovementIn(Strict):
    """`adjusts`: the books are put right, it is neither a receipt nor a sale; `source_ref` then says why."""

    sku = Str(max=32, required=True)
    delta = StrictInt(min=-QUANTITY_MAX, max=QUANTITY_MAX, required=True)
    source_ref = Str(max=80, required=True)
    adjusts = StrictBool(load_default=False)


class StockOut(Strict):
    sku = fields.String()
    on_hand = fields.Integer()
    reserved = fields.Integer()
    quarantine = fields.Integer()
    buffer = fields.Integer()
    picked = fields.Integer()
    shelf = fields.Integer()
    available = fields.Integer()
    version = fields.Integer()


class MovementOut(Strict):
    """A change of on hand. `asked` differs where a till sold more than the books had."""

    id = IdStr()
    delta = fields.Integer()
    asked = fields.Integer()
    kind = fields.String()
    source_ref = fields.String()
    order_no = IdStr(allow_none=True)
    actor = fields.String()
    at = TimeIn()


class CountOut(Strict):
    id = IdStr()
    sku = fields.String()
    reason = fields.String()
    opened_at = TimeIn()


class CountsOut(Strict):
    counts = fields.List(fields.Nested(CountOut))
