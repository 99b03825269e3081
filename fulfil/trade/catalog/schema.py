"""Shapes of the catalogue's requests and answers."""

from __future__ import annotations

from marshmallow import fields

from fulfil.kit.web import QueryInt, Str, Strict, StrictBool, TimeIn
from fulfil.store.schema import NamesOut
from fulfil.trade.catalog.rules import PAGE_MAX


class ProductsQuery(Strict):
    q = Str(max=80, min=0, load_default="")
    category = Str(max=40, min=0, load_default="")
    cursor = Str(max=32, min=0, load_default="")
    limit = QueryInt(min=1, max=PAGE_MAX, load_default=40)


class ProductOut(Strict):
    sku = fields.String()
    gtin = fields.String()
    name = fields.String()
    names = fields.Nested(NamesOut)
    category = fields.String()
    unit = fields.String()
    pack = fields.String()
    price = fields.Integer()
    currency = fields.String()
    zone = fields.String()
    weighed = StrictBool()
    picture = fields.String(allow_none=True)
    available = fields.Integer()


class ProductsOut(Strict):
    products = fields.List(fields.Nested(ProductOut))
    cursor = fields.String(allow_none=True)


class CategoryOut(Strict):
    slug = fields.String()
    name = fields.String()
    names = fields.Nested(NamesOut)
    icon = fields.String()
    products = fields.Integer()


class CategoriesOut(Strict):
    categories = fields.List(fields.Nested(CategoryOut))


class SaleIn(Strict):
    on_sale = StrictBool(required=True)
    reason = Str(max=200, min=0, load_default="")


class ProductOffSaleOut(Strict):
    """`reason` is reported_short when the shop took it off by itself, else what somebody wrote."""

    sku = fields.String()
    names = fields.Nested(NamesOut)
    pack = fields.String()
    picture = fields.String(allow_none=True)
    reason = fields.String()
    at = TimeIn()


class OffSaleOut(Strict):
    products = fields.List(fields.Nested(ProductOffSaleOut))
