"""Everything packing reads: lines with their goods, bags with what is in them, and its invariants."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache
from typing import Any

from sqlalchemy import Row, and_, bindparam, func, select

from fulfil.contracts.stage import TicketView
from fulfil.dispatch import queries as dispatch
from fulfil.dispatch.model import Bag
from fulfil.dispatch.states import HELD_TICKET
from fulfil.kit.checks import Check, Violation, broken
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.statements import one_of
from fulfil.packing.model import PackLine
from fulfil.packing.rules import Amounts, legal_pack
from fulfil.packing.states import PackLineState
from fulfil.store import queries as store
from fulfil.store.model import Item

PICTURES = "/ui/pictures/"
GOODS = (Item.gtin, Item.name_zh, Item.name_en, Item.pack, Item.picture, Item.scale_item, Item.location)
ON_SHELF = ("sealed", "shelved", "closed")

# Built once: the packing station asks them for every bag.
_LINES = (
    select(*PackLine.__table__.columns, *GOODS)
    .outerjoin(Item, and_(Item.store_id == PackLine.store_id, Item.sku == PackLine.sku))
    .where(PackLine.ticket_id == bindparam("ticket"))
    .order_by(PackLine.line_no)
)
_LINE = select(PackLine.__table__).where(
    PackLine.id == bindparam("line"), PackLine.ticket_id == bindparam("ticket")
)
_OPEN_LINES = (
    select(func.count())
    .select_from(PackLine)
    .where(PackLine.ticket_id == bindparam("ticket"), one_of(PackLine.state, PackLineState.TODO))
)
_OPEN_LINES_OF_ZONE = _OPEN_LINES.where(PackLine.zone == bindparam("zone"))
_ON_SHELVES = (
    select(Bag.place, func.count())
    .where(Bag.store_id == bindparam("store"), Bag.place.is_not(None), one_of(Bag.state, *ON_SHELF))
    .group_by(Bag.place)
)


def pack_lines(tx: Tx, ticket_id: int) -> list[Row]:
    """Lines of a ticket by number, with the goods' identity."""
    return tx.all(_LINES, {"ticket": ticket_id})


def pack_line(tx: Tx, ticket_id: int, line_id: int) -> Row | None:
    """One line of that ticket, None when the ticket has no such line."""
    return tx.one(_LINE, {"line": line_id, "ticket": ticket_id})


def open_lines(tx: Tx, ticket_id: int, zone: str | None = None) -> int:
    """How many lines are still to do, of one zone if asked."""
    if zone is None:
        return tx.scalar(_OPEN_LINES, {"ticket": ticket_id})
    return tx.scalar(_OPEN_LINES_OF_ZONE, {"ticket": ticket_id, "zone": zone})


def bags_on_shelves(tx: Tx, store_id: int) -> Counter[str]:
    """How many bags stand at each place of the shop."""
    return Counter(dict(map(tuple, tx.all(_ON_SHELVES, {"store": store_id}))))


def amounts(line: Row) -> Amounts:
    """How far a packing line is, for the rules."""
    return Amounts(line.state, line.quantity, line.packed, line.short)


def snapshot(tx: Tx, ticket: TicketView) -> dict[str, Any]:
    """What the packing station shows: lines, totes and places, bags and what is inside, what is legal.

    The customer's note is shown to whoever has the ticket, not to whoever is asked.
    """
    rows = pack_lines(tx, ticket.id)
    bags = dispatch.bags_of(tx, ticket.fulfilment_id)
    totes = dispatch.totes_of(tx, ticket.fulfilment_id)
    return {
        "lines": [_line_view(row) for row in rows],
        "totes": [
            {"code": tote.code, "order_no": str(ticket.order_no), "zone": tote.zone, "place": tote.place}
            for tote in totes
        ],
        "bags": _bag_views(tx, bags),
        "note": dispatch.fulfilment_row(tx, ticket.fulfilment_id).note if ticket.state in HELD_TICKET else "",
        "legal": legal_pack(
            [row.state for row in rows],
            packed=sum(row.packed for row in rows),
            open_bags=sum(bag.state == "open" for bag in bags),
        ),
    }


def _bag_views(tx: Tx, bags: list[Row]) -> list[dict[str, Any]]:
    inside: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in dispatch.bag_lines(tx, [bag.id for bag in bags]):
        inside[row.bag_id].append({"line_no": row.line_no, "sku": row.sku, "quantity": row.quantity})
    return [
        {
            "code": bag.code,
            "n": bag.n,
            "temperature": bag.temperature,
            "state": bag.state,
            "place": bag.place,
            "label": f"/api/v1/packing/bags/{bag.code}/label?store_id={bag.store_id}",
            "lines": inside[bag.id],
        }
        for bag in bags
    ]


def _line_view(row: Row) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "line_no": row.line_no,
        "sku": row.sku,
        "name": {"zh": row.name_zh or row.sku, "en": row.name_en or row.sku},
        "gtin": row.gtin,
        "scale_item": row.scale_item,
        "pack": row.pack,
        "zone": row.zone,
        "picture": f"{PICTURES}{row.picture}" if row.picture else None,
        "unit": row.unit,
        "weighed": row.unit == "g",
        "quantity": row.quantity,
        "packed": row.packed,
        "short": row.short,
        "state": row.state,
    }


def label(tx: Tx, bag: Row) -> dict[str, Any]:
    """What a bag's label says. `due` is in the shop's time zone; `of` counts the order's bags so far."""
    fulfilment = dispatch.fulfilment_view(tx, bag.fulfilment_id)
    shop = store.store(tx, bag.store_id)
    return {
        "code": bag.code,
        "order_no": str(bag.order_no),
        "n": bag.n,
        "temperature": bag.temperature,
        "of": len(dispatch.bags_of(tx, bag.fulfilment_id)),
        "name": fulfilment.contact.get("name", ""),
        "due_at": rfc3339(fulfilment.due_at),
        "due": fulfilment.due_at,
        "tz": shop.tz,
        "place": bag.place,
    }


def violations(tx: Tx) -> list[Violation]:
    """Invariant 12 as far as packing's own tables show it: sums, and bags hold what was packed."""
    found = broken(tx, [_unbalanced()])
    in_bags = Counter[tuple[int, int]]()
    bags = {bag.id: bag.fulfilment_id for bag in tx.all(_KEPT_BAGS)}
    for row in dispatch.bag_lines(tx, bags):
        in_bags[bags[row.bag_id], row.line_no] += row.quantity
    for row in tx.all(_PACKED):
        if in_bags[row.fulfilment_id, row.line_no] != row.packed:
            found.append(
                Violation(
                    12,
                    "pack_lines",
                    str(row.id),
                    f"packed {row.packed}, its bags hold {in_bags[row.fulfilment_id, row.line_no]}",
                )
            )
    return found


_KEPT_BAGS = select(Bag.id, Bag.fulfilment_id).where(Bag.state != "discarded")
_PACKED = select(PackLine.id, PackLine.fulfilment_id, PackLine.line_no, PackLine.packed)


@cache
def _unbalanced() -> Check:
    done = PackLine.packed + PackLine.short
    asked = select(PackLine.id, PackLine.state, done.label("done"), PackLine.quantity)
    wrong = (PackLine.state == PackLineState.CLOSED) != (done == PackLine.quantity)
    return Check(12, "pack_lines", "{state} with {done} of {quantity}", asked.where(wrong))
