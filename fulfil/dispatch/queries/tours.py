"""Tours and the tickets in them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Row

from fulfil.dispatch.model import Fulfilment, Offer, Ticket, Tour
from fulfil.dispatch.states import HELD_TICKET, OfferState, TourState
from fulfil.kit.db import Tx
from fulfil.kit.statements import among, one_of

_TOUR = bindparam("tour")
_OF_ID = select(*Tour.__table__.columns).where(Tour.id == _TOUR)
_LOCKED = _OF_ID.with_for_update()
_MEMBERS = select(*Ticket.__table__.columns).where(Ticket.tour_id == _TOUR).order_by(Ticket.id)
_WALKING = (
    select(*Tour.__table__.columns)
    .where(Tour.store_id == bindparam("store"), one_of(Tour.state, TourState.WALKING))
    .order_by(Tour.id)
)
_WALKED = (
    select(*Ticket.__table__.columns, Fulfilment.ride_seconds)
    .join(Fulfilment, Fulfilment.id == Ticket.fulfilment_id)
    .where(among(Ticket.tour_id, "tours"), one_of(Ticket.state, *HELD_TICKET))
    .order_by(Ticket.id)
)
_STORES = (
    select(Tour.store_id).where(one_of(Tour.state, TourState.WALKING)).distinct().order_by(Tour.store_id)
)
_SHOWN = (
    select(*Offer.__table__.columns)
    .join(Ticket, Ticket.id == Offer.ticket_id)
    .where(Ticket.tour_id == _TOUR, one_of(Offer.state, OfferState.PENDING))
    .order_by(Offer.id)
)


def tour_row(tx: Tx, tour_id: int, *, lock: bool = False) -> Row | None:
    """The tour, locked after its tickets if asked; None once it is too old to be kept."""
    return tx.one(_LOCKED if lock else _OF_ID, {"tour": tour_id})


def tour_tickets(tx: Tx, tour_id: int) -> list[Row]:
    """The tickets that are in a tour, done ones included, by number; who left it is not among them."""
    return tx.all(_MEMBERS, {"tour": tour_id})


def tour_offers(tx: Tx, tour_id: int) -> list[Row]:
    """The pending offers of a tour's tickets; the first one stands for all of them on the screen."""
    return tx.all(_SHOWN, {"tour": tour_id})


def walked_tickets(tx: Tx, tour_ids: Iterable[int]) -> list[Row]:
    """The tickets of these tours that are not done, with their order's ride, by number."""
    return tx.all(_WALKED, {"tours": sorted(tour_ids)})


def stores_with_tours(tx: Tx) -> list[int]:
    """Shops where a tour is walked now."""
    return tx.scalars(_STORES)


def tours_walking(tx: Tx, store_id: int) -> list[Row]:
    """The tours that are walked in a shop now."""
    return tx.all(_WALKING, {"store": store_id})
