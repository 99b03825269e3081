"""Shapes of the payment centre at the edge."""

from __future__ import annotations

from marshmallow import fields, validate

from fulfil.kit.fields import IdStr, Str, Strict, StrictBool, StrictInt

PARTS_MAX = 5


class PayIn(Strict):
    """How the customer wants to pay. `parts` are the amounts of a payment in several parts."""

    method = Str(max=32, required=True)
    channel = Str(max=32, required=True)
    parts = fields.List(StrictInt(min=1), validate=validate.Length(1, PARTS_MAX))


class PaymentOut(Strict):
    """One payment; the customer pays at `pay_url`. Amount in minor units of `currency`."""

    serial_no = IdStr(allow_none=True)
    pay_seq = StrictInt()
    method = Str(max=32)
    channel = Str(max=32)
    amount = StrictInt()
    currency = Str(max=3)
    state = Str(max=16)
    token = Str(max=200, allow_none=True)
    pay_url = Str(max=500, allow_none=True)


class PaymentsOut(Strict):
    """The payments of an order that are under way."""

    payments = fields.List(fields.Nested(PaymentOut))


class DocumentOut(Strict):
    """A payment document as the books have it; `captured` came and `refunded` went back, minor units."""

    pay_seq = StrictInt()
    state = fields.String()
    amount = StrictInt()
    captured = StrictInt()
    refunded = StrictInt()
    currency = fields.String()


class HeardOut(Strict):
    """The callback was understood; the channel need not repeat it."""

    heard = StrictBool()
