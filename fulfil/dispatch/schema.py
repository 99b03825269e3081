"""Shapes of dispatch's requests and answers, and payloads of the ops that are not a stage's."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from fulfil.dispatch.errors import PayloadInvalid
from fulfil.kit.web import Choice, IdStr, Str, Strict, StrictBool, StrictInt, TimeIn

OPS_MAX = 50
ACTS_MAX = 100
RELEASE_MAX = 10_000
PRIORITY_MAX = 9
TEXT_MAX = 200


class Nothing(Strict):
    pass


class AcceptOp(Strict):
    offer = IdStr(required=True)


class DeclineOp(Strict):
    offer = IdStr(required=True)
    reason = Str(max=TEXT_MAX, load_default="")


class GiveBackOp(Strict):
    reason = Str(max=TEXT_MAX, load_default="")


COMMON = {"accept": AcceptOp, "decline": DeclineOp, "give_back": GiveBackOp}


def load_payload(op_type: str, schema: Any, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The op's payload, checked by its stage's schema or, without one, by ours. Raises PayloadInvalid."""
    try:
        return _ready(schema or COMMON.get(op_type, Nothing)).load(payload)
    except ValidationError as error:
        raise PayloadInvalid(errors=error.normalized_messages()) from None


@cache
def _ready(schema: Any) -> Any:
    """Built once: it copies every field, which costs more than to load a payload."""
    return schema()


class Payload(fields.Dict):
    """An object with text keys; what is inside is checked by the op's own schema."""

    def __init__(self, **options: Any) -> None:
        super().__init__(keys=fields.String(), **options)


class OpIn(Strict):
    id = fields.UUID(required=True)
    seq = StrictInt(0, required=True)
    session = IdStr(required=True)
    ticket = IdStr(required=True)
    epoch = StrictInt(1, required=True)
    version = StrictInt(0, load_default=0)
    type = Str(max=40, required=True)
    payload = Payload(load_default=dict)
    at = TimeIn(load_default=None)


class OpsIn(Strict):
    ops = fields.List(fields.Nested(OpIn), required=True, validate=validate.Length(1, OPS_MAX))


class HandTo(Strict):
    id = IdStr()
    badge = fields.String()
    name = fields.String()
    names = fields.Dict()


class OpOut(Strict):
    id = fields.String()
    status = fields.String(validate=validate.OneOf(("applied", "duplicate", "rejected")))
    code = fields.String(allow_none=True)
    message = fields.String(allow_none=True)
    ticket = fields.Dict(allow_none=True)
    detail = fields.Dict()
    hand_to = fields.Nested(HandTo, allow_none=True)
    extra = fields.Dict()


class OpsOut(Strict):
    results = fields.List(fields.Nested(OpOut))


class OfferedTour(Strict):
    id = IdStr()
    orders = fields.Integer()
    lines = fields.Integer()
    grams = fields.Integer()
    metres = fields.Integer()


class OfferOut(Strict):
    id = IdStr()
    expires_at = TimeIn()
    seconds = fields.Integer()
    ticket = fields.Dict()
    tour = fields.Nested(OfferedTour, allow_none=True)


class WorkOut(Strict):
    seq = fields.Integer()
    server_time = TimeIn()
    offers = fields.List(fields.Nested(OfferOut))
    tickets = fields.List(fields.Dict())
    shift = fields.Dict()
    scale_rules = fields.List(fields.Dict())


class ThrottleIn(Strict):
    """How many orders may be in work at once; None: as many as there are people."""

    limit = StrictInt(0, RELEASE_MAX, required=True, allow_none=True)


class ThrottleOut(Strict):
    limit = fields.Integer(allow_none=True)
    in_flight = fields.Integer()


class BoardQuery(Strict):
    store_id = IdStr(required=True)


class BoardOut(Strict):
    store_id = IdStr()
    at = TimeIn()
    counts = fields.Dict()
    orders = fields.Dict()
    tickets = fields.List(fields.Dict())
    people = fields.List(fields.Dict())
    exceptions = fields.List(fields.Dict())
    release = fields.Nested(ThrottleOut)


class ReassignIn(Strict):
    person_id = IdStr(load_default=None, allow_none=True)
    confirm = StrictBool(load_default=False)


class ActsIn(Strict):
    """One act on many tickets: reassign (`person_id`, `confirm`), priority, hold (`reason`), unhold."""

    tickets = fields.List(IdStr(), required=True, validate=validate.Length(1, ACTS_MAX))
    act = Choice(("reassign", "priority", "hold", "unhold"), required=True)
    person_id = IdStr(load_default=None, allow_none=True)
    confirm = StrictBool(load_default=False)
    priority = StrictInt(0, PRIORITY_MAX, load_default=None)
    reason = Str(max=TEXT_MAX, min=0, load_default="")

    @validates_schema
    def _whole(self, data: Mapping[str, Any], **_: Any) -> None:
        needed = {"priority": "priority", "hold": "reason"}.get(data["act"])
        if needed and data[needed] in (None, ""):
            raise ValidationError("Missing data for required field.", needed)


class ActedOut(Strict):
    """What came of an act on one ticket; `code` is None where it was done."""

    id = IdStr()
    code = fields.String(allow_none=True)
    message = fields.String(allow_none=True)


class ActsOut(Strict):
    results = fields.List(fields.Nested(ActedOut))


class PriorityIn(Strict):
    priority = StrictInt(0, PRIORITY_MAX, required=True)


class HoldIn(Strict):
    reason = Str(max=TEXT_MAX, required=True)


class UnholdIn(Strict):
    hold_id = IdStr(load_default=None, allow_none=True)


class TicketOut(Strict):
    ticket = fields.Dict()


class EventOut(Strict):
    at = TimeIn()
    entity = fields.String()
    entity_id = IdStr()
    event = fields.String()
    from_state = fields.String(allow_none=True)
    to_state = fields.String(allow_none=True)
    actor = fields.String()
    reason = fields.String()
    detail = fields.Dict(allow_none=True)


class TimelineOut(Strict):
    fulfilment_id = IdStr()
    order_no = IdStr()
    state = fields.String()
    events = fields.List(fields.Nested(EventOut))
