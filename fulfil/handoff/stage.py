"""Handoff as the dispatcher sees it (F3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fulfil.contracts.stage import FulfilmentView, Op, Outcome, TicketSpec, TicketView, whole_order
from fulfil.handoff import queries, schema, service
from fulfil.kit.db import Tx

EFFECTS = {
    "bag_scan": service.bag_scan,
    "bag_missing": service.bag_missing,
    "release": service.release,
    "scan": service.scan,
    "refuse": service.refuse,
    "no_show": service.no_show,
}


class HandoffStage:
    """One ticket an order, at the counter from packed to released."""

    name = "handoff"
    role = "counter"
    ops: Mapping[str, Any] = {
        "bag_scan": schema.Bag,
        "bag_missing": schema.Bag,
        "release": schema.Release,
        "scan": schema.Scan,
        "refuse": schema.Bag,
        "no_show": schema.NoShow,
    }

    def open(self, tx: Tx, fulfilment: FulfilmentView) -> Sequence[TicketSpec]:
        return whole_order(fulfilment)

    def opened(self, tx: Tx, ticket: TicketView, spec: TicketSpec, fulfilment: FulfilmentView) -> None:
        service.open_handover(tx, ticket)

    def snapshot(self, tx: Tx, ticket: TicketView) -> Mapping[str, Any]:
        return queries.snapshot(tx, ticket)

    def apply(self, tx: Tx, ticket: TicketView, op: Op) -> Outcome:
        return EFFECTS[op.type](tx, ticket, op, op.payload)

    def cancel(self, tx: Tx, ticket: TicketView) -> None:
        service.cancel(tx, ticket)

    def taken_over(self, tx: Tx, ticket: TicketView) -> None:
        service.taken_over(tx, ticket)


stage = HandoffStage()
