"""The margin of promises: late deliveries make it longer, others shorter, and promises keep it."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from fulfil.contracts.promise import PromiseLine
from fulfil.dispatch.rules.margin import MARGIN_MAX, ON_TIME, margin_after
from fulfil.dispatch.service import margins
from fulfil.dispatch.service.promise import DispatchPromise
from tests.dispatch.small import SmallShop

LATE, IN_TIME = True, False


@pytest.mark.parametrize(
    ("margin", "deliveries", "after"),
    [
        (0, [], 0),
        (0, [IN_TIME], 0),
        (0, [LATE], 38),
        (100, [LATE, IN_TIME], 136),
        (100, [IN_TIME, LATE], 136),
        (1, [IN_TIME, LATE], 38),
        (MARGIN_MAX - 1, [LATE, LATE], MARGIN_MAX),
    ],
)
def test_a_late_delivery_makes_it_longer_and_one_in_time_shorter(margin, deliveries, after):
    assert margin_after(margin, deliveries) == pytest.approx(after)


def test_it_comes_to_rest_where_most_are_in_time():
    errors, margin, late = random.Random(1), 0.0, []
    for _ in range(3000):
        late.append(errors.gauss(60, 200) > margin)  # later than predicted, in seconds
        margin = margin_after(margin, late[-1:])
    assert sum(late[:100]) > 10
    assert sum(late[1000:]) / 2000 == pytest.approx(1 - ON_TIME, abs=0.02)


def promised(shop: SmallShop, **asked: object) -> tuple[timedelta, timedelta]:
    """How long until an order is handed over, and until it is delivered."""
    found = shop.read(
        lambda tx: DispatchPromise().quote(tx, shop.store_id, (PromiseLine("tea", 2),), 2000, None)
    )
    return found.hand_over_at - shop.clock.now(), found.deliver_at - shop.clock.now()


def test_a_promise_is_later_by_the_margin_and_the_hand_over_is_not(shop: SmallShop):
    out, there = promised(shop)
    shop.write(lambda tx: margins.learn(tx, shop.store_id, [LATE] * 10))
    assert shop.read(lambda tx: margins.of(tx, shop.store_id)) == timedelta(seconds=380)
    assert promised(shop) == (out, there + timedelta(minutes=6))  # to the minute
    shop.write(lambda tx: margins.learn(tx, shop.store_id, [IN_TIME] * 40))
    assert shop.read(lambda tx: margins.of(tx, shop.store_id)) == timedelta(seconds=300)
    assert promised(shop) == (out, there + timedelta(minutes=5))
