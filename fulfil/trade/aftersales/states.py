"""Machines of aftersales: a case ends when its money has arrived, or shows that it has not (A7)."""

from __future__ import annotations

from enum import StrEnum

from fulfil.kit.states import Machine


class CaseState(StrEnum):
    OPEN = "open"
    AUDIT = "audit"
    RETURNING = "returning"
    APPROVED = "approved"
    REFUNDING = "refunding"
    CLOSED = "closed"
    FAILED = "failed"
    REFUSED = "refused"


class RefundState(StrEnum):
    COLLECTING = "collecting"
    AUDIT = "audit"
    AGREED = "agreed"
    REQUESTED = "requested"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"
    OTHER_MEANS = "other_means"
    SETTLED = "settled"
    PAID_TWICE = "paid_twice"
    LAPSED = "lapsed"


class DecisionState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Kind(StrEnum):
    STOCKOUT = "stockout"
    WEIGHT = "weight"
    CANCEL = "cancel"
    VOID = "void"
    LATE_PAYMENT = "late_payment"
    RETURN = "return"
    REFUSED = "refused"
    COMPLAINT = "complaint"


class Part(StrEnum):
    """What a refund item gives back."""

    LINE = "line"
    DIFFERENCE = "difference"
    DELIVERY = "delivery"
    BAGS = "bags"
    PAYMENT = "payment"


# A complaint waits for an operator (audit), for a second person (approved), for its goods (returning).
CASE = Machine(
    "case",
    CaseState.OPEN,
    {
        CaseState.OPEN: {
            "refund": CaseState.REFUNDING,
            "close": CaseState.CLOSED,
            "complain": CaseState.AUDIT,
            "fetch": CaseState.RETURNING,
        },
        CaseState.AUDIT: {
            "refund": CaseState.REFUNDING,
            "close": CaseState.CLOSED,
            "fetch": CaseState.RETURNING,
            "approve": CaseState.APPROVED,
            "refuse": CaseState.REFUSED,
        },
        CaseState.RETURNING: {
            "refund": CaseState.REFUNDING,
            "close": CaseState.CLOSED,
            "approve": CaseState.APPROVED,
            "refuse": CaseState.REFUSED,
        },
        CaseState.APPROVED: {
            "fetch": CaseState.RETURNING,
            "refund": CaseState.REFUNDING,
            "close": CaseState.CLOSED,
            "refuse": CaseState.REFUSED,
        },
        CaseState.REFUNDING: {"close": CaseState.CLOSED, "fail": CaseState.FAILED},
        CaseState.FAILED: {"close": CaseState.CLOSED},
        CaseState.CLOSED: {},
        CaseState.REFUSED: {},
    },
)

# What an order owes is collected until its goods are packed; what two people agreed to waits for the goods
# that come back. A refund that was given up can still come true:
# the channel has the last word, also after the money went back by other means, and then it, or a part of it,
# came back twice.
REFUND = Machine(
    "refund",
    RefundState.COLLECTING,
    {
        RefundState.COLLECTING: {
            "request": RefundState.REQUESTED,
            "ask_audit": RefundState.AUDIT,
            "succeed": RefundState.SUCCEEDED,
        },
        RefundState.AUDIT: {
            "approve": RefundState.REQUESTED,
            "agree": RefundState.AGREED,
            "refuse": RefundState.REFUSED,
        },
        RefundState.AGREED: {
            "request": RefundState.REQUESTED,
            "succeed": RefundState.SUCCEEDED,
            "drop": RefundState.REFUSED,
        },
        RefundState.REQUESTED: {"succeed": RefundState.SUCCEEDED, "fail": RefundState.FAILED},
        RefundState.FAILED: {
            "succeed": RefundState.SUCCEEDED,
            "propose": RefundState.OTHER_MEANS,
            "lapse": RefundState.LAPSED,
        },
        RefundState.OTHER_MEANS: {
            "approve": RefundState.SETTLED,
            "refuse": RefundState.FAILED,
            "succeed": RefundState.SUCCEEDED,
        },
        RefundState.SETTLED: {"succeed": RefundState.PAID_TWICE},
        RefundState.PAID_TWICE: {"resolve": RefundState.SUCCEEDED, "resolve_part": RefundState.SETTLED},
        RefundState.LAPSED: {"succeed": RefundState.SUCCEEDED},
        RefundState.SUCCEEDED: {},
        RefundState.REFUSED: {},
    },
)

# Kinds of cases with which an order ends without its goods.
ENDING = (Kind.CANCEL, Kind.VOID, Kind.RETURN)
# A refund that the channel or a person still has to decide of.
PENDING = (RefundState.COLLECTING, RefundState.AUDIT, RefundState.AGREED, RefundState.REQUESTED)
# A refund that waits for the shop's own people to settle it.
UNSETTLED = (RefundState.FAILED, RefundState.OTHER_MEANS, RefundState.PAID_TWICE)

# Silence ends it as `expired`, the end of the order as `withdrawn`.
DECISION = Machine(
    "decision",
    DecisionState.PENDING,
    {
        DecisionState.PENDING: {
            "approve": DecisionState.APPROVED,
            "refuse": DecisionState.REFUSED,
            "expire": DecisionState.EXPIRED,
            "withdraw": DecisionState.WITHDRAWN,
        },
        DecisionState.APPROVED: {},
        DecisionState.REFUSED: {},
        DecisionState.EXPIRED: {},
        DecisionState.WITHDRAWN: {},
    },
)

MACHINES = (CASE, REFUND, DECISION)
