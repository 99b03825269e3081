"""A picking ticket from opening to its end: its list and lines, takeover, cancel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, update

from fulfil.contracts.stage import FulfilmentView, TicketSpec, TicketView
from fulfil.dispatch import queries as dispatched
from fulfil.dispatch.service import tickets
from fulfil.kit import moves
from fulfil.kit.db import Tx
from fulfil.picking import queries, rules
from fulfil.picking.model import PickLine, PickList
from fulfil.picking.rules import REPORTED_SHORT, Part
from fulfil.picking.service.totes import release_empty
from fulfil.picking.states import PICK_LINE
from fulfil.store import queries as stores
from fulfil.store.rules import Floor, Route, onward


def specs(tx: Tx, fulfilment: FulfilmentView) -> list[TicketSpec]:
    """One ticket per temperature zone; more where a zone is too much for one person (floor rule 12)."""
    floor = stores.floor(tx, fulfilment.store_id)
    routes = [] if floor is None else floor.routes(line.location for line in fulfilment.lines)
    planned = {
        location: at for at, location in enumerate(location for route in routes for location in route.order)
    }
    return [
        TicketSpec(
            zone=part.zone,
            part=part.number,
            lines=len(part.lines),
            grams=part.grams,
            detail=tuple(line.line_no for line in part.lines),
            metres=None if floor is None else _metres(floor, routes, part),
            begins=None if floor is None else floor.begins(part.lines[0].location),
        )
        for part in rules.parts(fulfilment.lines, planned)
    ]


def _metres(floor: Floor, routes: Sequence[Route], part: Part) -> int | None:
    """The walk past a part's shelves: as for the whole order where it is all of a block. None: unknown."""
    shelves = {line.location for line in part.lines}
    mine = [route for route in routes if not shelves.isdisjoint(route.order)]
    if shelves != {location for route in mine for location in route.order}:
        mine = floor.routes(shelves)
    walked = {location for route in mine for location in route.order}
    return round(sum(route.metres for route in mine)) if walked == shelves else None


def open_picking(tx: Tx, ticket: TicketView, line_nos: Sequence[int], fulfilment: FulfilmentView) -> None:
    """Write the pick list and its lines, in walk order."""
    insert_list(tx, ticket)
    places = {line.line_no: line.location for line in fulfilment.lines if line.line_no in set(line_nos)}
    walked = walk(tx, ticket.store_id, places.values())
    ordered = sorted(line_nos, key=lambda line_no: (walked[places[line_no]], line_no))
    _insert_lines(tx, ticket, ordered, fulfilment, first=1)


def walk(tx: Tx, store_id: int, locations: Iterable[str]) -> dict[str, int]:
    """In which order a shop's locations are walked: along the shortest walk, if its floor has a plan."""
    wanted = set(locations)
    return rules.walk_of(wanted, _planned(tx, store_id, wanted))


def _planned(tx: Tx, store_id: int, locations: Iterable[str]) -> dict[str, int]:
    floor = stores.floor(tx, store_id)
    return {} if floor is None else floor.order(locations)


def reorder(tx: Tx, walked_together: Sequence[TicketView]) -> int:
    """Number what is to do of these tickets along one walk, on from the last shelf that was picked at.

    What is done keeps its lower numbers. On one shelf the order of the tickets decides. Returns metres.
    """
    turn = {ticket.id: at for at, ticket in enumerate(walked_together)}
    lines = queries.lines_to_do(tx, turn)
    floor, order, metres = stores.floor(tx, walked_together[0].store_id), [], 0.0
    if floor is not None:
        order, metres = onward(floor, (line.location for line in lines), queries.last_shelf(tx, turn))
    at = rules.walk_of((line.location for line in lines), {shelf: at for at, shelf in enumerate(order)})
    walked = sorted(lines, key=lambda line: (at[line.location], turn[line.ticket_id], line.line_no))
    if walked:
        first = queries.last_position_done(tx, turn) + 1
        tx.change_many(
            _PLACE, [{"the_id": line.id, "place": place} for place, line in enumerate(walked, start=first)]
        )
    return round(metres)


_PLACE = (
    update(PickLine.__table__).where(PickLine.id == bindparam("the_id")).values(position=bindparam("place"))
)


def add_line(tx: Tx, ticket: TicketView, line_no: int, fulfilment: FulfilmentView) -> None:
    """One more line at the end of the walk, a tour's too: goods that come instead of others."""
    tour_id = dispatched.ticket_row(tx, ticket.id).tour_id
    walked = [ticket.id]
    if tour_id is not None:
        dispatched.tour_row(tx, tour_id, lock=True)  # so that no two of its tickets take the same position
        walked = [member.id for member in dispatched.tour_tickets(tx, tour_id)]
    last = max(row.position for ticket_id in walked for row in queries.pick_lines(tx, ticket_id))
    _insert_lines(tx, ticket, [line_no], fulfilment, first=last + 1)


def _insert_lines(
    tx: Tx, ticket: TicketView, line_nos: Sequence[int], fulfilment: FulfilmentView, *, first: int
) -> None:
    by_no = {line.line_no: line for line in fulfilment.lines}
    missing = _reported(tx, ticket, {by_no[line_no].sku for line_no in line_nos})
    under = tickets.policy_of(tx, ticket.store_id).weight_under_percent
    rows = []
    for position, line in enumerate((by_no[line_no] for line_no in line_nos), start=first):
        rows.append(
            {
                "id": tx.number(),
                "store_id": ticket.store_id,
                "ticket_id": ticket.id,
                "fulfilment_id": ticket.fulfilment_id,
                "order_no": ticket.order_no,
                "line_no": line.line_no,
                "position": position,
                "sku": line.sku,
                "location": line.location,
                "found_at": None,
                "quantity": rules.missing(line),
                "unit": line.unit,
                "weighed": line.unit == "g",
                "picked": 0,
                "short": 0,
                "substituted": 0,
                "looking": 0,
                "tote": None,
                "on_shortage": line.on_shortage,
                "state": PICK_LINE.initial,
                "version": 1,
                "substitutes": line.substitutes,
                "warning": REPORTED_SHORT if line.sku in missing else None,
                "left_empty": None,
                "least": rules.least_grams(rules.missing(line), under) if line.unit == "g" else None,
            }
        )
    tx.insert_many(PickLine, rows)
    moves.begin_many(
        tx,
        PickLine,
        PICK_LINE,
        [row["id"] for row in rows],
        store_id=ticket.store_id,
        order_no=ticket.order_no,
    )


def _reported(tx: Tx, ticket: TicketView, skus: set[str]) -> set[str]:
    """Which of these goods somebody could not find for another order a short while ago."""
    return dispatched.reported_skus(tx, ticket.store_id, skus, tx.now - rules.WARNED_FOR)


def insert_list(tx: Tx, ticket: TicketView) -> None:
    """Write the picking document of a ticket, empty as yet."""
    tx.insert(
        PickList,
        id=ticket.id,
        store_id=ticket.store_id,
        fulfilment_id=ticket.fulfilment_id,
        order_no=ticket.order_no,
        kind=ticket.kind,
        zone=ticket.zone,
        recount=[],
        staged_place=None,
        staged_at=None,
    )


def taken_over(tx: Tx, ticket: TicketView) -> None:
    """Goods in hand are truth: the successor first counts every tote that should hold something."""
    totes = queries.filled_totes(tx, ticket.id)
    if totes:
        tx.update(PickList, {"id": ticket.id}, recount=totes)


def cancel(tx: Tx, ticket: TicketView) -> None:
    """Totes that hold nothing are free at once; filled ones wait for the put-back ticket."""
    release_empty(tx, ticket)
