"""What customers are refused. None of these tells whether a phone number is known."""

from __future__ import annotations

from fulfil.kit.errors import Invalid, TooMany, Unauthenticated, Unavailable


class WrongPhone(Invalid):
    code, title = "wrong_phone", "This is not a phone number."


class WrongCode(Unauthenticated):
    code, title = "wrong_code", "The code is wrong, used or too old."


class CodesTooMany(TooMany):
    code, title = "codes_too_many", "Too many codes were asked for. Wait before you ask again."


class SmsUnavailable(Unavailable):
    code, title = "sms_unavailable", "No message can be sent at the moment."
