"""Shapes of the customers' requests and answers."""

from __future__ import annotations

from marshmallow import fields

from fulfil.kit.web import IdStr, Str, Strict


class GuestOut(Strict):
    guest_id = IdStr()
    token = fields.String()


class CodeIn(Strict):
    phone = Str(max=32, required=True)


class LoginCodeOut(Strict):
    seconds = fields.Integer()


class SignInIn(Strict):
    phone = Str(max=32, required=True)
    code = Str(max=12, required=True)


class CustomerSessionOut(Strict):
    customer_id = IdStr()
    token = fields.String()
