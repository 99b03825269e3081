"""Machines of aftersales: a case ends when its money has arrived, or shows that it has not (A7)."""

from __future__ import annotations

from enum import StrEnum

from fulfil.kit.states import Machine


class CaseState(StrEnum):
    OPEN = "open"
    REFUNDING = "refunding"
    CLOSED = "closed"
    FAILED = "failed"


class RefundState(StrEnum):
    REQUESTED = "requested"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class DecisionState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Kind(StrEnum):
    STOCKOUT = "stockout"
    CANCEL = "cancel"
    VOID = "void"
    LATE_PAYMENT = "late_payment"
    RETURN = "return"


class Part(StrEnum):
    """What a refund item gives back."""

    LINE = "line"
    DIFFERENCE = "difference"
    DELIVERY = "delivery"
    BAGS = "bags"
    PAYMENT = "payment"


CASE = Machine("case", CaseState.OPEN, {
    CaseState.OPEN: {"refund": CaseState.REFUNDING, "close": CaseState.CLOSED},
    CaseState.REFUNDING: {"close": CaseState.CLOSED, "fail": CaseState.FAILED},
    CaseState.FAILED: {"close": CaseState.CLOSED},
    CaseState.CLOSED: {},
})  # fmt: skip

# A refund that was given up can still come true: the channel has the last word.
REFUND = Machine("refund", RefundState.REQUESTED, {
    RefundState.REQUESTED: {"succeed": RefundState.SUCCEEDED, "fail": RefundState.FAILED},
    RefundState.FAILED: {"succeed": RefundState.SUCCEEDED},
    RefundState.SUCCEEDED: {},
})  # fmt: skip

# Silence ends it as `expired`, the end of the order as `withdrawn`.
DECISION = Machine("decision", DecisionState.PENDING, {
    DecisionState.PENDING: {"approve": DecisionState.APPROVED, "refuse": DecisionState.REFUSED,
                            "expire": DecisionState.EXPIRED, "withdraw": DecisionState.WITHDRAWN},
    DecisionState.APPROVED: {},
    DecisionState.REFUSED: {},
    DecisionState.EXPIRED: {},
    DecisionState.WITHDRAWN: {},
})  # fmt: skip

MACHINES = (CASE, REFUND, DECISION)
