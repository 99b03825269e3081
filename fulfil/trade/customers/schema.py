"""Shapes of the customers' requests and answers."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from fulfil.kit.web import IdStr, Str, Strict
from fulfil.trade.customers import rules
from fulfil.trade.customers.errors import WrongPhone

PHONE_CHARS_MAX = 32
PHONE_FORM = "11 digits of a mainland mobile, or E.164 with its +; blanks, dots and dashes may stand between"


class Phone(Str):
    """A number that can be called, in the one spelling of `rules.phone`. Raises WrongPhone."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max=PHONE_CHARS_MAX, metadata={"description": PHONE_FORM}, **options)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if (number := rules.phone(text)) is None:
            raise WrongPhone()
        return number


class GuestOut(Strict):
    guest_id = IdStr()
    token = fields.String()


class CodeIn(Strict):
    phone = Phone(required=True)


class LoginCodeOut(Strict):
    seconds = fields.Integer()


class SignInIn(Strict):
    phone = Phone(required=True)
    code = Str(max=12, required=True)


class CustomerSessionOut(Strict):
    customer_id = IdStr()
    token = fields.String()
