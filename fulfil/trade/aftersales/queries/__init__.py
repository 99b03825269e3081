"""Every select of aftersales."""

from fulfil.trade.aftersales.queries.complaints import (
    at_counter,
    case_lines,
    case_seen,
    complaints_of,
    given_for_complaints,
    photo,
    photo_ids,
    photos_of_order,
    promised,
    shelf_photo,
    stray_photos,
    taken,
    untold,
    waiting_since,
)
from fulfil.trade.aftersales.queries.documents import (
    agreed,
    case_of,
    case_row,
    cases_of,
    cases_of_refund,
    collected_before,
    collecting,
    failed_before,
    failed_refunds,
    given,
    goods_worth,
    known,
    lines_of,
    over,
    refund_row,
    refund_seen,
    refund_states,
)
from fulfil.trade.aftersales.queries.invariants import violations
from fulfil.trade.aftersales.queries.lists import (
    case_head,
    case_view,
    cases,
    customers_view,
    refund_view,
    refunds,
)
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
    "agreed", "at_counter", "candidates", "case_head", "case_lines", "case_of", "case_row", "case_seen",
    "case_view", "cases", "cases_of", "cases_of_refund", "collected_before", "collecting", "complaints_of",
    "customers_view", "decision", "decisions", "decisions_view", "failed_before", "failed_refunds", "given",
    "given_for_complaints", "goods", "goods_worth", "known", "last_sub_line", "lines_of",
    "order_of_decision", "over", "photo", "photo_ids", "photos_of_order", "promised", "refund_row",
    "refund_seen", "refund_states", "refund_view", "refunds", "shelf_photo", "stray_photos",
    "substitutions", "substitutions_view", "taken", "untold", "violations", "waiting_since",
]  # fmt: skip
