"""Money comes, late, twice or never."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from fulfil.contracts.fulfilment import DelayPredicted
from fulfil.contracts.trade import PaymentSucceeded
from fulfil.dispatch.model import CapacityHold, Fulfilment
from fulfil.kit.security import Principal
from fulfil.store.model import Store
from fulfil.trade.aftersales import queries as aftersales
from fulfil.trade.orders import queries, service
from fulfil.trade.orders.errors import OrderCancelled, UnknownOrder
from fulfil.trade.orders.model import Order
from fulfil.trade.payments import queries as payment_queries
from fulfil.trade.payments import service as payments
from fulfil.trade.payments.errors import PaymentClosed
from tests.trade.shop import MILK, Shop


def state(shop: Shop, order_no: int) -> tuple[str, str, int, int]:
    row = shop.order(order_no)
    return row.state, row.delivery_state, row.paid, row.refunded


def test_a_paid_order_keeps_what_it_holds(shop: Shop) -> None:
    order_no = shop.place()
    shop.pay(order_no)
    assert state(shop, order_no) == ("paid", "none", 2530, 0)
    assert shop.order(order_no).paid_at == shop.clock.now()
    assert shop.stock(MILK)["reserved"] == 2
    assert shop.read(queries.violations) == []


GUEST = Principal("guest", 1)


def intend(shop: Shop, order_no: int, who: Principal = GUEST) -> int:
    """The customer presses "pay": the serial number of what the channel will be asked for."""

    def begin(tx):
        service.to_pay(tx, who, order_no)
        return payments.intend(tx, order_no, "platform", "sandbox")

    return shop.write(begin)


@pytest.mark.parametrize("was_paid", [False, True])
def test_nobody_begins_to_pay_for_an_order_that_is_cancelled(shop: Shop, was_paid: bool) -> None:
    order_no = shop.place()
    if was_paid:
        shop.pay(order_no)
    shop.write(lambda tx: service.cancel(tx, order_no, "guest:1", ""))
    with pytest.raises(OrderCancelled) as refused:
        intend(shop, order_no)
    assert refused.value.extra == {"state": "cancelling" if was_paid else "cancelled"}
    with pytest.raises(UnknownOrder):
        intend(shop, order_no, Principal("guest", 2))


def test_a_channel_is_not_asked_for_what_was_cancelled_meanwhile(shop: Shop) -> None:
    order_no = shop.place()
    serial_no = intend(shop, order_no)
    shop.write(lambda tx: service.cancel(tx, order_no, "guest:1", ""))
    with pytest.raises(PaymentClosed):
        payments.ask_channel(shop.kit, serial_no)
    assert shop.channel.book.transactions == {}


def test_who_cancels_while_the_channel_answers_is_not_led_to_the_cashier(shop: Shop, monkeypatch) -> None:
    order_no = shop.place()
    serial_no, create = intend(shop, order_no), shop.channel.book.create

    def cancelled_meanwhile(asked):
        answered = create(asked)
        shop.write(lambda tx: service.cancel(tx, order_no, "guest:1", ""))
        return answered

    monkeypatch.setattr(shop.channel.book, "create", cancelled_meanwhile)
    with pytest.raises(PaymentClosed):
        payments.ask_channel(shop.kit, serial_no)
    [payment] = shop.read(lambda tx: payment_queries.payments_of(tx, order_no))
    shop.tell(payment)  # who knows the way pays all the same
    shop.settle_refunds()
    assert state(shop, order_no) == ("cancelled", "cancelled", 2530, 2530)


def test_a_failed_payment_is_told_while_the_order_may_still_be_paid(shop: Shop) -> None:
    def failed(order_no: int) -> bool:
        row = shop.order(order_no)
        token = row.track_token
        [told] = {
            shop.read(lambda tx: queries.tracking(tx, token, "en"))["payment_failed"],
            shop.read(lambda tx: queries.order_view(tx, row, "en", ""))["payment_failed"],
        }
        return told

    order_no = shop.place()
    assert not failed(order_no)
    first = shop.start_payment(order_no)
    shop.tell(first, outcome="failed")
    assert failed(order_no)
    second = shop.start_payment(order_no)
    assert not failed(order_no), "another attempt is under way"
    shop.tell(second, outcome="failed")
    assert failed(order_no)
    shop.clock.advance(15 * 60)
    shop.run_tasks()
    assert state(shop, order_no)[0] == "expired" and not failed(order_no)


def test_the_same_news_of_money_twice_changes_nothing(shop: Shop) -> None:
    order_no = shop.place()
    shop.pay(order_no)
    before = shop.order(order_no)
    news = PaymentSucceeded(order_no, shop.store_id, 1, 2530, "CNY", shop.clock.now())
    shop.write(lambda tx: service.on_payment(tx, news))
    assert shop.order(order_no) == before


def test_an_unpaid_order_expires_and_gives_everything_back(shop: Shop) -> None:
    order_no = shop.place()
    shop.clock.advance(15 * 60 - 1)
    shop.run_tasks()
    assert state(shop, order_no)[0] == "placed"
    shop.clock.advance(1)
    shop.run_tasks()
    assert state(shop, order_no) == ("expired", "cancelled", 0, 0)
    assert shop.stock(MILK)["reserved"] == 0
    assert shop.read(queries.violations) == []


def test_a_paid_order_does_not_expire(shop: Shop) -> None:
    order_no = shop.place()
    shop.pay(order_no)
    shop.clock.advance(15 * 60)
    shop.run_tasks()
    assert state(shop, order_no)[0] == "paid"


def test_money_for_an_expired_order_goes_back(shop: Shop) -> None:
    order_no = shop.place()
    payment = shop.start_payment(order_no)
    shop.clock.advance(15 * 60)
    shop.run_tasks()
    shop.tell(payment)
    assert state(shop, order_no) == ("expired", "cancelled", 2530, 0)
    shop.settle_refunds()
    assert state(shop, order_no) == ("expired", "cancelled", 2530, 2530)
    assert shop.read(queries.violations) == shop.read(aftersales.violations) == []


class Phone:
    """Where short messages arrive."""

    def __init__(self, shop: Shop) -> None:
        self.heard: list[tuple[str, str]] = []
        self.keys: list[str] = []
        shop.kit.services["sms"] = self

    def send(self, number: str, text: str, *, key: str) -> None:
        self.heard.append((number, text))
        self.keys.append(key)


def pay_after(shop: Shop, minutes: int, *, rush_lines: int = 0, **asked: datetime) -> tuple[int, datetime]:
    """An order that is paid so late, with so many lines promised to others meanwhile; its first promise."""
    shop.add(1, MILK, 2)
    request = shop.request(1, **asked)
    order_no = int(shop.write(lambda tx: service.place(tx, request))["order_no"])
    promised_at = shop.order(order_no).promised_at
    payment = shop.start_payment(order_no)
    shop.clock.advance(minutes * 60)
    if rush_lines:
        shop.write(
            lambda tx: tx.insert(
                CapacityHold,
                order_no=1,
                store_id=shop.store_id,
                lines=rush_lines,
                hand_over_at=tx.now,
                until=tx.now + timedelta(minutes=15),
            )
        )
    shop.tell(payment)
    shop.run_tasks()
    return order_no, promised_at


def due_at(shop: Shop, order_no: int) -> datetime:
    """When fulfilment believes that the order is due."""
    asked = sa.select(Fulfilment.due_at).where(Fulfilment.order_no == order_no)
    return shop.read(lambda tx: tx.scalar(asked))


def test_a_promise_that_slipped_is_replaced_and_the_customer_may_cancel(shop: Shop) -> None:
    phone = Phone(shop)
    order_no, promised_at = pay_after(shop, 11)
    row = shop.order(order_no)
    assert row.promised_at == promised_at + timedelta(minutes=11) == due_at(shop, order_no)
    [(number, text)] = phone.heard
    assert number == row.contact["phone"]
    at = f"{row.promised_at + timedelta(hours=8):%H:%M}"  # Shanghai
    assert f"预计 {at} 送达" in text and f"due at {at}" in text
    assert text.count(f"{shop.kit.config.public_url}/#/order/{order_no}") == 2
    shop.write(lambda tx: service.cancel(tx, order_no, "guest:1", ""))
    shop.settle_refunds()
    assert state(shop, order_no) == ("cancelled", "cancelled", 2530, 2530)


def test_a_message_whose_fate_is_unknown_is_sent_again_under_the_same_key(shop: Shop) -> None:
    class Dying(Phone):
        """Takes the message; its first answer is lost."""

        def send(self, number: str, text: str, *, key: str) -> None:
            super().send(number, text, key=key)
            if len(self.keys) == 1:
                raise TimeoutError("no answer")

    phone = Dying(shop)
    order_no, _ = pay_after(shop, 11)
    shop.clock.advance(60)
    shop.run_tasks()
    first, again = phone.keys
    assert first == again and first == f"slip:{order_no}"


@pytest.mark.parametrize(("minutes", "rush_lines"), [(10, 0), (5, 1000)])
def test_a_promise_is_kept_when_it_slips_little_or_is_paid_soon(
    shop: Shop, minutes: int, rush_lines: int
) -> None:
    phone = Phone(shop)
    order_no, promised_at = pay_after(shop, minutes, rush_lines=rush_lines)
    assert shop.order(order_no).promised_at == promised_at == due_at(shop, order_no)
    assert phone.heard == []


def test_a_rush_meanwhile_counts_and_the_order_holds_no_capacity_twice(shop: Shop) -> None:
    phone = Phone(shop)
    order_no, promised_at = pay_after(shop, 6, rush_lines=100)
    assert shop.order(order_no).promised_at > promised_at + timedelta(minutes=10)
    assert len(phone.heard) == 1
    left = shop.read(lambda tx: tx.scalars(sa.select(CapacityHold.order_no)))
    assert left == [1]


def test_a_chosen_time_that_can_still_be_kept_stays(shop: Shop) -> None:
    phone = Phone(shop)
    later = shop.clock.now() + timedelta(minutes=120)
    order_no, promised_at = pay_after(shop, 14, deliver_by=later)
    assert shop.order(order_no).promised_at == promised_at == later
    assert phone.heard == []


def test_beyond_what_can_be_promised_the_next_slot_counts(shop: Shop) -> None:
    phone = Phone(shop)
    order_no, promised_at = pay_after(shop, 6, rush_lines=1500)
    assert shop.order(order_no).state == "paid"
    assert shop.order(order_no).promised_at > promised_at + timedelta(minutes=240)
    assert len(phone.heard) == 1


def test_where_no_time_can_be_told_the_customer_hears_that(shop: Shop) -> None:
    phone = Phone(shop)
    order_no, promised_at = pay_after(shop, 6, rush_lines=10_000)
    assert shop.order(order_no).promised_at == promised_at + timedelta(minutes=6)
    [(_, text)] = phone.heard
    assert "最早" in text and "not due before" in text


def test_a_smaller_area_meanwhile_does_not_refuse_the_money(shop: Shop) -> None:
    order_no = shop.place()
    payment = shop.start_payment(order_no)
    shop.clock.advance(11 * 60)
    shop.write(lambda tx: tx.update(Store, {"id": shop.store_id}, radius_m=1))
    shop.tell(payment)
    assert state(shop, order_no)[0] == "paid"


def test_nobody_is_told_a_time_of_an_order_that_is_cancelled_already(shop: Shop) -> None:
    phone = Phone(shop)
    order_no = shop.place()
    payment = shop.start_payment(order_no)
    shop.clock.advance(11 * 60)
    shop.tell(payment)
    shop.write(lambda tx: service.cancel(tx, order_no, "guest:1", ""))
    shop.settle_refunds()
    ((_, text),) = phone.heard
    assert f"{order_no} 已取消" in text


def test_who_waits_for_a_late_order_hears_it_once_and_may_cancel(shop: Shop) -> None:
    phone = Phone(shop)
    order_no, promised_at = pay_after(shop, 1)
    later = promised_at + timedelta(minutes=14)
    for _ in range(2):
        shop.write(
            lambda tx: tx.publish(
                DelayPredicted(
                    order_no=order_no,
                    store_id=shop.store_id,
                    fulfilment_id=1,
                    promised_at=promised_at,
                    predicted_at=later,
                )
            )
        )
        shop.run_tasks()
    ((_, text),) = phone.heard
    zone = shop.read(lambda tx: ZoneInfo(tx.one(sa.select(Store.tz)).tz))
    assert f"{later.astimezone(zone):%H:%M}" in text
    assert queries.order_url(order_no, shop.kit.config.public_url) in text
    assert shop.order(order_no).promised_at == promised_at, "a promise stays what it was"


def test_who_has_cancelled_hears_nothing_of_a_delay(shop: Shop) -> None:
    phone = Phone(shop)
    order_no, promised_at = pay_after(shop, 1)
    shop.write(lambda tx: tx.update(Order, {"id": order_no}, state="cancelled"))
    shop.write(
        lambda tx: tx.publish(
            DelayPredicted(
                order_no=order_no,
                store_id=shop.store_id,
                fulfilment_id=1,
                promised_at=promised_at,
                predicted_at=promised_at + timedelta(minutes=14),
            )
        )
    )
    shop.run_tasks()
    assert phone.heard == []
