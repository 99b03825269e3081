"""What the console is told: an order from all sides, a product by any code, the figures."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fulfil.delivery.rules import REFUSE_REASONS, RETURN_REASONS
from fulfil.dispatch.rules import FLOW
from fulfil.dispatch.states import BagState
from fulfil.kit.moves import record
from fulfil.kit.security import Principal
from fulfil.messages.rules import wording
from fulfil.messages.states import AlarmState, MessageState
from fulfil.trade.aftersales.rules import REASONS, WANTS
from fulfil.trade.aftersales.states import CaseState, DecisionState, Kind, RefundState
from fulfil.trade.orders import service as orders
from fulfil.trade.orders.errors import UnknownOrder
from fulfil.trade.orders.rules import ON_SHORTAGE
from fulfil.trade.orders.states import DeliveryState, OrderState
from fulfil.trade.payments.states import DocumentState
from fulfil.trade.stock import service as stock
from fulfil.trade.stock.errors import UnknownSku
from terminal_ui.assets import ROOT
from terminal_ui.console import figures, view
from terminal_ui.console.goods import goods, sku_of
from tests.trade.shop import MILK, Shop, build, gtin

MOVEMENT_KINDS = (
    "opening",
    "receipt",
    "sale",
    "adjust",
    "count",
    "shipped",
    "stockout",
    "quarantine",
    "return",
    "restock",
    "waste",
    "carried",
)
WAITING_CASES = (CaseState.AUDIT, CaseState.APPROVED, CaseState.RETURNING)
WAITING_REFUNDS = (RefundState.REQUESTED, RefundState.OTHER_MEANS, RefundState.PAID_TWICE)
WHY_CASES = ("weight", "nothing_came", "nothing_left")  # why the shop itself opens or ends a case
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = build(database_url)
    yield made
    made.kit.close()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_state_that_the_console_shows_has_its_word(language: str) -> None:
    said = {
        key
        for folder in ("core", "desk", "console")
        for key in json.loads((ROOT / folder / f"{language}.json").read_text("utf-8"))
    }
    shown = {
        "case": Kind,
        "case.state": CaseState,
        "refund": RefundState,
        "question": DecisionState,
        "order": OrderState,
        "delivery": DeliveryState,
        "payment": DocumentState,
        "bag": BagState,
        "messages": MessageState,
        "alarm": AlarmState,
        "complaint": REASONS,
        "wants": WANTS,
        "wish": ON_SHORTAGE,
        "movement": MOVEMENT_KINDS,
        "reason": {*RETURN_REASONS, *REFUSE_REASONS, *WHY_CASES},
    }
    assert [
        f"{name}.{word}" for name, words in shown.items() for word in words if f"{name}.{word}" not in said
    ] == []


def test_what_may_stand_still_or_be_silent_is_told_in_words(shop: Shop) -> None:
    assert set(shop.kit.tasks._handlers) == set(wording.DOING)
    channels = {name for name in shop.kit.gateway.names if name.startswith(wording.CHANNEL)}
    assert channels and set(shop.kit.gateway.names) - channels <= set(wording.OUTSIDE) == set(wording.WITHOUT)
    waiting = {*WAITING_CASES, *WAITING_REFUNDS, *FLOW, "sms", "email"}
    assert waiting == set(wording.WAITING)
    for words in (wording.DOING, wording.OUTSIDE, wording.WITHOUT, wording.WAITING):
        assert all(said.zh and said.en and said.zh != said.en for said in words.values())


def test_a_task_that_somebody_skipped_is_named_in_the_timeline_by_what_it_does(shop: Shop) -> None:
    order_no = shop.place(quantity=1)
    shop.write(
        lambda tx: record(
            tx,
            store_id=shop.store_id,
            order_no=order_no,
            entity="tasks",
            entity_id=1,
            event="skip",
            detail={"handler": "payments.refund", "error": "Fault"},
        )
    )
    told = shop.read(lambda tx: view.order_page(tx, operator(shop.store_id), order_no, "en"))
    [step] = [step for step in told["events"] if step["entity"] == "tasks"]
    assert step["detail"]["said"]["en"] == "Ask the channel to pay back"


def operator(*store_ids: int) -> Principal:
    return Principal("staff", 7, frozenset({"operator"}), frozenset(store_ids))


def test_an_order_is_shown_with_its_lines_its_money_and_its_steps(shop: Shop) -> None:
    order_no = shop.place(quantity=3)
    shop.pay(order_no)
    shop.run_tasks()
    told = shop.read(lambda tx: view.order_page(tx, operator(shop.store_id), order_no, "en"))
    [line] = told["lines"]
    assert (line["sku"], line["quantity"], line["picked"], line["refunded"]) == (MILK, 3, 0, 0)
    assert (told["paid"], told["pending"], told["debt"]) == (told["total"], 0, 0)
    assert [one["captured"] for one in told["payments"]] == [told["total"]]
    assert told["fulfilment"]["state"] == "open"
    assert {"place", "pay"} <= {step["event"] for step in told["events"] if step["entity"] == "orders"}


def test_money_on_its_way_back_is_pending_until_it_has_arrived(shop: Shop) -> None:
    order_no = shop.place()
    shop.pay(order_no)
    shop.run_tasks()
    shop.write(lambda tx: orders.cancel(tx, order_no, "staff:7", "twice"))
    shop.run_tasks()

    def page() -> dict:
        return shop.read(lambda tx: view.order_page(tx, operator(shop.store_id), order_no, "en"))

    total = page()["total"]
    assert (page()["pending"], page()["refunded"]) == (total, 0)
    shop.settle_refunds()
    assert (page()["pending"], page()["refunded"], page()["state"]) == (0, total, "cancelled")


def test_another_shops_order_is_not_there(shop: Shop) -> None:
    order_no = shop.place()
    with pytest.raises(UnknownOrder):
        shop.read(lambda tx: view.order_page(tx, operator(shop.store_id + 1), order_no, "en"))


@pytest.mark.parametrize("code", [MILK, gtin(1), f"0{gtin(1)}", f"]C101{gtin(1):0>14}"])
def test_a_product_is_found_by_whatever_names_it(shop: Shop, code: str) -> None:
    assert shop.read(lambda tx: sku_of(tx, shop.store_id, code)) == MILK


def test_a_product_is_shown_with_its_movements_newest_first(shop: Shop) -> None:
    shop.write(lambda tx: stock.post_movement(tx, shop.store_id, MILK, 6, "till:LS-1", "api:1"))
    shop.write(
        lambda tx: stock.post_movement(
            tx, shop.store_id, MILK, -2, "adjust:broken #a1", "staff:7", adjusts=True
        )
    )
    told = shop.read(lambda tx: goods(tx, shop.store_id, MILK))
    assert [(one["kind"], one["delta"]) for one in told["movements"]] == [
        ("adjust", -2),
        ("receipt", 6),
        ("opening", 50),
    ]
    assert (told["on_hand"], told["names"]["en"], told["on_sale"]) == (54, "Milk", True)


def test_what_the_shop_does_not_have_is_not_found(shop: Shop) -> None:
    for code in ("999999", gtin(77)):
        with pytest.raises(UnknownSku):
            shop.read(lambda tx, code=code: goods(tx, shop.store_id, code))


def test_a_day_of_the_figures_is_a_day_of_the_shop(shop: Shop) -> None:
    order_no = shop.place()
    shop.pay(order_no)
    shop.run_tasks()
    shop.write(lambda tx: orders.cancel(tx, order_no, "staff:7", "twice"))
    shop.settle_refunds()
    told = shop.read(lambda tx: figures.figures(tx, shop.store_id))
    assert len(told["refunds"]) == len(told["shortages"]) == figures.DAYS
    assert told["refunds"][-1] == {"day": "2026-03-02", "count": 1, "amount": shop.order(order_no).paid}
    assert (told["reasons"], sum(one["count"] for one in told["open_cases"])) == ([], 0)


def test_the_last_days_end_with_the_shops_today() -> None:
    late = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)  # half past midnight in Shanghai
    days = figures.last_days(late, SHANGHAI)
    assert (days[0], days[-1], len(days)) == (date(2026, 2, 18), date(2026, 3, 3), 14)


@pytest.mark.parametrize(
    ("open_for", "age"),
    [
        (timedelta(0), "hour"),
        (timedelta(hours=1), "hour"),
        (timedelta(hours=1, seconds=1), "day"),
        (timedelta(days=1), "day"),
        (timedelta(days=7), "week"),
        (timedelta(days=8), "older"),
    ],
)
def test_how_old_a_case_is(open_for: timedelta, age: str) -> None:
    assert figures.age_of(open_for) == age
    counted = {one["age"]: one["count"] for one in figures.ages(NOON, [NOON - open_for])}
    assert counted == {name: int(name == age) for name in ("hour", "day", "week", "older")}
