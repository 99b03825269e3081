"""Bags at the counter: scanned one by one, or searched for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from fulfil.contracts.stage import Op, Outcome, TicketView
from fulfil.dispatch import service as dispatch
from fulfil.handoff import queries, rules
from fulfil.handoff.errors import BagForeign, BagScannedAlready, CodeUnknown
from fulfil.handoff.model import HandoverBag
from fulfil.handoff.service.arrivals import rider_came
from fulfil.handoff.states import BagCheck
from fulfil.kit.db import Tx

AMBIENT = "ambient"


def bag_scan(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """A bag is on the counter. Raises UnknownBag, BagForeign (saying whose), BagScannedAlready."""
    bag = _listed(tx, ticket, payload["code"])
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
    bag = _listed(tx, ticket, payload["code"])
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


def actor(op: Op) -> str:
    """Who did it, as history names people."""
    return f"staff:{op.person_id}"


def _listed(tx: Tx, ticket: TicketView, code: str) -> Row:
    bag = dispatch.bag(tx, ticket.store_id, code)
    listed = {row.bag_id: row for row in queries.bags(tx, queries.handover(tx, ticket.id).id)}
    if bag.id not in listed:
        raise BagForeign(bag=bag.code, order_no=str(bag.order_no))
    return listed[bag.id]


def _check(tx: Tx, bag: Row, state: str, op: Op) -> None:
    tx.update(HandoverBag, {"handover_id": bag.handover_id, "bag_id": bag.bag_id},
              state=state, at=tx.now, person_id=op.person_id)
