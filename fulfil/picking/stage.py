"""Picking as the dispatcher sees it (F3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fulfil.contracts.stage import FulfilmentView, Op, Outcome, TicketSpec, TicketView
from fulfil.dispatch.rules import COUNT, LOOK, PUT_BACK, WORK
from fulfil.kit.db import Tx
from fulfil.picking import queries, schema, service
from fulfil.picking.errors import NotForThisKind

WORK_OPS = {
    "pick": service.pick,
    "unpick": service.unpick,
    "short": service.short,
    "moved": service.moved,
    "tote": service.tote,
    "stage": service.stage_totes,
    "complete": service.complete,
    "scan": service.scan,
    "zero_check": service.zero_check,
}
COUNT_OPS = {"count": service.count}
LOOK_OPS = {"found": service.found, "not_found": service.not_found}
PUT_BACK_OPS = {"put_back": service.put_back, "complete": service.put_back_complete}
OPS = {WORK: WORK_OPS, PUT_BACK: PUT_BACK_OPS, COUNT: COUNT_OPS, LOOK: LOOK_OPS}
SNAPSHOTS = {
    WORK: queries.pick_snapshot,
    PUT_BACK: queries.put_back_snapshot,
    COUNT: queries.count_snapshot,
    LOOK: queries.look_snapshot,
}


class PickingStage:
    """A ticket is one zone's pick list (`work`), or other work at shelves.

    Goods to bring back (`put_back`), a shelf to `count`, or goods to look for again (`second_look`).
    """

    name = "picking"
    role = "picker"
    ops: Mapping[str, Any] = {
        "pick": schema.Pick,
        "unpick": schema.Unpick,
        "short": schema.Short,
        "moved": schema.Moved,
        "tote": schema.Tote,
        "stage": schema.StageTotes,
        "complete": schema.Complete,
        "scan": schema.Scan,
        "put_back": schema.PutBack,
        "zero_check": schema.ZeroCheck,
        "count": schema.Count,
        "found": schema.Found,
        "not_found": schema.NotFound,
    }

    def open(self, tx: Tx, fulfilment: FulfilmentView) -> Sequence[TicketSpec]:
        return service.specs(tx, fulfilment)

    def opened(self, tx: Tx, ticket: TicketView, spec: TicketSpec, fulfilment: FulfilmentView) -> None:
        if ticket.kind == PUT_BACK:
            service.open_put_back(tx, ticket, spec.detail, fulfilment)
        elif ticket.kind == COUNT:
            service.open_count(tx, ticket, spec.detail)
        elif ticket.kind == LOOK:
            service.open_look(tx, ticket, spec.detail)
        else:
            service.open_picking(tx, ticket, spec.detail, fulfilment)

    def add(self, tx: Tx, ticket: TicketView, line_no: int, fulfilment: FulfilmentView) -> None:
        service.add_line(tx, ticket, line_no, fulfilment)

    def shelves(self, tx: Tx, ticket_ids: Sequence[int]) -> Mapping[int, Sequence[str]]:
        return queries.shelves(tx, ticket_ids)

    def last_shelf(self, tx: Tx, ticket_ids: Sequence[int]) -> str | None:
        return queries.last_shelf(tx, ticket_ids)

    def checked(self, tx: Tx, ticket_ids: Sequence[int]) -> Mapping[int, int]:
        return queries.checked(tx, ticket_ids)

    def reorder(self, tx: Tx, tickets: Sequence[TicketView]) -> int:
        return service.reorder(tx, tickets)

    def snapshot(self, tx: Tx, ticket: TicketView) -> Mapping[str, Any]:
        return SNAPSHOTS[ticket.kind](tx, ticket)

    def apply(self, tx: Tx, ticket: TicketView, op: Op) -> Outcome:
        effects = OPS[ticket.kind]
        if op.type not in effects:
            raise NotForThisKind()
        return effects[op.type](tx, ticket, op, op.payload)

    def cancel(self, tx: Tx, ticket: TicketView) -> None:
        if ticket.kind == WORK:
            service.cancel(tx, ticket)

    def taken_over(self, tx: Tx, ticket: TicketView) -> None:
        if ticket.kind == WORK:
            service.taken_over(tx, ticket)


stage = PickingStage()
