"""Bags that the order leaves without: nobody finds them, or they got too warm (floor rules 3, 5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from fulfil.contracts.fulfilment import GoodsQuarantined, LineQuantity
from fulfil.contracts.stage import Op, Outcome, TicketView
from fulfil.dispatch import service as dispatch
from fulfil.dispatch.queries import fulfilment_view
from fulfil.handoff import queries, rules
from fulfil.handoff.errors import BagLeftOut, ColdEnough
from fulfil.handoff.model import Handover, HandoverBag
from fulfil.handoff.service.bags import actor, listed
from fulfil.handoff.states import HANDOVER, BagCheck
from fulfil.kit import moves
from fulfil.kit.db import Tx

OVERRUN = "cold_overrun"


def refuse(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """A bag that got too warm is taken out: refunded, quarantined, and put back, which ends it as waste.

    The order leaves with the bags that remain; without any it is void. Raises UnknownBag, BagForeign,
    BagLeftOut, ColdEnough.
    """
    bag = listed(tx, ticket, payload["code"])
    if bag.state not in rules.HERE:
        raise BagLeftOut(f"The bag is {bag.state}.", bag=bag.code)
    seconds = dispatch.cold_seconds(tx, ticket.fulfilment_id, bag.temperature)
    limit = dispatch.cold_limit(tx, ticket.store_id, bag.temperature)
    if not rules.too_warm(seconds, limit):
        raise ColdEnough(bag=bag.code, seconds=seconds, limit=limit)
    goods = lines_in(tx, [bag])
    # Quarantined before they are reported: in between nobody may buy them.
    tx.publish(
        GoodsQuarantined(
            order_no=ticket.order_no,
            store_id=ticket.store_id,
            reason=OVERRUN,
            fulfilment_id=ticket.fulfilment_id,
            lines=tuple(goods),
        )
    )
    leave_out(tx, ticket, op, [bag], OVERRUN)
    dispatch.move_bag(tx, bag.bag_id, "return", actor=actor(op), reason=OVERRUN)
    dispatch.open_put_back(tx, ticket.fulfilment_id, goods)
    return end_if_empty(tx, ticket, op, OVERRUN)


def leave_out(tx: Tx, ticket: TicketView, op: Op, bags: Sequence[Row], reason: str) -> None:
    """What is in these bags becomes stock-out reports, and its money returns."""
    if not bags:
        return
    known = {line.line_no: line for line in fulfilment_view(tx, ticket.fulfilment_id).lines}
    for gone in lines_in(tx, bags):
        line = known[gone.line_no]
        reported = rules.to_report(line.quantity, line.picked, line.short + line.substituted, gone.quantity)
        dispatch.add_picked(tx, ticket.fulfilment_id, gone.line_no, -gone.quantity)
        if reported:
            dispatch.report_shortage(tx, ticket, gone.line_no, reported, reason, op.id)
    for bag in bags:
        tx.update(
            HandoverBag,
            {"handover_id": bag.handover_id, "bag_id": bag.bag_id},
            state=BagCheck.LEFT_OUT,
            at=tx.now,
            person_id=op.person_id,
        )


def lines_in(tx: Tx, bags: Sequence[Row]) -> list[LineQuantity]:
    """What is in these bags, summed by line."""
    sums: Counter[tuple[int, str]] = Counter()
    for inside in dispatch.bag_lines(tx, [bag.bag_id for bag in bags]):
        sums[inside.line_no, inside.sku] += inside.quantity
    return [LineQuantity(line_no, sku, quantity) for (line_no, sku), quantity in sorted(sums.items())]


def end_if_empty(tx: Tx, ticket: TicketView, op: Op, reason: str) -> Outcome:
    """When no bag is left, nothing will be delivered: the order is void, its fees go back, too.

    The op's answer then says `void`.
    """
    row = queries.handover(tx, ticket.id)
    if any(bag.state != BagCheck.LEFT_OUT for bag in queries.bags(tx, row.id)):
        return Outcome()
    moves.move(tx, Handover, HANDOVER, row, "cancel", actor=actor(op), reason=reason)
    dispatch.end_void(tx, ticket)
    return Outcome(done=True, detail={"void": True})
