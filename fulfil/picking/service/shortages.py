"""A picker says that goods are missing: believed at once, or looked for again (F6, floor rules 6, 12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fulfil.contracts.stage import Op, Outcome, TicketView
from fulfil.kit.db import Tx
from fulfil.picking import queries, rules
from fulfil.picking.service import looks
from fulfil.picking.service.lines import line_at_work, note_place, report


def short(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """Report what can't be found or sold. Raises LineUnknown, LineClosed, MoreThanMissing."""
    line = line_at_work(tx, ticket, payload["line"])
    quantity = rules.short_quantity(queries.amounts(line), payload.get("quantity"))
    if "found_at" in payload:
        note_place(tx, ticket, op, line, payload["found_at"])
    expert_id = looks.expert_for(tx, ticket, line, quantity, payload["reason"])
    if expert_id is not None:
        return looks.ask(tx, ticket, op, line, quantity, expert_id)
    report_id = report(
        tx,
        ticket,
        op,
        line,
        quantity,
        payload["reason"],
        heavier=payload.get("weight_g", 0),
        photo=payload.get("photo"),
    )
    return Outcome(detail={"report_id": str(report_id)})
