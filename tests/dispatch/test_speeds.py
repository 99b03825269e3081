"""Learned speeds: what is learned of work, and what plans and promises make of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from fulfil.contracts.promise import PromiseLine
from fulfil.dispatch.model import WorkSpeed
from fulfil.dispatch.queries import forecast, planning
from fulfil.dispatch.rules.speeds import (
    Learned,
    Pace,
    learn,
    overall_of,
    pace_of,
    places_of,
    ratio,
    speeds_of,
    together,
    worked_seconds,
)
from fulfil.dispatch.service import forecasting, speeds
from fulfil.dispatch.service.planning import works_of
from fulfil.dispatch.service.promise import DispatchPromise
from fulfil.dispatch.service.tickets import policy_of
from tests.dispatch.small import SmallShop, Somebody

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
AMBIENT = ("picking", "ambient")


@pytest.mark.parametrize(
    ("steps", "seconds"),
    [
        ([], 0),
        ([("pick", 30), ("finish", 90)], 90),
        # Of a long silence three minutes are work, of a pause nothing.
        ([("pick", 30), ("finish", 3000)], 30 + 180),
        ([("pick", 30), ("pause", 40), ("resume", 640), ("finish", 700)], 40 + 60),
        # A clock that was set back takes nothing away.
        ([("pick", 60), ("pick", 20), ("finish", 90)], 60 + 30),
    ],
)
def test_what_counts_as_work(steps, seconds):
    assert worked_seconds(NOON, [(kind, NOON + timedelta(seconds=at)) for kind, at in steps]) == seconds


@pytest.mark.parametrize(
    ("known", "worked", "estimated", "after"),
    [
        (None, 90, 100, Learned(90, 100)),
        (Learned(100, 100), 200, 100, Learned(297, 197)),
        (Learned(100, 100), 401, 100, Learned(100, 100)),
        (Learned(100, 100), 24, 100, Learned(100, 100)),
        (None, 50, 0, None),
    ],
)
def test_old_work_fades_and_outliers_are_cut(known, worked, estimated, after):
    assert learn(known, worked, estimated) == after


def test_little_work_says_little_and_nothing_goes_beyond_the_limits():
    assert ratio(Learned(0, 0)) == 1.0
    assert 1.0 < ratio(Learned(200, 100)) < 1.05
    assert ratio(Learned(36_000, 18_000)) == pytest.approx(1.833, abs=0.001)
    assert ratio(Learned(400_000, 100_000)) == 2.0
    assert ratio(Learned(100, 100_000)) == 0.5


def test_who_is_new_counts_as_the_shop_does():
    rows = {
        (1, AMBIENT): Learned(30_000, 20_000),
        (2, AMBIENT): Learned(30_000, 20_000),
        (3, AMBIENT): Learned(1, 1),
    }
    found = speeds_of(rows)
    assert found[3][AMBIENT] == pytest.approx(pace_of(rows)["picking"], abs=0.01)
    assert found[1][AMBIENT] == pytest.approx(1.5, abs=0.03)


def test_a_crew_works_at_the_pace_at_which_its_work_adds_up():
    assert together([1.0]) == 1.0
    assert together([2.0, 1.0]) == pytest.approx(4 / 3)  # in four seconds one does two, the other four
    rows = {(1, AMBIENT): Learned(20_000, 10_000), (1, ("picking", "chilled")): Learned(10_000, 10_000)}
    assert places_of(rows)[AMBIENT] > overall_of(rows)[1]["picking"] > 1.4


def crew(*people: tuple[int, str, set[str]]) -> list[SimpleNamespace]:
    return [SimpleNamespace(person_id=no, roles=[role], zones=zones) for no, role, zones in people]


@pytest.mark.parametrize(
    ("there", "ambient", "chilled"),
    [
        # Nobody is known to be there: as the shop does.
        ((), 1.2, 1.4),
        (((9, "packer", {"ambient"}),), 1.2, 1.4),
        (((1, "picker", {"ambient", "chilled"}),), 1.0, 1.6),
        # Who may not go where it is cold does not count there, and who is new goes as the shop does.
        (((1, "picker", {"ambient"}), (2, "picker", {"ambient", "chilled"})), 1.2, 1.4),
        (((1, "picker", {"ambient", "chilled"}), (7, "picker", {"ambient"})), 12 / 11, 1.6),
    ],
)
def test_a_promise_takes_the_pace_of_who_is_on_duty(there, ambient, chilled):
    places = {AMBIENT: 1.2, ("picking", "chilled"): 1.4}
    known = speeds.Known(
        NOON,
        Pace({"picking": 1.3}, places),
        {1: {AMBIENT: 1.0, ("picking", "chilled"): 1.6}, 2: {AMBIENT: 1.5}},
        {1: {"picking": 1.1}},
    )
    pace = known.pace(crew(*there))
    assert pace.of("picking", "ambient") == pytest.approx(ambient)
    assert pace.of("picking", "chilled") == pytest.approx(chilled)
    assert (pace.of("picking", "frozen"), pace.of("prep", "ambient")) == (1.3, 1.0)


def test_who_comes_later_counts_by_how_much_they_do():
    known = speeds.Known(NOON, Pace({"picking": 1.5}), {}, {1: {"picking": 1.0}, 2: {"picking": 2.0}})
    assert known.hands("picking", crew((1, "picker", set()))) == {1: 1.0, 2: 0.5}
    assert known.hands("picking", ()) == {1: 1.5, 2: 0.75}
    both = known.hands("picking", crew((1, "picker", set()), (2, "picker", set())))
    assert sum(both.values()) == pytest.approx(2.0)
    assert known.hands("packing", ()) == {}


def picked(shop: SmallShop, somebody: Somebody, seconds: int) -> int:
    """A ticket that somebody picks for so long; its number."""
    shop.paid(("tea", 2))
    shop.run()
    ticket = shop.accepts(somebody)
    shop.passes(seconds, somebody)
    shop.does(somebody, ticket, "finish")
    return int(ticket["id"])


def work_promised(shop: SmallShop) -> timedelta:
    """How long an order of twenty lines takes, as it would be promised now."""
    lines = (PromiseLine("tea", 1),) * 20
    found = shop.read(lambda tx: DispatchPromise().quote(tx, shop.store_id, lines, 0, None))
    return found.hand_over_at - shop.clock.now()


def learned(shop: SmallShop) -> list:
    return shop.read(lambda tx: tx.all(sa.select(*WorkSpeed.__table__.c).order_by(WorkSpeed.id)))


def test_tickets_teach_once_each_and_plans_and_promises_follow(shop: SmallShop):
    slow = shop.hire("slow", "picker")
    tickets = [picked(shop, slow, 150) for _ in range(3)]
    estimate = shop.ticket(tickets[0]).estimate_seconds
    before = work_promised(shop)
    for ticket_id in tickets:
        shop.write(lambda tx, ticket_id=ticket_id: speeds.learn(tx, [ticket_id]))
    (row,) = learned(shop)
    assert (row.person_id, row.stage, row.zone) == (slow.id, "picking", "ambient")
    assert row.worked / row.estimated == pytest.approx(150 / estimate, rel=0.05)
    shop.write(lambda tx: tx.update(WorkSpeed, {"id": row.id}, worked=90_000.0, estimated=50_000.0))
    shop.clock.advance(61)
    known = shop.read(lambda tx: speeds.of(tx, shop.store_id))
    assert known.speeds[slow.id][AMBIENT] > 1.6
    assert work_promised(shop) > before + timedelta(minutes=4)


def test_tickets_that_went_through_two_hands_teach_nothing(shop: SmallShop):
    one = shop.hire("one", "picker")
    shop.paid(("tea", 2))
    shop.run()
    ticket = shop.accepts(one)
    shop.does(one, ticket, "give_back")
    two = shop.hire("two", "picker")
    shop.run()
    again = shop.accepts(two)
    shop.passes(100, two)
    shop.does(two, again, "finish")
    shop.write(lambda tx: speeds.learn(tx, [int(ticket["id"])]))
    assert learned(shop) == []


def ridden(shop: SmallShop, ride_seconds: int, *, brought_back: bool = False) -> int:
    """An order that a rider of the shop's own brings in so many seconds; its delivery ticket's number."""
    people = [shop.hire(badge, badge) for badge in ("picker", "packer", "counter", "rider")]
    picker, packer, counter, rider = people
    shop.kit.services["test_rider"] = rider.id
    shop.paid(("tea", 1))
    shop.run()
    picking = shop.accepts(picker)
    shop.does(picker, picking, "pick", line_no=1, quantity=1)
    shop.does(picker, picking, "finish")
    shop.run()
    shop.does(packer, shop.accepts(packer), "finish")
    shop.run()
    delivery = shop.accepts(rider)
    shop.does(counter, shop.work(counter)["tickets"][0], "release")
    shop.passes(ride_seconds, *people)
    if brought_back:
        shop.does(rider, delivery, "bring_back")
        shop.does(rider, delivery, "back")
    else:
        shop.does(rider, delivery, "deliver")
    return int(delivery["id"])


def test_rides_teach_how_long_they_take_and_promises_follow(shop: SmallShop):
    ticket_id = ridden(shop, 240)
    estimate = shop.ticket(ticket_id).estimate_seconds

    def ride_promised() -> float:
        lines = (PromiseLine("tea", 1),)
        found = shop.read(lambda tx: DispatchPromise().quote(tx, shop.store_id, lines, 2000, None))
        return (found.deliver_at - found.hand_over_at).total_seconds()

    assert ride_promised() == 660  # 120 s at the door, 500 s of way; to the minute
    shop.write(lambda tx: speeds.learn(tx, [ticket_id]))
    (row,) = learned(shop)
    assert (row.stage, row.zone, row.worked, row.estimated) == ("delivery", "all", 240, estimate)
    shop.write(lambda tx: tx.update(WorkSpeed, {"id": row.id}, worked=15_000.0, estimated=10_000.0))
    shop.clock.advance(61)
    paced = (15_000 + 3600) / (10_000 + 3600)
    assert shop.read(lambda tx: speeds.ride(tx, shop.store_id, 1000)) == round(1000 * paced)
    assert ride_promised() == 960  # 620 s · 1.47, as only this rider rides; to the minute


def test_predictions_and_plans_take_the_pace_of_rides(shop: SmallShop):
    fulfilment_id = shop.paid(("tea", 1))
    ride = shop.fulfilment(fulfilment_id).ride_seconds

    def ahead(tx):
        rows, policy = forecast.work_of_orders(tx, shop.store_id), policy_of(tx, shop.store_id)
        return next(forecasting.orders_of(rows, tx.now, policy, Pace({"delivery": 1.5}), {}))

    def after_picking(tx):
        rows = planning.waiting_tickets(tx, shop.store_id, ["picking"], 10)
        return works_of(tx, rows, policy_of(tx, shop.store_id))[0].after_seconds

    assert shop.read(ahead).ride == 1.5 * ride
    before = shop.read(after_picking)
    rider = shop.hire("rider", "rider", on_duty=False)
    speed = {"id": 1, "store_id": shop.store_id, "person_id": rider.id, "stage": "delivery", "zone": "all"}
    shop.write(lambda tx: tx.insert(WorkSpeed, **speed, worked=50_000.0, estimated=25_000.0, at=tx.now))
    shop.clock.advance(61)
    assert shop.read(after_picking) - before == round(ride * (50_000 + 3600) / (25_000 + 3600)) - ride


def test_a_ride_that_came_back_teaches_nothing(shop: SmallShop):
    ticket_id = ridden(shop, 240, brought_back=True)
    shop.write(lambda tx: speeds.learn(tx, [ticket_id]))
    assert learned(shop) == []
