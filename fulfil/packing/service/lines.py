"""Lines go from totes into bags; what is missing is reported, what is too much goes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Row

from fulfil.contracts.fulfilment import GoodsQuarantined, LineQuantity, ToteSeen
from fulfil.contracts.stage import Op, Outcome, TicketView
from fulfil.dispatch import service as dispatch
from fulfil.dispatch.queries import fulfilment_view
from fulfil.kit import moves
from fulfil.kit.db import Tx
from fulfil.packing import queries, rules
from fulfil.packing.errors import (
    BagForeign,
    BagNotOpen,
    LineUnknown,
    NotPacked,
    ToteEmpty,
    ToteOfOtherOrder,
    WrongTemperature,
)
from fulfil.packing.model import PackLine
from fulfil.packing.states import PACK_LINE

AMBIENT = "ambient"


def tote(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """A tote stands before the packer. Raises UnknownTote, ToteEmpty, ToteOfOtherOrder (saying whose)."""
    row = dispatch.tote(tx, ticket.store_id, payload["code"])
    if row.fulfilment_id is None:
        raise ToteEmpty(tote=row.code)
    if row.fulfilment_id != ticket.fulfilment_id:
        raise ToteOfOtherOrder(row.code, row.order_no)
    if row.zone != AMBIENT:
        dispatch.cold_out(tx, ticket.fulfilment_id, row.zone)
    tx.publish(ToteSeen(store_id=ticket.store_id, code=row.code))
    return Outcome(detail={"tote": row.code, "zone": row.zone})


def pack(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """Put some of a line into a bag; without one the open bag of its temperature, a new one if there is none.

    Raises LineUnknown, LineClosed, OverPack, BagForeign, BagNotOpen, WrongTemperature.
    """
    line = _line(tx, ticket, payload["line"])
    packed = rules.packed_after(queries.amounts(line), payload["quantity"])
    bag = _bag_for(tx, ticket, op, line, payload.get("bag"))
    if line.zone != AMBIENT:
        dispatch.cold_out(tx, ticket.fulfilment_id, line.zone)
    dispatch.pack_into(tx, bag.id, line.line_no, payload["quantity"])
    _change(tx, line, op, packed=packed)
    _empty_totes(tx, ticket, line.zone)
    return Outcome(detail={"bag": bag.code})


def unpack(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """Take some of a line out of a bag, which is open again then.

    Raises LineUnknown, NotPacked, BagForeign.
    """
    line = _line(tx, ticket, payload["line"])
    quantity = payload["quantity"]
    packed = rules.packed_before(queries.amounts(line), quantity)
    bag = _bag_holding(tx, ticket, line, quantity, payload.get("bag"))
    if bag.state == "closed":
        dispatch.move_bag(tx, bag.id, "reopen", actor=actor(op))
    dispatch.pack_into(tx, bag.id, line.line_no, -quantity)
    _change(tx, line, op, packed=packed)
    return Outcome(detail={"bag": bag.code})


def short(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """What the totes should hold and don't, or what can't be sold (F6).

    Raises LineUnknown, MoreThanMissing.
    """
    line = _line(tx, ticket, payload["line"])
    quantity = rules.missing_quantity(queries.amounts(line), payload.get("quantity"))
    ordered = next(
        known for known in fulfilment_view(tx, ticket.fulfilment_id).lines if known.line_no == line.line_no
    )
    reported = rules.to_report(
        ordered.quantity, ordered.picked, ordered.short + ordered.substituted, quantity
    )
    dispatch.add_picked(tx, ticket.fulfilment_id, line.line_no, -quantity)
    if reported:
        dispatch.report_shortage(tx, ticket, line.line_no, reported, payload.get("reason", "missing"), op.id)
    _change(tx, line, op, short=line.short + quantity)
    _empty_totes(tx, ticket, line.zone)
    return Outcome()


def surplus(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """More of an item than the books say: unsellable until a put-back ticket decides (floor rule 14)."""
    line = _line(tx, ticket, payload["line"])
    goods = (LineQuantity(line.line_no, line.sku, payload["quantity"]),)
    tx.publish(
        GoodsQuarantined(
            order_no=ticket.order_no,
            store_id=ticket.store_id,
            reason="surplus",
            fulfilment_id=ticket.fulfilment_id,
            lines=goods,
        )
    )
    dispatch.open_put_back(tx, ticket.fulfilment_id, goods)
    return Outcome()


def actor(op: Op) -> str:
    """Who did it, as history names people."""
    return f"staff:{op.person_id}"


def _line(tx: Tx, ticket: TicketView, line_id: int) -> Row:
    line = queries.pack_line(tx, ticket.id, line_id)
    if line is None:
        raise LineUnknown()
    return line


def _bag_for(tx: Tx, ticket: TicketView, op: Op, line: Row, code: str | None) -> Row:
    if code is not None:
        bag = own_bag(tx, ticket, code)
        if bag.state != "open":
            raise BagNotOpen(bag=bag.code)
        if bag.temperature != line.zone:
            raise WrongTemperature(temperature=bag.temperature, zone=line.zone)
        return bag
    fitting = [
        bag
        for bag in dispatch.bags_of(tx, ticket.fulfilment_id)
        if bag.state == "open" and bag.temperature == line.zone
    ]
    return fitting[-1] if fitting else dispatch.new_bag(tx, ticket.fulfilment_id, line.zone, actor=actor(op))


def _bag_holding(tx: Tx, ticket: TicketView, line: Row, quantity: int, code: str | None) -> Row:
    bags = {bag.id: bag for bag in dispatch.bags_of(tx, ticket.fulfilment_id)}
    if code is not None:
        bag = own_bag(tx, ticket, code)
        bags = {bag.id: bag}
    holding = [
        row.bag_id
        for row in dispatch.bag_lines(tx, bags)
        if row.line_no == line.line_no and row.quantity >= quantity
    ]
    if not holding:
        raise NotPacked("No bag holds that much of the line.")
    return bags[holding[-1]]


def own_bag(tx: Tx, ticket: TicketView, code: str) -> Row:
    """A bag of this order. Raises UnknownBag, BagForeign."""
    bag = dispatch.bag(tx, ticket.store_id, code)
    if bag.fulfilment_id != ticket.fulfilment_id:
        raise BagForeign(bag=bag.code, order_no=str(bag.order_no))
    return bag


def _change(tx: Tx, line: Row, op: Op, **changes: int) -> None:
    """Write the amounts of a line, and move its state where they ask for it."""
    event = rules.state_event(replace(queries.amounts(line), **changes))
    if event is None:
        tx.update(PackLine, {"id": line.id}, **changes)
        return
    moves.move(
        tx, PackLine, PACK_LINE, line, event, actor=actor(op), detail={"sku": line.sku, **changes}, **changes
    )


def _empty_totes(tx: Tx, ticket: TicketView, zone: str) -> None:
    """When a zone's last line is resolved its totes are empty, except what is in quarantine."""
    if queries.open_lines(tx, ticket.id, zone):
        return
    for tote_row in dispatch.totes_of(tx, ticket.fulfilment_id, zone):
        if not tote_row.quarantine:
            dispatch.empty_tote(tx, ticket.store_id, tote_row.code)
