"""What goods really weighed, and the seal: what was collected of the order goes back (floor rule 9)."""

from __future__ import annotations

from datetime import timedelta

from fulfil.contracts.fulfilment import OrderSealed
from fulfil.kit.db import Tx
from fulfil.trade.aftersales import queries, rules
from fulfil.trade.aftersales.service.cases import open_case
from fulfil.trade.aftersales.service.refunds import flush, give_back
from fulfil.trade.aftersales.states import Kind
from fulfil.trade.orders import service as order_service

SENT_AT_ONCE_MAX = 50


def sealed(tx: Tx, event: OrderSealed) -> None:
    """The order is packed: what is lighter than it was paid for goes back, with all that was collected."""
    order = order_service.lock(tx, event.order_no)
    lines = {line.line_no: line for line in queries.lines_of(tx, order.id)}
    for weighed in event.weighed:
        source_ref = f"weight:{event.fulfilment_id}:{weighed.line_no}"
        if not weighed.missing or queries.known(tx, source_ref):
            continue
        case_id = open_case(tx, order, Kind.WEIGHT, source_ref, "weight", weighed.line_no, weighed.missing)
        item = rules.shortage(lines[weighed.line_no], weighed.missing, queries.given(tx, order.id))
        give_back(tx, order, case_id, [item] if item.quantity else [], "weight")
    flush(tx, order.id)


def send_collected(tx: Tx) -> None:
    """Sweep: nobody waits for money longer than a day because an order is not packed."""
    before = tx.now - timedelta(hours=rules.COLLECTED_HOURS_MAX)
    for order_no in queries.collected_before(tx, before, SENT_AT_ONCE_MAX):
        order_service.lock(tx, order_no)
        flush(tx, order_no)
