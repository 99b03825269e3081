"""Machines of the payment centre. Nothing is guessed: unknown is asked again until the channel says (P10)."""

from __future__ import annotations

from enum import StrEnum

from fulfil.kit.states import Machine


class DocumentState(StrEnum):
    OPEN = "open"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CLOSED = "closed"


class TransactionState(StrEnum):
    CREATED = "created"
    REQUESTED = "requested"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CLOSED = "closed"


class RefundState(StrEnum):
    CREATED = "created"
    REQUESTED = "requested"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


# Money that a channel took is taken, whatever we believed before: failed and closed can still succeed.
DOCUMENT = Machine(
    "payment_document",
    DocumentState.OPEN,
    {
        DocumentState.OPEN: {
            "succeed": DocumentState.SUCCEEDED,
            "fail": DocumentState.FAILED,
            "close": DocumentState.CLOSED,
        },
        DocumentState.FAILED: {"succeed": DocumentState.SUCCEEDED, "close": DocumentState.CLOSED},
        DocumentState.CLOSED: {"succeed": DocumentState.SUCCEEDED},
        DocumentState.SUCCEEDED: {},
    },
)

TRANSACTION = Machine(
    "pay_transaction",
    TransactionState.CREATED,
    {
        TransactionState.CREATED: {
            "request": TransactionState.REQUESTED,
            "lose_sight": TransactionState.UNKNOWN,
            "succeed": TransactionState.SUCCEEDED,
            "fail": TransactionState.FAILED,
            "close": TransactionState.CLOSED,
        },
        TransactionState.UNKNOWN: {
            "request": TransactionState.REQUESTED,
            "succeed": TransactionState.SUCCEEDED,
            "fail": TransactionState.FAILED,
            "close": TransactionState.CLOSED,
        },
        TransactionState.REQUESTED: {
            "succeed": TransactionState.SUCCEEDED,
            "fail": TransactionState.FAILED,
            "close": TransactionState.CLOSED,
        },
        TransactionState.FAILED: {"succeed": TransactionState.SUCCEEDED},
        TransactionState.CLOSED: {"succeed": TransactionState.SUCCEEDED},
        TransactionState.SUCCEEDED: {},
    },
)

REFUND = Machine(
    "pay_refund",
    RefundState.CREATED,
    {
        RefundState.CREATED: {
            "request": RefundState.REQUESTED,
            "lose_sight": RefundState.UNKNOWN,
            "succeed": RefundState.SUCCEEDED,
            "fail": RefundState.FAILED,
            "retry": RefundState.CREATED,
        },
        RefundState.REQUESTED: {
            "lose_sight": RefundState.UNKNOWN,
            "succeed": RefundState.SUCCEEDED,
            "fail": RefundState.FAILED,
            "retry": RefundState.CREATED,
        },
        RefundState.UNKNOWN: {
            "request": RefundState.REQUESTED,
            "succeed": RefundState.SUCCEEDED,
            "fail": RefundState.FAILED,
            "retry": RefundState.CREATED,
        },
        RefundState.FAILED: {"succeed": RefundState.SUCCEEDED},
        RefundState.SUCCEEDED: {},
    },
)

MACHINES = (DOCUMENT, TRANSACTION, REFUND)
