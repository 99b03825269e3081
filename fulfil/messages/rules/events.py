"""What other programs are told: the types of events, and their data from the house's own (docs/messages.md).

No names, phones, addresses or notes: who may know them asks the API.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from fulfil.contracts.fulfilment import (
    Delivered,
    FulfilmentProgressed,
    HandedOver,
    LineQuantity,
    StockoutReported,
)
from fulfil.contracts.trade import OrderEnded, OrderPaid, RefundSettled, ShortageDecided
from fulfil.kit.clock import rfc3339

Data = dict[str, Any]
Told = tuple[str, Data] | None
TEST = "webhook.test"
TYPES = (
    "order.paid",
    "order.completed",
    "order.cancelled",
    "order.expired",
    "fulfilment.ready",
    "fulfilment.handed_over",
    "fulfilment.delivered",
    "shortage.reported",
    "shortage.decided",
    "refund.succeeded",
    "refund.failed",
)


def _paid(event: OrderPaid) -> Told:
    lines = [
        {
            "line_no": line.line_no,
            "sku": line.sku,
            "quantity": line.quantity,
            "unit": line.unit,
            "payable": line.payable,
        }
        for line in event.lines
    ]
    return "order.paid", {
        "paid_at": rfc3339(event.paid_at),
        "promised_at": rfc3339(event.promised_at),
        "lines": lines,
    }


def _ended(event: OrderEnded) -> Told:
    return f"order.{event.state}", {"at": rfc3339(event.at)}


def _progressed(event: FulfilmentProgressed) -> Told:
    if event.event != "ready":
        return None
    return "fulfilment.ready", {"fulfilment_id": str(event.fulfilment_id), "at": rfc3339(event.at)}


def _handed_over(event: HandedOver) -> Told:
    return "fulfilment.handed_over", {
        "fulfilment_id": str(event.fulfilment_id),
        "at": rfc3339(event.at),
        "lines": _lines(event.lines),
    }


def _delivered(event: Delivered) -> Told:
    return "fulfilment.delivered", {"fulfilment_id": str(event.fulfilment_id), "at": rfc3339(event.at)}


def _reported(event: StockoutReported) -> Told:
    return "shortage.reported", {
        "report_id": str(event.report_id),
        "line_no": event.line_no,
        "sku": event.sku,
        "quantity": event.quantity,
        "ordered": event.ordered,
        "reason": event.reason,
    }


def _decided(event: ShortageDecided) -> Told:
    return "shortage.decided", {
        "report_id": str(event.report_id),
        "line_no": event.line_no,
        "quantity": event.quantity,
        "outcome": event.outcome,
        "amount": event.amount,
    }


def _settled(event: RefundSettled) -> Told:
    return ("refund.succeeded" if event.succeeded else "refund.failed"), {
        "refund_id": str(event.refund_id),
        "amount": event.amount,
    }


def _lines(lines: Iterable[LineQuantity]) -> list[Data]:
    return [{"line_no": line.line_no, "sku": line.sku, "quantity": line.quantity} for line in lines]


TELLERS: Mapping[type, Callable[[Any], Told]] = {
    OrderPaid: _paid,
    OrderEnded: _ended,
    FulfilmentProgressed: _progressed,
    HandedOver: _handed_over,
    Delivered: _delivered,
    StockoutReported: _reported,
    ShortageDecided: _decided,
    RefundSettled: _settled,
}


def told(event: Any) -> Told:
    """Type and data of an event of the house, with order and shop; None for what others need not know."""
    found = TELLERS[type(event)](event)
    if found is None:
        return None
    name, data = found
    return name, {"order_no": str(event.order_no), "store_id": str(event.store_id)} | data


def body(name: str, data: Mapping[str, Any], at: datetime) -> str:
    """The document that is sent, by the Standard Webhooks convention: `{type, timestamp, data}`."""
    return json.dumps(
        {"type": name, "timestamp": rfc3339(at), "data": data}, ensure_ascii=False, separators=(",", ":")
    )
