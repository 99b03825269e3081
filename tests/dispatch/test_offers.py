"""Offers, plans, takeovers and the supervisor's hand, on both databases."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from fulfil.dispatch import queries
from fulfil.dispatch.errors import PersonUnavailable, TakeoverUnconfirmed
from fulfil.dispatch.service import loads, supervise, takeover, views
from fulfil.staff import service as staff
from tests.dispatch.small import ADMIN, PIN


@dataclass(frozen=True)
class Ticket:
    """As much of a ticket as loads count."""

    estimate_seconds: int
    lines: int = 1
    grams: int = 250


def test_an_idle_picker_is_pushed_an_offer(shop):
    picker = shop.hire("P1", "picker")
    shop.paid(("tea", 1))
    (offer,) = shop.work(picker)["offers"]
    assert offer["seconds"] == 15 and offer["ticket"]["legal"] == ["accept", "decline"]
    pushed = shop.read(lambda tx: shop.kit.live.since(tx, picker.id, 0))
    assert [event["type"] for event in pushed] == ["ticket.offered"]
    assert pushed[0]["offer"]["ticket"]["short_no"] == "0001"
    assert shop.work(picker)["seq"] == 1


def test_an_offer_that_nobody_takes_goes_to_the_next_then_to_the_board(shop):
    first, second = shop.hire("P1", "picker"), shop.hire("P2", "picker")
    fulfilment_id = shop.paid(("tea", 1))
    asked = [first if shop.work(first)["offers"] else second]
    other = second if asked[0] is first else first
    shop.passes(16.5, first, second)
    assert shop.work(asked[0])["offers"] == []
    told = {name: shop.work(asked[0])["shift"][name] for name in ("paused", "missed", "missed_left")}
    assert told == {"paused": False, "missed": 1, "missed_left": 1}
    assert len(shop.work(other)["offers"]) == 1
    for _ in range(3):
        shop.passes(16.5, first, second)
    (ticket,) = shop.tickets(fulfilment_id)
    assert (ticket.state, ticket.tried) == ("queued", 4)
    assert shop.work(first)["shift"]["paused"] and shop.work(second)["shift"]["paused"]
    board = shop.read(lambda tx: views.board(tx, ADMIN, shop.store_id))
    assert [e["kind"] for e in board["exceptions"]] == ["unassigned"]
    shop.shift(first, "available")
    shop.run()
    assert len(shop.work(first)["offers"]) == 1, "an act ends the pause"


def test_a_decline_is_free_and_asks_somebody_else(shop):
    first = shop.hire("P1", "picker")
    shop.paid(("tea", 1))
    (offer,) = shop.work(first)["offers"]
    second = shop.hire("P2", "picker")
    shop.run()
    shop.does(first, offer["ticket"], "decline", offer=offer["id"], reason="heavy")
    assert shop.work(first)["offers"] == []
    assert not shop.work(first)["shift"]["paused"]
    assert shop.accepts(second)["assignee"] == str(second.id)


@pytest.mark.parametrize("leaves", ["break", "off"])
def test_who_leaves_is_not_asked_and_keeps_what_they_hold(shop, leaves):
    picker = shop.hire("P1", "picker")
    held = shop.paid(("tea", 1))
    shop.accepts(picker)
    waiting = shop.paid(("rice", 1))
    shop.shift(picker, leaves)
    shop.run()
    assert shop.work(picker)["offers"] == []
    assert [t["order_no"] for t in shop.work(picker)["tickets"]] == [str(shop.fulfilment(held).order_no)]
    assert shop.tickets(waiting)[0].state == "queued"


def test_an_offer_is_withdrawn_from_who_takes_a_break(shop):
    picker = shop.hire("P1", "picker")
    fulfilment_id = shop.paid(("tea", 1))
    shop.shift(picker, "break")
    assert shop.work(picker)["offers"] == []
    assert shop.tickets(fulfilment_id)[0].state == "queued"


def test_cold_goods_are_offered_when_ambient_picking_has_begun(shop):
    first, second = shop.hire("P1", "picker"), shop.hire("P2", "picker")
    shop.paid(("tea", 1), ("milk", 1))
    offers = [(p, o) for p in (first, second) for o in shop.work(p)["offers"]]
    assert [o["ticket"]["zone"] for _, o in offers] == ["ambient"]
    person = offers[0][0]
    shop.accepts(person)
    other = second if person is first else first
    assert [o["ticket"]["zone"] for o in shop.work(other)["offers"]] == ["chilled"]


def test_work_is_only_for_those_in_touch(shop):
    picker = shop.hire("P1", "picker")
    shop.passes(46)
    fulfilment_id = shop.paid(("tea", 1))
    assert shop.tickets(fulfilment_id)[0].state == "queued"
    shop.kit.services["presence"].beat(picker.id, battery=80, queued=0)
    shop.write(lambda tx: [sweep.run(tx) for sweep in shop.kit.tasks.sweeps if sweep.name == "dispatch.plan"])
    shop.run()
    assert shop.tickets(fulfilment_id)[0].state == "offered"


def test_work_of_a_silent_picker_is_taken_over_after_ten_minutes(shop):
    silent = shop.hire("P1", "picker")
    shop.paid(("tea", 2))
    ticket = shop.accepts(silent)
    shop.does(silent, ticket, "pick", line_no=1, quantity=1)
    second = shop.hire("P2", "picker")
    shop.passes(599, second)
    shop.write(takeover.take_over_from_gone)
    assert shop.ticket(int(ticket["id"])).assignee_id == silent.id
    shop.passes(3, second)
    shop.write(takeover.take_over_from_gone)
    shop.run()
    assert shop.stages["picking"].taken == [int(ticket["id"])], "the successor must count the totes"
    taken = shop.accepts(second)
    assert taken["id"] == ticket["id"] and taken["epoch"] == 2
    late = shop.does(silent, ticket, "pick", line_no=1, quantity=1)
    assert (late["status"], late["code"], late["ticket"]) == ("rejected", "stale_epoch", None)
    assert late["hand_to"]["badge"] == "P2"
    picked = shop.read(lambda tx: queries.lines(tx, int(ticket["fulfilment_id"])))[0].picked
    assert picked == 1, "a late op leaves a record and no effect"


def test_nobody_is_gone_before_the_server_listened_for_as_long(shop):
    picker = shop.hire("P1", "picker")
    shop.paid(("tea", 1))
    ticket = shop.accepts(picker)
    shop.clock.advance(3600)
    shop.kit.services["presence"] = staff.Presence(shop.clock)
    shop.write(takeover.take_over_from_gone)
    assert shop.ticket(int(ticket["id"])).state == "accepted"


def test_a_rider_who_does_not_come_is_replaced_then_the_supervisor_decides(shop):
    rider = shop.hire("R1", "rider")
    picker = shop.hire("P1", "picker", "packer")
    fulfilment_id = shop.paid(("tea", 1))
    picking = shop.accepts(picker)
    shop.does(picker, picking, "pick", line_no=1, quantity=1)
    shop.does(picker, picking, "finish")
    shop.does(picker, shop.accepts(picker), "finish")
    shop.passes(10, rider, picker)
    for _ in range(2):
        delivery = shop.accepts(rider)
        for _ in range(13):
            shop.passes(50, rider, picker)
        shop.write(takeover.take_over_from_gone)
        shop.run()
        assert shop.ticket(int(delivery["id"])).assignee_id is None
    (delivery,) = shop.tickets(fulfilment_id, "delivery")
    assert delivery.held and delivery.state == "queued"


def test_a_second_login_moves_the_work_and_tells_the_board(shop):
    picker = shop.hire("P1", "picker")
    shop.paid(("tea", 1))
    ticket = shop.accepts(picker)
    shop.kit.services["presence"].beat(picker.id, queued=4)
    answer = staff.login(shop.kit, shop.enrol(), "P1", PIN)
    shop.run()
    assert answer["queued_elsewhere"] == {"device": "handheld", "ops": 4}
    assert shop.ticket(int(ticket["id"])).session_id == int(answer["session_id"])
    board = shop.read(lambda tx: views.board(tx, ADMIN, shop.store_id))
    assert [e["kind"] for e in board["exceptions"]] == ["second_login"]


def test_reassigning_work_in_hand_must_be_confirmed(shop):
    first = shop.hire("P1", "picker")
    shop.paid(("tea", 1))
    ticket = shop.accepts(first)
    second = shop.hire("P2", "picker")
    packer = shop.hire("K1", "packer")
    number = int(ticket["id"])

    def reassign(to: int | None, *, confirmed: bool = False) -> None:
        shop.write(lambda tx: supervise.reassign(tx, number, to, confirmed=confirmed, actor="staff:9"))

    with pytest.raises(TakeoverUnconfirmed):
        reassign(second.id)
    with pytest.raises(PersonUnavailable):
        reassign(packer.id, confirmed=True)
    reassign(second.id, confirmed=True)
    shop.run()
    withdrawn = shop.read(lambda tx: shop.kit.live.since(tx, first.id, 0))[-1]
    assert (withdrawn["type"], withdrawn["hand_to"]["badge"]) == ("ticket.withdrawn", "P2")
    assert shop.accepts(second)["id"] == ticket["id"]


def test_a_held_ticket_waits_for_its_last_hold(shop):
    picker = shop.hire("P1", "picker")
    fulfilment_id = shop.paid(("tea", 1))
    number = shop.tickets(fulfilment_id)[0].id
    for reason in ("address unclear", "fraud check"):
        shop.write(lambda tx, reason=reason: supervise.hold(tx, number, reason, actor="staff:9"))
    shop.run()
    assert shop.work(picker)["offers"] == []
    holds = shop.read(lambda tx: queries.open_holds(tx, shop.store_id))
    shop.write(lambda tx: supervise.unhold(tx, number, holds[0].id, actor="staff:9"))
    shop.run()
    assert shop.work(picker)["offers"] == []
    shop.write(lambda tx: supervise.unhold(tx, number, None, actor="staff:9"))
    shop.run()
    ticket = shop.accepts(picker)
    shop.write(lambda tx: supervise.hold(tx, number, "wait", actor="staff:9"))
    refused = shop.does(picker, ticket, "finish")
    assert refused["code"] == "ticket_held"
    assert shop.work(picker)["tickets"][0]["held"]


def test_priority_goes_first(shop):
    shop.paid(("tea", 1), due_minutes=30)
    urgent = shop.paid(("rice", 1), due_minutes=90)
    number = shop.tickets(urgent)[0].id
    shop.write(lambda tx: supervise.prioritise(tx, number, 5, actor="staff:9"))
    picker = shop.hire("P1", "picker")
    shop.run()
    assert shop.work(picker)["offers"][0]["ticket"]["id"] == str(number)


def test_of_a_big_crew_whoever_worked_least_is_asked(shop):
    """The plan reads people least loaded first and only as many as it can choose from."""
    crew = [shop.hire(f"P{n}", "picker") for n in range(6)]
    for person, seconds in zip(crew, (500, 400, 0, 300, 600, 100), strict=True):
        shop.write(lambda tx, who=person, s=seconds: loads.give(tx, who.id, Ticket(s)))
    for _ in range(3):
        shop.paid(("tea", 1))
    asked = {person.badge for person in crew if shop.work(person)["offers"]}
    assert asked == {crew[n].badge for n in (2, 5, 3)}


def test_somebody_of_the_zone_is_found_behind_many_who_are_not(shop):
    crew = [shop.hire(f"P{n}", "picker", zones=["ambient"]) for n in range(4)]
    last = shop.hire("P9", "picker", zones=["frozen"])
    shop.write(lambda tx: loads.give(tx, last.id, Ticket(900)))
    shop.paid(("peas", 1))
    assert [len(shop.work(person)["offers"]) for person in (*crew, last)] == [0, 0, 0, 0, 1]


def test_somebody_with_two_roles_gets_no_more_than_they_can_hold_of_each(shop):
    """Found for picking, they are still full for packing."""
    picker = shop.hire("P1", "picker")
    both = shop.hire("B1", "picker", "packer", zones=["chilled"])
    for _ in range(4):
        shop.paid(("tea", 1))
        ticket = shop.accepts(picker)
        shop.does(picker, ticket, "pick", line_no=1, quantity=1)
        shop.does(picker, ticket, "finish")
    shop.paid(("milk", 1))
    held = [offer["ticket"]["stage"] for offer in shop.work(both)["offers"]]
    assert sorted(held) == ["packing", "packing", "packing", "picking"]
