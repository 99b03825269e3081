"""Shapes of stock's requests and answers."""

from __future__ import annotations

from marshmallow import fields

from fulfil.kit.web import Str, Strict, StrictInt
from fulfil.trade.stock.rules import QUANTITY_MAX


class ShelfIn(Strict):
    shelf = StrictInt(min=0, max=QUANTITY_MAX, required=True)


class MovementIn(Strict):
    sku = Str(max=32, required=True)
    delta = StrictInt(min=-QUANTITY_MAX, max=QUANTITY_MAX, required=True)
    source_ref = Str(max=80, required=True)


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
