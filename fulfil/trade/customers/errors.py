"""What customers are refused. None of these tells whether a phone number is known."""

from __future__ import annotations

from fulfil.kit.errors import Conflict, Invalid, TooMany, Unauthenticated, Unavailable


class WrongPhone(Invalid):
    code = "wrong_phone"
    title = "Give a mainland mobile number of 11 digits, or + and the country's code and number."


class WrongCode(Unauthenticated):
    code, title = "wrong_code", "The code is wrong, used or too old."


class OrdersUnderWay(Conflict):
    code = "orders_under_way"
    title = "An order, or a refund of one, is still under way. Ask again when it is over."


class CodesTooMany(TooMany):
    code, title = "codes_too_many", "Too many codes were asked for. Wait before you ask again."


class SmsUnavailable(Unavailable):
    code, title = "sms_unavailable", "No message can be sent at the moment."
