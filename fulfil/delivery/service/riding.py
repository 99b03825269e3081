"""Riding to the customer: the ticket, the release, milestones, the end, the carrier link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from fulfil.contracts.fulfilment import HandedOver
from fulfil.contracts.stage import FulfilmentView, Op, Outcome, TicketSpec, TicketView
from fulfil.contracts.trade import OrderRecallRequested
from fulfil.delivery import queries, rules
from fulfil.delivery.errors import NotPickedUp, PinWrong
from fulfil.delivery.model import Delivery, Milestone
from fulfil.delivery.rules import CALL, ENDED, ON_THE_WAY, RIDING
from fulfil.delivery.service.returns import bring_back, refuse
from fulfil.delivery.states import DELIVERY, DeliveryState
from fulfil.dispatch import queries as dispatched
from fulfil.dispatch import service as dispatch
from fulfil.dispatch.service import tickets
from fulfil.dispatch.service.ops import apply_for_carrier
from fulfil.dispatch.states import FulfilmentState
from fulfil.kit import moves
from fulfil.kit.db import Tx

THIRD_PARTY = "third_party"
TOKEN_BITS = 192


def specs(fulfilment: FulfilmentView) -> list[TicketSpec]:
    """One ticket an order, for what was picked, or for what may be while the order is not ready.

    None when there is nothing.
    """
    coming = [
        (line, rules.coming(line, is_ready=fulfilment.state == FulfilmentState.READY))
        for line in fulfilment.lines
    ]
    carried = [(line, quantity) for line, quantity in coming if quantity]
    if not carried:
        return []
    grams = sum(line.grams * quantity // line.quantity for line, quantity in carried)
    return [TicketSpec(zone="all", part=1, lines=len(carried), grams=grams)]


def open_delivery(tx: Tx, ticket: TicketView) -> None:
    """Write the delivery document: own staff ride until the counter gives the goods to somebody else."""
    delivery_id = tx.number()
    tx.insert(
        Delivery,
        id=delivery_id,
        store_id=ticket.store_id,
        ticket_id=ticket.id,
        fulfilment_id=ticket.fulfilment_id,
        order_no=ticket.order_no,
        carrier="own",
        carrier_token=None,
        pin_failures=0,
        proven_by_pin=False,
        return_reason=None,
        delivered_at=None,
        refused=None,
        recalled_at=None,
        state=DELIVERY.initial,
        version=1,
    )
    moves.begin(tx, Delivery, DELIVERY, delivery_id, store_id=ticket.store_id, order_no=ticket.order_no)


def picked_up(tx: Tx, happened: HandedOver) -> None:
    """The counter released the goods: the ride begins; a third party's rider gets an unguessable link."""
    row = queries.waiting(tx, happened.fulfilment_id)
    if row is None:
        return
    carrier = dispatched.fulfilment_row(tx, happened.fulfilment_id).carrier
    token = f"{tx.kit.random.getrandbits(TOKEN_BITS):048x}" if carrier == THIRD_PARTY else None
    _step(tx, row, "picked_up", actor="system", carrier=carrier, carrier_token=token)
    tickets.show(tx, dispatched.ticket_row(tx, row.ticket_id))


def milestone(tx: Tx, ticket: TicketView, payload: Mapping[str, Any], actor: str) -> Outcome:
    """A point on the way is reached; "returned" ends the delivery at the counter. A repeat is harmless.

    Raises MilestoneUnknown.
    """
    row = queries.delivery(tx, ticket.id)
    if row.state == payload["name"]:
        return Outcome()
    rules.check_milestone(row.state, payload["name"])
    _step(tx, row, payload["name"], actor=actor)
    if payload["name"] == "returned":
        dispatch.returned(tx, ticket, fees_back=not rules.customers_fault(row.return_reason))
        return Outcome(done=True)
    return Outcome()


def deliver(tx: Tx, ticket: TicketView, payload: Mapping[str, Any], actor: str) -> Outcome:
    """The customer has the goods; done. Raises NotPickedUp, PinWrong, PinLocked."""
    row = queries.delivery(tx, ticket.id)
    if row.state not in ON_THE_WAY:
        raise NotPickedUp()
    expected = dispatched.fulfilment_row(tx, row.fulfilment_id).delivery_pin
    proven = rules.proven(payload.get("pin"), expected, queries.wrong_pins(tx, row))
    _step(tx, row, "delivered", actor=actor, proven_by_pin=proven, delivered_at=tx.now)
    dispatch.deliver(tx, ticket)
    if row.refused is not None:
        bring_back(tx, ticket, row)
    return Outcome(done=True, detail={"proven_by_pin": proven})


def give_up(tx: Tx, ticket: TicketView, payload: Mapping[str, Any], actor: str) -> Outcome:
    """Nobody takes the goods: they come back to the shop (floor rule 4).

    That nobody was there counts after two calls and ten minutes: the customer pays for the ride. Raises
    NotPickedUp, CustomerMayCome, IllegalMove.
    """
    row = queries.delivery(tx, ticket.id)
    if row.state not in ON_THE_WAY:
        raise NotPickedUp()
    rules.check_absent(payload["reason"], queries.calls(tx, row.id), tx.now)
    _step(tx, row, "failed", actor=actor, reason=payload["reason"], return_reason=payload["reason"])
    dispatch.returning(tx, ticket, payload["reason"])
    return Outcome()


def call(tx: Tx, ticket: TicketView, _payload: Mapping[str, Any], actor: str) -> Outcome:
    """The rider has called the customer; when that was decides on `return`. Raises NotPickedUp."""
    row = queries.delivery(tx, ticket.id)
    if row.state not in RIDING:
        raise NotPickedUp()
    _write(tx, row, CALL, actor)
    moves.record(
        tx,
        store_id=row.store_id,
        order_no=row.order_no,
        entity=Delivery.__tablename__,
        entity_id=row.id,
        event="call",
        actor=actor,
    )
    return Outcome()


def cancel(tx: Tx, ticket: TicketView) -> None:
    """The order was cancelled before the release: nobody rides."""
    row = queries.delivery(tx, ticket.id)
    if row.state not in (*ON_THE_WAY, *ENDED):
        _move(tx, row, "cancel", actor="system")


def taken_over(tx: Tx, ticket: TicketView) -> None:
    """Somebody else will come for the goods, if they are still in the shop."""
    row = queries.delivery(tx, ticket.id)
    if row.state in (DeliveryState.ARRIVING, DeliveryState.ARRIVED):
        _move(tx, row, "give_back", actor="system")


def refuse_bags(tx: Tx, ticket: TicketView, payload: Mapping[str, Any], _actor: str) -> Outcome:
    """Bags that the customer does not take come back after the others were delivered."""
    return refuse(tx, ticket, payload)


def recalled(tx: Tx, asked: OrderRecallRequested) -> None:
    """The customer does not want the order any more: its rider is told, who may still hand it over (F7)."""
    fulfilment = dispatched.fulfilment_of_order(tx, asked.order_no, lock=True)
    row = None if fulfilment is None else queries.riding(tx, fulfilment.id)
    if row is None or row.recalled_at is not None:
        return
    tx.update(Delivery, {"id": row.id}, recalled_at=tx.now)
    moves.record(
        tx,
        store_id=row.store_id,
        order_no=row.order_no,
        entity=Delivery.__tablename__,
        entity_id=row.id,
        event="recall",
        actor=asked.by,
        reason=asked.reason,
    )
    tickets.show(tx, dispatched.ticket_row(tx, row.ticket_id))
    tickets.changed(tx, row.store_id, row.order_no)


EFFECTS = {"milestone": milestone, "deliver": deliver, "call": call, "return": give_up, "refuse": refuse_bags}


def apply(tx: Tx, ticket: TicketView, op: Op) -> Outcome:
    """An op of our own rider, or (person 0) of a third party's."""
    actor = f"staff:{op.person_id}" if op.person_id else "carrier:0"
    return EFFECTS[op.type](tx, ticket, op.payload, actor)


def act_as_carrier(tx: Tx, token: str, act: Mapping[str, Any]) -> dict[str, Any] | PinWrong:
    """An act of a third party's rider, through the carrier link. Returns the delivery as it is then.

    A wrong PIN is returned, not raised, so that it is counted. Raises RideUnknown, NotPickedUp, PinLocked,
    CustomerMayCome, MilestoneUnknown, IllegalMove, TicketEnded.
    """
    row = queries.by_carrier_token(tx, token)
    op = Op(id=f"carrier-{row.id}-{row.version}", type=act["type"], payload=act, person_id=0, session_id=0)
    try:
        apply_for_carrier(tx, row.ticket_id, op)
    except PinWrong as wrong:
        tx.update(Delivery, Delivery.id == row.id, pin_failures=Delivery.pin_failures + 1)
        return wrong
    return queries.ride(tx, queries.by_carrier_token(tx, token))


def _step(tx: Tx, row: Row, name: str, *, actor: str, reason: str = "", **changes: Any) -> None:
    """Reach a milestone: the delivery moves, and the milestone is written."""
    _move(tx, row, name, actor=actor, reason=reason, **changes)
    _write(tx, row, name, actor)


def _write(tx: Tx, row: Row, name: str, actor: str) -> None:
    tx.insert(
        Milestone,
        store_id=row.store_id,
        delivery_id=row.id,
        order_no=row.order_no,
        name=name,
        actor=actor,
        at=tx.now,
    )
    tickets.changed(tx, row.store_id, row.order_no)


def _move(tx: Tx, row: Row, event: str, *, actor: str, reason: str = "", **changes: Any) -> None:
    moves.move(tx, Delivery, DELIVERY, row, event, actor=actor, reason=reason, **changes)
