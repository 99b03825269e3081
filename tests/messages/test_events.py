"""What other programs are told of each event of the house, and that the page says so."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fulfil.contracts.fulfilment import (
    Delivered,
    FulfilmentProgressed,
    HandedOver,
    LineQuantity,
    StockoutReported,
)
from fulfil.contracts.trade import Contact, OrderEnded, OrderPaid, PaidLine, RefundSettled, ShortageDecided
from fulfil.messages.rules import alarms, events, texts

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
AT = "2026-03-02T04:00:00.000Z"
ORDER = {"order_no": 4711, "store_id": 7}
LINE = {"line_no": 1, "sku": "100001", "quantity": 2}
PAID = OrderPaid(
    **ORDER,
    paid_at=NOW,
    promised_at=NOW,
    note="ring twice",
    delivery_pin="1234",
    contact=Contact("Li", "19900000001", "Road 1", None, None),
    lines=(PaidLine(1, "100001", 2, "each", 500, "refund", "refund"),),
)
CASES: list[tuple[Any, str, dict[str, Any]]] = [
    (
        PAID,
        "order.paid",
        {"paid_at": AT, "promised_at": AT, "lines": [LINE | {"unit": "each", "payable": 500}]},
    ),
    (OrderEnded(**ORDER, state="completed", at=NOW), "order.completed", {"at": AT}),
    (OrderEnded(**ORDER, state="cancelled", at=NOW), "order.cancelled", {"at": AT}),
    (OrderEnded(**ORDER, state="expired", at=NOW), "order.expired", {"at": AT}),
    (
        FulfilmentProgressed(**ORDER, fulfilment_id=9, event="ready", at=NOW),
        "fulfilment.ready",
        {"fulfilment_id": "9", "at": AT},
    ),
    (
        HandedOver(**ORDER, fulfilment_id=9, at=NOW, lines=(LineQuantity(1, "100001", 2),)),
        "fulfilment.handed_over",
        {"fulfilment_id": "9", "at": AT, "lines": [LINE]},
    ),
    (Delivered(**ORDER, fulfilment_id=9, at=NOW), "fulfilment.delivered", {"fulfilment_id": "9", "at": AT}),
    (
        StockoutReported(
            **ORDER, report_id=8, fulfilment_id=9, **LINE, ordered=3, reason="not_found", shelf_effect="empty"
        ),
        "shortage.reported",
        {"report_id": "8", **LINE, "ordered": 3, "reason": "not_found"},
    ),
    (
        ShortageDecided(**ORDER, report_id=8, line_no=1, quantity=2, outcome="refund", amount=500),
        "shortage.decided",
        {"report_id": "8", "line_no": 1, "quantity": 2, "outcome": "refund", "amount": 500},
    ),
    (
        RefundSettled(**ORDER, refund_id=6, amount=500, succeeded=True),
        "refund.succeeded",
        {"refund_id": "6", "amount": 500},
    ),
    (
        RefundSettled(**ORDER, refund_id=6, amount=500, succeeded=False),
        "refund.failed",
        {"refund_id": "6", "amount": 500},
    ),
]


@pytest.mark.parametrize(("happened", "name", "data"), CASES, ids=[name for _, name, _ in CASES])
def test_what_is_told(happened: Any, name: str, data: dict[str, Any]) -> None:
    assert events.told(happened) == (name, {"order_no": "4711", "store_id": "7"} | data)


@pytest.mark.parametrize("event", ["prepare", "hand_over", "deliver", "return_begin", "return_end"])
def test_other_steps_of_fulfilment_are_not_told(event: str) -> None:
    assert events.told(FulfilmentProgressed(**ORDER, fulfilment_id=9, event=event, at=NOW)) is None


def test_every_type_is_one_that_is_told_and_every_event_is_tried_here() -> None:
    assert set(events.TYPES) == {name for _, name, _ in CASES} and len(events.TYPES) == len(CASES)
    assert {type(happened) for happened, _, _ in CASES} == set(events.TELLERS)


def test_the_document_is_that_of_the_convention() -> None:
    body = events.body("order.paid", {"name": "牛奶"}, NOW)
    assert json.loads(body) == {"type": "order.paid", "timestamp": AT, "data": {"name": "牛奶"}}
    assert "牛奶" in body and ": " not in body


def rows(head: str) -> dict[str, str]:
    """The rows of the page's table with that head: names of the first cell → the second."""
    page = (Path(__file__).parents[2] / "docs" / "messages.md").read_text("utf-8")
    table = page.partition(f"| {head} |")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table]
    return {name: row[1] for row in cells for name in re.findall(r"`([\w.]+)`", row[0])}


def test_the_page_tells_of_every_type_with_its_data() -> None:
    told = rows("Type")
    assert set(told) == set(events.TYPES)
    for _, name, data in CASES:
        named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]*)`", told[name]))))
        assert set(data) <= named and not named - set(data) - {"lines", *LINE, "unit", "payable"}, name


def test_the_page_tells_of_every_kind_of_message_and_alarm() -> None:
    kinds = rows("Kind | Values of its text")
    assert set(kinds) == set(texts.TEMPLATES) - {"test"}
    assert set(rows("Kind | Is wrong while")) == set(alarms.SAID)
    for kind, values in kinds.items():
        asked = set(re.findall(r"{(\w+)}", texts.TEMPLATES[kind].zh))
        assert asked <= set(re.findall(r"\w+", values)), kind
