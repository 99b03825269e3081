"""The roster: what is planned, how it is changed, and what whoever is on duty learns from it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from threading import Thread

import pytest
import sqlalchemy as sa

from fulfil.staff import queries, rules, service
from fulfil.staff.errors import BreakPassed, ShiftImpossible, UnknownBreak, UnknownPerson, UnknownPlannedShift
from fulfil.staff.model import PlannedShift
from tests.dispatch.small import ADMIN, START, SmallShop, Somebody

WAIT_SECONDS_MAX = 20
WAITED_FOR = sa.text(
    "select count(*) from pg_locks where not granted and locktype = 'transactionid'"
    " and transactionid = pg_current_xact_id()::xid"
)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def plan(shop: SmallShop, somebody: Somebody, start: float, end: float, *breaks: tuple[float, float]) -> None:
    shop.write(
        lambda tx: service.plan_shifts(
            tx,
            shop.store_id,
            [
                {
                    "person_id": somebody.id,
                    "starts_at": at(start),
                    "ends_at": at(end),
                    "breaks": [{"starts_at": at(a), "ends_at": at(b)} for a, b in breaks],
                }
            ],
            by=ADMIN,
        )
    )


def planned(shop: SmallShop) -> list[tuple[datetime, datetime]]:
    rows = shop.read(lambda tx: queries.roster(tx, shop.store_id, at(-24), at(48)))
    return [(row.starts_at, row.ends_at) for row in rows]


def ahead(shop: SmallShop, somebody: Somebody) -> tuple[datetime | None, ...]:
    row = shop.read(lambda tx: queries.shift(tx, somebody.id))
    return row.ends_at, row.break_at, row.break_ends_at


@pytest.mark.parametrize(
    ("times", "breaks", "possible"),
    [
        ((0, 8), (), True),
        ((0, 8), ((3, 4), (6, 6.5)), True),
        ((0, 16), (), True),
        ((0, 16.1), (), False),
        ((8, 8), (), False),
        ((8, 0), (), False),
        ((0, 8), ((3, 3),), False),
        ((0, 8), ((4, 3),), False),
        ((0, 8), ((-1, 1),), False),
        ((0, 8), ((7, 9),), False),
        ((0, 8), ((2, 4), (3, 5)), False),
    ],
)
def test_which_shifts_are_possible(times, breaks, possible):
    rests = [(at(start), at(end)) for start, end in breaks]
    assert rules.possible(at(times[0]), at(times[1]), rests) is possible


def test_a_shift_at_the_end_of_the_calendar_is_a_shift():
    last = datetime.max.replace(tzinfo=START.tzinfo)
    assert rules.possible(last - timedelta(hours=1), last, [])


@pytest.mark.parametrize(
    ("ends", "rest", "until"),
    [
        (None, (None, None), None),
        (5, (None, None), 5),
        (5, (2, 3), 2),
        (5, (-1, 1), -1),
        (5, (-2, -1), 5),
        (1, (2, 3), 1),
        (None, (2, 3), 2),
        (-1, (None, None), -1),
    ],
)
def test_until_when_somebody_works(ends, rest, until):
    instants = [None if hours is None else at(hours) for hours in (ends, *rest)]
    assert rules.works_until(START, *instants) == (None if until is None else at(until))


def test_whoever_comes_knows_from_the_roster_what_lies_ahead(shop):
    picker = shop.hire("P1", "picker", on_duty=False)
    plan(shop, picker, 0.5, 8, (3, 3.5), (6, 6.25))
    plan(shop, picker, 24, 32)
    assert ahead(shop, picker) == (None, None, None)
    shop.shift(picker, "available")
    assert ahead(shop, picker) == (at(8), at(3), at(3.5))
    shop.shift(picker, "off")
    assert ahead(shop, shop.hire("P2", "picker")) == (None, None, None)


def test_a_change_of_the_roster_counts_at_once(shop):
    picker = shop.hire("P1", "picker")
    plan(shop, picker, 0, 8, (3, 3.5))
    assert ahead(shop, picker) == (at(8), at(3), at(3.5))
    plan(shop, picker, 0, 6)
    assert planned(shop) == [(at(0), at(6))]
    assert ahead(shop, picker) == (at(6), None, None)
    (row,) = shop.read(lambda tx: queries.roster(tx, shop.store_id, at(0), at(1)))
    shop.write(lambda tx: service.unplan_shift(tx, shop.store_id, row.id, by=ADMIN))
    assert planned(shop) == [] and ahead(shop, picker) == (None, None, None)


def test_a_break_that_is_over_gives_way_to_the_next(shop):
    picker = shop.hire("P1", "picker")
    plan(shop, picker, 0, 8, (1, 1.5), (4, 4.5))
    shop.clock.advance(3600 * 1.25)
    shop.write(service.pass_breaks)
    assert ahead(shop, picker) == (at(8), at(1), at(1.5))
    shop.clock.advance(3600 * 0.25)
    shop.write(service.pass_breaks)
    assert ahead(shop, picker) == (at(8), at(4), at(4.5))
    shop.clock.advance(3600 * 3)
    shop.write(service.pass_breaks)
    assert ahead(shop, picker) == (at(8), None, None)


def test_what_cannot_be_planned_is_refused(shop):
    picker = shop.hire("P1", "picker")
    with pytest.raises(ShiftImpossible):
        plan(shop, picker, 4, 2)
    with pytest.raises(UnknownPerson):
        plan(shop, Somebody(picker.id + 999, "X", 0, ""), 0, 8)
    with pytest.raises(UnknownPerson):
        shop.write(
            lambda tx: service.plan_shifts(
                tx,
                shop.store_id + 1,
                [{"person_id": picker.id, "starts_at": at(0), "ends_at": at(8), "breaks": []}],
                by=ADMIN,
            )
        )
    with pytest.raises(UnknownPlannedShift):
        shop.write(lambda tx: service.unplan_shift(tx, shop.store_id, 4711, by=ADMIN))
    plan(shop, picker, 0, 8)
    (row,) = shop.read(lambda tx: queries.roster(tx, shop.store_id, at(0), at(1)))
    with pytest.raises(UnknownPlannedShift):
        shop.write(lambda tx: service.unplan_shift(tx, shop.store_id + 1, row.id, by=ADMIN))
    assert planned(shop) == [(at(0), at(8))]


def test_two_rosters_at_once_leave_nobody_in_two_shifts(postgres_url: str) -> None:
    """As a roster does that is sent again before it was answered: its hands would be promised twice."""
    shop = SmallShop(postgres_url)
    picker = shop.hire("P1", "picker")
    second = Thread(target=lambda: plan(shop, picker, 4, 12))
    with shop.kit.db.transaction("roster") as tx:
        service.plan_shifts(
            tx,
            shop.store_id,
            [{"person_id": picker.id, "starts_at": at(0), "ends_at": at(8), "breaks": []}],
            by=ADMIN,
        )
        second.start()
        until = time.monotonic() + WAIT_SECONDS_MAX
        while not tx.scalar(WAITED_FOR):
            assert time.monotonic() < until, "the second roster does not wait for the first"
    second.join(WAIT_SECONDS_MAX)
    assert planned(shop) == [(at(4), at(12))]
    shop.kit.close()


def test_a_planned_shift_in_another_shop_than_its_person_is_seen(shop):
    picker = shop.hire("P1", "picker")
    plan(shop, picker, 0, 8)
    elsewhere, moved = shop.write(shop._found), {"person_id": picker.id}
    shop.write(lambda tx: tx.update(PlannedShift, moved, store_id=elsewhere))
    (planted,) = shop.violations()
    assert (planted.invariant, planted.entity) == (18, "planned_shifts")
    shop.write(lambda tx: tx.update(PlannedShift, moved, store_id=shop.store_id))


@pytest.mark.parametrize(
    ("start", "to", "breaks"),
    [(2, 3, [(3, 3.5), (5, 6)]), (2, 6.5, [(5, 6), (6.5, 7)]), (5, 1, [(1, 2), (2, 2.5)]), (4, 3, None)],
)
def test_a_break_is_moved_as_long_as_it_is(start, to, breaks):
    expected = breaks if breaks is None else [(at(a), at(b)) for a, b in breaks]
    assert rules.moved([(at(2), at(2.5)), (at(5), at(6))], at(start), at(to)) == expected


def test_a_supervisor_moves_a_break_and_who_is_on_duty_learns_of_it_at_once(shop: SmallShop) -> None:
    picker = shop.hire("P1", "picker")
    plan(shop, picker, 0, 8, (1, 1.5))
    (row,) = shop.read(lambda tx: queries.roster(tx, shop.store_id, at(-24), at(48)))

    def move(start: float, to: float, store_id: int = shop.store_id, planned_id: int = row.id) -> None:
        shop.write(lambda tx: service.move_break(tx, store_id, planned_id, at(start), at(to), by=ADMIN))

    move(1, 2)
    assert ahead(shop, picker) == (at(8), at(2), at(2.5))
    for refusal, wrong in (
        (UnknownBreak, (1, 3)),
        (ShiftImpossible, (2, 7.75)),
        (BreakPassed, (2, -1)),
        (UnknownPlannedShift, (2, 3, shop.store_id + 1)),
        (UnknownPlannedShift, (2, 3, shop.store_id, row.id + 1)),
    ):
        with pytest.raises(refusal):
            move(*wrong)
    shop.clock.advance(2.25 * 3600)
    with pytest.raises(BreakPassed):
        move(2, 4)
    assert ahead(shop, picker) == (at(8), at(2), at(2.5))
