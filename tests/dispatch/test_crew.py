"""What a plan knows of people: shifts and breaks ahead, newcomers, hands that are nearly free, loads."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fulfil.dispatch import queries, rules
from fulfil.dispatch import service as dispatch
from fulfil.dispatch.service.crew import Crew
from fulfil.staff import queries as staff
from fulfil.staff import service as staff_service
from tests.dispatch.small import ADMIN, SmallShop, Somebody


def roster(shop: SmallShop, somebody: Somebody, seconds: float, *rest: float) -> None:
    """Their shift ends in so many seconds; `rest` is when a break begins and ends."""
    now = shop.clock.now()
    breaks = (
        [{"starts_at": now + timedelta(seconds=rest[0]), "ends_at": now + timedelta(seconds=rest[1])}]
        if rest
        else []
    )
    shop.write(
        lambda tx: staff_service.plan_shifts(
            tx,
            shop.store_id,
            [
                {
                    "person_id": somebody.id,
                    "starts_at": now - timedelta(hours=4),
                    "breaks": breaks,
                    "ends_at": now + timedelta(seconds=seconds),
                }
            ],
            by=ADMIN,
        )
    )


def shown(shop: SmallShop, somebody: Somebody) -> int:
    return len(shop.work(somebody)["offers"])


def test_nobody_gets_what_would_end_after_their_shift(shop):
    goes, stays = shop.hire("P1", "picker"), shop.hire("P2", "picker")
    roster(shop, goes, 60)
    shop.paid(("tea", 1))
    assert (shown(shop, goes), shown(shop, stays)) == (0, 1)
    roster(shop, goes, 3600)
    shop.passes(5, goes, stays)
    shop.paid(("tea", 1))
    assert shown(shop, goes) == 1


def test_nothing_runs_into_a_planned_break_and_after_it_work_goes_on(shop):
    picker = shop.hire("P1", "picker")
    roster(shop, picker, 8 * 3600, 60, 960)
    shop.paid(("tea", 1))
    assert shown(shop, picker) == 0
    shop.passes(300, picker)
    shop.paid(("tea", 1))
    assert shown(shop, picker) == 0
    shop.clock.advance(660)
    shop.passes(0, picker)
    shop.paid(("tea", 1))
    assert shown(shop, picker) == 1


def test_a_counter_whose_shift_is_over_does_not_keep_others_from_standing_in(shop):
    counter, packer, picker = (shop.hire(role, role) for role in ("counter", "packer", "picker"))
    roster(shop, counter, 1)
    shop.clock.advance(2)
    for somebody in (counter, packer, picker):
        shop.kit.services["presence"].beat(somebody.id)
    fulfilment_id = shop.paid(("tea", 1))
    ticket = shop.accepts(picker)
    shop.does(picker, ticket, "pick", line_no=1, quantity=1)
    shop.does(picker, ticket, "finish")
    shop.does(packer, shop.accepts(packer), "finish")
    (handoff,) = shop.tickets(fulfilment_id, "handoff")
    assert handoff.assignee_id == packer.id


def test_a_newcomer_gets_easy_work_and_time_to_answer(shop):
    new, old = shop.hire("P1", "picker", tickets_done=0), shop.hire("P2", "picker")
    shop.paid(("milk", 1))
    assert (shown(shop, new), shown(shop, old)) == (0, 1)
    shop.paid(("tea", 1))
    (offer,) = shop.work(new)["offers"]
    assert offer["seconds"] == 45 and shop.work(old)["offers"][0]["seconds"] == 15


@pytest.mark.parametrize(
    ("zone", "lines", "others", "looked_at"),
    [
        ("ambient", 3, 0, 1),
        ("ambient", 3, 2, 1),
        ("ambient", 11, 0, 1),
        ("chilled", 1, 0, 1),
        ("ambient", 11, 2, 2),
        ("chilled", 1, 2, 2),
    ],
)
def test_of_a_new_crew_no_more_are_looked_at_than_a_ticket_needs(shop, zone, lines, others, looked_at):
    """A shop's first day: with everybody looked at, each plan of a big crew is a large one.

    Of what is hard the first of the crew and the first of the `others`, who are not new.
    """
    for n in range(5):
        shop.hire(f"P{n}", "picker", tickets_done=0)
    for n in range(others):
        shop.hire(f"Q{n}", "picker")
    now = shop.clock.now()
    work = rules.Work(1, "picking", "picker", zone, now, now, 60, lines=lines)

    def look(tx):
        with Crew(tx, shop.store_id, rules.Policy()) as crew:
            crew.look_for([work])
            return len(crew.workers())

    assert shop.read(look) == looked_at


@pytest.mark.parametrize(("zones", "new_may"), [(("ambient", "chilled"), False), (("ambient",), True)])
def test_hard_work_is_for_newcomers_where_nobody_else_may_do_it(shop, zones, new_may):
    old = shop.hire("P1", "picker", zones=zones)
    shop.paid(("tea", 1))
    shop.accepts(old)
    new = shop.hire("P2", "picker", tickets_done=0)
    shop.paid(("milk", 1))
    assert shown(shop, new) == new_may


def test_where_all_are_new_somebody_has_to(shop):
    new = shop.hire("P1", "picker", tickets_done=0)
    shop.paid(("milk", 1))
    assert shown(shop, new) == 1


def test_nobody_stays_a_newcomer(shop):
    picker = shop.hire("P1", "picker", tickets_done=19)
    shop.paid(("tea", 1))
    assert shop.work(picker)["offers"][0]["seconds"] == 45
    shop.does(picker, shop.accepts(picker), "finish")
    assert shop.read(lambda tx: staff.person(tx, picker.id)).tickets_done == 20
    shop.paid(("tea", 1))
    assert shop.work(picker)["offers"][0]["seconds"] == 15


def test_first_tickets_are_counted_no_longer_than_they_matter(shop):
    picker = shop.hire("P1", "picker", tickets_done=rules.COUNTED_TICKETS)
    shop.paid(("tea", 1))
    shop.does(picker, shop.accepts(picker), "finish")
    assert shop.read(lambda tx: staff.person(tx, picker.id)).tickets_done == rules.COUNTED_TICKETS


def test_work_waits_a_moment_so_that_both_begin(shop):
    """And goes to whoever is free when they are not done in time."""
    warm, both = shop.hire("P1", "picker", zones=("ambient",)), shop.hire("P2", "picker")
    shop.shift(both, "break")
    fulfilment_id = shop.paid(("tea", 1))
    shop.accepts(warm)
    seconds = shop.tickets(fulfilment_id)[0].estimate_seconds
    shop.clock.advance(seconds - 20)
    for somebody in (warm, both):
        shop.kit.services["presence"].beat(somebody.id)
    shop.paid(("rice", 1))
    frozen = shop.paid(("peas", 1))
    shop.shift(both, "available")
    shop.run()
    assert (shown(shop, warm), shown(shop, both)) == (0, 1)
    assert [ticket.state for ticket in shop.tickets(frozen)] == ["offered"]
    shop.clock.advance(21)
    for somebody in (warm, both):
        shop.kit.services["presence"].beat(somebody.id)
    shop.paid(("rice", 1))
    assert (shown(shop, warm), shown(shop, both)) == (0, 1)


def test_lines_and_weight_count_beside_minutes(shop):
    picker = shop.hire("P1", "picker")
    (ticket,) = shop.tickets(shop.paid(("tea", 2), ("rice", 1)))
    (row,) = shop.read(lambda tx: queries.loads_on_duty(tx, shop.store_id))
    assert (row.seconds, row.lines, row.grams) == (ticket.estimate_seconds, ticket.lines, ticket.grams)
    other = shop.hire("P2", "picker")
    rows = {row.person_id: row for row in shop.read(lambda tx: queries.loads_on_duty(tx, shop.store_id))}
    assert rows[other.id][2:] == rows[picker.id][2:]
    shop.shift(picker, "break")
    rows = {row.person_id: row for row in shop.read(lambda tx: queries.loads_on_duty(tx, shop.store_id))}
    assert (rows[picker.id].lines, rows[picker.id].grams) == (0, 0)


@pytest.mark.parametrize("battery", [14, 15])
def test_below_fifteen_per_cent_of_battery_nothing_new_comes(shop, battery):
    picker = shop.hire("P1", "picker")
    shop.kit.services["presence"].beat(picker.id, battery)
    shop.paid(("tea", 1))
    assert shown(shop, picker) == (battery >= 15)


@pytest.mark.parametrize("out", [True, False])
def test_goods_that_get_warm_are_packed_first(shop, out):
    """A packer takes three of four orders: the one that is due last is left, unless its milk is out."""
    picker, last = shop.hire("P1", "picker"), 3
    orders = [shop.paid(("milk", 1), due_minutes=240 + n) for n in range(4)]
    for _ in orders:
        ticket = shop.accepts(picker)
        shop.does(picker, ticket, "pick", line_no=1, quantity=1)
        shop.does(picker, ticket, "finish")
    if out:
        shop.write(lambda tx: dispatch.cold_out(tx, orders[last], "chilled"))
    packer = shop.hire("C1", "packer")
    shop.run()
    shown_orders = {offer["ticket"]["fulfilment_id"] for offer in shop.work(packer)["offers"]}
    assert len(shown_orders) == 3 and (str(orders[last]) in shown_orders) is out
