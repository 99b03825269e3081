"""Handoff by the dispatcher's real pipeline, on both databases."""

import pytest

from fulfil.contracts.fulfilment import (
    FulfilmentVoided,
    GoodsPutBack,
    GoodsQuarantined,
    HandedOver,
    LineQuantity,
    StockoutReported,
)
from fulfil.dispatch import queries as dispatched
from fulfil.dispatch.service import offers
from fulfil.handoff import service
from fulfil.handoff.errors import HandoverUnknown, RiderUnknown
from tests.floor import packed, picked


def waiting(floor, *lines):
    """An order on its shelves: tea in an ambient bag, milk in a chilled one."""
    order = floor.paid(*(lines or (("tea", 2), ("milk", 1))))
    with floor.reading() as tx:
        zones = {line.zone for line in dispatched.lines(tx, order)}
    for zone, tote in (("ambient", "TOTE-001"), ("chilled", "TOTE-002"), ("frozen", "TOTE-003")):
        if zone in zones:
            picked(floor, order, zone, tote)
    packed(floor, order)
    return order


def codes(floor, order):
    return [bag.code for bag in floor.bags(order)]


def scan_all(floor, order, worker):
    for code in codes(floor, order):
        worker.does("bag_scan", code=code)


def test_every_bag_then_the_release(floor):
    order = waiting(floor)
    worker = floor.take(order, "handoff")
    seen = worker.sees()
    assert (seen["scanned"], seen["total"], seen["shelf"]) == (0, 2, ["SHF-A01", "SHF-C01"])
    assert "release" not in seen["legal"]
    first, second = codes(floor, order)
    worker.does("bag_scan", code=first)
    refused = worker.refused("release", rider="RIDER")
    assert (refused["code"], refused["bags"]) == ("bags_missing", [second])
    worker.does("scan", code=second)
    assert worker.sees()["scanned"] == 2
    worker.does("release", rider="BADGE-RIDER")
    assert worker.state() == "done"
    assert floor.state(order) == "handed_over"
    assert floor.said(HandedOver)[0].lines == (LineQuantity(1, "tea", 2), LineQuantity(2, "milk", 1))
    assert {bag.state for bag in floor.bags(order)} == {"released"}
    ride = floor.ticket(order, "delivery")
    assert (ride.state, ride.assignee_id) == ("working", floor.people["rider"].id)


def test_wrong_bags_are_refused(floor):
    order = waiting(floor, ("tea", 1))
    other = floor.paid(("rice", 1))
    picked(floor, other, "ambient", "TOTE-005")
    packed(floor, other)
    worker = floor.take(order, "handoff")
    foreign = worker.refused("bag_scan", code=codes(floor, other)[0])
    assert (foreign["code"], foreign["order_no"]) == ("bag_foreign", str(floor.line(other, 1).order_no))
    assert worker.refused("bag_scan", code="BAG-1-1")["code"] == "unknown_bag"
    worker.does("bag_scan", code=codes(floor, order)[0])
    assert worker.refused("bag_scan", code=codes(floor, order)[0])["code"] == "bag_scanned"
    assert worker.refused("scan", code="TOTE-001")["code"] == "code_unknown"


def test_the_rider_must_be_here(floor):
    order = waiting(floor, ("tea", 1))
    worker = floor.take(order, "handoff")
    scan_all(floor, order, worker)
    assert worker.refused("release")["code"] == "rider_needed"
    assert worker.refused("release", rider="PICKER")["code"] == "rider_unknown"
    assert worker.refused("release", rider="third_party")["code"] == "rider_unknown"
    worker.does("scan", code="BADGE-RIDER")
    worker.does("release")
    assert floor.state(order) == "handed_over"


def test_a_third_partys_rider_says_the_pickup_code(floor):
    order = waiting(floor, ("tea", 1))
    with floor.reading() as tx:
        code = dispatched.fulfilment_row(tx, order).pickup_code
    worker = floor.take(order, "handoff")
    answer = floor.write(lambda tx: service.arrive(tx, floor.store_id, floor.people["counter"].id, code))
    assert (answer["carrier"], answer["rider"], answer["orders"][0]["ready"]) == ("third_party", None, True)
    assert worker.sees()["rider"]["carrier"] == "third_party"
    scan_all(floor, order, worker)
    worker.does("release", rider="third_party")
    with floor.reading() as tx:
        assert dispatched.fulfilment_row(tx, order).carrier == "third_party"
    assert floor.ticket(order, "delivery").assignee_id is None


def test_an_own_rider_sees_their_orders(floor):
    order = waiting(floor)
    floor.take(order, "delivery")
    answer = floor.write(
        lambda tx: service.arrive(tx, floor.store_id, floor.people["counter"].id, "BADGE-RIDER")
    )
    assert answer["rider"]["badge"] == "RIDER"
    assert [(bag["n"], bag["place"], bag["state"]) for bag in answer["orders"][0]["bags"]] == [
        (1, "SHF-A01", "expected"),
        (2, "SHF-C01", "expected"),
    ]
    assert answer["orders"][0]["ticket_id"] == str(floor.ticket(order, "handoff").id)


def test_the_handover_goes_to_whoever_serves_the_rider(floor):
    """The rider stands before somebody else than the one the order waited for: they can release it."""
    order = waiting(floor, ("tea", 1))
    floor.take(order, "delivery")
    first = floor.take(order, "handoff")
    other = floor.people["packer"]
    floor.write(lambda tx: service.arrive(tx, floor.store_id, other.id, "BADGE-RIDER"))
    ticket = floor.ticket(order, "handoff")
    assert (ticket.assignee_id, ticket.state, ticket.epoch) == (other.id, "accepted", 2)
    assert first.refused("scan", code="BADGE-RIDER")["code"] == "not_yours"
    floor.write(lambda tx: service.arrive(tx, floor.store_id, other.id, "BADGE-RIDER"))
    assert floor.ticket(order, "handoff").epoch == 2, "a second arrival changes nothing"


def test_a_handover_that_is_only_offered_goes_to_whoever_serves_the_rider(floor):
    order = waiting(floor, ("tea", 1))
    floor.take(order, "delivery")
    counter, other = floor.people["counter"], floor.people["packer"]
    waits = floor.ticket(order, "handoff").id
    floor.write(lambda tx: offers.offer(tx, dispatched.ticket_row(tx, waits), counter.id, 15))
    assert floor.ticket(order, "handoff").state == "offered"
    floor.write(lambda tx: service.arrive(tx, floor.store_id, other.id, "BADGE-RIDER"))
    ticket = floor.ticket(order, "handoff")
    assert (ticket.assignee_id, ticket.state) == (other.id, "accepted")


@pytest.mark.parametrize("code", ["BADGE-PICKER", "000000", "nobody"])
def test_nobody_else_arrives(sqlite_floor, code):
    waiting(sqlite_floor, ("tea", 1))
    with pytest.raises(RiderUnknown):
        sqlite_floor.write(
            lambda tx: service.arrive(tx, sqlite_floor.store_id, sqlite_floor.people["counter"].id, code)
        )


class TestMissingBag:
    """Three minutes of search; then a supervisor lets the order leave without it (floor rule 5)."""

    def searched(self, floor):
        order = waiting(floor)
        worker = floor.take(order, "handoff")
        kept, lost = codes(floor, order)
        worker.does("bag_scan", code=kept)
        worker.does("bag_missing", code=lost)
        return order, worker, lost

    def test_the_search_and_the_supervisor(self, floor):
        order, worker, lost = self.searched(floor)
        refused = worker.refused("release", rider="RIDER", without_missing=True)
        assert (refused["code"], refused["seconds"]) == ("search_first", 180)
        floor.clock.advance(180)
        assert worker.refused("release", rider="RIDER", without_missing=True)["code"] == "supervisor_needed"
        ticket_id, boss = worker.ticket_id, floor.people["supervisor"].id
        allowed = floor.write(
            lambda tx: service.allow_missing(tx, ticket_id, frozenset({floor.store_id}), boss)
        )
        assert allowed["missing"] == [lost]
        worker.does("release", rider="RIDER")
        assert floor.said(HandedOver)[0].lines == (LineQuantity(1, "tea", 2),)
        report = floor.said(StockoutReported)[0]
        assert (report.line_no, report.quantity, report.reason) == (2, 1, "missing_bag")
        assert (floor.line(order, 2).picked, floor.line(order, 2).short) == (0, 1)
        assert [bag.state for bag in floor.bags(order)] == ["released", "missing"]

    def test_found_in_time_it_is_scanned(self, floor):
        order, worker, lost = self.searched(floor)
        worker.does("bag_scan", code=lost)
        worker.does("release", rider="RIDER")
        assert floor.said(StockoutReported) == []
        assert {bag.state for bag in floor.bags(order)} == {"released"}

    def test_another_shops_supervisor_has_no_say(self, floor):
        _, worker, _ = self.searched(floor)
        with pytest.raises(HandoverUnknown):
            floor.write(lambda tx: service.allow_missing(tx, worker.ticket_id, frozenset({1}), 1))

    def all_lost(self, floor):
        order = waiting(floor)
        worker, ride = floor.take(order, "handoff"), floor.take(order, "delivery")
        for code in codes(floor, order):
            worker.does("bag_missing", code=code)
        return order, worker, ride

    def allow(self, floor, worker):
        stores, boss = frozenset({floor.store_id}), floor.people["supervisor"].id
        floor.write(lambda tx: service.allow_missing(tx, worker.ticket_id, stores, boss))

    def test_an_order_whose_every_bag_is_lost_is_void(self, floor):
        order, worker, ride = self.all_lost(floor)
        floor.clock.advance(180)
        self.allow(floor, worker)
        assert "release" in worker.sees()["legal"]
        assert worker.does("release")["detail"] == {"void": True}
        assert (floor.state(order), worker.state(), ride.state()) == ("void", "done", "cancelled")
        assert len(floor.said(FulfilmentVoided)) == 1 and floor.said(HandedOver) == []
        reports = [(said.line_no, said.quantity, said.reason) for said in floor.said(StockoutReported)]
        assert reports == [(1, 2, "missing_bag"), (2, 1, "missing_bag")]
        assert [(floor.line(order, n).picked, floor.line(order, n).short) for n in (1, 2)] == [(0, 2), (0, 1)]
        assert {bag.state for bag in floor.bags(order)} == {"missing"}
        with floor.reading() as tx:
            assert dispatched.violations(tx) == []

    def test_a_lost_order_is_searched_for_and_given_up_by_a_supervisor_too(self, floor):
        order, worker, ride = self.all_lost(floor)
        refused = worker.refused("release", without_missing=True)
        assert (refused["code"], refused["seconds"]) == ("search_first", 180)
        floor.clock.advance(180)
        assert worker.refused("release", without_missing=True)["code"] == "supervisor_needed"
        assert (floor.state(order), ride.state()) == ("ready", "accepted")
        assert floor.said(StockoutReported) == []

    def test_one_bag_that_turns_up_leaves_as_usual(self, floor):
        order, worker, _ = self.all_lost(floor)
        worker.does("bag_scan", code=codes(floor, order)[0])
        floor.clock.advance(180)
        self.allow(floor, worker)
        worker.does("release", rider="RIDER")
        assert floor.state(order) == "handed_over"

    def test_what_is_lost_beside_what_got_warm_ends_the_order(self, floor):
        order = waiting(floor, ("tea", 1), ("peas", 1))
        worker = floor.take(order, "handoff")
        lost, warm = codes(floor, order)
        worker.does("bag_scan", code=warm)
        worker.does("bag_missing", code=lost)
        floor.clock.advance(901)
        worker.does("refuse", code=warm)
        assert floor.state(order) == "ready"
        self.allow(floor, worker)
        worker.does("release")
        assert floor.state(order) == "void"


def test_goods_that_got_warm_are_never_handed_out(floor):
    order = waiting(floor, ("peas", 1))
    worker = floor.take(order, "handoff")
    scan_all(floor, order, worker)
    floor.clock.advance(721)
    assert worker.sees()["cold"] == [
        {"zone": "frozen", "seconds": 721, "limit": 900, "warning": True, "over": False}
    ]
    floor.clock.advance(180)
    refused = worker.refused("release", rider="RIDER")
    assert (refused["code"], refused["zone"], refused["seconds"]) == ("cold_overrun", "frozen", 901)
    assert floor.state(order) == "ready"


class TestTooWarm:
    """An overrun is never sold: its bag is taken out, refunded and wasted (floor rule 3)."""

    def overrun(self, floor, *lines):
        order = waiting(floor, *lines)
        worker = floor.take(order, "handoff")
        scan_all(floor, order, worker)
        floor.clock.advance(901)
        return order, worker

    def test_the_order_leaves_without_the_bag(self, floor):
        order, worker = self.overrun(floor, ("tea", 2), ("peas", 1))
        kept, warm = codes(floor, order)
        assert worker.refused("release", rider="RIDER")["code"] == "cold_overrun"
        assert "refuse" in worker.sees()["legal"]
        worker.does("refuse", code=warm)
        seen = worker.sees()
        assert (seen["scanned"], seen["total"], seen["legal"].count("refuse")) == (1, 1, 0)
        assert worker.refused("bag_scan", code=warm)["code"] == "bag_left_out"
        assert worker.refused("refuse", code=warm)["code"] == "bag_left_out"
        worker.does("release", rider="RIDER")
        assert floor.said(HandedOver)[0].lines == (LineQuantity(1, "tea", 2),)
        assert [bag.state for bag in floor.bags(order)] == ["released", "returned"]
        assert (floor.line(order, 2).picked, floor.line(order, 2).short) == (0, 1)

    def test_its_goods_are_quarantined_reported_and_end_as_waste(self, floor):
        order, worker = self.overrun(floor, ("tea", 2), ("peas", 1))
        worker.does("refuse", code=codes(floor, order)[1])
        told = [
            happened for happened in floor.published if type(happened) in (GoodsQuarantined, StockoutReported)
        ]
        quarantined, report = told
        assert (quarantined.reason, quarantined.lines) == ("cold_overrun", (LineQuantity(2, "peas", 1),))
        assert (report.line_no, report.quantity, report.reason, report.shelf_effect) == (
            2,
            1,
            "cold_overrun",
            "none",
        )
        back = floor.take(order, "picking", kind="put_back", zone="frozen")
        line = back.sees()["lines"][0]["id"]
        assert back.refused("put_back", line=line, quantity=1, outcome="restock")["code"] == "cold_overrun"
        back.does("put_back", line=line, quantity=1, outcome="waste")
        back.does("complete")
        assert [(end.sku, end.outcome) for end in floor.said(GoodsPutBack)] == [("peas", "waste")]

    def test_an_order_of_nothing_else_is_void(self, floor):
        order, worker = self.overrun(floor, ("peas", 1))
        ride = floor.take(order, "delivery")
        worker.does("refuse", code=codes(floor, order)[0])
        assert (floor.state(order), worker.state(), ride.state()) == ("void", "done", "cancelled")
        assert len(floor.said(FulfilmentVoided)) == 1
        assert floor.ticket(order, "picking", kind="put_back").state == "queued"
        with floor.reading() as tx:
            assert dispatched.violations(tx) == []

    def test_a_bag_that_is_still_on_its_shelf_is_taken_out_too(self, floor):
        order = waiting(floor, ("tea", 1), ("peas", 1))
        worker = floor.take(order, "handoff")
        kept, warm = codes(floor, order)
        worker.does("bag_scan", code=warm)
        floor.clock.advance(901)
        worker.does("no_show")
        worker.does("refuse", code=warm)
        worker.does("bag_scan", code=kept)
        worker.does("release", rider="RIDER")
        assert floor.state(order) == "handed_over"

    def test_cold_enough_goods_are_handed_out(self, floor):
        order = waiting(floor, ("tea", 1), ("peas", 1))
        worker = floor.take(order, "handoff")
        scan_all(floor, order, worker)
        floor.clock.advance(900)
        assert "refuse" not in worker.sees()["legal"]
        for code in codes(floor, order):
            assert worker.refused("refuse", code=code)["code"] == "cold_enough"
        worker.does("release", rider="RIDER")
        assert floor.said(StockoutReported) == []


def cold_seconds(worker):
    return worker.sees()["cold"][0]["seconds"]


def test_a_rider_who_leaves_stops_the_cold_clock(floor):
    order = waiting(floor, ("peas", 1))
    worker = floor.take(order, "handoff")
    worker.does("scan", code="BADGE-RIDER")
    scan_all(floor, order, worker)
    floor.clock.advance(300)
    worker.does("no_show")
    floor.clock.advance(3000)
    assert (cold_seconds(worker), worker.sees()["scanned"]) == (300, 0)
    scan_all(floor, order, worker)
    floor.clock.advance(10)
    assert cold_seconds(worker) == 310
    assert worker.refused("release")["code"] == "rider_needed"
    worker.does("release", rider="RIDER")


def test_a_takeover_stops_the_cold_clock(floor):
    order = waiting(floor, ("peas", 1))
    worker = floor.take(order, "handoff")
    scan_all(floor, order, worker)
    floor.clock.advance(60)
    floor.taken_over(worker.ticket_id)
    floor.clock.advance(3000)
    assert cold_seconds(floor.take(order, "handoff")) == 60


def test_a_takeover_scans_every_bag_again(floor):
    order = waiting(floor)
    worker = floor.take(order, "handoff")
    worker.does("bag_scan", code=codes(floor, order)[0])
    floor.taken_over(worker.ticket_id)
    assert floor.take(order, "handoff").sees()["scanned"] == 0


def test_a_cancel_before_the_release_decides(floor):
    order = waiting(floor)
    worker = floor.take(order, "handoff")
    scan_all(floor, order, worker)
    floor.cancelled(order)
    assert floor.state(order) == "cancelled"
    assert worker.refused("release", rider="RIDER")["code"] == "ticket_ended"
    for zone in ("ambient", "chilled"):
        back = floor.take(order, "picking", kind="put_back", zone=zone)
        line = back.sees()["lines"][0]
        back.does("put_back", line=line["id"], quantity=line["quantity"], outcome="restock")
        back.does("complete")
    assert {bag.state for bag in floor.bags(order)} == {"returned"}


def test_a_release_before_the_cancel_decides(floor):
    order = waiting(floor, ("tea", 1))
    worker = floor.take(order, "handoff")
    scan_all(floor, order, worker)
    worker.does("release", rider="RIDER")
    floor.cancelled(order)
    assert floor.state(order) == "handed_over"
