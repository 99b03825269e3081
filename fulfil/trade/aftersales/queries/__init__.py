"""Every select of aftersales."""

from fulfil.trade.aftersales.queries.documents import (
    case_row,
    cases_of,
    failed_refunds,
    given,
    known,
    lines_of,
    refund_row,
)
from fulfil.trade.aftersales.queries.invariants import violations
from fulfil.trade.aftersales.queries.loop import (
    candidates,
    decision,
    decisions,
    decisions_view,
    goods,
    last_sub_line,
    order_of_decision,
    substitutions,
    substitutions_view,
)

__all__ = [
    "candidates", "case_row", "cases_of", "decision", "decisions", "decisions_view", "failed_refunds",
    "given", "goods", "known", "last_sub_line", "lines_of", "order_of_decision", "refund_row",
    "substitutions", "substitutions_view", "violations",
]  # fmt: skip
