"""The stock-out loop: decisions and substitutions of an order, and what could come instead."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.statements import among
from fulfil.trade.aftersales.model import Case, Decision, SubstituteCount, Substitution
from fulfil.trade.aftersales.rules import Candidate, Goods
from fulfil.trade.aftersales.states import DecisionState
from fulfil.trade.catalog import queries as catalog
from fulfil.trade.stock import queries as stock

_ORDER = bindparam("the_order")
_DECISIONS = (
    select(*Decision.__table__.c, Case.__table__.c.reason)
    .select_from(Decision.__table__.join(Case.__table__, Case.__table__.c.id == Decision.__table__.c.case_id))
    .where(Decision.order_no == _ORDER)
    .order_by(Decision.id)
)
_DECISION = select(*Decision.__table__.c).where(Decision.id == bindparam("the_id")).with_for_update()
_INSTEAD = Substitution.__table__.c
_SUBSTITUTIONS = select(*_INSTEAD).where(_INSTEAD.order_no == _ORDER).order_by(_INSTEAD.sub_line_no)
_COUNTS = select(*SubstituteCount.__table__.c).where(
    SubstituteCount.store_id == bindparam("the_store"),
    SubstituteCount.sku == bindparam("the_sku"),
    among(SubstituteCount.substitute, "skus"),
)
_LAST_SUB_LINE = select(func.max(Substitution.sub_line_no)).where(Substitution.order_no == _ORDER)


def decisions(tx: Tx, order_no: int) -> list[Row]:
    """What an order's customer was asked, oldest first, each with the `reason` of its shortage."""
    return tx.all(_DECISIONS, {"the_order": order_no})


def decision(tx: Tx, decision_id: int) -> Row | None:
    """A decision, locked until the end."""
    return tx.one(_DECISION, {"the_id": decision_id})


def order_of_decision(tx: Tx, decision_id: int) -> int | None:
    """Whose customer was asked; None when there is no such decision any more."""
    return tx.scalar(select(Decision.order_no).where(Decision.id == decision_id))


def substitutions(tx: Tx, order_no: int) -> list[Row]:
    """Goods that come instead of others of an order, by line number."""
    return tx.all(_SUBSTITUTIONS, {"the_order": order_no})


def last_sub_line(tx: Tx, order_no: int) -> int | None:
    """The highest number of an order's substitute lines."""
    return tx.scalar(_LAST_SUB_LINE, {"the_order": order_no})


def goods(row: Row) -> Goods:
    """A product as it is compared."""
    return Goods(row.sku, row.category, row.brand, row.zone, row.unit, row.grams, row.price)


def candidates(tx: Tx, store_id: int, missing: Goods) -> list[Candidate]:
    """Products on sale of the same category, temperature and unit, with what is known of them."""
    rows = catalog.alternatives(tx, store_id, missing.category, missing.zone, missing.unit)
    skus = [row.sku for row in rows if row.sku != missing.sku]
    left = stock.available(tx, store_id, skus)
    asked = {"the_store": store_id, "the_sku": missing.sku, "skus": skus}
    counts = {row.substitute: row for row in tx.all(_COUNTS, asked)}
    return [
        Candidate(
            goods(row),
            left.get(row.sku, 0),
            accepted=counts[row.sku].accepted if row.sku in counts else 0,
            refused=counts[row.sku].refused if row.sku in counts else 0,
        )
        for row in rows
        if row.sku != missing.sku
    ]


def decisions_view(tx: Tx, order_no: int, store_id: int) -> list[dict[str, Any]]:
    """What an order's customer is and was asked, JSON-ready; proposals with names, size and picture."""
    rows = decisions(tx, order_no)
    known = catalog.priced(tx, store_id, {one["sku"] for row in rows for one in row.proposals})
    return [
        {
            "decision_id": str(row.id),
            "line_no": row.line_no,
            "kind": row.kind,
            "state": row.state,
            "reason": row.reason,
            "quantity": row.quantity,
            "asked_at": rfc3339(row.asked_at),
            "deadline": rfc3339(row.deadline),
            "if_silent": row.if_silent,
            "answer_sku": row.answer_sku,
            "chosen_sku": row.chosen_sku,
            "answered_at": rfc3339(row.answered_at),
            "open": row.state == DecisionState.PENDING and tx.now < row.deadline,
            "proposals": _proposal_views(row.proposals, known),
        }
        for row in rows
    ]


def _proposal_views(frozen: Iterable[dict[str, Any]], known: dict[str, Row]) -> list[dict[str, Any]]:
    return [
        {
            **one,
            "names": {"zh": known[one["sku"]].name_zh, "en": known[one["sku"]].name_en},
            "pack": known[one["sku"]].pack,
            "unit": known[one["sku"]].unit,
            "picture": catalog.picture_url(known[one["sku"]].picture),
        }
        for one in frozen
    ]


def substitutions_view(tx: Tx, order_no: int) -> list[dict[str, Any]]:
    """Goods that come instead of others of an order, JSON-ready; `line_no` is the line that was short."""
    return [
        {
            "line_no": row.line_no,
            "sub_line_no": row.sub_line_no,
            "sku": row.sku,
            "names": {"zh": row.name_zh, "en": row.name_en},
            "pack": row.pack,
            "unit": row.unit,
            "picture": catalog.picture_url(row.picture),
            "unit_price": row.unit_price,
            "replaced": row.quantity,
            "quantity": row.sub_quantity,
            "value": row.value,
            "charge": row.charge,
            "difference": row.share + row.extra - row.charge,
            "extra": row.extra,
            "shop_cost": row.shop_cost,
        }
        for row in substitutions(tx, order_no)
    ]
