"""Preparation as the dispatcher sees it (F3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from fulfil.contracts.stage import FulfilmentView, Op, Outcome, TicketSpec, TicketView
from fulfil.kit.db import Tx
from fulfil.prep import queries, rules, schema, service

EFFECTS = {"cook": service.cook, "ready": service.ready, "short": service.short}


class PrepStage:
    """A ticket a station and temperature, parallel to picking; packing opens when both are over."""

    name = "prep"
    role = "cook"
    ops: Mapping[str, Any] = {"cook": schema.Cook, "ready": schema.Ready, "short": schema.Short}

    def open(self, tx: Tx, fulfilment: FulfilmentView) -> Sequence[TicketSpec]:
        return service.specs(fulfilment)

    def opened(self, tx: Tx, ticket: TicketView, spec: TicketSpec, fulfilment: FulfilmentView) -> None:
        service.open_prep(tx, ticket, spec.detail)

    def snapshot(self, tx: Tx, ticket: TicketView) -> Mapping[str, Any]:
        return queries.snapshot(tx, ticket)

    def apply(self, tx: Tx, ticket: TicketView, op: Op) -> Outcome:
        return EFFECTS[op.type](tx, ticket, op, op.payload)

    def cancel(self, tx: Tx, ticket: TicketView) -> None:
        service.cancel(tx, ticket)

    def taken_over(self, tx: Tx, ticket: TicketView) -> None:
        """What cooks goes on cooking: its clock is in the books, whoever looks at it."""

    def stations(self, goods: Iterable[tuple[str, int]]) -> Mapping[str, int]:
        return rules.stations(goods)

    def made_at(self, tx: Tx, ticket_ids: Sequence[int]) -> Mapping[int, tuple[str, datetime | None]]:
        return queries.made_at(tx, ticket_ids)


stage = PrepStage()
