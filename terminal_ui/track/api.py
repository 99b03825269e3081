"""HTTP of tracking: what the holder of an order's link may see."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from fulfil.kit.web import IdStr, Public, Strict, StrictBool, TimeIn, access, blueprint, read
from fulfil.store.api import language
from terminal_ui.track import view

bp = blueprint("track", "Tracking of an order by its unguessable link.")


class Step(Strict):
    name = fields.String()
    at = TimeIn(allow_none=True)


class EtaOut(Strict):
    start = TimeIn(data_key="from", attribute="from")
    end = TimeIn(data_key="to", attribute="to")
    late = StrictBool()


class BagOut(Strict):
    n = fields.Integer()
    temperature = fields.String()


class RefundOut(Strict):
    kind = fields.String()
    amount = fields.Integer()
    currency = fields.String()
    state = fields.String()
    at = TimeIn()


class LineOut(Strict):
    """`short` and `quantity` are pieces or grams; money is minor units of the order's currency."""

    line_no = fields.Integer()
    sku = fields.String()
    name = fields.String()
    names = fields.Dict()
    unit = fields.String()
    pack = fields.String()
    quantity = fields.Integer()
    unit_price = fields.Integer()
    amount = fields.Integer()
    payable = fields.Integer()
    picture = fields.String(allow_none=True)
    short = fields.Integer()
    refunded = fields.Integer()


class TrackOut(Strict):
    order_no = IdStr()
    state = fields.String()
    delivery_state = fields.String()
    store = fields.Dict()
    address = fields.String()
    payment_failed = StrictBool()
    delivery_pin = fields.String(allow_none=True)
    total = fields.Integer()
    totals = fields.Dict()
    paid = fields.Integer()
    refunded = fields.Integer()
    currency = fields.String()
    promised_at = TimeIn()
    expires_at = TimeIn()
    created_at = TimeIn()
    steps = fields.List(fields.Nested(Step))
    eta = fields.Nested(EtaOut, allow_none=True)
    lines = fields.List(fields.Nested(LineOut))
    bags = fields.List(fields.Nested(BagOut))
    refunds = fields.List(fields.Nested(RefundOut))
    at = TimeIn()


@bp.route("/track/<token>")
@access(Public())
@bp.response(200, TrackOut)
def track(token: str) -> dict[str, Any]:
    """The order behind a tracking link: steps, ETA range, lines, bags, refunds."""
    with read() as tx:
        return view.tracking(tx, token, language())
