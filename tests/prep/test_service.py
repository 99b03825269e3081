"""Preparation by the dispatcher's real pipeline, beside picking and before packing, on both databases."""

import pytest
from sqlalchemy import select

from fulfil.contracts.fulfilment import FulfilmentCancelled, GoodsQuarantined, StockoutReported
from fulfil.dispatch import queries as dispatched
from fulfil.prep import api, queries, service
from fulfil.prep.model import PrepLine
from tests.floor import packed, picked, released, token


def states(floor, order):
    with floor.reading() as tx:
        return dict(tx.all(select(PrepLine.line_no, PrepLine.state).where(PrepLine.fulfilment_id == order)))


def stages(floor, order):
    with floor.reading() as tx:
        return [row.stage for row in dispatched.tickets_of(tx, order)]


def cooked(floor, order, zone="ambient"):
    cook = floor.take(order, "prep", zone=zone)
    cook.does("cook")
    cook.does("ready")
    return cook


def test_shelf_goods_and_meals_meet_at_packing(floor):
    order = floor.paid(("tea", 2), ("burger", 3), ("salad", 1))
    assert stages(floor, order) == ["picking", "prep", "prep"]
    picked(floor, order, "ambient", "TOTE-001")
    assert stages(floor, order) == ["picking", "prep", "prep"]
    grill, cold = cooked(floor, order), cooked(floor, order, zone="chilled")
    assert stages(floor, order)[3:] == ["packing"]
    hot = f"TOTE-PREP-{grill.ticket_id}"
    packer = floor.take(order, "packing")
    assert [(tote["code"], tote["zone"], tote["place"]) for tote in packer.sees()["totes"]] == [
        ("TOTE-001", "ambient", "STG-A01"),
        (hot, "ambient", "GRILL"),
        (f"TOTE-PREP-{cold.ticket_id}", "chilled", "SALAD"),
    ]
    packer.does("tote", code=hot)
    assert states(floor, order) == {2: "collected", 3: "ready"}
    for line in packer.sees()["lines"]:
        packer.does("pack", line=line["id"], quantity=line["quantity"])
    packer.does("seal")
    assert states(floor, order) == {2: "collected", 3: "collected"}
    assert floor.tote(hot) is None
    assert [(bag.temperature, bag.n) for bag in floor.bags(order)] == [("ambient", 1), ("chilled", 2)]
    released(floor, order)
    assert floor.state(order) == "handed_over"


def test_an_order_without_meals_never_sees_the_kitchen(sqlite_floor):
    order = sqlite_floor.paid(("tea", 1))
    picked(sqlite_floor, order, "ambient", "TOTE-001")
    assert stages(sqlite_floor, order) == ["picking", "packing"]


def test_meals_alone_are_packed_without_a_picker(sqlite_floor):
    order = sqlite_floor.paid(("burger", 1))
    assert stages(sqlite_floor, order) == ["prep"]
    cooked(sqlite_floor, order)
    packed(sqlite_floor, order)
    assert sqlite_floor.state(order) == "ready"


def test_the_kitchen_waits_for_the_picker(floor):
    order = floor.paid(("tea", 1), ("rice", 2), ("00042", 500), ("salad", 1))
    cook = floor.take(order, "prep")
    planned = cook.sees()["start_at"]
    refused = cook.refused("cook")
    assert (refused["code"], refused["start_at"]) == ("too_early", planned)
    assert states(floor, order) == {4: "waiting"}
    floor.clock.advance(60)
    floor.write(service.plan_again)  # nobody has begun to pick: the rest will be ready a minute later, too
    assert cook.sees()["start_at"] > planned
    cook.refused("cook")
    picked(floor, order, "ambient", "TOTE-001")
    cook.does("cook")  # all else is there: nobody has to wait for the next plan
    assert [(line["state"], line["cooking_at"] is not None) for line in cook.sees()["lines"]] == [
        ("cooking", True)
    ]


def test_cancelled_while_it_cooks_it_leaves_the_books(floor):
    order = floor.paid(("tea", 1), ("burger", 2), ("salad", 1))
    cook = floor.take(order, "prep", zone="ambient")
    cook.does("cook")
    floor.cancelled(order)
    assert (floor.state(order), states(floor, order)) == ("cancelled", {2: "dropped", 3: "dropped"})
    (gone,) = floor.said(FulfilmentCancelled)
    assert [(line.sku, line.quantity) for line in gone.picked] == [("burger", 2)]
    back = floor.take(order, "picking", kind="put_back", zone="ambient")
    (line,) = back.sees()["lines"]
    back.does("put_back", line=line["id"], quantity=2, outcome="waste")
    back.does("complete")
    assert back.state() == "done"


def test_cancelled_when_it_is_ready_its_label_ends_with_the_put_back(floor):
    order = floor.paid(("tea", 1), ("burger", 1))
    cook = cooked(floor, order)
    floor.cancelled(order)
    assert states(floor, order) == {2: "dropped"}
    back = floor.take(order, "picking", kind="put_back")
    back.does("put_back", line=back.sees()["lines"][0]["id"], quantity=1, outcome="waste")
    back.does("complete")
    assert floor.tote(f"TOTE-PREP-{cook.ticket_id}") is None


def test_sold_out_takes_the_way_of_every_shortage(floor):
    order = floor.paid(("tea", 1), ("burger", 3))
    cook = floor.take(order, "prep")
    cook.does("short", line=cook.line(2), quantity=1, reason="spoiled")
    assert cook.state() == "accepted"
    cook.does("cook")
    cook.does("short", line=cook.line(2), quantity=1, reason="sold_out")
    cook.does("ready")
    assert [
        (report.quantity, report.reason, report.shelf_effect, report.decide_by)
        for report in floor.said(StockoutReported)
    ] == [(1, "damaged", "minus", None), (1, "not_found", "empty", None)]
    row = floor.line(order, 2)
    assert (row.picked, row.short) == (1, 2)
    assert cook.state() == "done"


def test_nothing_left_to_cook_ends_the_ticket(floor):
    order = floor.paid(("burger", 2))
    cook = floor.take(order, "prep")
    cook.does("short", line=cook.line(1), reason="sold_out")
    assert (cook.state(), states(floor, order), floor.state(order)) == ("done", {1: "dropped"}, "void")
    assert floor.said(GoodsQuarantined) == []


def test_a_colleague_takes_over_what_cooks(floor):
    order = floor.paid(("tea", 1), ("burger", 1))
    cook = floor.take(order, "prep")
    cook.does("cook")
    since = cook.sees()["lines"][0]["cooking_at"]
    floor.clock.advance(30)
    floor.taken_over(cook.ticket_id)
    assert cook.refused("ready")["code"] == "stale_epoch"
    successor = floor.take(order, "prep", person="second_cook")
    assert successor.sees()["lines"][0]["cooking_at"] == since
    successor.does("ready")
    assert successor.state() == "done"


@pytest.mark.parametrize(
    ("kind", "payload", "code"),
    [
        ("ready", {}, "nothing_cooks"),
        ("short", {"line": "1", "reason": "sold_out"}, "line_unknown"),
        ("short", {"line": 1, "quantity": 3, "reason": "sold_out"}, "more_than_missing"),
        ("short", {"line": 1, "reason": "burnt"}, "payload_invalid"),
    ],
)
def test_refusals_leave_nothing(sqlite_floor, kind, payload, code):
    order = sqlite_floor.paid(("burger", 2))
    cook = sqlite_floor.take(order, "prep")
    if isinstance(payload.get("line"), int):
        payload = {**payload, "line": cook.line(1)}
    assert cook.refused(kind, **payload)["code"] == code
    assert states(sqlite_floor, order) == {1: "waiting"}


def test_what_cooks_is_not_begun_twice(sqlite_floor):
    cook = sqlite_floor.take(sqlite_floor.paid(("burger", 1)), "prep")
    cook.does("cook")
    assert cook.refused("cook")["code"] == "nothing_waits"


def test_the_label_says_what_is_inside(sqlite_floor):
    order = sqlite_floor.paid(("burger", 2))
    cook = sqlite_floor.take(order, "prep")
    page = sqlite_floor.client(api.bp).get(cook.sees()["label"]["label"], headers=token("cook"))
    assert page.status_code == 200
    for word in ("GRILL", "2 × ", f"TOTE-PREP-{cook.ticket_id}", str(500_001)[-4:]):
        assert word in page.text
    strange = sqlite_floor.client(api.bp).get("/api/v1/prep/orders/1/label", headers=token("cook"))
    assert (strange.status_code, strange.json["code"]) == (404, "unknown_prep_order")


@pytest.mark.parametrize("values", [{"state": "cooking"}, {"short": 1}])
def test_what_a_bug_would_leave_is_found(sqlite_floor, values):
    order = sqlite_floor.paid(("burger", 1))
    cooked(sqlite_floor, order)
    assert sqlite_floor.spoiled(queries, PrepLine, **values) == [(12, "prep_lines")]
