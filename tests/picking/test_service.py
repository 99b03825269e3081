"""Picking by the dispatcher's real pipeline, on both databases."""

import pytest
from sqlalchemy import func, select

from fulfil.contracts.fulfilment import OrderSealed, StockoutReported, WeighedLine
from fulfil.contracts.trade import ShortageDecided
from fulfil.dispatch import service as dispatch
from fulfil.kit.moves import History
from fulfil.picking import service
from fulfil.picking.model import Pick
from fulfil.store.model import Store
from tests.floor import GOODS, Floor, Worker, picked, scale_code


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


def test_the_customers_note_and_where_to_stage_are_for_whoever_picks_not_for_whoever_is_asked(floor):
    order = floor.paid(("rice", 1))
    asked = Worker(floor, floor.people["picker"], floor.ticket(order, "picking").id).sees()
    assert (asked["note"], asked["staging"]["place"]) == ("", None)
    picks = floor.take(order, "picking").sees()
    assert (picks["note"], picks["staging"]["place"]) == ("ring twice", "STG-A01")


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


def test_the_tote_that_was_bound_last_comes_last_whatever_its_code(floor):
    order = floor.paid(("rice", 1), ("tea", 2))
    worker = floor.take(order, "picking")
    for code in ("TOTE-005", "TOTE-002", "TOTE-007"):
        worker.does("tote", code=code)
        floor.clock.advance(1)
    assert [tote["code"] for tote in worker.sees()["totes"]] == ["TOTE-005", "TOTE-002", "TOTE-007"]
    worker.does("pick", line=worker.line(1), quantity=1)
    assert next(line["tote"] for line in worker.sees()["lines"] if line["line_no"] == 1) == "TOTE-007"
