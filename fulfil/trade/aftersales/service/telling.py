"""The customer hears what became of their order: one short message an order and moment (F6, F7, A7).

Shortages are told together: at the seal all that were decided until then; later ones, and their number, by a
task behind everything that was reported with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from fulfil.contracts.fulfilment import OrderSealed
from fulfil.contracts.trade import OrderEnded, OrderRefunded, ShortageDecided
from fulfil.kit.db import Tx
from fulfil.messages import service as messages
from fulfil.messages.rules.texts import goods
from fulfil.store import queries as stores
from fulfil.trade.aftersales import queries
from fulfil.trade.aftersales.model import Case
from fulfil.trade.aftersales.states import RefundState
from fulfil.trade.orders import queries as orders
from fulfil.trade.orders import service as order_service
from fulfil.trade.orders.states import DeliveryState, OrderState

TELL = "aftersales.tell"
ENDS = {OrderState.COMPLETED: "delivered", OrderState.CANCELLED: "order_cancelled"}
NOT_PACKED = (DeliveryState.NONE, DeliveryState.PREPARING)
GOES_ON = (OrderState.PAID, OrderState.COMPLETED)  # who gets all their money back needs no list of goods


def tell(tx: Tx, order: Row, kind: str, key: str, **values: Any) -> None:
    """Let the order's customer know; `kind` as in messages' `rules/texts.py`, `key` makes it one."""
    shop = stores.store(tx, order.store_id)
    messages.send(
        tx,
        kind=kind,
        store_id=order.store_id,
        order_no=order.id,
        phone=order.contact.get("phone", ""),
        language="",
        key=key,
        values={
            "shop": {"zh": shop.name_zh, "en": shop.name_en},
            "order": order.id,
            "link": orders.links(order.id, order.track_token, tx.kit.config.public_url)["track_url"],
            **values,
        },
    )


def sealed(tx: Tx, event: OrderSealed) -> None:
    """The order is packed: what is missing and what comes instead is told in one message."""
    _tell_shortages(tx, order_service.lock(tx, event.order_no))


def decided(tx: Tx, event: ShortageDecided) -> None:
    """Of what goes missing after the seal the customer hears as soon as all of it is decided."""
    order = orders.order(tx, event.order_no)
    if order.state in GOES_ON and order.delivery_state not in NOT_PACKED:
        tx.kit.tasks.add(tx, TELL, {"order_no": order.id, "store_id": order.store_id}, key=event.key)


def on_tell(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Task: tell of shortages that nobody has been told of. Harmless when there is none."""
    _tell_shortages(tx, order_service.lock(tx, payload["order_no"]))


def ended(tx: Tx, event: OrderEnded) -> None:
    """The order was delivered, or is cancelled: its money is back, or owed."""
    if event.state not in ENDS:
        return
    order, kind = orders.order(tx, event.order_no), ENDS[event.state]
    tell(tx, order, kind, f"{kind}:{order.id}")


def refund_failed(tx: Tx, event: OrderRefunded) -> None:
    """The channel would not carry a refund: it comes by other means, and the customer need not wonder."""
    refund = queries.refund_seen(tx, event.refund_id)
    if refund is not None and refund.state == RefundState.FAILED:
        tell(tx, orders.order(tx, refund.order_no), "refund_failed_other_means", f"refund_failed:{refund.id}")


def complaint_decided(tx: Tx, order: Row, case_id: int, outcome: str) -> None:
    """Somebody has decided about goods that something was wrong with: `outcome` is granted or refused."""
    tell(tx, order, "complaint_decided", f"complaint_{outcome}:{case_id}")


def _tell_shortages(tx: Tx, order: Row) -> None:
    cases = queries.untold(tx, order.id)
    if not cases or order.state not in GOES_ON:
        return
    replaced, refunded = _outcomes(tx, order.id, cases)
    for case in cases:
        tx.update(Case, {"id": case.id}, told_at=tx.now)
    key = f"shortages:{cases[-1].id}"
    if replaced and refunded:
        tell(tx, order, "shortages_decided", key, product=goods(replaced), missing=goods(refunded))
    elif replaced:
        tell(tx, order, "substitute_done", key, product=goods(replaced))
    else:
        tell(tx, order, "shortage_refunded", key, product=goods(refunded))


def _outcomes(
    tx: Tx, order_no: int, cases: Sequence[Row]
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The names of what comes instead, and of what is refunded.

    What came instead and is missing, too, was never there: the customer knows what they ordered.
    """
    instead = {row.case_id: row for row in queries.substitutions(tx, order_no)}
    ordered = {row.line_no: _names(row) for row in orders.items(tx, order_no)}
    ordered |= {row.sub_line_no: ordered[row.line_no] for row in instead.values()}
    short = {case.line_no for case in cases}
    replaced = [
        _names(instead[case.id])
        for case in cases
        if case.id in instead and instead[case.id].sub_line_no not in short
    ]
    return replaced, [ordered[case.line_no] for case in cases if case.id not in instead]


def _names(row: Row) -> dict[str, str]:
    return {"zh": row.name_zh, "en": row.name_en}
