"""Shapes of aftersales at the edge. Quantities are pieces or grams, money minor units."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from fulfil.kit.web import Choice, IdStr, QueryInt, Str, Strict, StrictBool, StrictInt, TimeIn
from fulfil.store.schema import NamesOut
from fulfil.trade.aftersales.rules import DECISIONS, PHOTOS_OF_CASE_MAX, REASONS, WANTS
from fulfil.trade.aftersales.states import CaseState, Kind, RefundState

LINES_MAX, PAGE_MAX, QUANTITY_MAX = 100, 100, 1_000_000


def _once(lines: list[dict[str, Any]]) -> None:
    numbers = [line["line_no"] for line in lines]
    if len(set(numbers)) != len(numbers):
        raise ValidationError("A line is named twice.", "lines")


class ComplaintLineIn(Strict):
    line_no = StrictInt(1, required=True)
    quantity = StrictInt(1, QUANTITY_MAX, required=True)
    reason = Choice(REASONS, required=True)
    wants = Choice(WANTS, load_default="refund")


class ComplaintIn(Strict):
    """What is wrong with goods that were delivered; `photos` were uploaded before."""

    lines = fields.List(fields.Nested(ComplaintLineIn), required=True, validate=validate.Length(1, LINES_MAX))
    note = Str(max=500, min=0, load_default="")
    photos = fields.List(IdStr(), load_default=list, validate=validate.Length(0, PHOTOS_OF_CASE_MAX))

    @validates_schema
    def _lines_once(self, data: dict[str, Any], **_: Any) -> None:
        _once(data.get("lines", []))


class StaffComplaintIn(ComplaintIn):
    """What a customer says on the phone."""

    order_no = IdStr(required=True)


class RefundLineIn(Strict):
    line_no = StrictInt(1, required=True)
    quantity = StrictInt(1, QUANTITY_MAX, required=True)


class RefundLinesIn(Strict):
    """What an operator gives back of their own accord."""

    lines = fields.List(fields.Nested(RefundLineIn), required=True, validate=validate.Length(1, LINES_MAX))
    reason = Choice(REASONS, required=True)
    note = Str(max=500, required=True)

    @validates_schema
    def _lines_once(self, data: dict[str, Any], **_: Any) -> None:
        _once(data.get("lines", []))


class CallOffIn(Strict):
    """Why nobody waits for the goods any more, and whether their money goes back without them."""

    reason = Str(max=500, required=True)
    refund = StrictBool(required=True)


class GrantedLineIn(Strict):
    line_no = StrictInt(1, required=True)
    quantity = StrictInt(0, QUANTITY_MAX, required=True)


class DecisionIn(Strict):
    """An operator's word; `lines` say what is granted with approve_part."""

    decision = Choice(DECISIONS, required=True)
    lines = fields.List(
        fields.Nested(GrantedLineIn), load_default=list, validate=validate.Length(0, LINES_MAX)
    )
    note = Str(max=500, min=0, load_default="")

    @validates_schema
    def _lines_once(self, data: dict[str, Any], **_: Any) -> None:
        _once(data.get("lines", []))


class AuditIn(Strict):
    approve = StrictBool(required=True)
    note = Str(max=500, min=0, load_default="")


class OtherMeansIn(Strict):
    """How the money goes back: `reference` names the transfer."""

    reference = Str(max=200, required=True)
    note = Str(max=500, required=True)


class CasesQuery(Strict):
    """Without a state: those that wait for somebody."""

    store_id = IdStr(required=True)
    state = Choice(CaseState, load_default=None)
    kind = Choice(Kind, load_default=None)
    cursor = IdStr(load_default=None)
    limit = QueryInt(min=1, max=PAGE_MAX, load_default=50)


class RefundsQuery(Strict):
    """Without a state: those that wait for somebody."""

    store_id = IdStr(required=True)
    state = Choice(RefundState, load_default=None)
    cursor = IdStr(load_default=None)
    limit = QueryInt(min=1, max=PAGE_MAX, load_default=50)


class PhotoOut(Strict):
    photo_id = IdStr()


class RefundItemOut(Strict):
    kind = fields.String()
    line_no = fields.Integer()
    quantity = fields.Integer()
    amount = fields.Integer()


class CaseRefundOut(Strict):
    """What a case gives back, a part of its refund."""

    refund_id = IdStr()
    amount = fields.Integer()
    currency = fields.String()
    state = Choice(RefundState)
    settled = fields.Integer()
    items = fields.List(fields.Nested(RefundItemOut))


class MyCaseLineOut(Strict):
    line_no = fields.Integer()
    names = fields.Nested(NamesOut)
    unit = fields.String()
    quantity = fields.Integer()
    reason = fields.String()
    wants = fields.String()
    approved = fields.Integer(allow_none=True)
    returned = fields.Integer()


class MyCaseOut(Strict):
    """A case as the order's owner sees it; `photos` says how many there are.

    `granted_at` is when a complaint is granted as it was brought if nobody has decided it by then.
    """

    case_id = IdStr()
    kind = Choice(Kind)
    state = Choice(CaseState)
    reason = fields.String()
    line_no = fields.Integer(allow_none=True)
    quantity = fields.Integer(allow_none=True)
    created_at = TimeIn()
    note = fields.String(allow_none=True)
    decision_note = fields.String(allow_none=True)
    granted_at = TimeIn(allow_none=True)
    refund = fields.Nested(CaseRefundOut, allow_none=True)
    lines = fields.List(fields.Nested(MyCaseLineOut))
    photos = fields.Integer()


class MyCasesOut(Strict):
    cases = fields.List(fields.Nested(MyCaseOut))


class CaseHeadOut(Strict):
    """A case; `decided_by` is `staff:` and an id."""

    case_id = IdStr()
    order_no = IdStr()
    store_id = IdStr()
    kind = Choice(Kind)
    state = Choice(CaseState)
    reason = fields.String()
    note = fields.String(allow_none=True)
    line_no = fields.Integer(allow_none=True)
    quantity = fields.Integer(allow_none=True)
    created_at = TimeIn()
    decided_by = fields.String(allow_none=True)
    decided_at = TimeIn(allow_none=True)
    decision_note = fields.String(allow_none=True)


class CaseListedOut(CaseHeadOut):
    """`actions` is what the caller may do now: approve, approve_part, refuse; pay_unseen, refuse_return.

    The last two end a wait for goods that come back, with their money or without.
    """

    actions = fields.List(fields.String())


class PaidCaseOut(CaseHeadOut):
    """A case that a refund is for: whoever agrees to the money looks at the pictures first."""

    photos = fields.List(IdStr())


class CaseLineOut(MyCaseLineOut):
    """A line of a complaint: `left` is what of it was not given back yet.

    `worth` is the share that goes back when all that is asked for is granted, minor units.
    """

    sku = fields.String()
    paid_quantity = fields.Integer()
    payable = fields.Integer()
    left = fields.Integer()
    worth = fields.Integer()
    inspected = fields.Integer()


class CaseOut(CaseListedOut):
    """`granted_at` as for the customer; `limit` is the most that one person grants, minor units."""

    currency = fields.String()
    granted_at = TimeIn(allow_none=True)
    limit = fields.Integer()
    refund = fields.Nested(CaseRefundOut, allow_none=True)
    photos = fields.List(IdStr())
    lines = fields.List(fields.Nested(CaseLineOut))


class CasesOut(Strict):
    cases = fields.List(fields.Nested(CaseListedOut))
    cursor = fields.String(allow_none=True)


class RefundOut(Strict):
    """A refund with the cases that share it; `owed` is what the channel would not carry.

    `actions` is what the caller may do now: agree, disagree; propose other means; resolve what came twice.
    """

    refund_id = IdStr()
    order_no = IdStr()
    store_id = IdStr()
    state = Choice(RefundState)
    amount = fields.Integer()
    settled = fields.Integer()
    owed = fields.Integer()
    currency = fields.String()
    created_at = TimeIn()
    asked_by = fields.String(allow_none=True)
    asked_note = fields.String(allow_none=True)
    answered_by = fields.String(allow_none=True)
    answer_note = fields.String(allow_none=True)
    reference = fields.String(allow_none=True)
    actions = fields.List(fields.String())
    cases = fields.List(fields.Nested(PaidCaseOut))


class RefundsOut(Strict):
    refunds = fields.List(fields.Nested(RefundOut))
    cursor = fields.String(allow_none=True)
