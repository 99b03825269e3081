"""`scan {code}` for clients without a parser: the code becomes the op that the station would have sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from fulfil.contracts.stage import Op, Outcome, TicketView
from fulfil.kit.db import Tx
from fulfil.packing import queries
from fulfil.packing.errors import CodeUnknown, LineClosed, NotThisItem
from fulfil.packing.service.bags import close_bag, seal
from fulfil.packing.service.lines import pack, tote
from fulfil.packing.states import PackLineState
from fulfil.store import queries as store
from fulfil.store.rules import Scan, parse_scan


def scan(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """Resolve a code and do its op. Raises CodeUnknown, NotThisItem and what the op raises."""
    read = parse_scan(payload["code"], store.store(tx, ticket.store_id).scale_rules)
    if read.kind == "tote":
        return tote(tx, ticket, op, {"code": read.code})
    if read.kind == "bag":
        return close_bag(tx, ticket, op, {"code": read.code})
    if read.kind == "location":
        return seal(tx, ticket, op, {"place": str(read.value)})
    if read.kind in ("gtin", "gs1", "scale"):
        return _goods(tx, ticket, op, read)
    raise CodeUnknown(scanned=read.code)


def _goods(tx: Tx, ticket: TicketView, op: Op, read: Scan) -> Outcome:
    """One piece; of weighed goods the label's weight, else all that is left of the line."""
    matching = [line for line in queries.pack_lines(tx, ticket.id) if _is_read(line, read)]
    if not matching:
        raise NotThisItem(scanned=read.code)
    line = next((line for line in matching if line.state == PackLineState.TODO), None)
    if line is None:
        raise LineClosed()
    if line.unit == "g":
        grams = read.value if read.kind == "scale" and read.unit == "g" else read.grams
        quantity = grams or queries.amounts(line).left
    else:
        quantity = read.count or 1
    return pack(tx, ticket, op, {"line": line.id, "quantity": quantity})


def _is_read(line: Row, read: Scan) -> bool:
    if read.kind == "scale":
        return line.sku == read.sku or (line.scale_item is not None and line.scale_item == read.item)
    return read.gtin is not None and line.gtin is not None and line.gtin.zfill(14) == read.gtin
