"""What a handheld needs of each kind of ticket to go on without a network."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from fulfil.contracts.stage import TicketView
from fulfil.dispatch import queries as dispatch
from fulfil.dispatch.states import HELD_TICKET
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.picking.queries.checks import count_line, looked_for, second_look
from fulfil.picking.queries.lists import (
    amounts,
    pick_lines_later,
    pick_list,
    put_back_lines,
    search_until,
    staging_place,
)
from fulfil.picking.rules import legal_pick, legal_put_back
from fulfil.picking.states import PickLineState

PICTURES = "/ui/pictures/"


def pick_snapshot(tx: Tx, ticket: TicketView) -> dict[str, Any]:
    """What a handheld needs to pick offline: lines in walk order, totes, where to stage, what is legal.

    The customer's note and where to stage are shown to whoever has the ticket, not to whoever is asked.
    """
    lines, in_zone = (
        pick_lines_later(tx, ticket.id),
        dispatch.totes_later(tx, ticket.fulfilment_id, ticket.zone),
    )
    listed, rows = pick_list(tx, ticket.id), lines()
    totes = sorted(
        (tote for tote in in_zone() if tote.ticket_id == ticket.id),
        key=lambda tote: (tote.bound_at, tote.code),
    )
    picked = sum(row.picked for row in rows)
    emptied, place = _emptied(tx, ticket, rows), listed.staged_place
    if place is None and ticket.state in HELD_TICKET:
        place = staging_place(tx, ticket.store_id, ticket.zone)
    return {
        "lines": [{**_pick_line_view(row), "empties": row.id in emptied} for row in rows],
        "totes": [_tote_view(tote) for tote in totes],
        "recount": listed.recount,
        "search_until": rfc3339(search_until(tx, ticket)) if listed.recount else None,
        "staging": {"zone": ticket.zone, "place": place},
        "note": listed.note if ticket.state in HELD_TICKET else "",
        "legal": legal_pick([row.state for row in rows], picked=picked, recount=bool(listed.recount)),
    }


def _emptied(tx: Tx, ticket: TicketView, rows: list[Row]) -> set[int]:
    """Lines whose shelf is empty, by the books, once they are picked. Only who picks needs to know."""
    if ticket.state not in HELD_TICKET:
        return set()
    asked = {
        row.sku: row
        for row in rows
        if row.left_empty is None and (row.picked or row.state == PickLineState.TODO)
    }
    wanted = {sku: amounts(row).missing for sku, row in asked.items()}
    return {asked[sku].id for sku in tx.kit.services["emptied"](tx, ticket.store_id, wanted)}


def count_snapshot(tx: Tx, ticket: TicketView) -> dict[str, Any]:
    """What a handheld needs to count a shelf. What the books say is not told: the eyes decide."""
    row = count_line(tx, ticket.id)
    state = PickLineState.TODO if row.counted is None else PickLineState.CLOSED
    return {
        "lines": [
            {
                **_identity(row),
                "position": 1,
                "state": state,
                "weighed": row.unit == "g",
                "counted": row.counted,
                "second": row.second,
            }
        ],
        "totes": [],
        "legal": ["count"] if row.counted is None else [],
    }


def look_snapshot(tx: Tx, ticket: TicketView) -> dict[str, Any]:
    """What a handheld needs to look again: the goods, what their picker saw, the tote that they go into."""
    look = second_look(tx, ticket.id)
    row = looked_for(tx, look)
    is_open = look.outcome is None
    totes = [
        tote
        for tote in dispatch.totes_of(tx, ticket.fulfilment_id, ticket.zone)
        if tote.ticket_id == look.asked_ticket and not tote.quarantine
    ]
    return {
        "lines": [
            {
                **_goods_view(row),
                "position": 1,
                "quantity": look.quantity,
                "weighed": row.weighed,
                "found_at": row.found_at,
                "reason": look.reason,
                "photo": look.photo,
                "state": PickLineState.TODO if is_open else PickLineState.CLOSED,
            }
        ],
        "totes": [_tote_view(tote) for tote in sorted(totes, key=lambda tote: (tote.bound_at, tote.code))],
        "legal": ["found", "not_found"] if is_open else [],
    }


def put_back_snapshot(tx: Tx, ticket: TicketView) -> dict[str, Any]:
    """What a handheld needs to bring goods back: lines in walk order and where the goods are now."""
    rows = put_back_lines(tx, ticket.id)
    totes = dispatch.totes_of(tx, ticket.fulfilment_id, ticket.zone)
    return {
        "lines": [
            {
                **_goods_view(row),
                "quantity": row.quantity,
                "restocked": row.restocked,
                "wasted": row.wasted,
                "state": row.state,
            }
            for row in rows
        ],
        "totes": [_tote_view(tote) for tote in totes],
        "legal": legal_put_back([row.state for row in rows]),
    }


def _tote_view(tote: Row) -> dict[str, Any]:
    return {"code": tote.code, "order_no": str(tote.order_no), "place": tote.place}


def _pick_line_view(row: Row) -> dict[str, Any]:
    return {
        **_goods_view(row),
        "quantity": row.quantity,
        "weighed": row.weighed,
        "picked": row.picked,
        "short": row.short,
        "substituted": row.substituted,
        "looking": row.looking,
        "state": row.state,
        "tote": row.tote,
        "found_at": row.found_at,
        "on_shortage": row.on_shortage,
        "substitutes": row.substitutes,
        "warning": row.warning if row.state == PickLineState.TODO else None,
        "least": row.least,
        "left_empty": row.left_empty,
    }


def _goods_view(row: Row) -> dict[str, Any]:
    """Identity of an order's line and its goods, as every screen shows them."""
    return {**_identity(row), "line_no": row.line_no, "position": row.position}


def _identity(row: Row) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "sku": row.sku,
        "name": {"zh": row.name_zh or row.sku, "en": row.name_en or row.sku},
        "gtin": row.gtin,
        "scale_item": row.scale_item,
        "pack": row.pack,
        "location": row.location,
        "unit": row.unit,
        "picture": f"{PICTURES}{row.picture}" if row.picture else None,
    }
