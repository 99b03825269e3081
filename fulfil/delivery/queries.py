"""Everything delivery reads: deliveries, milestones, and its invariants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from fulfil.contracts.fulfilment import LineQuantity
from fulfil.contracts.stage import TicketView
from fulfil.delivery.errors import LinkUnknown, RideUnknown
from fulfil.delivery.model import Delivery, Milestone, Return, ReturnRow
from fulfil.delivery.rules import (
    CALL,
    ENDED,
    ON_THE_WAY,
    RIDING,
    absent_from,
    counted,
    legal_delivery,
    legal_return,
    milestones,
)
from fulfil.delivery.states import DeliveryState
from fulfil.dispatch import queries as dispatch
from fulfil.dispatch.model import Fulfilment, TerminalOp
from fulfil.dispatch.queries.forecast import predictions
from fulfil.kit.checks import Violation
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.statements import one_of
from fulfil.store import queries as stores

_DELIVERY = select(Delivery.__table__)
_DELIVERY_OF_TICKET = _DELIVERY.where(Delivery.ticket_id == bindparam("ticket"))
_WAITING = _DELIVERY.where(
    Delivery.fulfilment_id == bindparam("fulfilment"), ~one_of(Delivery.state, *ON_THE_WAY, *ENDED)
)
_WRONG_PINS = (
    select(func.count())
    .select_from(TerminalOp)
    .where(TerminalOp.ticket_id == bindparam("ticket"), TerminalOp.code == "pin_wrong")
)
_STEPS = (
    select(Milestone.name, Milestone.at)
    .where(Milestone.delivery_id == bindparam("delivery"))
    .order_by(Milestone.id)
)
_RETURN = select(Return.__table__)
IN_HAND = ("accepted", "working", "done")


def delivery(tx: Tx, ticket_id: int) -> Row:
    """The delivery document of a ticket."""
    return tx.one(_DELIVERY_OF_TICKET, {"ticket": ticket_id})


def waiting(tx: Tx, fulfilment_id: int) -> Row | None:
    """The delivery of a fulfilment order that waits for its goods."""
    return tx.one(_WAITING, {"fulfilment": fulfilment_id})


def riding(tx: Tx, fulfilment_id: int) -> Row | None:
    """The delivery of a fulfilment order that is on its way to the customer."""
    return tx.one(_DELIVERY.where(Delivery.fulfilment_id == fulfilment_id, one_of(Delivery.state, *RIDING)))


def by_carrier_token(tx: Tx, token: str) -> Row:
    """The delivery of a carrier link. Raises RideUnknown."""
    row = tx.one(_DELIVERY.where(Delivery.carrier_token == token))
    if row is None:
        raise RideUnknown()
    return row


def carrier_token(tx: Tx, order_no: int, store_ids: frozenset[int] | None) -> str:
    """The token of an order's carrier link. Raises LinkUnknown, also for another shop's order."""
    row = tx.one(
        _DELIVERY.where(Delivery.order_no == order_no, Delivery.carrier_token.is_not(None)).order_by(
            Delivery.id.desc()
        )
    )
    if row is None or (store_ids is not None and row.store_id not in store_ids):
        raise LinkUnknown()
    return row.carrier_token


def wrong_pins(tx: Tx, row: Row) -> int:
    """How often a wrong PIN was tried: by the carrier link, and by ops whose rejection is stored."""
    return row.pin_failures + tx.scalar(_WRONG_PINS, {"ticket": row.ticket_id})


def return_of_ticket(tx: Tx, ticket_id: int) -> Row:
    """The return document of a ticket."""
    return tx.one(_RETURN.where(Return.ticket_id == ticket_id))


def return_of_case(tx: Tx, case_id: int) -> Row | None:
    """The return that a complaint asked for."""
    return tx.one(_RETURN.where(Return.case_id == case_id))


def return_lines(tx: Tx, return_id: int) -> list[Row]:
    """What comes back, by line."""
    return tx.all(
        select(ReturnRow.__table__).where(ReturnRow.return_id == return_id).order_by(ReturnRow.line_no)
    )


def goods_in(tx: Tx, bag_ids: Iterable[int]) -> list[LineQuantity]:
    """What is in these bags, summed by line."""
    sums: Counter[tuple[int, str]] = Counter()
    for inside in dispatch.bag_lines(tx, bag_ids):
        sums[inside.line_no, inside.sku] += inside.quantity
    return [LineQuantity(line_no, sku, quantity) for (line_no, sku), quantity in sorted(sums.items())]


def return_snapshot(tx: Tx, ticket: TicketView) -> dict[str, Any]:
    """What a rider's phone needs to fetch goods: from where, what, and what is legal."""
    row = return_of_ticket(tx, ticket.id)
    contact = dispatch.fulfilment_row(tx, row.fulfilment_id).contact if ticket.state in IN_HAND else None
    lines = return_lines(tx, row.id)
    items = stores.items(tx, row.store_id, {line.sku for line in lines})
    return {
        "delivery_state": f"return_{row.state}",
        "reason": row.reason,
        "contact": dict(contact) if contact else None,
        "address": contact.get("address") if contact else None,
        "lines": [
            {
                "id": str(line.line_no),
                "line_no": line.line_no,
                "sku": line.sku,
                "quantity": line.quantity,
                "collected": line.collected,
                "unit": items[line.sku].unit,
                "name": {"zh": items[line.sku].name_zh, "en": items[line.sku].name_en},
            }
            for line in lines
        ],
        "bags": [],
        "milestones": [],
        "next_milestones": [],
        "legal": legal_return(row.state),
    }


def snapshot(tx: Tx, ticket: TicketView) -> dict[str, Any]:
    """What a rider's phone needs: where to, which bags, milestones so far, what is legal.

    The customer's name, phone and address are shown to whoever has accepted, not to whoever is asked. The
    pickup code is not: it proves a third party's rider to the counter.
    """
    row = delivery(tx, ticket.id)
    view = _view(tx, row, contact=ticket.state in IN_HAND)
    refuse = ["refuse"] if row.state in RIDING else []  # other people's riders bring back all or nothing
    return {
        **view,
        "legal": [*view["legal"], *refuse],
        "carrier": row.carrier,
        "refused": row.refused,
        "recalled": row.recalled_at is not None,
        "ready_at": _ready_at(tx, row.fulfilment_id),
    }


def _ready_at(tx: Tx, fulfilment_id: int) -> str | None:
    """When what is still being made is predicted to stand at the counter; None: it does, or nobody knows."""
    if dispatch.fulfilment_row(tx, fulfilment_id).ready_at is not None:
        return None
    known = predictions(tx, [fulfilment_id]).get(fulfilment_id)
    return None if known is None else rfc3339(known.ready_at)


def ride(tx: Tx, row: Row) -> dict[str, Any]:
    """A delivery as a third party's rider sees it: the customer's data end with the delivery."""
    fulfilment = dispatch.fulfilment_row(tx, row.fulfilment_id)
    return {
        "order_no": str(row.order_no),
        "short_no": str(row.order_no)[-4:],
        "due_at": rfc3339(fulfilment.due_at),
        "tz": stores.store(tx, row.store_id).tz,
        **_view(tx, row, contact=row.state not in ENDED),
    }


def _view(tx: Tx, row: Row, *, contact: bool) -> dict[str, Any]:
    fulfilment = dispatch.fulfilment_row(tx, row.fulfilment_id)
    reached = steps(tx, row.id)
    called = _calls(reached)
    return {
        "delivery_state": row.state,
        "contact": dict(fulfilment.contact) if contact else None,
        "address": fulfilment.contact.get("address") if contact else None,
        "note": fulfilment.note if contact else "",
        "bags": [
            {
                "code": bag.code,
                "n": bag.n,
                "temperature": bag.temperature,
                "state": bag.state,
                "place": bag.place,
            }
            for bag in dispatch.bags_of(tx, row.fulfilment_id)
        ],
        "milestones": [{"name": step.name, "at": rfc3339(step.at)} for step in reached if step.name != CALL],
        "next_milestones": milestones(row.state),
        "calls": [rfc3339(at) for at in called],
        "absent_from": rfc3339(absent_from(called)),
        "legal": legal_delivery(row.state),
    }


def steps(tx: Tx, delivery_id: int) -> list[Row]:
    """The milestones of a delivery in order, and when its customer was called."""
    return tx.all(_STEPS, {"delivery": delivery_id})


def calls(tx: Tx, delivery_id: int) -> list[datetime]:
    """When the customer of a delivery was called, as far as it counts."""
    return _calls(steps(tx, delivery_id))


def _calls(reached: Sequence[Row]) -> list[datetime]:
    return counted([step.at for step in reached if step.name == CALL])


def violations(tx: Tx) -> list[Violation]:
    """Invariant 12: a delivery and its fulfilment agree on where the goods are."""
    agree = {
        DeliveryState.PICKED_UP: ("handed_over",),
        DeliveryState.AT_CUSTOMER: ("handed_over",),
        DeliveryState.RETURNING: ("returning",),
        DeliveryState.DELIVERED: ("delivered",),
        DeliveryState.RETURNED: ("returned", "ready", "cancelling", "cancelled", "handed_over", "delivered"),
    }
    return [
        Violation(12, "deliveries", str(row.id), f"{row.state} while the fulfilment is {row.fulfilment}")
        for row in tx.all(_WITH_FULFILMENT)
        if row.state in agree and row.fulfilment not in agree[row.state]
    ]


_WITH_FULFILMENT = (
    select(Delivery.id, Delivery.state, Fulfilment.state.label("fulfilment"))
    .join(Fulfilment, Fulfilment.id == Delivery.fulfilment_id)
    .order_by(Delivery.id)
)
