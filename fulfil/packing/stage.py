"""Packing as the dispatcher sees it (F3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fulfil.contracts.stage import FulfilmentView, Op, Outcome, TicketSpec, TicketView, whole_order
from fulfil.kit.db import Tx
from fulfil.packing import queries, schema, service

EFFECTS = {
    "tote": service.tote,
    "pack": service.pack,
    "unpack": service.unpack,
    "short": service.short,
    "surplus": service.surplus,
    "new_bag": service.new_bag,
    "close_bag": service.close_bag,
    "seal": service.seal,
    "scan": service.scan,
}


class PackingStage:
    """One ticket an order, for all its zones."""

    name = "packing"
    role = "packer"
    ops: Mapping[str, Any] = {
        "tote": schema.Tote,
        "pack": schema.Pack,
        "unpack": schema.Unpack,
        "short": schema.Short,
        "surplus": schema.Surplus,
        "new_bag": schema.NewBag,
        "close_bag": schema.CloseBag,
        "seal": schema.Seal,
        "scan": schema.Scan,
    }

    def open(self, tx: Tx, fulfilment: FulfilmentView) -> Sequence[TicketSpec]:
        return whole_order(fulfilment)

    def opened(self, tx: Tx, ticket: TicketView, spec: TicketSpec, fulfilment: FulfilmentView) -> None:
        service.open_packing(tx, ticket, fulfilment)

    def snapshot(self, tx: Tx, ticket: TicketView) -> Mapping[str, Any]:
        return queries.snapshot(tx, ticket)

    def apply(self, tx: Tx, ticket: TicketView, op: Op) -> Outcome:
        return EFFECTS[op.type](tx, ticket, op, op.payload)

    def cancel(self, tx: Tx, ticket: TicketView) -> None:
        """Nothing is held beside totes and bags, which the put-back ticket returns."""

    def taken_over(self, tx: Tx, ticket: TicketView) -> None:
        """Bags and their lines are in the books already: nothing needs counting."""


stage = PackingStage()
