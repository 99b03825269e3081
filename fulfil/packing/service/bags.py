"""Bags: opened by temperature, closed with their label, sealed and shelved when the order is whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from fulfil.contracts.stage import Op, Outcome, TicketView
from fulfil.dispatch import service as dispatch
from fulfil.kit.db import Tx
from fulfil.packing import queries, rules
from fulfil.packing.errors import BagEmpty, BagNotOpen, LinesOpen, UnknownPlace, WrongTemperature
from fulfil.packing.service.lines import AMBIENT, actor, own_bag
from fulfil.store import queries as store


def new_bag(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """Open the order's next bag of a temperature; `detail.bag` is its code."""
    bag = dispatch.new_bag(tx, ticket.fulfilment_id, payload["temperature"], actor=actor(op))
    return Outcome(detail={"bag": bag.code})


def close_bag(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """A full bag with its label on.

    Raises UnknownBag, BagForeign, BagNotOpen, BagEmpty, UnknownPlace, WrongTemperature.
    """
    bag = own_bag(tx, ticket, payload["code"])
    if bag.state != "open":
        raise BagNotOpen(bag=bag.code)
    if not dispatch.bag_lines(tx, [bag.id]):
        raise BagEmpty(bag=bag.code)
    place = _named_place(tx, bag, payload["place"]) if "place" in payload else None
    dispatch.move_bag(tx, bag.id, "close", place=place, actor=actor(op))
    return Outcome(detail={"bag": bag.code})


def seal(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """The order is whole: bags are closed, sealed and shelved, empty ones thrown away; done.

    Raises LinesOpen, UnknownPlace.
    """
    left = queries.open_lines(tx, ticket.id)
    if left:
        raise LinesOpen(lines=left)
    if "place" in payload:
        _known_place(tx, ticket.store_id, payload["place"])
    bags = [bag for bag in dispatch.bags_of(tx, ticket.fulfilment_id) if bag.state in ("open", "closed")]
    filled = {row.bag_id for row in dispatch.bag_lines(tx, [bag.id for bag in bags])}
    used = queries.bags_on_shelves(tx, ticket.store_id)
    for bag in bags:
        if bag.id not in filled:  # only an open bag is empty: what is taken out of a closed one opens it
            dispatch.move_bag(tx, bag.id, "discard", actor=actor(op))
            continue
        _shelve(tx, op, bag, _place_for(tx, bag, payload.get("place"), used))
    for zone in {bag.temperature for bag in bags} - {AMBIENT}:
        dispatch.cold_in(tx, ticket.fulfilment_id, zone)
    _free_totes(tx, ticket)
    return Outcome(done=True, detail={"bags": len(filled)})


def _shelve(tx: Tx, op: Op, bag: Row, place: str | None) -> None:
    if bag.state == "open":
        dispatch.move_bag(tx, bag.id, "close", actor=actor(op))
    dispatch.move_bag(tx, bag.id, "seal", actor=actor(op))
    if place is not None:
        dispatch.move_bag(tx, bag.id, "shelve", place=place, actor=actor(op))


def _place_for(tx: Tx, bag: Row, asked: str | None, used: Counter[str]) -> str | None:
    """The bag's place: where it stands, else the one asked for if it is cold enough, else a free shelf."""
    if bag.place is not None:
        return bag.place
    shelves = [place.code for place in store.places(tx, bag.store_id, "bag_shelf", bag.temperature)]
    if asked is not None and rules.bare_place(asked) in shelves:
        return rules.bare_place(asked)
    place = rules.shelf_for(shelves, used)
    if place is not None:
        used[place] += 1
    return place


def _named_place(tx: Tx, bag: Row, code: str) -> str:
    """A bag shelf of the bag's temperature (floor rule 3). Raises UnknownPlace, WrongTemperature."""
    place = _known_place(tx, bag.store_id, code)
    if place.zone != bag.temperature:
        raise WrongTemperature(temperature=bag.temperature, zone=place.zone)
    return place.code


def _known_place(tx: Tx, store_id: int, code: str) -> Row:
    place = store.place(tx, store_id, rules.bare_place(code))
    if place is None or place.kind != "bag_shelf":
        raise UnknownPlace(place=code)
    return place


def _free_totes(tx: Tx, ticket: TicketView) -> None:
    for tote in dispatch.totes_of(tx, ticket.fulfilment_id):
        if not tote.quarantine:
            dispatch.empty_tote(tx, ticket.store_id, tote.code)
