"""Picking by the dispatcher's real pipeline, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from fulfil.contracts.fulfilment import (
    GoodsPutBack,
    GoodsQuarantined,
    LineQuantity,
    OrderSealed,
    StockoutReported,
    WeighedLine,
)
from fulfil.contracts.trade import ShortageDecided
from fulfil.dispatch import queries as dispatched
from fulfil.dispatch import service as dispatch
from fulfil.kit.clock import rfc3339
from fulfil.kit.moves import History
from fulfil.picking import service
from fulfil.picking.model import Pick
from fulfil.store.model import Store
from tests.floor import GOODS, Floor, picked, scale_code


def decided(floor: Floor, fulfilment_id: int, line_no: int) -> ShortageDecided:
    row = floor.line(fulfilment_id, line_no)
    return ShortageDecided(
        order_no=row.order_no,
        store_id=row.store_id,
        report_id=floor.said(StockoutReported)[-1].report_id,
        line_no=line_no,
        quantity=1,
        outcome="refund",
        amount=100,
    )


def test_one_ticket_per_zone_with_lines_in_walk_order(floor):
    order = floor.paid(("rice", 1), ("tea", 2), ("milk", 1), ("00042", 500))
    ambient = floor.take(order, "picking", zone="ambient").sees()
    assert [(line["sku"], line["location"]) for line in ambient["lines"]] == [
        ("00042", "A01-01-1"),
        ("tea", "A01-02-1"),
        ("rice", "A02-03-1"),
    ]
    assert [
        line["sku"] for line in floor.take(order, "picking", zone="chilled", person="second").sees()["lines"]
    ] == ["milk"]


def test_a_line_shows_what_the_screen_needs(floor):
    order = floor.paid(("00042", 500, "ask"))
    seen = floor.take(order, "picking").sees()
    line = seen["lines"][0]
    assert {**line, "id": "x"} == {
        "id": "x",
        "line_no": 1,
        "position": 1,
        "sku": "00042",
        "name": {"zh": "货00042", "en": "00042"},
        "gtin": "6900000000045",
        "scale_item": "00042",
        "pack": "1",
        "location": "A01-01-1",
        "found_at": None,
        "quantity": 500,
        "unit": "g",
        "weighed": True,
        "picked": 0,
        "short": 0,
        "substituted": 0,
        "looking": 0,
        "least": 450,
        "state": "todo",
        "tote": None,
        "picture": "/ui/pictures/00042.svg",
        "on_shortage": "ask",
        "substitutes": None,
        "warning": None,
        "empties": False,
        "left_empty": None,
    }
    assert seen["staging"] == {"zone": "ambient", "place": "STG-A01"}
    assert seen["totes"] == []
    assert seen["recount"] == []


def test_pick_stage_and_open_packing(floor):
    order = floor.paid(("tea", 2))
    worker = floor.take(order, "picking")
    worker.does("tote", code="TOTE-001")
    worker.does("pick", line=worker.line(1), quantity=1, tote="TOTE-001")
    assert floor.state(order) == "working"
    assert worker.sees()["lines"][0]["state"] == "todo"
    worker.does("pick", line=worker.line(1), quantity=1)
    seen = worker.sees()
    assert (seen["lines"][0]["state"], seen["lines"][0]["picked"], seen["lines"][0]["tote"]) == (
        "closed",
        2,
        "TOTE-001",
    )
    assert "stage" in seen["legal"]
    worker.does("stage", location="LOC-STG-A05")
    assert worker.state() == "done"
    assert floor.tote("TOTE-001").place == "STG-A05"
    assert floor.line(order, 1).picked == 2
    assert floor.ticket(order, "packing").state == "queued"


def test_picks_name_their_tote_and_person(floor):
    order = floor.paid(("tea", 2))
    worker = floor.take(order, "picking")
    worker.does("pick", line=worker.line(1), quantity=2, tote="tote-002")
    with floor.reading() as tx:
        pick = tx.one(select(Pick.__table__))
    assert (pick.tote, pick.delta, pick.kind, pick.person_id) == ("TOTE-002", 2, "pick", worker.person.id)


@pytest.mark.parametrize(
    ("op", "payload", "code"),
    [
        ("pick", {"quantity": 3, "tote": "TOTE-001"}, "over_pick"),
        ("pick", {"quantity": 1}, "tote_needed"),
        ("pick", {"quantity": 1, "tote": "TOTE-001", "line": "1"}, "line_unknown"),
        ("pick", {"quantity": 0, "tote": "TOTE-001"}, "payload_invalid"),
        ("pick", {"quantity": True, "tote": "TOTE-001"}, "payload_invalid"),
        ("unpick", {"quantity": 1}, "not_picked"),
        ("short", {"quantity": 3, "reason": "not_found"}, "more_than_missing"),
        ("short", {"quantity": 1, "reason": "because"}, "payload_invalid"),
        ("stage", {"location": "STG-A01"}, "lines_open"),
        ("complete", {}, "lines_open"),
        ("put_back", {"quantity": 1, "outcome": "restock"}, "not_legal"),
        ("tote", {"code": "TOTE-001", "counts": []}, "nothing_to_count"),
    ],
)
def test_a_refusal_changes_nothing(sqlite_floor, op, payload, code):
    order = sqlite_floor.paid(("tea", 2))
    worker = sqlite_floor.take(order, "picking")
    before = worker.sees()
    with sqlite_floor.reading() as tx:
        history = tx.scalar(select(func.count()).select_from(History))
    assert worker.refused(op, **{"line": worker.line(1), **payload})["code"] == code
    assert worker.sees() == before
    assert sqlite_floor.tote("TOTE-001").state == "free"
    assert sqlite_floor.line(order, 1).picked == 0
    with sqlite_floor.reading() as tx:
        assert tx.scalar(select(func.count()).select_from(History)) == history


def test_a_tote_with_another_orders_goods_is_refused(floor):
    first, second = floor.paid(("tea", 1)), floor.paid(("tea", 1))
    floor.take(first, "picking").does("tote", code="TOTE-001")
    refused = floor.take(second, "picking", person="second").refused("tote", code="TOTE-001")
    assert refused["code"] == "tote_of_other_order"


def test_undo_reopens_the_line(floor):
    order = floor.paid(("tea", 2))
    worker = floor.take(order, "picking")
    worker.does("pick", line=worker.line(1), quantity=2, tote="TOTE-001")
    worker.does("unpick", line=worker.line(1), quantity=1)
    line = worker.sees()["lines"][0]
    assert (line["state"], line["picked"]) == ("todo", 1)
    assert floor.line(order, 1).picked == 1
    assert worker.refused("unpick", line=worker.line(1), quantity=1, tote="TOTE-002")["code"] == "not_picked"


def test_a_short_line_is_reported_and_the_rest_is_picked(floor):
    order = floor.paid(("tea", 3))
    worker = floor.take(order, "picking")
    worker.does("short", line=worker.line(1), quantity=1, reason="damaged", found_at="loc-a09-01-1")
    assert worker.sees()["lines"][0]["found_at"] == "A09-01-1"
    report = floor.said(StockoutReported)[0]
    assert (report.line_no, report.quantity, report.ordered, report.reason, report.shelf_effect) == (
        1,
        1,
        3,
        "damaged",
        "minus",
    )
    assert worker.sees()["lines"][0]["state"] == "todo"
    worker.does("pick", line=worker.line(1), quantity=2, tote="TOTE-001")
    worker.does("complete")
    row = floor.line(order, 1)
    assert (row.picked, row.short) == (2, 1)


def test_nothing_picked_needs_no_staging_and_voids_the_order(floor):
    order = floor.paid(("tea", 3))
    worker = floor.take(order, "picking")
    worker.does("tote", code="TOTE-001")
    worker.does("short", line=worker.line(1), reason="not_found")
    assert worker.sees()["legal"][-1] == "complete"
    worker.does("complete")
    assert worker.state() == "done"
    assert floor.tote("TOTE-001").state == "emptied"
    assert floor.state(order) == "void"


def test_a_line_waits_for_the_customer_without_holding_the_picker(floor):
    order = floor.paid(("tea", 2, "ask"))
    worker = floor.take(order, "picking")
    worker.does("pick", line=worker.line(1), quantity=1, tote="TOTE-001")
    worker.does("short", line=worker.line(1), reason="not_found")
    assert worker.sees()["lines"][0]["state"] == "deciding"
    assert worker.refused("pick", line=worker.line(1), quantity=1)["code"] == "line_closed"
    worker.does("complete")
    answer = decided(floor, order, 1)
    floor.write(lambda tx: service.customer_decided(tx, answer))
    floor.write(lambda tx: service.customer_decided(tx, answer))  # once more: nothing waits any longer
    assert worker.sees()["lines"][0]["state"] == "closed"


def test_the_answer_reaches_a_screen_that_still_works_on_the_ticket(floor):
    order = floor.paid(("tea", 1, "ask"), ("00042", 500))
    worker = floor.take(order, "picking")
    worker.does("short", line=worker.line(1), reason="not_found")
    with floor.reading() as tx:
        before = floor.kit.live.head(tx, worker.person.id)
    answer = decided(floor, order, 1)
    floor.write(lambda tx: service.customer_decided(tx, answer))
    with floor.reading() as tx:
        push = floor.kit.live.since(tx, worker.person.id, before)[-1]
    assert push["type"] == "ticket.changed"
    assert {line["line_no"]: line["state"] for line in push["ticket"]["lines"]} == {1: "closed", 2: "todo"}


@pytest.mark.parametrize(("grams", "left"), [(449, 51), (450, 0), (480, 0), (500, 0), (550, 0)])
def test_weighed_goods_within_ten_percent(floor, grams, left):
    order = floor.paid(("00042", 500))
    worker = floor.take(order, "picking")
    worker.does("pick", line=worker.line(1), quantity=1, weight_g=grams, tote="TOTE-001")
    assert floor.line(order, 1).picked == grams
    assert (worker.sees()["lines"][0]["state"] == "todo") is bool(left)
    if left:
        worker.does("short", line=worker.line(1), reason="short_weight")
    worker.does("complete")
    assert worker.state() == "done"


@pytest.mark.parametrize(
    ("grams", "short", "missing"), [(455, 0, 45), (500, 0, 0), (540, 0, 0), (300, 160, 40)]
)
def test_the_seal_tells_what_is_lighter_than_it_was_paid_for(floor, grams, short, missing):
    order = floor.paid(("00042", 500), ("tea", 1))
    worker = floor.take(order, "picking")
    worker.does("pick", line=worker.line(2), quantity=1, tote="TOTE-001")
    worker.does("pick", line=worker.line(1), quantity=1, weight_g=grams, tote="TOTE-001")
    if short:
        worker.does("short", line=worker.line(1), quantity=short, reason="only_lighter")
    worker.does("complete")
    packer = floor.take(order, "packing")
    for line in packer.sees()["lines"]:
        packer.does("pack", line=line["id"], quantity=line["quantity"])
    packer.does("seal")
    told = [weighed for said in floor.said(OrderSealed) for weighed in said.weighed]
    assert told == ([WeighedLine(1, "00042", 500, grams, missing)] if short or missing else [])


def test_a_shop_may_want_every_gram(floor):
    floor.write(lambda tx: tx.update(Store, {"id": floor.store_id}, policy={"weight_under_percent": 0}))
    order = floor.paid(("00042", 500))
    worker = floor.take(order, "picking")
    worker.does("pick", line=worker.line(1), quantity=499, tote="TOTE-001")
    assert worker.sees()["lines"][0]["state"] == "todo"


def test_weighed_goods_beyond_ten_percent_are_refused(floor):
    order = floor.paid(("00042", 500))
    worker = floor.take(order, "picking")
    assert worker.refused("pick", line=worker.line(1), quantity=551, tote="TOTE-001")["code"] == "over_weight"


def test_goods_found_elsewhere_are_noted(floor):
    order = floor.paid(("tea", 1))
    worker = floor.take(order, "picking")
    worker.does("moved", line=worker.line(1), location="LOC-A07-01-1")
    assert worker.sees()["lines"][0]["found_at"] == "A07-01-1"


@pytest.mark.parametrize(
    ("location", "code"),
    [("LOC-STG-C01", "wrong_place"), ("STG-Z99", "unknown_place"), ("LOC-SHF-A01", "unknown_place")],
)
def test_totes_stand_at_a_staging_place_of_their_temperature(sqlite_floor, location, code):
    order = sqlite_floor.paid(("tea", 1))
    worker = sqlite_floor.take(order, "picking")
    worker.does("pick", line=worker.line(1), quantity=1, tote="TOTE-001")
    assert worker.refused("stage", location=location)["code"] == code


def test_orders_are_spread_over_the_staging_places(floor):
    for tote in ("TOTE-001", "TOTE-002"):
        picked(floor, floor.paid(("tea", 1)), "ambient", tote)
    assert [floor.tote(code).place for code in ("TOTE-001", "TOTE-002")] == ["STG-A01", "STG-A02"]


def test_cold_time_runs_from_the_pick_to_the_staging(floor):
    order = floor.paid(("milk", 1))
    worker = floor.take(order, "picking")
    worker.does("pick", line=worker.line(1), quantity=1, tote="TOTE-001")
    floor.clock.advance(100)
    worker.does("complete")
    floor.clock.advance(1000)
    with floor.reading() as tx:
        assert dispatch.cold_seconds(tx, order, "chilled") == 100


class TestScan:
    """`scan {code}` does what the terminal's own parser would have sent."""

    def test_a_whole_ticket(self, floor):
        order = floor.paid(("tea", 2), ("00042", 500))
        worker = floor.take(order, "picking")
        worker.does("scan", code="TOTE-001")
        worker.does("scan", code="LOC-A01-01-1")  # a shelf is only a confirmation
        worker.does("scan", code=scale_code("00042", 480))
        worker.does("scan", code=GOODS["tea"][4])
        worker.does("scan", code=f"0{GOODS['tea'][4]}")
        worker.does("scan", code="LOC-STG-A03")
        assert worker.state() == "done"
        assert [floor.line(order, no).picked for no in (1, 2)] == [2, 480]

    @pytest.mark.parametrize(
        ("code", "refusal"),
        [
            (GOODS["rice"][4], "not_this_item"),
            ("6900000000039", "code_unknown"),
            ("garbage", "code_unknown"),
            (GOODS["00042"][4], "weight_needed"),
            ("LOC-A09-01-1", "wrong_place"),
            ("BADGE-X", "code_unknown"),
            ("\x1d", "code_unknown"),
        ],
    )
    def test_a_wrong_scan_changes_nothing(self, sqlite_floor, code, refusal):
        order = sqlite_floor.paid(("tea", 1), ("00042", 500))
        worker = sqlite_floor.take(order, "picking")
        worker.does("scan", code="TOTE-001")
        before = worker.sees()
        assert worker.refused("scan", code=code)["code"] == refusal
        assert worker.sees() == before

    def test_a_line_that_is_done_is_a_duplicate(self, floor):
        order = floor.paid(("tea", 1), ("rice", 1))
        worker = floor.take(order, "picking")
        worker.does("scan", code="TOTE-001")
        worker.does("scan", code=GOODS["tea"][4])
        assert worker.refused("scan", code=GOODS["tea"][4])["code"] == "line_closed"


class TestTakeover:
    """Goods in hand are truth: count the totes before anyone continues (floor rule 1)."""

    def begun(self, floor):
        order = floor.paid(("tea", 2), ("rice", 1))
        first = floor.take(order, "picking")
        first.does("pick", line=first.line(1), quantity=2, tote="TOTE-001")
        floor.taken_over(first.ticket_id)
        return order, first, floor.take(order, "picking", person="second")

    def test_the_successor_counts_first(self, floor):
        order, first, second = self.begun(floor)
        assert second.sees()["recount"] == ["TOTE-001"]
        assert second.sees()["legal"] == ["tote", "scan"]
        assert second.refused("pick", line=second.line(2), quantity=1)["code"] == "count_first"
        assert second.refused("complete")["code"] == "count_first"
        assert second.refused("tote", code="TOTE-001")["code"] == "count_first"
        assert first.refused("pick", line=first.line(2), quantity=1)["code"] == "not_yours"

    def test_the_count_becomes_picked(self, floor):
        order, _, second = self.begun(floor)
        second.does(
            "tote",
            code="TOTE-001",
            counts=[{"line": second.line(1), "quantity": 1}, {"line": second.line(2), "quantity": 1}],
        )
        seen = {line["line_no"]: (line["picked"], line["state"]) for line in second.sees()["lines"]}
        assert seen == {1: (1, "todo"), 2: (1, "closed")}
        assert [floor.line(order, no).picked for no in (1, 2)] == [1, 1]
        second.does("pick", line=second.line(1), quantity=1, tote="TOTE-001")
        second.does("complete")

    def test_a_lost_tote_is_picked_again_and_its_goods_go_to_put_back(self, floor):
        order, _, second = self.begun(floor)
        floor.clock.advance(180)
        second.does("tote", code="TOTE-001", missing=True)
        assert floor.line(order, 1).picked == 0
        assert floor.tote("TOTE-001").quarantine
        gone = floor.said(GoodsQuarantined)[0]
        assert (gone.reason, gone.lines) == ("found_later", (LineQuantity(1, "tea", 2),))
        back = floor.take(order, "picking", kind="put_back", person="picker")
        for no in (1, 2):
            second.does("pick", line=second.line(no), quantity=3 - no, tote="TOTE-002")
        assert second.refused("tote", code="TOTE-001")["code"] == "tote_set_aside"
        second.does("complete")
        assert floor.tote("TOTE-002").state == "bound"
        back.does("put_back", line=back.line(1), quantity=2, outcome="restock")
        back.does("complete")
        assert floor.tote("TOTE-001").state == "emptied"
        assert floor.tote("TOTE-002").state == "bound"

    def test_a_tote_is_searched_for_three_minutes(self, floor):
        order, _, second = self.begun(floor)
        floor.clock.advance(60)
        assert second.sees()["search_until"] == rfc3339(floor.clock.now() + timedelta(seconds=120))
        refused = second.refused("tote", code="TOTE-001", missing=True)
        assert (refused["code"], refused["seconds"]) == ("search_first", 120)
        assert (second.sees()["recount"], floor.line(order, 1).picked) == (["TOTE-001"], 2)
        floor.clock.advance(119)
        assert second.refused("tote", code="TOTE-001", missing=True)["seconds"] == 1
        floor.clock.advance(1)
        second.does("tote", code="TOTE-001", missing=True)
        assert second.sees()["search_until"] is None

    def test_nothing_in_the_totes_needs_no_count(self, floor):
        order = floor.paid(("tea", 2))
        first = floor.take(order, "picking")
        first.does("tote", code="TOTE-001")
        floor.taken_over(first.ticket_id)
        assert floor.take(order, "picking", person="second").sees()["recount"] == []


class TestPutBack:
    """A cancelled order's goods end on the shelf or written off (floor rule 8)."""

    def cancelled(self, floor, *lines, zone):
        order = floor.paid(*lines)
        worker = floor.take(order, "picking", zone=zone)
        for line in worker.sees()["lines"]:
            worker.does("pick", line=line["id"], quantity=line["quantity"], tote="TOTE-001")
        return order

    def test_every_line_is_decided(self, floor):
        order = self.cancelled(floor, ("tea", 3), ("rice", 1), zone="ambient")
        floor.cancelled(order)
        back = floor.take(order, "picking", kind="put_back")
        seen = back.sees()
        assert [(line["sku"], line["location"], line["quantity"]) for line in seen["lines"]] == [
            ("tea", "A01-02-1", 3),
            ("rice", "A02-03-1", 1),
        ]
        assert seen["totes"][0]["code"] == "TOTE-001"
        assert back.refused("complete")["code"] == "lines_open"
        assert back.refused("pick", line=back.line(1), quantity=1)["code"] == "not_legal"
        back.does("put_back", line=back.line(1), quantity=2, outcome="restock")
        assert (
            back.refused("put_back", line=back.line(1), quantity=2, outcome="waste")["code"]
            == "more_than_missing"
        )
        back.does("put_back", line=back.line(1), quantity=1, outcome="waste")
        back.does("put_back", line=back.line(2), quantity=1, outcome="restock")
        assert (
            back.refused("put_back", line=back.line(2), quantity=1, outcome="restock")["code"]
            == "line_closed"
        )
        back.does("complete")
        assert back.state() == "done"
        assert [(e.sku, e.quantity, e.outcome) for e in floor.said(GoodsPutBack)] == [
            ("tea", 2, "restock"),
            ("tea", 1, "waste"),
            ("rice", 1, "restock"),
        ]
        assert floor.tote("TOTE-001").state == "emptied"

    def test_goods_that_got_warm_are_waste(self, floor):
        order = self.cancelled(floor, ("milk", 1), zone="chilled")
        floor.cancelled(order)
        back = floor.take(order, "picking", kind="put_back")
        floor.clock.advance(1801)
        refused = back.refused("put_back", line=back.line(1), quantity=1, outcome="restock")
        assert refused["code"] == "cold_overrun"
        back.does("put_back", line=back.line(1), quantity=1, outcome="waste")
        back.does("complete")

    def test_a_cancel_before_the_first_pick_frees_the_tote(self, floor):
        order = floor.paid(("tea", 1))
        floor.take(order, "picking").does("tote", code="TOTE-001")
        floor.cancelled(order)
        assert floor.tote("TOTE-001").state == "emptied"
        with floor.reading() as tx:
            assert dispatched.tickets_of(tx, order, kind="put_back") == []


def test_the_tote_that_was_bound_last_comes_last_whatever_its_code(floor):
    order = floor.paid(("rice", 1), ("tea", 2))
    worker = floor.take(order, "picking")
    for code in ("TOTE-005", "TOTE-002", "TOTE-007"):
        worker.does("tote", code=code)
        floor.clock.advance(1)
    assert [tote["code"] for tote in worker.sees()["totes"]] == ["TOTE-005", "TOTE-002", "TOTE-007"]
    worker.does("pick", line=worker.line(1), quantity=1)
    assert next(line["tote"] for line in worker.sees()["lines"] if line["line_no"] == 1) == "TOTE-007"
