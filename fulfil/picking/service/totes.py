"""Totes of a picking ticket: bound by a scan, staged when the lines are done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fulfil.contracts.stage import Op, Outcome, TicketView
from fulfil.dispatch import service as dispatch
from fulfil.dispatch.rules import tote_code
from fulfil.kit.db import Tx
from fulfil.picking import queries
from fulfil.picking.errors import CountFirst, LinesOpen, ToteNeeded, ToteSetAside, UnknownPlace, WrongPlace
from fulfil.picking.model import PickList
from fulfil.store import queries as store


def usable_tote(tx: Tx, ticket: TicketView, code: str | None) -> str:
    """The code of a tote bound to this ticket: the one named, else the one bound last.

    A free tote is bound by being named. Raises ToteNeeded, ToteSetAside and the dispatcher's ToteBusy.
    """
    totes = dispatch.totes_of(tx, ticket.fulfilment_id, ticket.zone)
    bound = [tote for tote in totes if tote.ticket_id == ticket.id and not tote.quarantine]
    if code is None:
        if not bound:
            raise ToteNeeded()
        return max(bound, key=lambda tote: (tote.bound_at, tote.code)).code
    code = tote_code(code)
    if any(tote.code == code and tote.quarantine for tote in totes):
        raise ToteSetAside(tote=code)
    return code if code in {tote.code for tote in bound} else dispatch.bind_tote(tx, ticket, code)


def stage_totes(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """The totes stand at a staging place of their temperature: done.

    Raises LinesOpen, UnknownPlace, WrongPlace.
    """
    _picked_when_finished(tx, ticket)
    place = store.place(tx, ticket.store_id, payload["location"].upper())
    if place is None or place.kind != "staging":
        raise UnknownPlace()
    if place.zone != ticket.zone:
        raise WrongPlace(zone=ticket.zone, place_zone=place.zone)
    return _staged_at(tx, ticket, place.code)


def complete(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """Done; what was picked goes to the emptiest place of its zone. Raises LinesOpen, UnknownPlace."""
    if not _picked_when_finished(tx, ticket):
        release_empty(tx, ticket)
        return Outcome(done=True)
    place = queries.staging_place(tx, ticket.store_id, ticket.zone)
    if place is None:
        raise UnknownPlace("The shop has no staging place of this temperature.", zone=ticket.zone)
    return _staged_at(tx, ticket, place)


def release_empty(tx: Tx, ticket: TicketView) -> None:
    """Free the ticket's totes that hold nothing."""
    filled = set(queries.filled_totes(tx, ticket.id))
    for tote in dispatch.totes_of(tx, ticket.fulfilment_id, ticket.zone):
        if tote.ticket_id == ticket.id and tote.code not in filled:
            dispatch.empty_tote(tx, ticket.store_id, tote.code)


def _picked_when_finished(tx: Tx, ticket: TicketView) -> int:
    """How much was picked in all, if no line is left to do. Raises LinesOpen, CountFirst."""
    recount = queries.pick_list(tx, ticket.id).recount
    if recount:
        raise CountFirst(recount)
    todo, picked = queries.progress(tx, ticket.id)
    if todo:
        raise LinesOpen(lines=todo)
    return picked


def _staged_at(tx: Tx, ticket: TicketView, place: str) -> Outcome:
    release_empty(tx, ticket)
    dispatch.stage_totes(tx, ticket, place)
    tx.update(PickList, {"id": ticket.id}, staged_place=place, staged_at=tx.now)
    if ticket.zone != "ambient" and _all_staged(tx, ticket):
        dispatch.cold_in(tx, ticket.fulfilment_id, ticket.zone)
    return Outcome(done=True, detail={"place": place})


def _all_staged(tx: Tx, ticket: TicketView) -> bool:
    """Whether no tote of this zone is still carried around (another part of a split ticket may be)."""
    return all(tote.place for tote in dispatch.totes_of(tx, ticket.fulfilment_id, ticket.zone))
