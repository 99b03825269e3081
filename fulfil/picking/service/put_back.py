"""Put-back (归位): goods in quarantine end on the shelf or written off, line by line (floor rule 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fulfil.contracts.fulfilment import GoodsPutBack, LineQuantity
from fulfil.contracts.stage import FulfilmentView, Op, Outcome, TicketView
from fulfil.dispatch import service as dispatch
from fulfil.dispatch.queries import fulfilment_view
from fulfil.dispatch.states import BAG
from fulfil.kit import moves
from fulfil.kit.db import Tx
from fulfil.picking import queries, rules
from fulfil.picking.errors import ColdOverrun, LinesOpen, LineUnknown
from fulfil.picking.model import PutBackLine
from fulfil.picking.service.lines import actor
from fulfil.picking.service.tickets import insert_list, walk
from fulfil.picking.states import PUT_BACK_LINE


def open_put_back(
    tx: Tx, ticket: TicketView, goods: Sequence[LineQuantity], fulfilment: FulfilmentView
) -> None:
    """Write the lines to put back, in walk order."""
    insert_list(tx, ticket)
    known = {line.line_no: line for line in fulfilment.lines}
    walked = walk(tx, ticket.store_id, (known[g.line_no].location for g in goods))
    in_turn = sorted(goods, key=lambda g: (walked[known[g.line_no].location], g.line_no))
    rows = [
        {
            "id": tx.number(),
            "store_id": ticket.store_id,
            "ticket_id": ticket.id,
            "fulfilment_id": ticket.fulfilment_id,
            "order_no": ticket.order_no,
            "line_no": item.line_no,
            "position": position,
            "sku": item.sku,
            "location": known[item.line_no].location,
            "quantity": item.quantity,
            "unit": known[item.line_no].unit,
            "restocked": 0,
            "wasted": 0,
            "state": PUT_BACK_LINE.initial,
            "version": 1,
        }
        for position, item in enumerate(in_turn, start=1)
    ]
    tx.insert_many(PutBackLine, rows)
    moves.begin_many(
        tx,
        PutBackLine,
        PUT_BACK_LINE,
        [row["id"] for row in rows],
        store_id=ticket.store_id,
        order_no=ticket.order_no,
    )


def put_back(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """Some of a line is back on the shelf, or waste.

    Raises LineUnknown, LineClosed, MoreThanMissing, ColdOverrun.
    """
    line = queries.put_back_line(tx, ticket.id, payload["line"])
    if line is None:
        raise LineUnknown()
    quantity, outcome = payload["quantity"], payload["outcome"]
    left = rules.left_to_put_back(line.state, line.quantity, line.restocked + line.wasted, quantity)
    if outcome == "restock" and _too_warm(tx, ticket):
        raise ColdOverrun()
    column = "restocked" if outcome == "restock" else "wasted"
    amounts = {column: getattr(line, column) + quantity}
    if left:
        tx.update(PutBackLine, {"id": line.id}, **amounts)
    else:
        moves.move(
            tx,
            PutBackLine,
            PUT_BACK_LINE,
            line,
            "decide",
            actor=actor(op),
            detail={"sku": line.sku, "outcome": outcome},
            **amounts,
        )
    tx.publish(
        GoodsPutBack(
            order_no=line.order_no,
            store_id=line.store_id,
            ticket_id=ticket.id,
            line_no=line.line_no,
            sku=line.sku,
            quantity=quantity,
            outcome=outcome,
        )
    )
    return Outcome()


def put_back_complete(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """Every line has ended: what held the goods is empty, bags of a stopped order are back.

    Raises LinesOpen.
    """
    left = queries.put_back_open(tx, ticket.id)
    if left:
        raise LinesOpen(lines=left)
    for tote in dispatch.totes_of(tx, ticket.fulfilment_id, ticket.zone):
        if tote.quarantine:
            dispatch.empty_tote(tx, ticket.store_id, tote.code)
    if fulfilment_view(tx, ticket.fulfilment_id).state in rules.STOPPED:
        for bag in dispatch.bags_of(tx, ticket.fulfilment_id):
            if bag.temperature == ticket.zone and BAG.allows(bag.state, "return"):
                dispatch.move_bag(tx, bag.id, "return", actor=actor(op))
    return Outcome(done=True)


def _too_warm(tx: Tx, ticket: TicketView) -> bool:
    """Whether the goods were out of the cold for too long: then they are waste (floor rules 3, 8)."""
    limit = dispatch.cold_limit(tx, ticket.store_id, ticket.zone)
    return limit is not None and dispatch.cold_seconds(tx, ticket.fulfilment_id, ticket.zone) > limit
