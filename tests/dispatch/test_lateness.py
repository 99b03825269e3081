"""Lateness that is seen before it happens, and what follows from it, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from fulfil.contracts.fulfilment import DelayPredicted
from fulfil.dispatch.model import Prediction
from fulfil.dispatch.rules.forecast import Ahead, Part
from fulfil.dispatch.rules.lateness import is_late, tells, to_raise
from fulfil.dispatch.service import lateness, views
from fulfil.kit.clock import rfc3339
from fulfil.kit.moves import History
from tests.dispatch.small import SmallShop


def waiting(no: int, due: float, *, pick: float = 300.0, priority: int = 0) -> Ahead:
    return Ahead(no, due, (Part(pick),), pack=60.0, priority=priority)


@pytest.mark.parametrize(
    ("was", "seconds", "late"),
    [(False, 60, False), (False, 61, True), (True, 0, True), (True, -119, True), (True, -120, False)],
)
def test_an_order_counts_as_late_without_flickering(was, seconds, late):
    assert is_late(was, seconds) is late


@pytest.mark.parametrize(
    ("seconds", "late_for", "left_shop", "told"),
    [(601, 60, False, True), (600, 60, False, False), (900, 59, False, False), (900, 60, True, False)],
)
def test_a_customer_is_told_of_what_is_sure_and_can_be_cancelled(seconds, late_for, left_shop, told):
    assert tells(seconds, late_for, left_shop=left_shop) is told


@pytest.mark.parametrize(
    ("orders", "late", "raised"),
    [
        ([], (), []),
        ([waiting(1, 400), waiting(2, 4000)], (1,), [1]),
        # It would be late even if somebody began now: going first helps nobody.
        ([waiting(1, 359)], (1,), []),
        ([waiting(1, 360)], (1,), [1]),
        ([Ahead(1, 400, pack=60.0)], (1,), []),
        # Never more than three at a time, the first due first; what was raised before counts.
        ([waiting(no, 500 - no) for no in range(5)], range(5), [4, 3, 2]),
        ([waiting(9, 900, priority=1), *(waiting(no, 500 - no) for no in range(5))], range(5), [4, 3]),
    ],
)
def test_the_first_that_can_be_saved_go_before_the_others(orders, late, raised):
    assert to_raise(orders, set(late), 3) == raised


def predict(shop: SmallShop) -> None:
    shop.write(lateness.predict_open)
    shop.run()


def predicted(shop: SmallShop, fulfilment_id: int):
    return shop.read(
        lambda tx: tx.one(sa.select(*Prediction.__table__.c).where(Prediction.fulfilment_id == fulfilment_id))
    )


def told_events(shop: SmallShop) -> list[DelayPredicted]:
    return [event for event in shop.heard if isinstance(event, DelayPredicted)]


def late_steps(shop: SmallShop) -> list:
    return shop.read(
        lambda tx: tx.all(
            sa.select(*History.__table__.c).where(History.event == "predicted_late").order_by(History.id)
        )
    )


@pytest.mark.parametrize("portion", [1, 2])
def test_what_ends_while_it_is_predicted_is_not_predicted(shop: SmallShop, monkeypatch, portion: int):
    """Nobody's transaction is open while hundreds of orders are foreseen, so some of them may end."""
    ended, other, third = (shop.paid(("tea", 1)) for _ in range(3))
    monkeypatch.setattr(lateness, "PORTION", portion)
    foresee = lateness.forecast

    def forecast(*asked):
        shop.cancel(ended)
        return foresee(*asked)

    monkeypatch.setattr(lateness, "forecast", forecast)
    predict(shop)
    assert [predicted(shop, one) is None for one in (ended, other, third)] == [True, False, False]


def test_every_open_order_is_predicted(shop: SmallShop):
    shop.hire("picker", "picker", "packer")
    first, second = shop.paid(("tea", 1)), shop.paid(("tea", 1))
    predict(shop)
    one, two = predicted(shop, first), predicted(shop, second)
    # Picking 60 + 25 and a little for the weight, packing 45 + 8: then the counter and the ride.
    assert timedelta(minutes=2) < one.ready_at - shop.clock.now() < timedelta(minutes=5)
    assert two.ready_at > one.ready_at
    assert (one.late_since, one.told_at) == (None, None)
    assert one.deliver_at - one.ready_at == two.deliver_at - two.ready_at == timedelta(minutes=2)


def test_what_hardly_moves_is_not_written(shop: SmallShop):
    shop.hire("picker", "picker", "packer")
    order = shop.paid(("tea", 1))
    predict(shop)
    before = predicted(shop, order)
    shop.clock.advance(20)
    predict(shop)
    assert predicted(shop, order) == before
    shop.clock.advance(60)
    predict(shop)
    assert predicted(shop, order).at == shop.clock.now()


def test_a_late_order_is_raised_once_written_down_once_and_told_once(shop: SmallShop):
    """Nobody is there: the first due that could be in time if somebody began goes first."""
    calm = shop.paid(("tea", 1), due_minutes=120)
    late = shop.paid(("tea", 1), due_minutes=6)
    predict(shop)
    assert predicted(shop, late).late_since is None
    shop.clock.advance(150)
    predict(shop)
    assert predicted(shop, late).late_since == shop.clock.now()
    assert [step.order_no for step in late_steps(shop)] == [shop.fulfilment(late).order_no]
    shop.clock.advance(600)
    predict(shop)
    assert [event.fulfilment_id for event in told_events(shop)] == [late]
    (event,) = told_events(shop)
    assert event.predicted_at - event.promised_at > timedelta(minutes=10)
    shop.clock.advance(600)
    predict(shop)
    assert (len(told_events(shop)), len(late_steps(shop))) == (1, 1)
    assert predicted(shop, calm).late_since is None


def test_an_order_that_can_be_saved_goes_before_the_others(shop: SmallShop):
    orders = [shop.paid(("tea", 1), due_minutes=10) for _ in range(12)]
    predict(shop)
    raised = {order: {row.priority for row in shop.tickets(order)} for order in orders}
    assert list(raised.values()).count({1}) == 3
    predict(shop)
    assert {order: {row.priority for row in shop.tickets(order)} for order in orders} == raised
    first = [order for order in orders if raised[order] == {1}]
    shop.hire("picker", "picker")
    shop.run()
    offered = [order for order in orders for row in shop.tickets(order) if row.state == "offered"]
    assert offered == first[:1]


def test_the_board_shows_what_the_queue_means_and_warns_once_an_order(shop: SmallShop):
    boss = shop.hire("boss", "supervisor").principal(shop.store_id)
    orders = [shop.paid(("tea", 1), ("milk", 1), due_minutes=10) for _ in range(12)]
    alone = shop.read(lambda tx: views.board(tx, boss, shop.store_id))
    assert not any(ticket["at_risk"] for ticket in alone["tickets"])
    predict(shop)
    board = shop.read(lambda tx: views.board(tx, boss, shop.store_id))
    expected = {str(shop.fulfilment(order).order_no): predicted(shop, order) for order in orders}
    late = {order_no for order_no, row in expected.items() if row.late_since is not None}
    assert 0 < len(late) < len(orders)
    assert {ticket["order_no"] for ticket in board["tickets"] if ticket["at_risk"]} >= late
    warned = [one["order_no"] for one in board["exceptions"] if one["kind"] == "predicted_late"]
    assert sorted(warned) == sorted(late)
    for ticket in board["tickets"]:
        assert ticket["predicted_at"] == rfc3339(expected[ticket["order_no"]].deliver_at)
