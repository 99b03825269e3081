"""Cancelling before and after payment; the order is cancelled only on the channel's word (A7, F7)."""

import pytest
from sqlalchemy import select

from fulfil.contracts.fulfilment import CancelRefused, FulfilmentProgressed, FulfilmentVoided
from fulfil.contracts.trade import OrderCancelRequested, OrderRecallRequested
from fulfil.kit.moves import History
from fulfil.trade.orders import queries, service
from fulfil.trade.orders.errors import NotCancellable
from fulfil.trade.orders.model import Order
from tests.trade.shop import MILK, Shop


def state(shop: Shop, order_no: int) -> tuple[str, str, int, int]:
    row = shop.order(order_no)
    return row.state, row.delivery_state, row.paid, row.refunded


def cancel(shop: Shop, order_no: int) -> None:
    shop.write(lambda tx: service.cancel(tx, order_no, "guest:1", "changed my mind"))


@pytest.fixture
def paid(shop: Shop) -> int:
    order_no = shop.place()
    shop.pay(order_no)
    return order_no


@pytest.fixture(autouse=True)
def sound(shop: Shop):
    """Whatever a test does, orders stay sound."""
    yield
    assert shop.read(queries.violations) == []


@pytest.mark.parametrize("actor", ["guest:1", "staff:5", "program:2", "system"])
@pytest.mark.parametrize(
    ("steps", "ends", "told"),
    [
        (None, "cancelled", []),
        ([], "cancelling", [OrderCancelRequested]),
        (["prepare"], "cancelling", [OrderCancelRequested]),
        (["ready"], "cancelling", [OrderCancelRequested]),
        (["hand_over"], "paid", [OrderRecallRequested]),
        (["hand_over", "return_begin"], None, []),
        (["hand_over", "return_begin", "return_end"], "cancelling", [OrderCancelRequested]),
        (["deliver"], None, []),
    ],
)
def test_at_each_stage_the_same_counts_whoever_cancels(shop: Shop, steps, ends, told, actor: str) -> None:
    """`steps` of its delivery, None: it is not paid. `ends` is what the order is then, None: too late."""
    heard = []
    for kind in (OrderCancelRequested, OrderRecallRequested):
        shop.kit.events.subscribe(
            kind, f"test.{kind.__name__}", lambda tx, event: heard.append(event), inline=True
        )
    order_no = shop.place()
    if steps is not None:
        shop.pay(order_no)
    for step in steps or ():
        shop.write(
            lambda tx, step=step: service.on_progress(
                tx, FulfilmentProgressed(order_no, shop.store_id, 9, step, shop.clock.now())
            )
        )
    before = shop.order(order_no).state
    try:
        shop.write(lambda tx: service.cancel(tx, order_no, actor, "no more"))
    except NotCancellable:
        assert ends is None
    assert shop.order(order_no).state == (ends or before)
    assert [type(event) for event in heard] == told and {event.by for event in heard} <= {actor}
    if ends in ("cancelled", "cancelling"):
        by = shop.read(
            lambda tx: tx.scalars(
                select(History.actor).where(History.entity == Order.__tablename__, History.to_state == ends)
            )
        )
        assert by == [actor]


def test_an_unpaid_order_is_cancelled_at_once(shop: Shop) -> None:
    order_no = shop.place()
    for _ in range(2):
        cancel(shop, order_no)
        assert state(shop, order_no) == ("cancelled", "cancelled", 0, 0)
    assert shop.stock(MILK)["reserved"] == 0


def test_a_payment_under_way_when_it_is_cancelled_goes_back(shop: Shop) -> None:
    order_no = shop.place()
    payment = shop.start_payment(order_no)
    cancel(shop, order_no)
    shop.tell(payment)
    shop.settle_refunds()
    assert state(shop, order_no) == ("cancelled", "cancelled", 2530, 2530)


def test_a_paid_order_is_cancelled_when_the_money_is_back(shop: Shop, paid: int) -> None:
    shop.run_tasks()
    for _ in range(2):
        cancel(shop, paid)
        assert state(shop, paid)[0] == "cancelling"
    shop.run_tasks()
    assert (state(shop, paid)[0], shop.stock(MILK)["reserved"]) == ("cancelling", 0)
    shop.settle_refunds()
    assert state(shop, paid) == ("cancelled", "cancelled", 2530, 2530)


def test_cancelled_before_fulfilment_has_heard_of_it(shop: Shop, paid: int) -> None:
    cancel(shop, paid)
    shop.settle_refunds()
    assert state(shop, paid) == ("cancelled", "cancelled", 2530, 2530)


def test_a_refused_cancel_leads_back(shop: Shop, paid: int) -> None:
    cancel(shop, paid)
    refused = CancelRefused(paid, shop.store_id, 9, "handed_over")
    for _ in range(2):
        shop.write(lambda tx: service.on_cancel_refused(tx, refused))
        assert state(shop, paid)[0] == "paid"


@pytest.mark.parametrize("event", ["deliver", "return_begin"])
def test_what_was_delivered_or_comes_back_already_is_not_cancelled(shop: Shop, paid: int, event: str) -> None:
    for step in ("hand_over", event):
        shop.write(
            lambda tx, step=step: service.on_progress(
                tx, FulfilmentProgressed(paid, shop.store_id, 9, step, shop.clock.now())
            )
        )
    with pytest.raises(NotCancellable):
        cancel(shop, paid)


def test_what_is_with_the_rider_is_asked_back_and_stays_paid(shop: Shop, paid: int) -> None:
    told = []
    shop.kit.events.subscribe(
        OrderRecallRequested, "test.recall", lambda tx, event: told.append(event), inline=True
    )
    shop.write(
        lambda tx: service.on_progress(
            tx, FulfilmentProgressed(paid, shop.store_id, 9, "hand_over", shop.clock.now())
        )
    )
    cancel(shop, paid)
    assert [(one.order_no, one.by, one.reason) for one in told] == [(paid, "guest:1", "changed my mind")]
    assert state(shop, paid)[:2] == ("paid", "handed_over")


def test_a_void_order_ends_cancelled_with_its_fees_back(shop: Shop, paid: int) -> None:
    shop.run_tasks()
    shop.publish(FulfilmentVoided(paid, shop.store_id, 9))
    assert state(shop, paid)[0] == "cancelling"
    shop.settle_refunds()
    assert state(shop, paid) == ("cancelled", "cancelled", 2530, 2530)
    assert shop.stock(MILK)["reserved"] == 0
