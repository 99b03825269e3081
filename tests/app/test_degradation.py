"""A shop without one of its dependencies: what is refused, what goes on, how it heals (F8)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from fulfil.dispatch import queries as dispatch
from fulfil.kit.moves import History
from fulfil.messages.service.smtp import EMAIL
from fulfil.trade.cart.service.remote import DEPENDENCY as REDIS
from fulfil.trade.payments import service as payments
from fulfil.trade.payments.errors import ChannelUnavailable
from tests.trade.shop import Shop, build

CHANNEL = "pay_sandbox"


@pytest.fixture
def shop(sqlite_url: str) -> Iterator[Shop]:
    made = build(sqlite_url)
    yield made
    made.kit.close()


def turn(shop: Shop, name: str, on: bool) -> None:
    shop.write(lambda tx: shop.kit.gateway.flip(tx, name, on, "drill", "staff:1"))


def test_without_the_channel_nobody_begins_to_pay_and_nothing_is_lost(shop: Shop) -> None:
    order_no = shop.place()
    turn(shop, CHANNEL, False)
    with pytest.raises(ChannelUnavailable) as refused:
        shop.start_payment(order_no)
    assert (refused.value.status, refused.value.code) == (503, "channel_unavailable")
    assert shop.order(order_no).state == "placed"
    turn(shop, CHANNEL, True)
    shop.pay(order_no)
    assert shop.order(order_no).state == "paid"


def test_without_the_channel_money_that_was_under_way_still_counts(shop: Shop) -> None:
    """The channel calls us: that is no call to the outside."""
    order_no = shop.place()
    payment = shop.start_payment(order_no)
    turn(shop, CHANNEL, False)
    shop.tell(payment)
    assert shop.order(order_no).state == "paid"


def test_without_the_channel_a_refund_waits_and_then_arrives(shop: Shop) -> None:
    order_no = shop.place()
    payment = shop.start_payment(order_no)
    shop.clock.advance(15 * 60)
    shop.run_tasks()
    turn(shop, CHANNEL, False)
    shop.tell(payment)
    shop.run_tasks()
    assert shop.order(order_no).state == "expired" and shop.channel.book.under_way() == []
    turn(shop, CHANNEL, True)
    shop.clock.advance(3600)
    shop.write(payments.ask_silent)
    shop.settle_refunds()
    row = shop.order(order_no)
    assert row.refunded == row.paid > 0


def test_without_short_messages_orders_are_placed_paid_and_fulfilled(shop: Shop) -> None:
    turn(shop, "sms", False)
    order_no = shop.place()
    shop.pay(order_no)
    shop.run_tasks()
    assert shop.order(order_no).state == "paid"
    assert shop.read(lambda tx: dispatch.fulfilment_of_order(tx, order_no)) is not None


def test_who_turned_what_off_and_why_is_kept(shop: Shop) -> None:
    turn(shop, CHANNEL, False)
    [step] = shop.read(
        lambda tx: tx.all(
            sa.select(History.event, History.actor, History.reason, History.at).where(
                History.entity == "switches"
            )
        )
    )
    assert tuple(step) == ("switch_off", "staff:1", "drill", shop.clock.now())


def test_every_switch_is_told_of(shop: Shop) -> None:
    rows = (Path(__file__).parents[2] / "docs" / "degradation.md").read_text("utf-8").splitlines()
    told = {name for row in rows if row.startswith("|") for name in re.findall(r"switch `(\w+)`", row)}
    assert {*shop.kit.gateway.names, REDIS, EMAIL} <= told
