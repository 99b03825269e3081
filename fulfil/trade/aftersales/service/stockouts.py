"""A line could not be picked whole: what the customer gets instead (F6)."""

from __future__ import annotations

from fulfil.contracts.fulfilment import StockoutReported
from fulfil.contracts.trade import ShortageDecided
from fulfil.kit.db import Tx
from fulfil.trade.aftersales import queries, rules
from fulfil.trade.aftersales.service.cases import open_case
from fulfil.trade.aftersales.service.refunds import give_back
from fulfil.trade.aftersales.states import Kind
from fulfil.trade.orders import service as order_service


def shortage(tx: Tx, event: StockoutReported) -> None:
    """Refund the frozen share of what is missing and tell fulfilment and order the decision (F6).

    Every preference leads to a refund; the decision names its outcome, so others can follow it.
    """
    order = order_service.lock(tx, event.order_no)
    source_ref = f"report:{event.report_id}"
    if queries.known(tx, source_ref):
        return
    case_id = open_case(tx, order, Kind.STOCKOUT, source_ref, event.reason, event.line_no, event.quantity)
    given = queries.given(tx, order.id)
    line = next(line for line in queries.lines_of(tx, order.id) if line.line_no == event.line_no)
    item = rules.shortage(line, event.quantity, given)
    give_back(tx, order, case_id, [item] if item.quantity else [], event.reason)
    tx.publish(ShortageDecided(
        order_no=order.id, store_id=order.store_id, report_id=event.report_id, line_no=event.line_no,
        quantity=event.quantity, outcome="refund", amount=item.amount,
    ))  # fmt: skip
