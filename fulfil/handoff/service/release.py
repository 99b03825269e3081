"""The release: the server lets the bags go, and its commit decides against a cancel (floor rule 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from fulfil.contracts.stage import Op, Outcome, TicketView
from fulfil.dispatch import service as dispatch
from fulfil.handoff import queries, rules
from fulfil.handoff.errors import RiderNeeded
from fulfil.handoff.model import Handover
from fulfil.handoff.rules import SUPERVISORS, THIRD_PARTY, Check
from fulfil.handoff.service.arrivals import rider_came
from fulfil.handoff.service.bags import actor
from fulfil.handoff.service.left_out import end_if_empty, leave_out, lines_in
from fulfil.handoff.states import HANDOVER, BagCheck
from fulfil.kit import moves
from fulfil.kit.db import Tx

MISSING = "missing_bag"


def release(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """Give the bags to the rider: all of them, none too warm, to somebody who is here; done.

    Without a single bag nobody rides: the order is void (floor rules 5, 13).

    Raises BagsMissing, SearchFirst, SupervisorNeeded, NothingToRelease, ColdOverrun, RiderNeeded,
    RiderUnknown and what the dispatcher says when the order may no longer leave.
    """
    row = queries.handover(tx, ticket.id)
    bags = queries.bags(tx, row.id)
    rules.may_release(
        tx.now,
        [Check(bag.code, bag.state, bag.at) for bag in bags],
        without_allowed=_without_allowed(tx, row, op, payload),
    )
    leaving = [bag for bag in bags if bag.state == BagCheck.SCANNED]
    lost = [bag for bag in bags if bag.state == BagCheck.MISSING]
    if not leaving:
        leave_out(tx, ticket, op, lost, MISSING)
        return end_if_empty(tx, ticket, op, MISSING)
    _check_cold(tx, ticket, leaving)
    carrier, rider_id = _rider(tx, row, payload.get("rider"))
    leave_out(tx, ticket, op, lost, MISSING)
    for bag in leaving:
        dispatch.move_bag(tx, bag.bag_id, "release", actor=actor(op))
    moves.move(
        tx,
        Handover,
        HANDOVER,
        row,
        "release",
        actor=actor(op),
        released_at=tx.now,
        carrier=carrier,
        rider_id=rider_id,
        detail={"carrier": carrier, "bags": len(leaving)},
    )
    dispatch.hand_over(tx, ticket, carrier, lines_in(tx, leaving), rider_id)
    return Outcome(done=True, detail={"carrier": carrier, "bags": len(leaving)})


def _without_allowed(tx: Tx, row: Row, op: Op, payload: Mapping[str, Any]) -> bool:
    """Whether the order may leave without its missing bags: a supervisor said so, or releases it."""
    if row.without_allowed_by is not None:
        return True
    return payload.get("without_missing", False) and bool(
        SUPERVISORS & set(queries.person(tx, op.person_id).roles)
    )


def _check_cold(tx: Tx, ticket: TicketView, leaving: Sequence[Row]) -> None:
    zones = {bag.temperature for bag in leaving} & {*queries.COLD}
    rules.check_cold(
        {zone: dispatch.cold_seconds(tx, ticket.fulfilment_id, zone) for zone in zones},
        {zone: dispatch.cold_limit(tx, ticket.store_id, zone) for zone in zones},
    )


def _rider(tx: Tx, row: Row, code: str | None) -> tuple[str, int | None]:
    """Who takes the bags: the code of the op, else whose arrival is known.

    Raises RiderNeeded, RiderUnknown.
    """
    if code is not None and not (code == THIRD_PARTY == row.carrier):
        return rider_came(tx, row, code)
    if row.carrier is None:
        raise RiderNeeded()
    return row.carrier, row.rider_id
