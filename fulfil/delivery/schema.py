"""Payloads of delivery's ops, and what the carrier link sends and gets."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from fulfil.delivery.rules import REFUSE_REASONS, REPORTED, RETURN_REASONS
from fulfil.kit.fields import Choice, Str, Strict, StrictInt

BAGS_MAX, LINES_MAX, QUANTITY_MAX = 100, 200, 1_000_000


class Milestone(Strict):
    """`milestone {name}`."""

    name = Choice(REPORTED, required=True)


class Deliver(Strict):
    """`deliver {pin?}`: the PIN the customer says; none is allowed and recorded."""

    pin = Str(max=12)


class Return(Strict):
    """`return {reason}`: the goods come back to the shop."""

    reason = Choice(RETURN_REASONS, required=True)


class Call(Strict):
    """`call {}`: the customer was called."""


class Refuse(Strict):
    """`refuse {bags, reason}`: the customer does not take these bags; none takes it back."""

    bags = fields.List(Str(max=60), required=True, validate=validate.Length(0, BAGS_MAX))
    reason = Choice(REFUSE_REASONS, required=True)


class Collected(Strict):
    """So much of a line was handed to the rider."""

    line = StrictInt(1, required=True)
    quantity = StrictInt(0, QUANTITY_MAX, required=True)


class Collect(Strict):
    """`collect {lines?, reason?}`: the rider has the goods; without lines all, with zeros nothing."""

    lines = fields.List(fields.Nested(Collected), validate=validate.Length(0, LINES_MAX))
    reason = Choice(RETURN_REASONS)


class Bring(Strict):
    """`bring {}`: the goods are at the counter."""


class RideAct(Strict):
    """One act of a third party's rider: `type` milestone {name} | deliver {pin?} | call | return {reason}."""

    type = Choice(("milestone", "deliver", "call", "return"), required=True)
    name = Choice(REPORTED)
    pin = Str(max=12)
    reason = Choice(RETURN_REASONS)

    @validates_schema
    def _complete(self, data: dict[str, Any], **kwargs: Any) -> None:
        needed = {"milestone": "name", "return": "reason"}.get(data.get("type", ""))
        if needed and needed not in data:
            raise ValidationError("Missing data for required field.", needed)


class RideOut(Strict):
    """A delivery as its carrier sees it; the customer's data end with the delivery."""

    order_no = fields.String()
    short_no = fields.String()
    delivery_state = fields.String()
    due_at = fields.String()
    tz = fields.String(metadata={"description": "the shop's time zone, in which people read `due_at`"})
    contact = fields.Dict(allow_none=True)
    note = fields.String()
    bags = fields.List(fields.Dict())
    milestones = fields.List(fields.Dict())
    next_milestones = fields.List(fields.String())
    calls = fields.List(
        fields.String(),
        metadata={"description": "when the customer was called; calls within a minute are one"},
    )
    absent_from = fields.String(
        allow_none=True, metadata={"description": "from when on they count as absent, once called twice"}
    )
    legal = fields.List(fields.String())


class LinkOut(Strict):
    url = fields.String()
