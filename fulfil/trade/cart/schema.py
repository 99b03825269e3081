"""Shapes of the carts' requests and answers."""

from __future__ import annotations

from marshmallow import fields

from fulfil.kit.web import Choice, Str, Strict, StrictInt
from fulfil.store.schema import NamesOut
from fulfil.trade.cart.rules import GRAMS_MAX, OPS


class ItemIn(Strict):
    sku = Str(max=32, required=True)
    op = Choice(OPS, required=True)
    quantity = StrictInt(min=0, max=GRAMS_MAX, load_default=1)


class MergeIn(Strict):
    guest_token = Str(max=200, required=True)


class ShareOut(Strict):
    promotion_id = fields.String()
    amount = fields.Integer()


class CartLineOut(Strict):
    sku = fields.String()
    name = fields.String()
    names = fields.Nested(NamesOut)
    picture = fields.String(allow_none=True)
    pack = fields.String()
    quantity = fields.Integer()
    unit = fields.String()
    unit_price = fields.Integer()
    amount = fields.Integer()
    shares = fields.List(fields.Nested(ShareOut))
    payable = fields.Integer()
    available = fields.Integer()
    notices = fields.List(fields.String())


class PromotionOut(Strict):
    id = fields.String()
    name = fields.String()
    family = fields.String()
    amount = fields.Integer()


class TotalsOut(Strict):
    goods = fields.Integer()
    discount = fields.Integer()
    delivery = fields.Integer()
    bags = fields.Integer()
    tax_included = fields.Integer()
    payable = fields.Integer()


class CartOut(Strict):
    cart_type = fields.String()
    version = fields.Integer()
    lines = fields.List(fields.Nested(CartLineOut))
    promotions = fields.List(fields.Nested(PromotionOut))
    totals = fields.Nested(TotalsOut)
    currency = fields.String()
