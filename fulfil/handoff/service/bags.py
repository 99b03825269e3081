"""Bags at the counter: scanned one by one, searched for, or brought back to their shelves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from fulfil.contracts.stage import Op, Outcome, TicketView
from fulfil.dispatch import service as dispatch
from fulfil.handoff import queries, rules
from fulfil.handoff.errors import BagForeign, BagLeftOut, BagScannedAlready, CodeUnknown
from fulfil.handoff.model import Handover, HandoverBag
from fulfil.handoff.service.arrivals import rider_came
from fulfil.handoff.states import BagCheck
from fulfil.kit import moves
from fulfil.kit.db import Tx

AMBIENT = "ambient"


def bag_scan(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """A bag is on the counter.

    Raises UnknownBag, BagForeign (saying whose), BagScannedAlready, BagLeftOut.
    """
    bag = listed(tx, ticket, payload["code"])
    if bag.state == BagCheck.LEFT_OUT:
        raise BagLeftOut(bag=bag.code)
    if bag.state == BagCheck.SCANNED:
        raise BagScannedAlready(bag=bag.code)
    if bag.state == BagCheck.MISSING:
        dispatch.move_bag(tx, bag.bag_id, "find", actor=actor(op))
    if bag.temperature != AMBIENT:
        dispatch.cold_out(tx, ticket.fulfilment_id, bag.temperature)
    _check(tx, bag, BagCheck.SCANNED, op)
    return Outcome(detail={"bag": bag.code, "n": bag.n})


def bag_missing(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """A bag is not where it should be: the search begins (floor rule 5).

    Raises UnknownBag, BagScannedAlready.
    """
    bag = listed(tx, ticket, payload["code"])
    if bag.state != BagCheck.EXPECTED:
        raise BagScannedAlready(f"The bag is {bag.state}.", bag=bag.code)
    dispatch.move_bag(tx, bag.bag_id, "miss", actor=actor(op))
    _check(tx, bag, BagCheck.MISSING, op)
    return Outcome(detail={"search_seconds": rules.SEARCH_SECONDS})


def scan(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """Resolve a code: a bag is counted, a badge says that its rider is here.

    Raises CodeUnknown and theirs.
    """
    code = payload["code"].strip().upper()
    if code.startswith("BAG-"):
        return bag_scan(tx, ticket, op, {"code": code})
    if code.startswith("BADGE-"):
        rider_came(tx, queries.handover(tx, ticket.id), code)
        return Outcome()
    raise CodeUnknown(scanned=code)


def no_show(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """The rider did not stay: the bags are on their shelves again, and somebody must arrive anew."""
    row = queries.handover(tx, ticket.id)
    back_on_shelves(tx, row)
    tx.update(Handover, Handover.id == row.id, carrier=None, rider_id=None, arrived_at=None)
    moves.record(
        tx,
        store_id=row.store_id,
        order_no=row.order_no,
        entity=Handover.__tablename__,
        entity_id=row.id,
        event="no_show",
        actor=actor(op),
    )
    return Outcome()


def back_on_shelves(tx: Tx, handover: Row) -> None:
    """What was scanned must be scanned again; on their shelves the goods are in the cold (floor rule 3)."""
    scanned = (HandoverBag.handover_id == handover.id, HandoverBag.state == BagCheck.SCANNED)
    out = {bag.temperature for bag in queries.bags(tx, handover.id) if bag.state == BagCheck.SCANNED}
    for zone in sorted(out - {AMBIENT}):
        dispatch.cold_in(tx, handover.fulfilment_id, zone)
    tx.update(HandoverBag, *scanned, state=BagCheck.EXPECTED, at=tx.now, person_id=None)


def actor(op: Op) -> str:
    """Who did it, as history names people."""
    return f"staff:{op.person_id}"


def listed(tx: Tx, ticket: TicketView, code: str) -> Row:
    """The bag of this code on the handover's list. Raises UnknownBag, BagForeign."""
    bag = dispatch.bag(tx, ticket.store_id, code)
    rows = {row.bag_id: row for row in queries.bags(tx, queries.handover(tx, ticket.id).id)}
    if bag.id not in rows:
        raise BagForeign(bag=bag.code, order_no=str(bag.order_no))
    return rows[bag.id]


def _check(tx: Tx, bag: Row, state: str, op: Op) -> None:
    tx.update(
        HandoverBag,
        {"handover_id": bag.handover_id, "bag_id": bag.bag_id},
        state=state,
        at=tx.now,
        person_id=op.person_id,
    )
