"""Shapes of the shop's requests and answers."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from fulfil.kit.web import Choice, IdStr, Str, Strict, StrictBool, TimeIn
from fulfil.store.states import StoreState

GROUP_SEPARATOR = "\x1d"


class ScanCode(Str):
    """What a scanner reads: a text that may hold GS1's group separators."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        bare = value.replace(GROUP_SEPARATOR, "") if isinstance(value, str) else value
        super()._deserialize(bare, attr, data, **kwargs)
        return value.strip(" \t\r\n")


class NamesOut(Strict):
    zh = fields.String()
    en = fields.String()


class StoreOut(Strict):
    """A shop as customers see it. Fees in minor units, `free_delivery_from` 0 for never; degrees, metres.

    `opening` is each weekday's hours, `[from, until]` in the shop's time zone; `open` whether it sells now.
    """

    id = IdStr()
    name = fields.String()
    names = fields.Nested(NamesOut)
    tz = fields.String()
    currency = fields.String()
    lat = fields.Float()
    lng = fields.Float()
    radius_m = fields.Integer()
    opening = fields.Dict(keys=fields.String(), values=fields.List(fields.List(fields.String())))
    delivery_fee = fields.Integer()
    free_delivery_from = fields.Integer()
    bag_fee = fields.Integer()
    state = Choice(StoreState)
    state_until = TimeIn(allow_none=True)
    state_reason = fields.String()
    open = StrictBool()
    opens_at = TimeIn(allow_none=True)


class StoresOut(Strict):
    stores = fields.List(fields.Nested(StoreOut))


class StateIn(Strict):
    """Where the shop shall stand, until when (null: until somebody changes it), and why."""

    state = Choice(StoreState, required=True)
    until = TimeIn(allow_none=True, load_default=None)
    reason = Str(max=200, min=0, load_default="")


class Metres(fields.Float):
    """A number of metres; what it may be is said by the plan's own rules."""


class BlockShape(Strict):
    """A block of parallel aisles (docs/floor-plan.md)."""

    zone = fields.String()
    aisles = fields.List(fields.String())
    bays = fields.Integer()
    x = Metres()
    y = Metres()
    pitch = Metres()
    bay = Metres()
    end = Metres()
    start = fields.String()


class SpotShape(Strict):
    code = fields.String()
    x = Metres()
    y = Metres()


class ShelvesShape(Strict):
    """The shelves of an aisle, between two points of its area."""

    from_ = fields.String(data_key="from")
    to = fields.String()
    bays = fields.Integer()


class AreaShape(Strict):
    """An area whose ways are drawn one by one (docs/floor-plan.md)."""

    zone = fields.String()
    start = fields.String()
    points = fields.Dict(fields.String(), fields.List(Metres()))
    ways = fields.List(fields.List(fields.String()))
    aisles = fields.Dict(fields.String(), fields.Nested(ShelvesShape))


class FloorOut(Strict):
    """The plan as it was imported (docs/floor-plan.md)."""

    blocks = fields.List(fields.Nested(BlockShape))
    areas = fields.List(fields.Nested(AreaShape))
    places = fields.List(fields.Nested(SpotShape))
    imported_by = fields.String()
    imported_at = TimeIn()
