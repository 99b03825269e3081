"""Two people for money: large refunds, and money that goes back by other means (floor rule 9)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Row

from fulfil.kit.db import Tx
from fulfil.kit.security import Principal
from fulfil.trade.aftersales import queries, rules
from fulfil.trade.aftersales.errors import RefundNotWaiting, SamePerson, UnknownRefund
from fulfil.trade.aftersales.service.cases import move_case
from fulfil.trade.aftersales.service.complaints import go_on, refund_case, to_fetch
from fulfil.trade.aftersales.service.refunds import end_cases, move_refund, tell_refunded
from fulfil.trade.aftersales.service.telling import complaint_decided
from fulfil.trade.aftersales.states import REFUND, RefundState
from fulfil.trade.orders import service as order_service

OPEN = (RefundState.FAILED, RefundState.PAID_TWICE)
ASKED = (RefundState.AUDIT, RefundState.OTHER_MEANS)
LAPSED_AT_ONCE_MAX = 50


def other_means(tx: Tx, who: Principal, refund_id: int, reference: str, note: str) -> None:
    """Say how money goes back that the channel would not carry; somebody else has to agree.

    Of money that came back twice it says how that was put right. The same again changes nothing. Raises
    UnknownRefund, RefundNotWaiting.
    """
    refund, _ = _waiting(tx, who, refund_id)
    said = {"reference": reference, "asked_note": note}
    if refund.asked_by == who.name and refund.reference == reference and refund.state not in OPEN:
        return
    if refund.state == RefundState.PAID_TWICE:
        event = rules.resolved(refund.amount, refund.settled)
        move_refund(tx, refund, event, actor=who.name, asked_by=who.name, **said)
    elif refund.state == RefundState.FAILED:
        move_refund(tx, refund, "propose", actor=who.name, asked_by=who.name, answered_by=None, **said)
    else:
        raise RefundNotWaiting(state=refund.state)
    tx.hint(f"board:{refund.store_id}")


def audit(tx: Tx, who: Principal, refund_id: int, approve: bool, note: str) -> None:
    """The second person agrees to a refund, or does not. The same answer again changes nothing.

    Goods that come back are fetched only then. Raises UnknownRefund, RefundNotWaiting, SamePerson.
    """
    refund, order = _waiting(tx, who, refund_id)
    if refund.state not in ASKED:
        if refund.answered_by == who.name and queries.agreed(tx, refund) == approve:
            return
        raise RefundNotWaiting(state=refund.state)
    if refund.asked_by == who.name:
        raise SamePerson()
    answer = {"actor": who.name, "answered_by": who.name, "answer_note": note}
    if refund.state == RefundState.OTHER_MEANS:
        _settle(tx, order, refund, approve, answer)
    elif approve:
        _agree(tx, order, refund, answer)
    else:
        move_refund(tx, refund, "refuse", **answer)
        # The customer reads why not, instead of what the first person had granted it with.
        move_case(
            tx,
            refund.case_id,
            "refuse",
            actor=who.name,
            reason=note,
            decided_by=who.name,
            decided_at=tx.now,
            decision_note=note,
        )
        complaint_decided(tx, order, refund.case_id, "refused")
    tx.hint(f"board:{refund.store_id}")
    tx.hint(f"track:{order.id}")


def lapse(tx: Tx) -> None:
    """Sweep: what nobody claimed for years is owed no more, so that its order can go to the archive."""
    before = tx.now - timedelta(days=tx.kit.config.debt_days)
    for known in queries.failed_before(tx, before, LAPSED_AT_ONCE_MAX):
        order_service.lock(tx, known.order_no)
        refund = queries.refund_row(tx, known.id)
        if REFUND.allows(refund.state, "lapse"):
            move_refund(tx, refund, "lapse")
            end_cases(tx, refund, "close")


def _waiting(tx: Tx, who: Principal, refund_id: int) -> tuple[Row, Row]:
    """The refund, locked after its order, and the order. Raises UnknownRefund, also for other shops'."""
    known = queries.refund_seen(tx, refund_id)
    if known is None or not who.sees(known.store_id):
        raise UnknownRefund()
    order = order_service.lock(tx, known.order_no)
    return queries.refund_row(tx, refund_id), order


def _settle(tx: Tx, order: Row, refund: Row, approve: bool, answer: dict[str, str]) -> None:
    if not approve:
        move_refund(tx, refund, "refuse", **answer, asked_by=None, reference=None)
        return
    move_refund(tx, refund, "approve", **answer)
    end_cases(tx, refund, "close")
    tell_refunded(tx, order, refund, 0)


def _agree(tx: Tx, order: Row, refund: Row, answer: dict[str, str]) -> None:
    """The money goes, or is agreed to until the goods that it is for are back."""
    if not to_fetch(tx, refund.case_id):
        refund_case(tx, order, refund.case_id, event="approve", **answer)
        return
    move_refund(tx, refund, "agree", **answer)
    go_on(tx, order, refund.case_id, actor=answer["actor"])
