"""What a forecast looks at: the work of all orders that are not over, places, and tours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Row

from fulfil.dispatch.model import CapacityHold, Fulfilment, Prediction, Ticket, Tour
from fulfil.dispatch.queries.documents import LIVE
from fulfil.dispatch.rules import WORK
from fulfil.kit.db import Tx
from fulfil.kit.statements import among
from fulfil.staff.model import Person, PlannedShift
from fulfil.store.model import Place

_STORE = bindparam("store")
_WORK = (
    select(
        Ticket.id,
        Ticket.store_id,
        Ticket.fulfilment_id,
        Ticket.stage,
        Ticket.zone,
        Ticket.state,
        Ticket.lines,
        Ticket.grams,
        Ticket.estimate_seconds,
        Ticket.accepted_at,
        Ticket.priority,
        Ticket.held,
        Ticket.tour_id,
        Fulfilment.order_no,
        Fulfilment.due_at,
        Fulfilment.ride_seconds,
        Fulfilment.handed_over_at,
        Tour.ends_at,
    )
    .join(Fulfilment, Fulfilment.id == Ticket.fulfilment_id)
    .outerjoin(Tour, Tour.id == Ticket.tour_id)
    .where(Ticket.store_id == _STORE, LIVE, Ticket.kind == WORK)
    .order_by(Ticket.fulfilment_id, Ticket.id)
)
_HOLDS = (
    select(
        CapacityHold.order_no,
        CapacityHold.lines,
        CapacityHold.picked,
        CapacityHold.stations,
        CapacityHold.hand_over_at,
    )
    .where(
        CapacityHold.store_id == _STORE, CapacityHold.until > bindparam("now", type_=CapacityHold.until.type)
    )
    .order_by(CapacityHold.order_no)
)
_ROSTER = (
    select(
        PlannedShift.person_id,
        PlannedShift.starts_at,
        PlannedShift.ends_at,
        PlannedShift.breaks,
        Person.roles,
    )
    .join(Person, Person.id == PlannedShift.person_id)
    .where(
        PlannedShift.store_id == _STORE,
        PlannedShift.ends_at > bindparam("since", type_=PlannedShift.ends_at.type),
        PlannedShift.starts_at < bindparam("until", type_=PlannedShift.ends_at.type),
        Person.disabled.is_(False),
    )
    .order_by(PlannedShift.starts_at, PlannedShift.person_id)
)
_PLACES = (
    select(Place.kind, func.count()).where(Place.store_id == _STORE).group_by(Place.kind).order_by(Place.kind)
)
_STORES = select(Ticket.store_id).distinct().where(LIVE, Ticket.kind == WORK).order_by(Ticket.store_id)
_PREDICTED = (
    select(*Prediction.__table__.columns)
    .where(among(Prediction.fulfilment_id, "ids"))
    .order_by(Prediction.fulfilment_id)
)
_STILL = (
    select(Ticket.fulfilment_id)
    .distinct()
    .where(among(Ticket.fulfilment_id, "ids"), LIVE, Ticket.kind == WORK)
)


def stores_at_work(tx: Tx) -> list[int]:
    """Shops with orders that are not over."""
    return tx.scalars(_STORES)


def predictions(tx: Tx, fulfilment_ids: Iterable[int]) -> dict[int, Row]:
    """What was predicted of these orders, by fulfilment order."""
    return {row.fulfilment_id: row for row in tx.all(_PREDICTED, {"ids": sorted(fulfilment_ids)})}


def still_at_work(tx: Tx, fulfilment_ids: Iterable[int]) -> set[int]:
    """Those of these orders that are not over."""
    return set(tx.scalars(_STILL, {"ids": sorted(fulfilment_ids)}))


def work_of_orders(tx: Tx, store_id: int) -> list[Row]:
    """The live tickets of all orders of a shop, with what a forecast needs of their order and tour."""
    return tx.all(_WORK, {"store": store_id})


def capacity_holds(tx: Tx, store_id: int) -> list[Row]:
    """What was promised and is not paid yet: order, lines, what is picked by zone, what stations make of
    it, when it must leave."""
    return tx.all(_HOLDS, {"store": store_id, "now": tx.now})


def place_counts(tx: Tx, store_id: int) -> dict[str, int]:
    """How many places of each kind a shop has."""
    return dict(tx.all(_PLACES, {"store": store_id}))


def rostered(tx: Tx, store_id: int, until: datetime) -> list[Row]:
    """Planned shifts of a shop between now and then, with the roles of who works them."""
    return tx.all(_ROSTER, {"store": store_id, "since": tx.now, "until": until})
