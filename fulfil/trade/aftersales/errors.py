"""What aftersales refuses."""

from __future__ import annotations

from fulfil.kit.errors import Conflict, Invalid, NotFound


class UnknownDecision(NotFound):
    code, title = "unknown_decision", "This order has no such question."


class DecisionOver(Conflict):
    """`state` is how it ended: approved, refused, expired, withdrawn; "pending" when its time is over."""

    code, title = "decision_over", "This question is over."


class NotOffered(Invalid):
    """`offered` are the products to choose from."""

    code, title = "not_offered", "This product was not offered."
