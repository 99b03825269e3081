"""Riders come when an order is about to be ready, by its prediction, and not when it is (floor rule 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.engine import Row

from fulfil.dispatch import queries, rules
from fulfil.dispatch.queries.forecast import predictions
from fulfil.dispatch.rules import Policy
from fulfil.dispatch.rules import riders as decide
from fulfil.dispatch.rules.forecast import Ahead, Expected
from fulfil.dispatch.service import flow, offers, tickets
from fulfil.dispatch.states import FulfilmentState, TicketState
from fulfil.kit.db import Tx

AT_ONCE = 20  # orders for which riders are asked in one transaction: the next look is soon
MADE = (FulfilmentState.OPEN, FulfilmentState.WORKING)
LATER = "ready_later"


@dataclass(frozen=True)
class Changes:
    """Orders for which riders are to be asked now, and rides that are to wait."""

    called: Sequence[int] = ()
    let_go: Sequence[Row] = ()

    @property
    def orders(self) -> set[int]:
        return {*self.called, *(ride.fulfilment_id for ride in self.let_go)}


def changes(
    rows: Sequence[Row], orders: Mapping[int, Ahead], expected: Sequence[Expected], policy: Policy
) -> Changes:
    """Who is to be asked because an order will soon be ready, and who let go because it got much later.

    `rows` are the live tickets of all orders. Only a shop with riders of its own asks for some.
    """
    lead = float(policy.rider_lead_seconds)
    rides = {row.fulfilment_id: row for row in rows if row.stage == "delivery"}
    made = {row.fulfilment_id for row in rows if row.stage in ("picking", "prep", "packing")}
    coming = [one for one in expected if one.order in made and not orders[one.order].riding]
    called = [one.order for one in coming if one.order not in rides and decide.calls(one.ready, lead)]
    waits = [rides[one.order] for one in coming if one.order in rides and decide.lets_go(one.ready, lead)]
    return Changes(
        sorted(called)[:AT_ONCE],
        sorted(
            (ride for ride in waits if ride.state in (TicketState.OFFERED, TicketState.ACCEPTED)),
            key=lambda row: row.id,
        ),
    )


def change(tx: Tx, wanted: Changes) -> None:
    """Do so. The orders are locked."""
    for fulfilment_id in wanted.called:
        _call(tx, fulfilment_id)
    for ride in wanted.let_go:
        _let_go(tx, ride)


def due(tx: Tx, waiting: Sequence[Row], policy: Policy) -> list[Row]:
    """The queued tickets without the rides of orders that will not be ready for long."""
    early = {
        row.fulfilment_id
        for row in waiting
        if row.stage == "delivery" and row.kind == rules.WORK and row.ready_at is None
    }
    if not early:
        return list(waiting)
    later = {
        known.fulfilment_id
        for known in predictions(tx, early).values()
        if decide.lets_go((known.ready_at - tx.now).total_seconds(), policy.rider_lead_seconds)
    }
    return [row for row in waiting if row.stage != "delivery" or row.fulfilment_id not in later]


def called_at(ready_at: datetime, policy: Policy) -> datetime:
    """When a rider will be asked for what is predicted to be ready then."""
    return ready_at - timedelta(seconds=policy.rider_lead_seconds)


def _call(tx: Tx, fulfilment_id: int) -> None:
    """A stage without work is over once it was opened: where all goods lack, others may still come."""
    row = queries.fulfilment_row(tx, fulfilment_id)
    if (
        row.state in MADE
        and "delivery" not in row.stages
        and tickets.stage_of(tx, "delivery").open(tx, queries.fulfilment_seen(tx, row))
    ):
        flow.open_stages(tx, row, ["delivery"])


def _let_go(tx: Tx, ride: Row) -> None:
    row = queries.ticket_row(tx, ride.id, lock=True)
    if row.state == TicketState.OFFERED:
        offers.withdraw(tx, row, reason=LATER)
    elif row.state == TicketState.ACCEPTED:
        tickets.withdrawn(tx, row.assignee_id, row, LATER)
        tickets.requeue(tx, row, "take_over", reason=LATER)
