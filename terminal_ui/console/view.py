"""An order as an operator sees it: trade's word, the floor's, the money, and every step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy.engine import Row

from fulfil.delivery import queries as delivery
from fulfil.dispatch import queries as dispatch
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.security import Principal
from fulfil.messages.rules import wording
from fulfil.staff import queries as staff
from fulfil.trade.aftersales import queries as aftersales
from fulfil.trade.aftersales.states import PENDING, UNSETTLED, RefundState
from fulfil.trade.orders import queries as orders
from fulfil.trade.orders import rules
from fulfil.trade.orders.errors import UnknownOrder
from fulfil.trade.payments import queries as payments

STAFF = "staff"
CANCELLERS = frozenset({"operator", "supervisor", "admin"})


def order_page(tx: Tx, who: Principal, order_no: int, language: str) -> dict[str, Any]:
    """One order with lines, money, cases, bags and steps, JSON-ready. Raises UnknownOrder, other shops' too.

    `actions` is what `who` may do now. Of the money `pending` is on its way back and `debt` what channels
    refused to pay back, minor units.
    """
    row = orders.order(tx, order_no)
    if not who.sees(row.store_id):
        raise UnknownOrder()
    fulfilment = dispatch.fulfilment_of_order(tx, order_no)
    cases = aftersales.cases_of(tx, order_no)
    ride = None if fulfilment is None else delivery.riding(tx, fulfilment.id)
    events = dispatch.history(tx, row.store_id, order_no)
    return {
        **orders.heads(tx, [row])[0],
        **_money_back(cases),
        "actions": actions(who, row),
        "contact": row.contact,
        "note": row.note,
        "fulfilment": None if fulfilment is None else _fulfilment(fulfilment),
        "recalled": ride is not None and ride.recalled_at is not None,
        "lines": _lines(tx, order_no, fulfilment, cases, language),
        "payments": [_payment(row) for row in payments.documents(tx, order_no)],
        "substitutes": _substitutes(tx, order_no, fulfilment),
        "decisions": aftersales.decisions_view(tx, order_no, row.store_id),
        "cases": cases,
        "bags": _bags(tx, fulfilment),
        "events": [_event(step) for step in events],
        "people": people(tx, (step.actor for step in events)),
    }


def actions(who: Principal, order: Row) -> list[str]:
    """What somebody may do with an order now; the routes refuse anything else."""
    may_cancel = bool(who.roles & CANCELLERS)
    offered = {
        "cancel": may_cancel and rules.cancellable(order.state, order.delivery_state),
        "recall": may_cancel and rules.recallable(order.state, order.delivery_state),
    }
    return [
        *(name for name, is_offered in offered.items() if is_offered),
        *aftersales.order_actions(who, order),
    ]


def _money_back(cases: Iterable[dict[str, Any]]) -> dict[str, int]:
    refunds = [case["refund"] for case in cases if case["refund"] is not None]

    def open_of(states: Collection[str]) -> int:
        return sum(one["amount"] - one["settled"] for one in refunds if one["state"] in states)

    return {"pending": open_of(PENDING), "debt": open_of((*UNSETTLED, RefundState.LAPSED))}


def staff_names(tx: Tx, store_id: int) -> dict[str, dict[str, str]]:
    """The names of everybody who works or worked in a shop, by id."""
    return {str(row.id): {"zh": row.name_zh, "en": row.name_en} for row in staff.people(tx, store_id)}


def _fulfilment(row: Row) -> dict[str, Any]:
    return {"id": str(row.id), "state": row.state, "due_at": rfc3339(row.due_at)}


def _lines(
    tx: Tx, order_no: int, fulfilment: Row | None, cases: Iterable[dict[str, Any]], language: str
) -> list[dict[str, Any]]:
    """What was ordered, what the floor made of it, and what was given back for it."""
    floor = {} if fulfilment is None else {row.line_no: row for row in dispatch.lines(tx, fulfilment.id)}
    back = _given_back(cases)
    found = []
    for item in orders.items(tx, order_no):
        seen = floor.get(item.line_no)
        found.append(
            {
                **orders.line_view(item, language),
                "refunded": back[item.line_no],
                "picked": 0 if seen is None else seen.picked,
                "short": 0 if seen is None else seen.short,
                "substituted": 0 if seen is None else seen.substituted,
            }
        )
    return found


def _substitutes(tx: Tx, order_no: int, fulfilment: Row | None) -> list[dict[str, Any]]:
    """Goods that come instead of others, with what could not be found of them either."""
    floor = {} if fulfilment is None else {row.line_no: row for row in dispatch.lines(tx, fulfilment.id)}
    return [
        {**one, "short": floor[one["sub_line_no"]].short if one["sub_line_no"] in floor else 0}
        for one in aftersales.substitutions_view(tx, order_no)
    ]


def _given_back(cases: Iterable[dict[str, Any]]) -> dict[int, int]:
    back: dict[int, int] = defaultdict(int)
    for case in cases:
        for item in case["refund"]["items"] if case["refund"] else ():
            back[item["line_no"]] += item["amount"] if item["kind"] == "line" else 0
    return back


def _payment(row: Row) -> dict[str, Any]:
    return {
        "pay_seq": row.pay_seq,
        "is_extra": row.extra_for is not None,
        "state": row.state,
        "amount": row.amount,
        "captured": row.captured,
        "refunded": row.refunded,
        "currency": row.currency,
    }


def _bags(tx: Tx, fulfilment: Row | None) -> list[dict[str, Any]]:
    rows = [] if fulfilment is None else dispatch.bags_of(tx, fulfilment.id)
    return [
        {"n": row.n, "code": row.code, "temperature": row.temperature, "state": row.state} for row in rows
    ]


def _event(step: Row) -> dict[str, Any]:
    return {
        "at": rfc3339(step.at),
        "entity": step.entity,
        "entity_id": str(step.entity_id),
        "event": step.event,
        "from_state": step.from_state,
        "to_state": step.to_state,
        "actor": step.actor,
        "reason": step.reason,
        "detail": _detail(step),
    }


def _detail(step: Row) -> dict[str, Any] | None:
    """What is written with a step; of a task `said` tells what it does."""
    if step.detail is None or "handler" not in step.detail:
        return step.detail
    return {**step.detail, "said": wording.doing(step.detail["handler"])}


def people(tx: Tx, actors: Iterable[str]) -> dict[str, dict[str, str]]:
    """The names of the staff among those who acted, by id."""
    told = {actor.partition(":") for actor in actors}
    ids = {int(number) for kind, _, number in told if kind == STAFF and number.isdigit()}
    return {str(person_id): person["names"] for person_id, person in staff.people_named(tx, ids).items()}
