"""Refusals of the payment centre."""

from __future__ import annotations

from fulfil.kit.errors import Conflict, Invalid, NotFound, Unauthenticated, Unavailable


class NothingToPay(NotFound):
    code, title = "nothing_to_pay", "This order has nothing to pay."


class AlreadyPaid(Conflict):
    code, title = "already_paid", "This order is paid."


class PaymentClosed(Conflict):
    code, title = "payment_closed", "The time to pay for this order is over."


class PaymentInProgress(Conflict):
    code, title = "payment_in_progress", "A payment for this order is being made. Ask again in a moment."


class MethodUnavailable(Conflict):
    code, title = "method_unavailable", "This way to pay is not offered."


class SplitRefused(Conflict):
    code, title = "split_refused", "This amount is paid in one part."


class RefundAboveCaptured(Conflict):
    code, title = "refund_above_captured", "More would go back than was paid."


class ChannelUnavailable(Unavailable):
    code, title = "channel_unavailable", "The payment channel does not answer. Try again soon."


class UnknownChannel(NotFound):
    code, title = "unknown_channel", "There is no such payment channel."


class UnknownNotice(NotFound):
    code, title = "unknown_notice", "There is no such payment notice."


class NoticeResolved(Conflict):
    """`resolved_by`, `resolved_at` and `note` say who ended it, when and how."""

    code, title = "notice_resolved", "Somebody has resolved this already, with another note."


class BadSignature(Unauthenticated):
    code, title = "bad_signature", "The callback is not signed by the channel."


class MalformedNotice(Invalid):
    code, title = "malformed_notice", "The callback is signed but not understood."
