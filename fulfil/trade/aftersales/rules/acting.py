"""Who may do what to a case and to a refund, in each of their states (F7, floor rule 9).

The routes let people in by the same tables, so nobody is offered what would then be refused.
"""

from __future__ import annotations

from collections.abc import Collection

from fulfil.trade.aftersales.states import CaseState, Kind, RefundState
from fulfil.trade.orders.rules import complainable

ADMIN = "admin"
DECIDERS = ("operator", "supervisor")
SPEAKERS = ("operator",)
AUDITORS = ("finance", "supervisor")
CASHIERS = ("finance", "operator")

WAITS_FOR_SECOND = (RefundState.AUDIT, RefundState.OTHER_MEANS)
UNPAID = {RefundState.FAILED: "propose", RefundState.PAID_TWICE: "resolve"}


def case_actions(
    state: str, kind: str, roles: Collection[str], *, at_counter: bool, needs_second: bool
) -> list[str]:
    """What somebody with these roles may do to a case now.

    `at_counter`: the shop has goods of it; `needs_second`: two people have to agree to its money, and have
    not. `pay_unseen` and `refuse_return` end a wait for goods, with their money or without.
    """
    if not _among(roles, DECIDERS):
        return []
    if state == CaseState.AUDIT:
        return ["approve", "approve_part", "refuse"]
    if state != CaseState.RETURNING:
        return []
    offered = {"pay_unseen": not needs_second, "refuse_return": kind == Kind.COMPLAINT and not at_counter}
    return [name for name, is_offered in offered.items() if is_offered]


def refund_actions(state: str, roles: Collection[str], *, own: bool) -> list[str]:
    """What somebody with these roles may do to a refund now; `own`: they asked for it themselves."""
    if state in WAITS_FOR_SECOND:
        return ["agree", "disagree"] if _among(roles, AUDITORS) and not own else []
    return [UNPAID[state]] if state in UNPAID and _among(roles, CASHIERS) else []


def order_actions(order_state: str, roles: Collection[str]) -> list[str]:
    """What somebody with these roles may do for an order's customer who calls, or of their own accord."""
    if not complainable(order_state) or not _among(roles, SPEAKERS):
        return []
    return ["complain", "refund_lines"]


def _among(roles: Collection[str], allowed: Collection[str]) -> bool:
    return not {*allowed, ADMIN}.isdisjoint(roles)
