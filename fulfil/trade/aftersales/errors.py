"""What aftersales refuses. None of these leaves an effect."""

from __future__ import annotations

from fulfil.kit.errors import Conflict, Invalid, NotFound, Refusal


class UnknownCase(NotFound):
    code, title = "unknown_case", "There is no such case."


class UnknownRefund(NotFound):
    code, title = "unknown_refund", "There is no such refund."


class UnknownPhoto(NotFound):
    code, title = "unknown_photo", "There is no such photo of this order."


class NotDeliveredYet(Conflict):
    code, title = "not_delivered", "This order has not been delivered. Cancel it, or wait for it."


class ComplaintTooLate(Conflict):
    code, title = "complaint_too_late", "The time for complaints about this order is over."


class MoreThanLeft(Conflict):
    """`lines` are `{line_no, left}`: how much of each line was neither given back nor complained about."""

    code, title = "more_than_left", "More is asked for than is left of a line."


class NotReturning(Conflict):
    """`state` is the case's."""

    code, title = "not_returning", "Nobody waits for goods of this case."


class PartNeeded(Invalid):
    code, title = "part_needed", "Say which lines are granted, and how much of each: at least one."


class GoodsAreBack(Conflict):
    code, title = "goods_are_back", "The goods came back for this money. It cannot be refused any more."


class InspectFirst(Conflict):
    code, title = "inspect_first", "So much is not given back unseen by one person."


class ComplaintsTooMany(Conflict):
    """`most` is how many there may be."""

    code, title = "complaints_too_many", "There were too many complaints of this order. Please call."


class PhotosTooMany(Conflict):
    """`most` is how many there may be."""

    code, title = "photos_too_many", "There are too many photos."


class NotAPhoto(Refusal):
    status, code, title = 415, "not_a_photo", "Send a picture: JPEG, PNG or WebP."


class PhotoTooLarge(Refusal):
    """`most` is how many bytes a photo may have, `pixels_most` how many pixels."""

    status, code, title = 413, "photo_too_large", "The photo is too large."


class CaseDecided(Conflict):
    """`state`, `decided_by` and `decided_at` say how the case stands."""

    code, title = "case_decided", "Nobody waits for a decision on this case."


class RefundNotWaiting(Conflict):
    """`state` is the refund's."""

    code, title = "refund_not_waiting", "This refund does not wait for that."


class SamePerson(Conflict):
    code, title = "same_person", "Somebody else has to agree: you asked for it yourself."


class UnknownDecision(NotFound):
    code, title = "unknown_decision", "This order has no such question."


class DecisionOver(Conflict):
    """`state` is how it ended: approved, refused, expired, withdrawn; "pending" when its time is over."""

    code, title = "decision_over", "This question is over."


class NotOffered(Invalid):
    """`offered` are the products to choose from."""

    code, title = "not_offered", "This product was not offered."
