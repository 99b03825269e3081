"""Payloads of handoff's ops, and the bodies of its calls."""

from __future__ import annotations

from marshmallow import fields

from fulfil.kit.fields import Choice, IdStr, Str, Strict, StrictBool, StrictInt


class Bag(Strict):
    """`bag_scan {code}`, `bag_missing {code}` and `refuse {code}`."""

    code = Str(max=60, required=True)


class NoShow(Strict):
    """`no_show {}`: nothing more to say."""


class Release(Strict):
    """`release {rider?, without_missing?}`: badge, pickup code, or none when the rider's arrival is known."""

    rider = Str(max=60)
    without_missing = StrictBool()


class Scan(Strict):
    """`scan {code}`: a bag, or the rider's badge."""

    code = Str(max=200, required=True)


class ArrivalIn(Strict):
    """A rider's badge, or the pickup code that a third party's rider says.

    `store_id` names the counter's shop; who belongs to one shop alone need not.
    """

    code = Str(max=60, required=True)
    store_id = IdStr()


class HandoverBagOut(Strict):
    code = fields.String()
    n = StrictInt()
    temperature = fields.String()
    place = fields.String(allow_none=True)
    state = Choice(("expected", "scanned", "missing", "left_out"))


class ArrivedOrder(Strict):
    """`ready` says whether the order is packed; without that there are no bags yet."""

    order_no = IdStr()
    short_no = fields.String()
    ticket_id = IdStr(allow_none=True)
    due_at = fields.String()
    ready = StrictBool()
    bags = fields.List(fields.Nested(HandoverBagOut))


class ArrivalOut(Strict):
    carrier = Choice(("own", "third_party"))
    rider = fields.Dict(allow_none=True)
    orders = fields.List(fields.Nested(ArrivedOrder))


class AllowedOut(Strict):
    ticket_id = IdStr()
    missing = fields.List(fields.String())
