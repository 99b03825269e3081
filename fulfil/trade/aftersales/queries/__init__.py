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

__all__ = ["case_row", "cases_of", "failed_refunds", "given", "known", "lines_of", "refund_row", "violations"]
