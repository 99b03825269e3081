"""A tote is scanned: bound to the ticket, or counted after a takeover (floor rule 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fulfil.contracts.fulfilment import GoodsQuarantined, LineQuantity
from fulfil.contracts.stage import Op, Outcome, TicketView
from fulfil.dispatch import service as dispatch
from fulfil.dispatch.rules import tote_code
from fulfil.kit.db import Tx
from fulfil.picking import queries, rules
from fulfil.picking.errors import CountFirst, LineUnknown, NothingToCount
from fulfil.picking.model import PickList
from fulfil.picking.service.lines import change_picked
from fulfil.picking.service.totes import usable_tote


def tote(tx: Tx, ticket: TicketView, op: Op, payload: Mapping[str, Any]) -> Outcome:
    """Bind a tote, or give its count. Raises CountFirst, NothingToCount, SearchFirst, OverPick and others.

    The totes' own refusals are those of `usable_tote`.
    """
    code = tote_code(payload["code"])
    recount = queries.pick_list(tx, ticket.id).recount
    counted = _counted(payload)
    if counted is None:
        if recount:
            raise CountFirst(recount)
        usable_tote(tx, ticket, code)
        return Outcome(detail={"tote": code})
    if code not in recount:
        raise NothingToCount()
    if payload.get("missing"):
        rules.check_search(tx.now, queries.search_until(tx, ticket))
        _set_aside(tx, ticket, code)
    _take_count(tx, ticket, op, code, counted)
    tx.update(PickList, {"id": ticket.id}, recount=[left for left in recount if left != code])
    return Outcome(detail={"tote": code})


def _counted(payload: Mapping[str, Any]) -> dict[int, int] | None:
    """Line → quantity as counted; a tote that is gone holds nothing; None when nothing was counted."""
    if payload.get("missing"):
        return {}
    counts: Sequence[Mapping[str, int]] | None = payload.get("counts")
    if counts is None:
        return None
    return {count["line"]: count["quantity"] for count in counts}


def _take_count(tx: Tx, ticket: TicketView, op: Op, code: str, counted: Mapping[int, int]) -> None:
    """The count becomes `picked` (floor rule 1)."""
    deltas = rules.recount_deltas(queries.in_tote(tx, ticket.id, code), dict(counted))
    for line_id, delta in deltas.items():
        line = queries.pick_line(tx, ticket.id, line_id)
        if line is None:
            raise LineUnknown()
        picked = rules.recounted(queries.amounts(line), delta)
        change_picked(tx, line, picked=picked, tote=code, kind="recount", op=op)


def _set_aside(tx: Tx, ticket: TicketView, code: str) -> None:
    """Nobody finds the tote: its lines are picked again, its goods go to put-back when it turns up."""
    inside = queries.in_tote(tx, ticket.id, code)
    goods = tuple(
        LineQuantity(line.line_no, line.sku, inside[line.id])
        for line in queries.pick_lines(tx, ticket.id)
        if inside.get(line.id)
    )
    dispatch.set_aside_tote(tx, ticket.store_id, code)
    tx.publish(
        GoodsQuarantined(
            order_no=ticket.order_no,
            store_id=ticket.store_id,
            reason="found_later",
            fulfilment_id=ticket.fulfilment_id,
            lines=goods,
        )
    )
    dispatch.open_put_back(tx, ticket.fulfilment_id, goods)
