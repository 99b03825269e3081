"""Delivery as the dispatcher sees it (F3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fulfil.contracts.stage import FulfilmentView, Op, Outcome, TicketSpec, TicketView
from fulfil.delivery import queries, schema, service
from fulfil.kit.db import Tx


class DeliveryStage:
    """One ticket an order: a rider comes, takes the bags, brings them to the customer."""

    name = "delivery"
    role = "rider"
    ops: Mapping[str, Any] = {
        "milestone": schema.Milestone, "deliver": schema.Deliver, "return": schema.Return,
    }  # fmt: skip

    def open(self, tx: Tx, fulfilment: FulfilmentView) -> Sequence[TicketSpec]:
        return service.specs(fulfilment)

    def opened(self, tx: Tx, ticket: TicketView, spec: TicketSpec, fulfilment: FulfilmentView) -> None:
        service.open_delivery(tx, ticket)

    def snapshot(self, tx: Tx, ticket: TicketView) -> Mapping[str, Any]:
        return queries.snapshot(tx, ticket)

    def apply(self, tx: Tx, ticket: TicketView, op: Op) -> Outcome:
        return service.apply(tx, ticket, op)

    def cancel(self, tx: Tx, ticket: TicketView) -> None:
        service.cancel(tx, ticket)

    def taken_over(self, tx: Tx, ticket: TicketView) -> None:
        service.taken_over(tx, ticket)


stage = DeliveryStage()
