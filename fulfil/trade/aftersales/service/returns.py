"""Goods that come back: refused at the door, or granted after a complaint (F7, floor rule 4)."""

from __future__ import annotations

from sqlalchemy import Row

from fulfil.contracts.fulfilment import GoodsBrought, GoodsPutBack, GoodsRefused
from fulfil.contracts.trade import ReturnCalledOff
from fulfil.kit.db import Tx
from fulfil.kit.moves import record
from fulfil.kit.security import Principal
from fulfil.trade.aftersales import queries, rules
from fulfil.trade.aftersales.errors import GoodsAreBack, InspectFirst, NotReturning, UnknownCase
from fulfil.trade.aftersales.model import Case, CaseLine
from fulfil.trade.aftersales.rules import Given, Item
from fulfil.trade.aftersales.service.cases import move_case, open_case
from fulfil.trade.aftersales.service.complaints import items_of, refund_case, refuse_case, write_lines
from fulfil.trade.aftersales.service.refunds import give_back
from fulfil.trade.aftersales.service.telling import tell
from fulfil.trade.aftersales.states import CaseState, Kind
from fulfil.trade.orders import service as order_service


def refused(tx: Tx, event: GoodsRefused) -> None:
    """Goods that were not taken are refunded once they were inspected, the fees that go back at once."""
    order = order_service.lock(tx, event.order_no)
    source_ref = f"refused:{event.return_id}"
    if queries.known(tx, source_ref):
        return
    case_id = open_case(tx, order, Kind.REFUSED, source_ref, event.reason)
    known = {line.line_no: line for line in queries.lines_of(tx, order.id)}
    given = queries.given(tx, order.id)
    write_lines(
        tx,
        order,
        case_id,
        [
            {
                "line_no": line.line_no,
                "quantity": line.quantity,
                "reason": event.reason,
                "wants": "return",
                "approved": min(line.quantity, given.left(known[line.line_no])),
            }
            for line in event.lines
        ],
    )
    move_case(tx, case_id, "fetch")
    fees = [Item(part, rules.NO_LINE, 0, fee) for part, fee in _fees(order, given, event.fees_back).items()]
    if fees:
        fees_case = open_case(tx, order, Kind.REFUSED, f"{source_ref}:fees", event.reason)
        give_back(tx, order, fees_case, fees, event.reason)


def brought(tx: Tx, event: GoodsBrought) -> None:
    """The goods are at the counter: what came of them is what can be refunded once it was inspected."""
    order = order_service.lock(tx, event.order_no)
    case_id = event.case_id or queries.case_of(tx, f"refused:{event.return_id}")
    case = queries.case_row(tx, case_id)
    if case.state != CaseState.RETURNING:
        return
    lines = {line.line_no: line for line in queries.case_lines(tx, case_id)}
    for came in event.lines:
        tx.update(
            CaseLine,
            {"case_id": case_id, "line_no": came.line_no},
            put_back_ticket=came.ticket_id,
            returned=min(came.quantity, lines[came.line_no].approved),
        )
    if any(came.quantity for came in event.lines):
        tell(tx, order, "return_received", f"return:{event.return_id}")
    if items_of(tx, order, case_id):
        _end_when_inspected(tx, case_id)
    else:
        refuse_case(tx, case_id, reason="nothing_came")
    tx.hint(f"board:{order.store_id}")
    tx.hint(f"track:{order.id}")


def inspected(tx: Tx, event: GoodsPutBack) -> None:
    """Some of it is back on its shelf, or written off; when all of a case is, its money goes back."""
    known = queries.inspected_on(tx, event.ticket_id, event.line_no)
    if known is None:
        return
    order_service.lock(tx, event.order_no)
    line = queries.inspected_on(tx, event.ticket_id, event.line_no)
    done = min(line.returned, line.inspected + event.quantity)
    tx.update(CaseLine, {"case_id": line.case_id, "line_no": line.line_no}, inspected=done)
    _end_when_inspected(tx, line.case_id)


def call_off(tx: Tx, who: Principal, case_id: int, reason: str, *, refund: bool) -> None:
    """Nobody shall fetch the goods of a complaint any more: its money goes without them, or it is refused.

    What a rider has already comes back in any case; then a refusal counts for nothing, and the money goes
    when the goods were inspected. Raises UnknownCase, NotReturning, GoodsAreBack when the shop has them,
    InspectFirst for more money than one person may give back, if no second one agreed to it.
    """
    known = queries.case_seen(tx, case_id)
    if known is None or not who.sees(known.store_id):
        raise UnknownCase()
    order = order_service.lock(tx, known.order_no)
    case = queries.case_row(tx, case_id)
    if case.state != CaseState.RETURNING:
        raise NotReturning(state=case.state)
    if not refund and (case.kind != Kind.COMPLAINT or queries.at_counter(tx, case_id)):
        raise GoodsAreBack()
    if refund and not pay_without_waiting(tx, order, case, actor=who.name, reason=reason):
        raise InspectFirst()
    if not refund:
        _tell_floor(tx, case, actor=who.name, reason=reason)
        tx.update(Case, {"id": case_id}, decision_note=reason)
    tx.hint(f"board:{order.store_id}")
    tx.hint(f"track:{order.id}")


def pay_without_waiting(tx: Tx, order: Row, case: Row, *, actor: str, reason: str) -> bool:
    """The money of a case goes though its goods were not inspected, or never fetched.

    False, and nothing is changed, where two people have to agree to so much and did not.
    """
    if queries.needs_second(tx, case):
        return False
    if not queries.at_counter(tx, case.id):
        tx.update(CaseLine, {"case_id": case.id}, wants="refund")
    _tell_floor(tx, case, actor=actor, reason=reason)
    refund_case(tx, order, case.id)
    return True


def _tell_floor(tx: Tx, case: Row, *, actor: str, reason: str) -> None:
    record(
        tx,
        store_id=case.store_id,
        order_no=case.order_no,
        entity=Case.__tablename__,
        entity_id=case.id,
        event="call_off",
        actor=actor,
        reason=reason,
    )
    if case.kind == Kind.COMPLAINT and not queries.at_counter(tx, case.id):
        tx.publish(
            ReturnCalledOff(order_no=case.order_no, store_id=case.store_id, case_id=case.id, reason=reason)
        )


def _end_when_inspected(tx: Tx, case_id: int) -> None:
    case = queries.case_row(tx, case_id)
    waits = any(line.inspected < line.returned for line in queries.case_lines(tx, case_id))
    if case.state == CaseState.RETURNING and not waits:
        refund_case(tx, order_service.lock(tx, case.order_no), case_id)


def _fees(order, given: Given, fees_back: bool) -> dict[str, int]:
    """What is left of the order's fees, where they go back."""
    fees = rules.refundable_fees(fees_back, order.delivery, order.bags)
    left = {part: fee - given.fees.get(part, 0) for part, fee in fees.items()}
    return {part: fee for part, fee in left.items() if fee > 0}
