"""A case that nobody works on ends by itself, in the customer's favour (the third of the floor rules)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Row

from fulfil.kit.db import Tx
from fulfil.store import queries as stores
from fulfil.trade.aftersales import queries, rules
from fulfil.trade.aftersales.model import CaseLine
from fulfil.trade.aftersales.service.complaints import grant, refuse_case
from fulfil.trade.aftersales.service.returns import pay_without_waiting
from fulfil.trade.aftersales.states import CaseState
from fulfil.trade.orders import service as order_service

SYSTEM = "system"
ENDED_AT_ONCE_MAX = 50
NOT_ASKED = timedelta(hours=1)  # no shop's policy goes below it


def end_overdue(tx: Tx) -> None:
    """Sweep: grant complaints that nobody decided, and pay for goods that nobody fetched or inspected.

    More money than one person may give back is left to people, whom the alarms tell.
    """
    ended = 0
    for known in queries.waiting_since(tx, tx.now - NOT_ASKED):
        if known.state not in ENDS or not _overdue(tx, known):
            continue
        order = order_service.lock(tx, known.order_no)
        case = queries.case_row(tx, known.id)
        if (case.state, case.version) == (known.state, known.version) and ENDS[case.state](tx, order, case):
            tx.hint(f"board:{order.store_id}")
            tx.hint(f"track:{order.id}")
            ended += 1
        if ended == ENDED_AT_ONCE_MAX:
            return


def _overdue(tx: Tx, case: Row) -> bool:
    return case.since <= tx.now - rules.default_after(stores.store(tx, case.store_id).policy)


def _grant(tx: Tx, order: Row, case: Row) -> bool:
    """What was asked for, as far as it is still left; False where two people have to say so."""
    asked = {line.line_no: line.quantity for line in queries.case_lines(tx, case.id)}
    granted = rules.granted_by_silence(
        queries.lines_of(tx, order.id),
        asked,
        queries.given(tx, order.id),
        queries.taken(tx, order.id, but=case.id),
    )
    if queries.above_limit(tx, case, granted):
        return False
    for line_no, quantity in granted.items():
        tx.update(CaseLine, {"case_id": case.id, "line_no": line_no}, approved=quantity)
    if any(granted.values()):
        grant(tx, order, case.id, {"decided_by": SYSTEM, "decided_at": tx.now, "decision_note": ""})
    else:
        refuse_case(tx, case.id, reason="nothing_left")
    return True


def _pay(tx: Tx, order: Row, case: Row) -> bool:
    return pay_without_waiting(tx, order, case, actor=SYSTEM, reason="deadline")


ENDS = {CaseState.AUDIT: _grant, CaseState.RETURNING: _pay}
