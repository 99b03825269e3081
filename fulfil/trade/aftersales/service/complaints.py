"""Something is wrong with goods that were delivered: the complaint, its photos, an operator's word (F7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from fulfil.contracts.trade import Complained, ReturnApproved, ReturnLine
from fulfil.kit.db import Tx
from fulfil.kit.security import Principal
from fulfil.trade.aftersales import queries, rules
from fulfil.trade.aftersales.errors import (
    CaseDecided,
    ComplaintsTooMany,
    ComplaintTooLate,
    NotDeliveredYet,
    PhotosTooMany,
    UnknownCase,
    UnknownPhoto,
)
from fulfil.trade.aftersales.model import Case, CaseLine, CasePhoto, Refund
from fulfil.trade.aftersales.rules import Item
from fulfil.trade.aftersales.service.cases import move_case, open_case
from fulfil.trade.aftersales.service.photos import keep
from fulfil.trade.aftersales.service.refunds import ask_audit, give_back, move_refund, owe, send
from fulfil.trade.aftersales.service.telling import complaint_decided
from fulfil.trade.aftersales.states import CaseState, Kind
from fulfil.trade.orders import service as order_service
from fulfil.trade.orders.rules import complainable
from fulfil.trade.orders.states import OrderState

OVER = (OrderState.CLOSED, OrderState.CANCELLED, OrderState.EXPIRED)


def keep_photo(tx: Tx, order_no: int, body: bytes) -> int:
    """Keep a picture for a complaint about an order; its number.

    Raises NotDeliveredYet, ComplaintTooLate, PhotoTooLarge, NotAPhoto, PhotosTooMany.
    """
    order = _delivered(order_service.lock(tx, order_no))
    return keep(tx, order_no, order.store_id, body)


def complain(
    tx: Tx,
    who: Principal,
    order_no: int,
    lines: Sequence[Mapping[str, Any]],
    note: str,
    photos: Sequence[int],
) -> int:
    """Open a complaint about lines `{line_no, quantity, reason, wants}`; the case's number.

    Raises NotDeliveredYet, ComplaintTooLate, ComplaintsTooMany, LineUnknown, MoreThanLeft, PhotosTooMany,
    UnknownPhoto.
    """
    order = _delivered(order_service.lock(tx, order_no))
    asked = {line["line_no"]: line["quantity"] for line in lines}
    rules.check_left(
        queries.lines_of(tx, order_no), asked, queries.given(tx, order_no), queries.taken(tx, order_no)
    )
    before = queries.complaints_of(tx, order_no)
    if before >= rules.COMPLAINTS_OF_ORDER_MAX:
        raise ComplaintsTooMany(most=rules.COMPLAINTS_OF_ORDER_MAX)
    mine = sorted(set(photos))
    if len(mine) > rules.PHOTOS_OF_CASE_MAX:
        raise PhotosTooMany(most=rules.PHOTOS_OF_CASE_MAX)
    if queries.stray_photos(tx, order_no, mine) != mine:
        raise UnknownPhoto()
    reasons = ", ".join(dict.fromkeys(line["reason"] for line in lines))
    case_id = open_case(
        tx, order, Kind.COMPLAINT, f"complaint:{tx.number()}", reasons, actor=who.name, note=note
    )
    write_lines(tx, order, case_id, lines)
    for photo_id in mine:
        tx.update(CasePhoto, {"id": photo_id}, case_id=case_id)
    move_case(tx, case_id, "complain", actor=who.name)
    tx.publish(Complained(order_no=order_no, store_id=order.store_id, case_id=case_id, first=not before))
    tx.hint(f"board:{order.store_id}")
    tx.hint(f"track:{order_no}")
    return case_id


def refund_lines(
    tx: Tx, who: Principal, order_no: int, lines: Sequence[Mapping[str, Any]], reason: str, note: str
) -> int:
    """An operator gives lines `{line_no, quantity}` back of their own accord; the case's number.

    It is a complaint that is granted as it is brought, under the same limits: above the shop's a second
    person has to agree. Raises as `complain` does.
    """
    about = [{**line, "reason": reason, "wants": "refund"} for line in lines]
    case_id = complain(tx, who, order_no, about, note, ())
    decide(tx, who, case_id, "approve", {}, note)
    return case_id


def decide(tx: Tx, who: Principal, case_id: int, decision: str, part: Mapping[int, int], note: str) -> None:
    """An operator grants a complaint, a part of it, or refuses it; the same word again changes nothing.

    Goods that the customer wants to give back are fetched first, and refunded when they were inspected.
    Raises UnknownCase, CaseDecided, LineUnknown, MoreThanLeft, PartNeeded.
    """
    known = queries.case_seen(tx, case_id)
    if known is None or not who.sees(known.store_id):
        raise UnknownCase()
    order = order_service.lock(tx, known.order_no)
    case, lines = queries.case_row(tx, case_id), queries.case_lines(tx, case_id)
    approved = rules.granted(decision, {line.line_no: line.quantity for line in lines}, part)
    if case.state != CaseState.AUDIT:
        if case.decided_by == who.name and approved == {line.line_no: line.approved for line in lines}:
            return
        raise CaseDecided(state=case.state, decided_by=case.decided_by)
    rules.check_left(
        queries.lines_of(tx, order.id),
        approved,
        queries.given(tx, order.id),
        queries.taken(tx, order.id, but=case_id),
    )
    for line_no, quantity in approved.items():
        tx.update(CaseLine, {"case_id": case_id, "line_no": line_no}, approved=quantity)
    said = {"decided_by": who.name, "decided_at": tx.now, "decision_note": note}
    if decision == "refuse":
        move_case(tx, case_id, "refuse", actor=who.name, reason=note, **said)
        complaint_decided(tx, order, case_id, "refused")
    else:
        grant(tx, order, case_id, said)
    tx.hint(f"board:{order.store_id}")
    tx.hint(f"track:{order.id}")


def go_on(tx: Tx, order: Row, case_id: int, *, actor: str) -> None:
    """What was granted goes back; goods that the customer wants to give back are fetched first."""
    complaint_decided(tx, order, case_id, "granted")
    back = tuple(ReturnLine(line.line_no, line.approved) for line in to_fetch(tx, case_id))
    if not back:
        refund_case(tx, order, case_id)
        return
    move_case(tx, case_id, "fetch", actor=actor)
    tx.publish(ReturnApproved(order_no=order.id, store_id=order.store_id, case_id=case_id, lines=back))


def refund_case(tx: Tx, order: Row, case_id: int, *, event: str = "request", **answer: str) -> None:
    """Give back what was granted of a case, as the refund that two people agreed to, if they had to.

    What was estimated when they were asked is now written to the cent.
    """
    case, items = queries.case_row(tx, case_id), items_of(tx, order, case_id)
    if case.refund_id is None:
        give_back(tx, order, case_id, items, case.reason)
        return
    tx.update(Refund, {"id": case.refund_id}, amount=0)
    owe(tx, queries.refund_row(tx, case.refund_id), case_id, items)
    send(tx, queries.refund_row(tx, case.refund_id), case.reason, event=event, **answer)


def refuse_case(tx: Tx, case_id: int, **why: str) -> None:
    """Nothing goes back for a case, whoever had agreed to it."""
    case = queries.case_row(tx, case_id)
    if case.refund_id is not None:
        move_refund(tx, queries.refund_row(tx, case.refund_id), "drop")
    move_case(tx, case_id, "refuse", **why)
    if case.kind == Kind.COMPLAINT:
        complaint_decided(tx, order_service.lock(tx, case.order_no), case_id, "refused")


def to_fetch(tx: Tx, case_id: int) -> list[Row]:
    """Lines of a case whose goods come back, as far as that was granted."""
    return [line for line in queries.case_lines(tx, case_id) if line.wants == "return" and line.approved]


def items_of(tx: Tx, order: Row, case_id: int) -> list[Item]:
    """The shares of what was granted of a case: of goods that come back, what reached the counter."""
    known = {line.line_no: line for line in queries.lines_of(tx, order.id)}
    given = queries.given(tx, order.id)
    found = [
        rules.shortage(known[line.line_no], line.returned if line.wants == "return" else line.approved, given)
        for line in queries.case_lines(tx, case_id)
    ]
    return [item for item in found if item.quantity]


def write_lines(tx: Tx, order: Row, case_id: int, lines: Sequence[Mapping[str, Any]]) -> None:
    """Write what a case is about: `{line_no, quantity, reason, wants, approved?}`."""
    tx.insert_many(
        CaseLine,
        [
            {
                "case_id": case_id,
                "line_no": line["line_no"],
                "store_id": order.store_id,
                "order_no": order.id,
                "quantity": line["quantity"],
                "reason": line["reason"],
                "wants": line["wants"],
                "approved": line.get("approved"),
                "returned": 0,
                "inspected": 0,
                "put_back_ticket": None,
            }
            for line in lines
        ],
    )


def grant(tx: Tx, order: Row, case_id: int, said: Mapping[str, Any]) -> None:
    """Let a complaint's money go; above the shop's limit a second person has to agree first, also to goods
    being fetched for it.
    """
    tx.update(Case, {"id": case_id}, **said)
    approved = {line.line_no: line.approved for line in queries.case_lines(tx, case_id)}
    if not queries.above_limit(tx, queries.case_row(tx, case_id), approved, but=case_id):
        go_on(tx, order, case_id, actor=said["decided_by"])
        return
    ask_audit(
        tx,
        order,
        case_id,
        queries.worth(tx, order.id, approved),
        asked_by=said["decided_by"],
        asked_note=said["decision_note"],
    )
    move_case(tx, case_id, "approve", actor=said["decided_by"])


def _delivered(order: Row) -> Row:
    """The order, if its time for complaints runs. Raises NotDeliveredYet, ComplaintTooLate."""
    if order.state in OVER:
        raise ComplaintTooLate(state=order.state)
    if not complainable(order.state):
        raise NotDeliveredYet(state=order.state, delivery_state=order.delivery_state)
    return order
