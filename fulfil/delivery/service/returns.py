"""Goods come back with a rider: bags refused at the door, or what an operator granted (floor rule 4, F7).

A return is a ticket of its own, because the order that it is of has ended. At the counter its goods go into
quarantine, and a put-back ticket inspects them line by line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from fulfil.contracts.fulfilment import (
    BroughtLine,
    GoodsBrought,
    GoodsQuarantined,
    GoodsRefused,
    LineQuantity,
    RefusedLine,
)
from fulfil.contracts.stage import Op, Outcome, TicketSpec, TicketView
from fulfil.contracts.trade import ReturnApproved, ReturnCalledOff
from fulfil.delivery import queries, rules
from fulfil.delivery.errors import BagUnknown, NothingLeftToDeliver, NotPickedUp
from fulfil.delivery.model import Delivery, Return, ReturnRow
from fulfil.delivery.rules import ON_THE_WAY
from fulfil.delivery.states import RETURN
from fulfil.dispatch import queries as dispatched
from fulfil.dispatch import service as dispatch
from fulfil.dispatch.rules import RETURN as KIND
from fulfil.dispatch.service import offers, tickets
from fulfil.kit import moves
from fulfil.kit.db import Tx


def fetch(tx: Tx, approved: ReturnApproved) -> None:
    """An operator granted a complaint: open the ticket for a rider. A repeat changes nothing."""
    fulfilment = dispatched.fulfilment_of_order(tx, approved.order_no, lock=True)
    if queries.return_of_case(tx, approved.case_id) is not None:
        return
    known = {line.line_no: line for line in dispatched.lines(tx, fulfilment.id)}
    goods = [LineQuantity(line.line_no, known[line.line_no].sku, line.quantity) for line in approved.lines]
    _open(tx, fulfilment.id, goods, reason="complaint", case_id=approved.case_id)


def call_off(tx: Tx, said: ReturnCalledOff) -> None:
    """Nobody shall fetch these goods any more. Whoever has them already, brings them."""
    dispatched.fulfilment_of_order(tx, said.order_no, lock=True)
    row = queries.return_of_case(tx, said.case_id)
    if row is not None and RETURN.allows(row.state, "fail"):
        dispatch.end_ticket(tx, row.ticket_id, reason="cancelled")


def refuse(tx: Tx, ticket: TicketView, payload: Mapping[str, Any]) -> Outcome:
    """The customer does not take these bags; the others are delivered by `deliver`. The last word counts.

    Raises NotPickedUp, BagUnknown, NothingLeftToDeliver when no bag would be left.
    """
    row = queries.delivery(tx, ticket.id)
    if row.state not in ON_THE_WAY:
        raise NotPickedUp()
    released = {bag.code: bag for bag in dispatch.bags_of(tx, row.fulfilment_id) if bag.state == "released"}
    codes = sorted({code.strip().upper() for code in payload["bags"]})
    if not set(codes) <= released.keys():
        raise BagUnknown(bags=sorted(set(codes) - released.keys()))
    if len(codes) == len(released):
        raise NothingLeftToDeliver()
    said = {"bags": codes, "reason": payload["reason"]} if codes else None
    tx.update(Delivery, {"id": row.id}, refused=said)
    tickets.changed(tx, row.store_id, row.order_no)
    return Outcome()


def bring_back(tx: Tx, ticket: TicketView, row: Row) -> None:
    """The order was delivered but for the refused bags: the same rider has them and brings them back."""
    bags = [bag for bag in dispatch.bags_of(tx, row.fulfilment_id) if bag.code in row.refused["bags"]]
    goods = queries.goods_in(tx, [bag.id for bag in bags])
    if not goods:
        return
    opened = _open(tx, row.fulfilment_id, goods, reason=row.refused["reason"], case_id=None)
    if ticket.assignee_id is not None:
        held = offers.assign(
            tx, dispatched.ticket_row(tx, opened.id, lock=True), ticket.assignee_id, actor="system"
        )
        tickets.move(tx, held, "begin")
    made = queries.return_of_ticket(tx, opened.id)
    _collected(tx, made, {line.line_no: line.quantity for line in goods}, actor="system")
    tx.publish(
        GoodsRefused(
            order_no=row.order_no,
            store_id=row.store_id,
            return_id=made.id,
            reason=made.reason,
            fees_back=not rules.customers_fault(made.reason),
            lines=tuple(RefusedLine(line.line_no, line.quantity) for line in goods),
        )
    )
    tickets.show(tx, dispatched.ticket_row(tx, opened.id))


def open_return(tx: Tx, ticket: TicketView, detail: Mapping[str, Any]) -> None:
    """Write the return document and its lines."""
    return_id = tx.number()
    tx.insert(
        Return,
        id=return_id,
        store_id=ticket.store_id,
        ticket_id=ticket.id,
        fulfilment_id=ticket.fulfilment_id,
        order_no=ticket.order_no,
        case_id=detail["case_id"],
        reason=detail["reason"],
        state=RETURN.initial,
        version=1,
    )
    moves.begin(tx, Return, RETURN, return_id, store_id=ticket.store_id, order_no=ticket.order_no)
    tx.insert_many(
        ReturnRow,
        [
            {
                "return_id": return_id,
                "line_no": line.line_no,
                "store_id": ticket.store_id,
                "sku": line.sku,
                "quantity": line.quantity,
                "collected": 0,
            }
            for line in detail["goods"]
        ],
    )


def collect(tx: Tx, ticket: TicketView, payload: Mapping[str, Any], actor: str) -> Outcome:
    """The rider has the goods: all, or so much of each line. With nothing at all the return is over."""
    row = queries.return_of_ticket(tx, ticket.id)
    lines = queries.return_lines(tx, row.id)
    said = {line["line"]: line["quantity"] for line in payload["lines"]} if "lines" in payload else None
    amounts = rules.collected({line.line_no: line.quantity for line in lines}, said)
    if any(amounts.values()):
        _collected(tx, row, amounts, actor=actor)
        return Outcome()
    _move(tx, row, "fail", actor=actor, reason=payload.get("reason", "other"))
    _tell(tx, row, ())
    return Outcome(done=True)


def bring(tx: Tx, ticket: TicketView, _payload: Mapping[str, Any], actor: str) -> Outcome:
    """The goods are at the counter: in quarantine, to be inspected by a put-back ticket."""
    row = queries.return_of_ticket(tx, ticket.id)
    _move(tx, row, "bring", actor=actor)
    goods = tuple(
        LineQuantity(line.line_no, line.sku, line.collected)
        for line in queries.return_lines(tx, row.id)
        if line.collected
    )
    tx.publish(
        GoodsQuarantined(
            order_no=row.order_no,
            store_id=row.store_id,
            reason="returned",
            fulfilment_id=row.fulfilment_id,
            lines=goods,
        )
    )
    _tell(tx, row, dispatch.open_put_back(tx, row.fulfilment_id, goods))
    return Outcome(done=True)


EFFECTS = {"collect": collect, "bring": bring}


def apply_return(tx: Tx, ticket: TicketView, op: Op) -> Outcome:
    """An op on a return ticket. Raises IllegalMove for one that cannot come now, MoreThanApproved."""
    return EFFECTS[op.type](tx, ticket, op.payload, f"staff:{op.person_id}" if op.person_id else "carrier:0")


def cancel_return(tx: Tx, ticket: TicketView) -> None:
    """Nobody fetches the goods any more: the return is over, with nothing."""
    row = queries.return_of_ticket(tx, ticket.id)
    if RETURN.allows(row.state, "fail"):
        _move(tx, row, "fail", actor="system")
        _tell(tx, row, ())


def _open(
    tx: Tx, fulfilment_id: int, goods: Sequence[LineQuantity], *, reason: str, case_id: int | None
) -> TicketView:
    return tickets.open_ticket(
        tx,
        fulfilment_id,
        "delivery",
        TicketSpec(
            zone="all",
            part=1,
            lines=len(goods),
            grams=0,
            kind=KIND,
            detail={"goods": tuple(goods), "reason": reason, "case_id": case_id},
        ),
    )


def _collected(tx: Tx, row: Row, amounts: Mapping[int, int], *, actor: str) -> None:
    for line_no, quantity in amounts.items():
        tx.update(ReturnRow, {"return_id": row.id, "line_no": line_no}, collected=quantity)
    _move(tx, row, "collect", actor=actor)


def _tell(tx: Tx, row: Row, put_back: Sequence[tuple[int, LineQuantity]]) -> None:
    came = {line.line_no: (ticket_id, line.quantity) for ticket_id, line in put_back}
    tx.publish(
        GoodsBrought(
            order_no=row.order_no,
            store_id=row.store_id,
            return_id=row.id,
            case_id=row.case_id,
            lines=tuple(
                BroughtLine(
                    line.line_no, came.get(line.line_no, (None, 0))[1], came.get(line.line_no, (None, 0))[0]
                )
                for line in queries.return_lines(tx, row.id)
            ),
        )
    )


def _move(tx: Tx, row: Row, event: str, *, actor: str, reason: str = "") -> None:
    moves.move(tx, Return, RETURN, row, event, actor=actor, reason=reason)
    tickets.changed(tx, row.store_id, row.order_no)
