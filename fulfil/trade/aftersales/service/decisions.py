"""A customer is asked about missing goods, answers or stays silent; either way it ends (floor rule 6)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from fulfil.contracts.trade import PaymentSucceeded
from fulfil.kit import moves
from fulfil.kit.db import Tx
from fulfil.messages import service as messages
from fulfil.store import queries as stores
from fulfil.trade.aftersales import queries, rules
from fulfil.trade.aftersales.errors import DecisionOver, NotOffered, UnknownDecision
from fulfil.trade.aftersales.model import Decision
from fulfil.trade.aftersales.rules import Item, Price, Proposal
from fulfil.trade.aftersales.service.refunds import return_payment
from fulfil.trade.aftersales.service.substitutes import Shortage, count, find, put, refund
from fulfil.trade.aftersales.states import DECISION, DecisionState, Part
from fulfil.trade.orders import queries as orders
from fulfil.trade.orders import service as order_service
from fulfil.trade.orders.states import DeliveryState, OrderState
from fulfil.trade.payments import service as payments

DUE = "aftersales.decision_due"
WORTH_ASKING = timedelta(seconds=30)
APPROVE, REFUSE = "approve", "refuse"
CUSTOMER, SILENCE = "customer", "silence"
# Goods that are there, but not as ordered, are not called sold out.
QUESTIONS = {rules.ONLY_HEAVIER: "heavier_question", rules.ONLY_LIGHTER: "lighter_question"}
BEFORE_PACKED = (DeliveryState.NONE, DeliveryState.PREPARING)


def under_way(order: Row) -> bool:
    """Whether other goods can still come with this order."""
    return order.state == OrderState.PAID and order.delivery_state in BEFORE_PACKED


def ask(
    tx: Tx, order: Row, shortage: Shortage, proposals: Sequence[Proposal], if_silent: str, deadline: datetime
) -> None:
    """Ask the customer; without an answer the timer ends it at `deadline`."""
    decision_id = tx.number()
    tx.insert(
        Decision,
        id=decision_id,
        case_id=shortage.case_id,
        store_id=order.store_id,
        order_no=order.id,
        report_id=shortage.report_id,
        kind="substitute",
        state=DECISION.initial,
        version=1,
        line_no=shortage.line_no,
        quantity=shortage.short.quantity,
        share=shortage.short.amount,
        if_silent=if_silent,
        proposals=[asdict(one) for one in proposals],
        asked_at=tx.now,
        deadline=deadline,
        chosen_sku=None,
        answer_sku=None,
        answered_by=None,
        answered_at=None,
    )
    moves.begin(
        tx,
        Decision,
        DECISION,
        decision_id,
        store_id=order.store_id,
        order_no=order.id,
        detail={"line_no": shortage.line_no, "offered": [one.sku for one in proposals]},
    )
    tx.kit.tasks.add(tx, DUE, {"decision_id": decision_id}, run_at=deadline)
    _tell(tx, order, decision_id, shortage, deadline)
    tx.hint(f"track:{order.id}")


def answer(tx: Tx, order_no: int, decision_id: int, said: str, sku: str | None = None) -> None:
    """The customer approves the first proposal or the named one, or refuses all.

    What needs an extra payment comes when that is confirmed; until then the question stays open, for
    another answer, too. The same answer again changes nothing. When what was chosen is sold out meanwhile,
    the decision stays open with what is left while there is time, else silence speaks. Raises
    UnknownDecision, NotOffered, DecisionOver.
    """
    order = order_service.lock(tx, order_no)
    row = queries.decision(tx, decision_id)
    if row is None or row.order_no != order_no:
        raise UnknownDecision()
    offered = [one["sku"] for one in row.proposals]
    if sku is not None and (said != APPROVE or sku not in offered):
        raise NotOffered(offered=offered)
    if row.state != DecisionState.PENDING:
        if _said_before(row, said, sku):
            return
        raise DecisionOver(state=row.state)
    if tx.now >= row.deadline or not under_way(order):
        raise DecisionOver(state=row.state)
    if said == REFUSE:
        _move(tx, row, "refuse", CUSTOMER)
        shortage = _shortage(tx, row)
        count(tx, order.store_id, shortage.sku, refused=[sku for sku in offered if sku != shortage.sku])
        refund(tx, order, shortage, row.quantity)
    else:
        _approve(tx, order, row, sku or offered[0])


def pay(tx: Tx, order_no: int, decision_id: int) -> int:
    """Begin to pay the extra of what was chosen, or go on with it; the payment's serial number.

    Raises UnknownDecision, DecisionOver, NothingToPay where nothing was chosen that costs more, and what the
    payment centre refuses.
    """
    order = order_service.lock(tx, order_no)
    row = queries.decision(tx, decision_id)
    if row is None or row.order_no != order_no:
        raise UnknownDecision()
    if row.state != DecisionState.PENDING or tx.now >= row.deadline or not under_way(order):
        raise DecisionOver(state=row.state)
    return payments.intend_extra(tx, order_no, decision_id)


def on_due(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Timer: nobody answered. Harmless when somebody did."""
    order_no = queries.order_of_decision(tx, payload["decision_id"])
    if order_no is None:
        return
    order = order_service.lock(tx, order_no)
    row = queries.decision(tx, payload["decision_id"])
    if row.state == DecisionState.PENDING:
        _silence(tx, order, row)


def withdraw(tx: Tx, order: Row) -> None:
    """The order has ended: nothing can come any more. What was asked about is owed; the caller sends it."""
    for row in queries.decisions(tx, order.id):
        if row.state == DecisionState.PENDING:
            _move(tx, row, "withdraw", "system")
            refund(tx, order, _shortage(tx, row), row.quantity, more=True)


def silence(
    tx: Tx, order: Row, shortage: Shortage, quantity: int, if_silent: str, proposals: Sequence[Proposal]
) -> Proposal | None:
    """What happens without the customer's word: the best substitute if they wish so, or money.

    Returns what comes instead, None for money.
    """
    wanted = if_silent == rules.SUBSTITUTE and under_way(order)
    chosen = put(tx, order, shortage, rules.without_extra(proposals)) if wanted else None
    if chosen is None:
        refund(tx, order, shortage, quantity)
    return chosen


def _approve(tx: Tx, order: Row, row: Row, sku: str) -> None:
    """What was offered holds at the price that was shown, whatever it costs now."""
    chosen = next(_proposal(one) for one in row.proposals if one["sku"] == sku)
    if not chosen.price.extra:
        _take(tx, order, row, chosen)
    elif row.chosen_sku != sku:
        _let_pay(tx, order, row, chosen)


def _take(tx: Tx, order: Row, row: Row, chosen: Proposal) -> bool:
    """What was chosen comes; whether it did. Sold out: what else there is is offered until the deadline."""
    shortage = _shortage(tx, row)
    if put(tx, order, shortage, [chosen]) is not None:
        _move(tx, row, "approve", CUSTOMER, answer_sku=chosen.sku)
        if chosen.sku != shortage.sku:
            count(tx, order.store_id, shortage.sku, accepted=[chosen.sku])
        return True
    _offer_anew(tx, order, row, shortage, chosen.sku)
    return False


def _let_pay(tx: Tx, order: Row, row: Row, chosen: Proposal) -> None:
    """The customer is asked for the extra until the deadline, and for no other any more."""
    payments.open_extra(
        tx,
        order_no=order.id,
        store_id=order.store_id,
        extra_for=row.id,
        amount=chosen.price.extra,
        currency=order.currency,
        expires_at=row.deadline,
    )
    tx.update(Decision, {"id": row.id}, chosen_sku=chosen.sku)
    moves.record(
        tx,
        store_id=row.store_id,
        order_no=row.order_no,
        entity=Decision.__tablename__,
        entity_id=row.id,
        event="choose",
        actor=CUSTOMER,
        detail={"sku": chosen.sku, "extra": chosen.price.extra},
    )
    tx.hint(f"track:{order.id}")


def on_paid(tx: Tx, event: PaymentSucceeded) -> None:
    """Inline, in the payment's transaction: an extra has come. What it is for comes, or the money goes back.

    It goes back when the question is over, when the customer wants something else by now, and when what they
    wanted is sold out: then the question goes on (floor rule 9).
    """
    if event.extra_for is None:
        return
    order = order_service.lock(tx, event.order_no)
    row = queries.decision(tx, event.extra_for)
    chosen = _paid_for(tx, order, row, event.amount)
    if chosen is None:
        return_payment(tx, order, event.payment_id, event.amount, "extra_too_late")
    elif not _take(tx, order, row, chosen):
        return_payment(tx, order, event.payment_id, event.amount, "extra_sold_out")


def _paid_for(tx: Tx, order: Row, row: Row | None, amount: int) -> Proposal | None:
    """What the customer still waits for and has paid with this amount."""
    if row is None or row.state != DecisionState.PENDING or tx.now >= row.deadline or not under_way(order):
        return None
    wanted = [_proposal(one) for one in row.proposals if one["sku"] == row.chosen_sku]
    return next((one for one in wanted if one.price.extra == amount), None)


def _offer_anew(tx: Tx, order: Row, row: Row, shortage: Shortage, sku: str) -> None:
    left = [one for one in find(tx, order, shortage) if one.sku != sku]
    if not left:
        _silence(tx, order, row)
        return
    if row.chosen_sku is not None:
        payments.close_extra(tx, order.id, row.id)
    tx.update(Decision, {"id": row.id}, proposals=[asdict(one) for one in left], chosen_sku=None)
    moves.record(
        tx,
        store_id=row.store_id,
        order_no=row.order_no,
        entity=Decision.__tablename__,
        entity_id=row.id,
        event="sold_out",
        actor=CUSTOMER,
        detail={"sku": sku, "offered": [one.sku for one in left]},
    )
    tx.hint(f"track:{order.id}")


def _silence(tx: Tx, order: Row, row: Row) -> None:
    """Goods may have come or gone since the customer was asked: what is there now counts."""
    shortage = _shortage(tx, row)
    chosen = silence(tx, order, shortage, row.quantity, row.if_silent, find(tx, order, shortage))
    _move(tx, row, "expire", SILENCE, answer_sku=None if chosen is None else chosen.sku)


def _said_before(row: Row, said: str, sku: str | None) -> bool:
    if said == REFUSE:
        return row.state == DecisionState.REFUSED
    return row.state == DecisionState.APPROVED and sku in (None, row.answer_sku)


def _shortage(tx: Tx, row: Row) -> Shortage:
    """What the decision is about, as it was when the customer was asked."""
    short = Item(Part.LINE, row.line_no, row.quantity, row.share)
    case = queries.case_row(tx, row.case_id)
    sku = next(line.sku for line in orders.items(tx, row.order_no) if line.line_no == row.line_no)
    grams = next((one["quantity"] for one in row.proposals if one["sku"] == sku), 0)
    return Shortage(row.report_id, row.case_id, row.line_no, sku, short, case.reason, grams)


def _move(tx: Tx, row: Row, event: str, by: str, *, answer_sku: str | None = None) -> None:
    """End the question; an extra that was asked for and has not come is wanted no more."""
    if row.chosen_sku is not None:
        payments.close_extra(tx, row.order_no, row.id)
    moves.move(
        tx,
        Decision,
        DECISION,
        row,
        event,
        actor=by,
        detail={"line_no": row.line_no, "sku": answer_sku},
        answer_sku=answer_sku,
        answered_by=by,
        answered_at=tx.now,
    )


def _tell(tx: Tx, order: Row, decision_id: int, shortage: Shortage, deadline: datetime) -> None:
    shop = stores.store(tx, order.store_id)
    line = next(line for line in orders.items(tx, order.id) if line.line_no == shortage.line_no)
    messages.send(
        tx,
        kind=QUESTIONS.get(shortage.reason, "substitute_question"),
        store_id=order.store_id,
        order_no=order.id,
        phone=order.contact["phone"],
        language="",
        key=f"decision:{decision_id}",
        values={
            "shop": f"{shop.name_zh} {shop.name_en}",
            "order": order.id,
            "product": f"{line.name_zh} {line.name_en}",
            "minutes": math.ceil((deadline - tx.now).total_seconds() / 60),
            "link": orders.links(order.id, order.track_token, tx.kit.config.public_url)["track_url"],
        },
    )


def _proposal(frozen: Mapping[str, Any]) -> Proposal:
    return Proposal(**{**frozen, "price": Price(**frozen["price"])})
