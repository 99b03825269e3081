"""The promise, from the queue and the people, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from fulfil.contracts.promise import PromiseLine, Quote
from fulfil.contracts.trade import OrderExpired
from fulfil.dispatch.model import CapacityHold
from fulfil.dispatch.service.promise import DispatchPromise
from fulfil.staff.model import PlannedShift, Shift
from fulfil.store.model import Store
from fulfil.store.rules import WEEKDAYS
from tests.dispatch.small import SmallShop

LINES = (PromiseLine("tea", 2), PromiseLine("milk", 1))


@pytest.fixture
def promise() -> DispatchPromise:
    return DispatchPromise()


def quote(shop: SmallShop, promise: DispatchPromise, **asked) -> Quote:
    return shop.read(lambda tx: promise.quote(tx, shop.store_id, LINES, 2000, asked.get("deliver_by")))


def reserve(shop: SmallShop, promise: DispatchPromise, order_no: int) -> Quote:
    until = shop.clock.now() + timedelta(minutes=15)
    return shop.write(lambda tx: promise.reserve(tx, shop.store_id, order_no, LINES, 2000, None, until))


def held(shop: SmallShop) -> list[int]:
    return shop.read(lambda tx: tx.scalars(sa.select(CapacityHold.order_no).order_by(CapacityHold.order_no)))


def test_a_quiet_shop_promises_its_own_work_and_the_ride(shop, promise):
    found = quote(shop, promise)
    # picking 60 + 2·25, packing 45 + 2·8, handoff 60: 231 s; riding 120 + 2000 m at 4 m/s: 620 s.
    assert found.hand_over_at == shop.clock.now() + timedelta(minutes=4)
    assert found.deliver_at == shop.clock.now() + timedelta(minutes=15)
    assert found.slots[0][0] >= found.deliver_at


def test_every_order_that_is_taken_moves_the_next_ones_promise(shop, promise):
    quiet = quote(shop, promise)
    for order_no in range(1, 11):
        assert reserve(shop, promise, order_no).ok
    busy = quote(shop, promise)
    # Ten orders of 110 s picking for two planned pickers; packing for one is slower: 610 + 231 s.
    assert busy.hand_over_at - quiet.hand_over_at == timedelta(minutes=15 - 4)
    shop.clock.advance(3)
    assert quote(shop, promise).hand_over_at - shop.clock.now() > timedelta(minutes=13)
    for order_no in range(1, 11):
        shop.write(lambda tx, order_no=order_no: promise.release(tx, order_no))
    shop.clock.advance(3)
    assert quote(shop, promise).hand_over_at - shop.clock.now() < timedelta(minutes=5)


def test_who_waits_for_a_rider_is_promised_the_wait(shop, promise):
    """One rider, 620 s a ride: goods are ready long before the rider is back."""
    shop.hire("rider", "rider")
    quiet = quote(shop, promise)
    for order_no in range(1, 5):
        assert reserve(shop, promise, order_no).ok
    busy = quote(shop, promise)
    assert busy.deliver_at - quiet.deliver_at >= timedelta(seconds=4 * 620 - 60)
    assert busy.deliver_at - busy.hand_over_at == quiet.deliver_at - quiet.hand_over_at


def test_capacity_comes_back_when_an_order_is_paid_or_expires(shop, promise):
    for order_no in (500_001, 2):
        reserve(shop, promise, order_no)
    assert held(shop) == [2, 500_001]
    shop.paid(("tea", 1))
    assert held(shop) == [2], "the tickets of the paid order hold it now"
    shop.write(lambda tx: tx.publish(OrderExpired(2, shop.store_id)))
    shop.run()
    assert held(shop) == []


@pytest.mark.parametrize(
    ("lines", "minutes"),
    [
        ((("tea", "ambient", 500), ("milk", "ambient", 500)), 4),
        # A ticket more, 60 s: what is cold begins when the rest is nearly picked.
        ((("tea", "ambient", 500), ("milk", "chilled", 500)), 4),
        # 20 kg are two tickets, one more line is begun: 60 + 25 + 40 s each, and 40 s more to pack.
        ((("tea", "ambient", 20_000), ("milk", "ambient", 0)), 5),
        ((("tea", "ambient", 60_000), ("milk", "chilled", 40_000)), 9),
    ],
)
def test_what_is_heavy_or_of_several_zones_takes_longer(
    shop, promise, lines: tuple[tuple[str, str, int], ...], minutes: int
) -> None:
    wanted = [PromiseLine(sku, 1, None, zone, grams) for sku, zone, grams in lines]
    found = shop.read(lambda tx: promise.quote(tx, shop.store_id, wanted, 2000, None))
    assert found.hand_over_at == shop.clock.now() + timedelta(minutes=minutes)


def test_what_is_held_counts_its_zones_and_its_weight(shop, promise):
    """As much as it counts in the moment in which it is promised, when another process reads it."""
    quiet = quote(shop, promise).hand_over_at
    heavy = [PromiseLine("tea", 80, None, "ambient", 80_000), PromiseLine("milk", 1, None, "chilled", 500)]
    until = shop.clock.now() + timedelta(minutes=15)
    for order_no in range(1, 6):
        assert shop.write(
            lambda tx, no=order_no: promise.reserve(tx, shop.store_id, no, heavy, 2000, None, until)
        ).ok
    seen_here, seen_there = quote(shop, promise), quote(shop, DispatchPromise())
    assert seen_there.hand_over_at == seen_here.hand_over_at > quiet + timedelta(minutes=10)
    as_before = shop.write(lambda tx: tx.update(CapacityHold, CapacityHold.order_no > 0, picked=None))
    assert as_before == 5 and quote(shop, DispatchPromise()).hand_over_at < seen_here.hand_over_at


def test_a_slot_that_can_be_kept_is_promised_as_asked(shop, promise):
    later = shop.clock.now() + timedelta(hours=2)
    found = quote(shop, promise, deliver_by=later)
    assert (found.ok, found.deliver_at) == (True, later)
    soon = quote(shop, promise, deliver_by=shop.clock.now() + timedelta(minutes=5))
    assert (soon.ok, soon.why_not) == (False, "slot_unavailable")
    assert soon.slots


def test_nothing_is_promised_beyond_the_slots_or_the_opening_hours(shop, promise):
    last = quote(shop, promise).slots[-1][1]
    assert quote(shop, promise, deliver_by=last).ok
    late = quote(shop, promise, deliver_by=last + timedelta(minutes=1))
    assert (late.ok, late.why_not, late.slots[-1][1]) == (False, "slot_unavailable", last)
    begins, closes = (shop.clock.now() + timedelta(hours=h) for h in (-1, 1))
    opening = {day: [[f"{begins:%H:%M}", f"{closes:%H:%M}"]] for day in WEEKDAYS}
    shop.write(lambda tx: tx.update(Store, Store.id == shop.store_id, opening=opening, tz="UTC"))
    assert quote(shop, promise, deliver_by=closes).ok
    assert quote(shop, promise, deliver_by=last).why_not == "slot_unavailable"


def test_a_shop_that_is_closed_or_full_promises_nothing(shop, promise):
    shop.write(lambda tx: tx.update(Store, Store.id == shop.store_id, policy={"promise_minutes_max": 1}))
    assert quote(shop, promise).why_not == "no_capacity"
    assert reserve(shop, promise, 3).ok is False
    shop.write(lambda tx: tx.update(Store, Store.id == shop.store_id, state="closed"))
    assert quote(shop, promise).why_not == "store_closed"
    assert held(shop) == []


def fill(shop: SmallShop, promise: DispatchPromise, slot_end: datetime, first: int = 1) -> tuple[int, Quote]:
    """Promise orders for a slot until it is full: how many, and the first refusal."""
    until, taken = shop.clock.now() + timedelta(minutes=15), 0
    while (
        found := shop.write(
            lambda tx, no=first + taken: promise.reserve(tx, shop.store_id, no, LINES, 2000, slot_end, until)
        )
    ).ok:
        taken += 1
        assert taken < 200
    return taken, found


def test_a_full_slot_is_refused_and_others_are_named(shop, promise):
    slot = quote(shop, promise).slots[0]
    taken, found = fill(shop, promise, slot[1])
    assert taken > 0
    assert (found.why_not, slot in found.slots, bool(found.slots)) == ("slot_unavailable", False, True)
    assert held(shop) == list(range(1, taken + 1))
    shop.clock.advance(3)
    assert slot not in quote(shop, promise).slots, "the holds stand in the database, too"


def test_slots_count_who_is_on_the_roster_then(shop, promise):
    """Whoever comes in an hour can pick for a slot in three."""
    now, hour = shop.clock.now(), timedelta(hours=1)
    shop.hire("now", "picker", "packer")
    slot = quote(shop, promise).slots[-1]
    alone, _ = fill(shop, promise, slot[1])
    for badge in ("one", "two"):
        person_id = shop.hire(badge, "picker", "packer", on_duty=False).id
        shop.write(
            lambda tx, person_id=person_id: tx.insert(
                PlannedShift,
                id=tx.number(),
                store_id=shop.store_id,
                person_id=person_id,
                breaks=[],
                starts_at=now + hour,
                ends_at=now + 8 * hour,
            )
        )
    shop.clock.advance(3)
    more, _ = fill(shop, promise, slot[1], first=1000)
    assert more > alone, "two thirds of the time until then there are three instead of one"


def test_who_goes_home_soon_does_not_count_for_later(shop, promise):
    now = shop.clock.now()
    somebody = shop.hire("now", "picker", "packer")
    slot = quote(shop, promise).slots[-1]
    shop.write(lambda tx: tx.update(Shift, {"person_id": somebody.id}, ends_at=now + timedelta(minutes=30)))
    shop.clock.advance(3)
    assert fill(shop, promise, slot[1])[0] <= 1800 / 110
