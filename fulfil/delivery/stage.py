"""Delivery as the dispatcher sees it (F3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fulfil.contracts.stage import FulfilmentView, Op, Outcome, TicketSpec, TicketView
from fulfil.delivery import queries, schema, service
from fulfil.delivery.errors import NotForThisRide
from fulfil.dispatch.rules import RETURN
from fulfil.kit.db import Tx

RETURN_OPS = ("collect", "bring")


class DeliveryStage:
    """A rider takes an order's bags to the customer (`work`), or goods of a delivered one back (`return`)."""

    name = "delivery"
    role = "rider"
    ops: Mapping[str, Any] = {
        "milestone": schema.Milestone,
        "deliver": schema.Deliver,
        "return": schema.Return,
        "call": schema.Call,
        "refuse": schema.Refuse,
        "collect": schema.Collect,
        "bring": schema.Bring,
    }

    def open(self, tx: Tx, fulfilment: FulfilmentView) -> Sequence[TicketSpec]:
        return service.specs(fulfilment)

    def opened(self, tx: Tx, ticket: TicketView, spec: TicketSpec, fulfilment: FulfilmentView) -> None:
        if ticket.kind == RETURN:
            service.open_return(tx, ticket, spec.detail)
        else:
            service.open_delivery(tx, ticket)

    def snapshot(self, tx: Tx, ticket: TicketView) -> Mapping[str, Any]:
        return queries.return_snapshot(tx, ticket) if ticket.kind == RETURN else queries.snapshot(tx, ticket)

    def apply(self, tx: Tx, ticket: TicketView, op: Op) -> Outcome:
        if (op.type in RETURN_OPS) != (ticket.kind == RETURN):
            raise NotForThisRide()
        effect = service.apply_return if ticket.kind == RETURN else service.apply
        return effect(tx, ticket, op)

    def cancel(self, tx: Tx, ticket: TicketView) -> None:
        if ticket.kind == RETURN:
            service.cancel_return(tx, ticket)
        else:
            service.cancel(tx, ticket)

    def taken_over(self, tx: Tx, ticket: TicketView) -> None:
        if ticket.kind != RETURN:
            service.taken_over(tx, ticket)


stage = DeliveryStage()
