"""Everything handoff reads: handovers, their bags, riders, and its invariants."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Row, bindparam, exists, select

from fulfil.contracts.stage import TicketView
from fulfil.dispatch import queries as dispatch
from fulfil.dispatch import service as containers
from fulfil.dispatch.model import Bag, Fulfilment, Ticket
from fulfil.dispatch.states import LIVE_TICKET
from fulfil.handoff.model import Handover, HandoverBag
from fulfil.handoff.rules import HERE, cold_warning, legal_handoff, too_warm
from fulfil.handoff.states import BagCheck, HandoverState
from fulfil.kit.checks import Check, Violation, broken
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.statements import one_of
from fulfil.staff.model import Person

COLD = ("chilled", "frozen")

# Built once: the counter asks them for every bag.
_HANDOVER = select(Handover.__table__).where(Handover.ticket_id == bindparam("ticket"))
_OPEN = select(Handover.__table__).where(
    Handover.fulfilment_id == bindparam("fulfilment"), one_of(Handover.state, HandoverState.OPEN)
)
_BAGS = (
    select(HandoverBag.__table__, Bag.temperature, Bag.place, Bag.state.label("bag_state"))
    .join(Bag, Bag.id == HandoverBag.bag_id)
    .where(HandoverBag.handover_id == bindparam("handover"))
    .order_by(HandoverBag.n)
)
_PERSON = select(Person.id, Person.badge, Person.name_zh, Person.name_en, Person.roles, Person.disabled)
_PERSON_OF_ID = _PERSON.where(Person.id == bindparam("person"))


def handover(tx: Tx, ticket_id: int) -> Row:
    """The handover document of a ticket."""
    return tx.one(_HANDOVER, {"ticket": ticket_id})


def open_handover(tx: Tx, fulfilment_id: int) -> Row | None:
    """The open handover of a fulfilment order, None when it is not packed, or gone."""
    return tx.one(_OPEN, {"fulfilment": fulfilment_id})


def bags(tx: Tx, handover_id: int) -> list[Row]:
    """The bags of a handover by number, with their temperature and place."""
    return tx.all(_BAGS, {"handover": handover_id})


def rider_by_badge(tx: Tx, store_id: int, badge: str) -> Row | None:
    """A person of this shop by badge, None when nobody has it."""
    return tx.one(_PERSON.where(Person.store_id == store_id, Person.badge == badge))


def person(tx: Tx, person_id: int) -> Row:
    """Somebody who works here."""
    return tx.one(_PERSON_OF_ID, {"person": person_id})


def orders_of_rider(tx: Tx, store_id: int, person_id: int) -> list[Row]:
    """Fulfilment orders whose delivery somebody accepted and that still wait in the shop, by due time."""
    mine = [
        ticket.fulfilment_id
        for ticket in dispatch.tickets_held_by(tx, person_id)
        if ticket.stage == "delivery"
    ]
    return tx.all(
        select(Fulfilment.__table__)
        .where(
            Fulfilment.id.in_(mine),
            Fulfilment.store_id == store_id,
            Fulfilment.state.in_(("open", "working", "ready")),
        )
        .order_by(Fulfilment.due_at, Fulfilment.id)
    )


def arrived_order(tx: Tx, fulfilment: Row) -> dict[str, Any]:
    """What the counter fetches for a rider: the order's bags and where they stand."""
    found = open_handover(tx, fulfilment.id)
    return {
        "order_no": str(fulfilment.order_no),
        "short_no": str(fulfilment.order_no)[-4:],
        "ticket_id": None if found is None else str(found.ticket_id),
        "due_at": rfc3339(fulfilment.due_at),
        "ready": found is not None,
        "bags": [] if found is None else [_bag_view(row) for row in bags(tx, found.id)],
    }


def snapshot(tx: Tx, ticket: TicketView) -> dict[str, Any]:
    """What the counter shows: bags n/n with their shelves, the rider, cold time, what is legal.

    `pickup_code` is for whoever calls a third party's rider, who says it here.
    """
    row = handover(tx, ticket.id)
    listed = bags(tx, row.id)
    cold = _cold_view(tx, ticket, {bag.temperature for bag in listed})
    warm = {clock["zone"] for clock in cold if clock["over"]}
    scanned = sum(bag.state == BagCheck.SCANNED for bag in listed)
    return {
        "bags": [_bag_view(bag) for bag in listed],
        "scanned": scanned,
        "total": sum(bag.state != BagCheck.LEFT_OUT for bag in listed),
        "shelf": sorted({bag.place for bag in listed if bag.place and bag.state != BagCheck.LEFT_OUT}),
        "rider": _rider_view(tx, ticket, row),
        "cold": cold,
        "missing_since": rfc3339(
            min((bag.at for bag in listed if bag.state == BagCheck.MISSING), default=None)
        ),
        "pickup_code": dispatch.fulfilment_row(tx, row.fulfilment_id).pickup_code,
        "without_allowed": row.without_allowed_by is not None,
        "released_at": rfc3339(row.released_at),
        "legal": legal_handoff(
            [bag.state for bag in listed],
            warm=any(bag.temperature in warm and bag.state in HERE for bag in listed),
        ),
    }


def _bag_view(bag: Row) -> dict[str, Any]:
    return {
        "code": bag.code,
        "n": bag.n,
        "temperature": bag.temperature,
        "place": bag.place,
        "state": bag.state,
    }


def _rider_view(tx: Tx, ticket: TicketView, row: Row) -> dict[str, Any] | None:
    """Who has come, else who is expected; None when nobody has taken the delivery yet."""
    rider_id, arrived = row.rider_id, rfc3339(row.arrived_at)
    if row.carrier == "third_party":
        return {"carrier": "third_party", "id": None, "badge": None, "name": None, "arrived_at": arrived}
    if rider_id is None:
        delivery = containers.live_ticket(tx, ticket.fulfilment_id, "delivery")
        rider_id = None if delivery is None else delivery.assignee_id
    if rider_id is None:
        return None
    return {"carrier": "own", **person_view(person(tx, rider_id)), "arrived_at": arrived}


def person_view(row: Row) -> dict[str, Any]:
    """A rider as the counter sees them."""
    return {"id": str(row.id), "badge": row.badge, "name": {"zh": row.name_zh, "en": row.name_en}}


def _cold_view(tx: Tx, ticket: TicketView, zones: set[str]) -> list[dict[str, Any]]:
    view = []
    for zone in sorted(zones & {*COLD}):
        seconds = containers.cold_seconds(tx, ticket.fulfilment_id, zone)
        limit = containers.cold_limit(tx, ticket.store_id, zone)
        view.append(
            {
                "zone": zone,
                "seconds": seconds,
                "limit": limit,
                "warning": limit is not None and cold_warning(seconds, limit),
                "over": too_warm(seconds, limit),
            }
        )
    return view


def violations(tx: Tx) -> list[Violation]:
    """Invariant 12: nothing was released before packing ended, nor with a bag that nobody scanned."""
    return broken(tx, _checks())


@cache
def _checks() -> tuple[Check, ...]:
    released = select(Handover.id).where(one_of(Handover.state, HandoverState.RELEASED))
    unscanned = exists().where(
        HandoverBag.handover_id == Handover.id, one_of(HandoverBag.state, BagCheck.EXPECTED, BagCheck.MISSING)
    )
    early = exists().where(
        Ticket.fulfilment_id == Handover.fulfilment_id,
        one_of(Ticket.stage, "picking", "packing"),
        one_of(Ticket.kind, "work"),
        one_of(Ticket.state, *LIVE_TICKET),
    )
    return (
        Check(12, "handovers", "released with an unscanned bag", released.where(unscanned)),
        Check(12, "handovers", "released before packing ended", released.where(early)),
    )
