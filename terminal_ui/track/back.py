"""What comes back of an order, as its customer sees it: money in a sum, goods that nobody wanted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from fulfil.kit.db import Tx
from fulfil.trade.aftersales import queries as aftersales
from fulfil.trade.aftersales.states import UNSETTLED, CaseState, Kind, RefundState

# Money that is agreed to and has not arrived; what a second person still looks at is nobody's yet.
COMING = (RefundState.COLLECTING, RefundState.AGREED, RefundState.REQUESTED)
COMPLAINT_SHOWN = ("case_id", "state", "lines", "decision_note", "granted_at")


def balance(paid: int, cases: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """What was paid, what came back by whatever way, what comes, what is owed, what stays; minor units."""
    refunds = [case["refund"] for case in cases if case["refund"] is not None]

    def open_of(states: Collection[str]) -> int:
        return sum(one["amount"] - one["settled"] for one in refunds if one["state"] in states)

    back, coming = sum(one["settled"] for one in refunds), open_of(COMING)
    owed = open_of((*UNSETTLED, RefundState.LAPSED))
    return {"paid": paid, "back": back, "coming": coming, "owed": owed, "stays": paid - back - coming - owed}


def complaints(tx: Tx, order_no: int) -> list[dict[str, Any]]:
    """What the customer told us of, with our answer and the money granted; `came`: the goods are here."""
    return [
        _complaint(case) for case in aftersales.customers_view(tx, order_no) if case["kind"] == Kind.COMPLAINT
    ]


def comes_back(cases: Iterable[Mapping[str, Any]]) -> bool:
    """Whether goods that were refused at the door are on their way, and their money with them."""
    return any(case["kind"] == Kind.REFUSED and case["state"] == CaseState.RETURNING for case in cases)


def lighter(cases: Iterable[Mapping[str, Any]]) -> dict[int, int]:
    """How many grams lines weighed less than was paid for, by line."""
    found: Counter[int] = Counter()
    for case in cases:
        if case["kind"] == Kind.WEIGHT:
            found[case["line_no"]] += case["quantity"]
    return found


def _complaint(case: Mapping[str, Any]) -> dict[str, Any]:
    refund, decided = case["refund"], case["state"] not in (CaseState.AUDIT, CaseState.APPROVED)
    granted = refund is not None and decided and case["state"] != CaseState.REFUSED
    back = [line for line in case["lines"] if line["wants"] == "return"]
    return {
        **{name: case[name] for name in COMPLAINT_SHOWN},
        "decision_note": case["decision_note"] if decided else None,
        "money": refund["amount"] if granted else None,
        "came": bool(back) and all(line["returned"] for line in back),
    }
