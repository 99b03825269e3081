"""`scan {code}` for clients without a parser: the code becomes the op that the terminal would have sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from fulfil.contracts.stage import Op, Outcome, TicketView
from fulfil.kit.db import Tx
from fulfil.picking import queries, rules
from fulfil.picking.errors import CodeUnknown, LineClosed, NotThisItem, WeightNeeded, WrongPlace
from fulfil.picking.service.lines import pick
from fulfil.picking.service.recount import tote
from fulfil.picking.service.totes import stage_totes
from fulfil.picking.states import PickLineState
from fulfil.store import queries as store
from fulfil.store.rules import Scan, parse_scan


def scan(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """Resolve a code and do its op. Raises CodeUnknown, NotThisItem, WeightNeeded and what the op raises."""
    read = parse_scan(payload["code"], store.store(tx, ticket.store_id).scale_rules)
    if read.kind == "tote":
        return tote(tx, ticket, op, {"code": read.code})
    lines = queries.pick_lines(tx, ticket.id)
    if read.kind == "location":
        return _location(tx, ticket, op, str(read.value), lines)
    if read.kind in ("gtin", "gs1", "scale"):
        return _goods(tx, ticket, op, read, lines)
    raise CodeUnknown(scanned=read.code)


def _location(tx: Tx, ticket: TicketView, op: Op, place: str, lines: Sequence[Row]) -> Outcome:
    """A staging place ends the ticket; a shelf of an open line is a confirmation without effect."""
    todo = [line for line in lines if line.state == PickLineState.TODO]
    if not todo:
        return stage_totes(tx, ticket, op, {"location": place})
    expected = rules.place_code(todo[0].location)
    if place not in {rules.place_code(line.location) for line in todo}:
        raise WrongPlace(f"Expected {expected}.", scanned=place, expected=expected)
    return Outcome(began=False, detail={"location": place})


def _goods(tx: Tx, ticket: TicketView, op: Op, read: Scan, lines: Sequence[Row]) -> Outcome:
    """One piece of the item, or the weight of its scale label, into the tote bound last."""
    matching = [line for line in lines if _is_read(line, read)]
    if not matching:
        raise NotThisItem(scanned=read.code)
    line = next((line for line in matching if line.state == PickLineState.TODO), None)
    if line is None:
        raise LineClosed()
    grams = read.value if read.kind == "scale" and read.unit == "g" else read.grams
    if line.weighed and grams is None:
        raise WeightNeeded()
    quantity = grams if line.weighed else read.count or 1
    return pick(tx, ticket, op, {"line": line.id, "quantity": quantity})


def _is_read(line: Row, read: Scan) -> bool:
    if read.kind == "scale":
        return line.sku == read.sku or (line.scale_item is not None and line.scale_item == read.item)
    return read.gtin is not None and line.gtin is not None and line.gtin.zfill(14) == read.gtin
