"""Picking as the dispatcher sees it (F3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fulfil.contracts.stage import FulfilmentView, Op, Outcome, TicketSpec, TicketView
from fulfil.kit.db import Tx
from fulfil.picking import queries, schema, service
from fulfil.picking.errors import NotForThisKind

PUT_BACK = "put_back"
WORK_OPS = {
    "pick": service.pick, "unpick": service.unpick, "short": service.short, "moved": service.moved,
    "tote": service.tote, "stage": service.stage_totes, "complete": service.complete, "scan": service.scan,
}  # fmt: skip
PUT_BACK_OPS = {"put_back": service.put_back, "complete": service.put_back_complete}


class PickingStage:
    """A ticket is one zone's pick list (`work`), or goods that go back to their shelves (`put_back`)."""

    name = "picking"
    role = "picker"
    ops: Mapping[str, Any] = {
        "pick": schema.Pick, "unpick": schema.Unpick, "short": schema.Short, "moved": schema.Moved,
        "tote": schema.Tote, "stage": schema.StageTotes, "complete": schema.Complete, "scan": schema.Scan,
        "put_back": schema.PutBack,
    }  # fmt: skip

    def open(self, tx: Tx, fulfilment: FulfilmentView) -> Sequence[TicketSpec]:
        return service.specs(tx, fulfilment)

    def opened(self, tx: Tx, ticket: TicketView, spec: TicketSpec, fulfilment: FulfilmentView) -> None:
        if ticket.kind == PUT_BACK:
            service.open_put_back(tx, ticket, spec.detail, fulfilment)
        else:
            service.open_picking(tx, ticket, spec.detail, fulfilment)

    def add(self, tx: Tx, ticket: TicketView, line_no: int, fulfilment: FulfilmentView) -> None:
        service.add_line(tx, ticket, line_no, fulfilment)

    def snapshot(self, tx: Tx, ticket: TicketView) -> Mapping[str, Any]:
        if ticket.kind == PUT_BACK:
            return queries.put_back_snapshot(tx, ticket)
        return queries.pick_snapshot(tx, ticket)

    def apply(self, tx: Tx, ticket: TicketView, op: Op) -> Outcome:
        effects = PUT_BACK_OPS if ticket.kind == PUT_BACK else WORK_OPS
        if op.type not in effects:
            raise NotForThisKind()
        return effects[op.type](tx, ticket, op, op.payload)

    def cancel(self, tx: Tx, ticket: TicketView) -> None:
        if ticket.kind != PUT_BACK:
            service.cancel(tx, ticket)

    def taken_over(self, tx: Tx, ticket: TicketView) -> None:
        if ticket.kind != PUT_BACK:
            service.taken_over(tx, ticket)


stage = PickingStage()
