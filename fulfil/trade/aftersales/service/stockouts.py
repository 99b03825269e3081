"""A line could not be picked whole: what the customer gets instead (F6)."""

from __future__ import annotations

from sqlalchemy import Row

from fulfil.contracts.fulfilment import StockoutReported
from fulfil.kit.db import Tx
from fulfil.trade.aftersales import queries, rules
from fulfil.trade.aftersales.service import decisions
from fulfil.trade.aftersales.service.cases import open_case
from fulfil.trade.aftersales.service.photos import show_in_case
from fulfil.trade.aftersales.service.substitutes import Shortage, find, refund
from fulfil.trade.aftersales.states import Kind
from fulfil.trade.orders import queries as orders
from fulfil.trade.orders import service as order_service
from fulfil.trade.orders.errors import NotCancellable


def shortage(tx: Tx, event: StockoutReported) -> None:
    """Do what the customer wished for this line, or ask; fulfilment and order hear the decision (F6)."""
    order = order_service.lock(tx, event.order_no)
    source_ref = f"report:{event.report_id}"
    if queries.known(tx, source_ref):
        return
    case_id = open_case(tx, order, Kind.STOCKOUT, source_ref, event.reason, event.line_no, event.quantity)
    if event.photo is not None:
        show_in_case(tx, order.id, case_id, event.photo)
    line = next(line for line in queries.lines_of(tx, order.id) if line.line_no == event.line_no)
    short = rules.shortage(line, event.quantity, queries.given(tx, order.id))
    found = Shortage(
        event.report_id, case_id, event.line_no, event.sku, short, event.reason, _heavier(tx, event)
    )
    wish, if_silent = _wishes(tx, order, event.line_no)
    if wish == rules.CANCEL_ORDER and event.reason not in rules.BY_WEIGHT:
        _cancel(tx, order, found, event.quantity)
    elif wish == rules.NO_WISH or event.decide_by is None or short.quantity < event.quantity:
        refund(tx, order, found, event.quantity)
    else:
        _replace(tx, order, found, event, wish, if_silent)


def _heavier(tx: Tx, event: StockoutReported) -> int:
    """What the only piece of weighed goods weighs, grams. Beside other goods or reasons it says nothing."""
    if event.reason != rules.ONLY_HEAVIER or rules.is_substitute(event.line_no):
        return 0
    line = next(line for line in orders.items(tx, event.order_no) if line.line_no == event.line_no)
    return event.heavier if line.unit == "g" else 0


def _replace(tx: Tx, order: Row, found: Shortage, event: StockoutReported, wish: str, if_silent: str) -> None:
    """The customer wants other goods, or to be asked about them as long as there is time.

    Of the only piece, which weighs too much, they are asked in any case: it costs more.
    """
    proposals = find(tx, order, found)
    asks = wish == rules.ASK or (found.heavier and not rules.without_extra(proposals))
    worth_asking = event.decide_by - tx.now >= decisions.WORTH_ASKING and decisions.under_way(order)
    if asks and proposals and worth_asking:
        decisions.ask(tx, order, found, proposals, if_silent, event.decide_by)
        return
    instead = rules.SUBSTITUTE if wish == rules.SUBSTITUTE else if_silent
    decisions.silence(tx, order, found, event.quantity, instead, proposals)


def _cancel(tx: Tx, order: Row, found: Shortage, quantity: int) -> None:
    """Nothing is wanted without this line. Where it is too late for that, at least its share goes back."""
    refund(tx, order, found, quantity, outcome=rules.CANCEL_ORDER)
    try:
        order_service.cancel(tx, order.id, "system", "shortage")
    except NotCancellable:
        return


def _wishes(tx: Tx, order: Row, line_no: int) -> tuple[str, str]:
    """What to do when the line is short, and what without an answer. Nobody is asked twice."""
    if rules.is_substitute(line_no):
        return rules.NO_WISH, rules.NO_WISH
    line = next(line for line in orders.items(tx, order.id) if line.line_no == line_no)
    return line.on_shortage, line.if_silent
