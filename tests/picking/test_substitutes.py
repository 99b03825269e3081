"""Goods that come instead of missing ones: on the ticket at hand, else on an urgent one; packing waits."""

from datetime import timedelta

import pytest

from fulfil.contracts.fulfilment import FulfilmentVoided, StockoutReported
from fulfil.contracts.trade import ShortageDecided, Substitute
from fulfil.dispatch import queries as dispatched
from fulfil.dispatch.service import flow, shortage, views
from fulfil.kit.web import ANYONE
from fulfil.picking import service
from tests.floor import Floor

SUB = 1001


def decide(floor: Floor, sku: str | None, quantity: int = 1, sub_line_no: int = SUB) -> ShortageDecided:
    """The customer's answer to the last report reaches fulfilment: these goods instead, or money."""
    report = floor.said(StockoutReported)[-1]
    instead = None if sku is None else Substitute(sub_line_no, sku, quantity)
    answer = ShortageDecided(
        report.order_no,
        report.store_id,
        report.report_id,
        report.line_no,
        report.quantity,
        "refund" if sku is None else "substitute",
        10,
        instead,
    )
    for handle in (shortage.on_decided, service.customer_decided):
        floor.write(lambda tx, handle=handle: handle(tx, answer))
    return answer


def short_of_tea(floor: Floor, *others, wish: str = "ask", quantity: int = 2):
    """An order whose tea is not on the shelf; who picks it has said so."""
    order = floor.paid(("tea", quantity, wish), *others)
    worker = floor.take(order, "picking", zone="ambient")
    worker.does("short", line=worker.line(1), reason="not_found")
    return order, worker


def amounts(floor: Floor, order: int, line_no: int) -> tuple[int, int, int]:
    row = floor.line(order, line_no)
    return row.picked, row.short, row.substituted


def live(floor: Floor, order: int, stage: str) -> list:
    with floor.reading() as tx:
        return dispatched.tickets_of(tx, order, stage=stage, live=True)


def test_whoever_still_picks_takes_the_other_goods_along(floor):
    order, worker = short_of_tea(floor, ("00042", 500))
    decide(floor, "rice", 2)
    assert amounts(floor, order, 1) == (0, 0, 2) and floor.line(order, SUB).substitutes == 1
    lines = worker.sees()["lines"]
    assert [(line["sku"], line["state"], line["substitutes"]) for line in lines] == [
        ("00042", "todo", None),
        ("tea", "closed", None),
        ("rice", "todo", 1),
    ]
    tea = lines[1]
    assert (tea["short"], tea["substituted"]) == (0, 2)
    worker.does("pick", line=worker.line(2), quantity=500, weight_g=500, tote="TOTE-001")
    assert worker.refused("complete")["code"] == "lines_open"
    worker.does("pick", line=worker.line(SUB), quantity=2, tote="TOTE-001")
    worker.does("complete")
    [packing] = live(floor, order, "packing")
    assert packing.lines == 2


def test_who_has_nothing_else_to_do_is_free_and_an_urgent_ticket_follows(floor):
    order, worker = short_of_tea(floor, ("00042", 500))
    worker.does("pick", line=worker.line(2), quantity=500, weight_g=500, tote="TOTE-001")
    worker.does("complete")
    assert live(floor, order, "picking") == live(floor, order, "packing") == []
    decide(floor, "milk", 2)
    [urgent] = live(floor, order, "picking")
    assert (urgent.zone, urgent.priority, urgent.lines) == ("chilled", 9, 1)
    runner = floor.take(order, "picking", zone="chilled", person="second")
    assert [line["line_no"] for line in runner.sees()["lines"]] == [SUB]
    runner.does("pick", line=runner.line(SUB), quantity=2, tote="TOTE-002")
    runner.does("complete")
    assert [row.lines for row in live(floor, order, "packing")] == [2]


def test_packing_waits_for_the_answer_and_opens_with_it(floor):
    order, worker = short_of_tea(floor, ("00042", 500))
    worker.does("pick", line=worker.line(2), quantity=500, weight_g=500, tote="TOTE-001")
    worker.does("complete")
    floor.clock.advance(299)
    floor.write(lambda tx: flow.decision_over(tx, {"fulfilment_id": order}))
    assert live(floor, order, "packing") == []
    decide(floor, None)
    assert [row.lines for row in live(floor, order, "packing")] == [1]
    assert amounts(floor, order, 1) == (0, 2, 0)


def test_the_board_shows_a_question_only_when_its_time_is_over(sqlite_floor):
    def shown():
        with sqlite_floor.reading() as tx:
            return [
                one["sku"]
                for one in views.board(tx, ANYONE, sqlite_floor.store_id)["exceptions"]
                if one["kind"] == "shortage_undecided"
            ]

    short_of_tea(sqlite_floor, ("rice", 1))
    sqlite_floor.clock.advance(300)
    assert shown() == []
    sqlite_floor.clock.advance(1)
    assert shown() == ["tea"]
    decide(sqlite_floor, None)
    assert shown() == []


def test_an_order_waits_no_longer_than_for_the_deadline_and_a_minute(floor):
    order, worker = short_of_tea(floor, ("00042", 500))
    worker.does("pick", line=worker.line(2), quantity=500, weight_g=500, tote="TOTE-001")
    worker.does("complete")
    assert floor.said(StockoutReported)[0].decide_by == floor.clock.now() + timedelta(minutes=5)
    floor.clock.advance(359)
    floor.write(lambda tx: flow.decision_over(tx, {"fulfilment_id": order}))
    assert live(floor, order, "packing") == []
    floor.clock.advance(1)
    floor.write(lambda tx: flow.decision_over(tx, {"fulfilment_id": order}))
    assert len(live(floor, order, "packing")) == 1
    decide(floor, "rice", 2)  # too late: nobody goes for them, and their money goes back
    late = floor.said(StockoutReported)[-1]
    assert (late.line_no, late.sku, late.quantity, late.reason, late.shelf_effect, late.decide_by) == (
        SUB,
        "rice",
        2,
        "too_late",
        "none",
        None,
    )
    assert amounts(floor, order, SUB) == (0, 2, 0) and live(floor, order, "picking") == []


def test_an_order_whose_only_line_is_short_is_not_void_before_the_answer(floor):
    order, worker = short_of_tea(floor)
    worker.does("complete")
    assert (worker.state(), floor.state(order)) == ("done", "working")
    decide(floor, None)
    assert floor.state(order) == "void" and len(floor.said(FulfilmentVoided)) == 1


def test_when_the_other_goods_are_not_there_either_nobody_is_asked_again(floor):
    order, worker = short_of_tea(floor)
    worker.does("complete")
    decide(floor, "rice", 2)
    runner = floor.take(order, "picking", person="second")
    runner.does("short", line=runner.line(SUB), reason="not_found")
    assert floor.said(StockoutReported)[-1].decide_by is None
    assert runner.sees()["lines"][0]["state"] == "closed"
    runner.does("complete")
    assert floor.state(order) == "void"


def test_what_is_found_after_all_opens_the_line_again(floor):
    order, worker = short_of_tea(floor, quantity=3)
    decide(floor, "rice", 3)
    worker.does("pick", line=worker.line(SUB), quantity=3, tote="TOTE-001")
    worker.does("unpick", line=worker.line(SUB), quantity=1)
    worker.does("short", line=worker.line(SUB), reason="damaged")
    worker.does("complete")
    assert amounts(floor, order, SUB) == (2, 1, 0) and amounts(floor, order, 1) == (0, 0, 3)


def test_a_stopped_order_gets_nothing_instead_and_what_came_is_put_back(floor):
    order, worker = short_of_tea(floor, ("rice", 1))
    decide(floor, "00042", 300)
    worker.does("pick", line=worker.line(SUB), quantity=300, weight_g=300, tote="TOTE-001")
    worker.does("short", line=worker.line(2), reason="not_found")
    floor.cancelled(order)
    back = floor.take(order, "picking", kind="put_back")
    assert [(line["line_no"], line["sku"], line["quantity"]) for line in back.sees()["lines"]] == [
        (SUB, "00042", 300)
    ]
    decide(floor, "milk", 1, sub_line_no=SUB + 1)
    assert amounts(floor, order, SUB + 1) == (0, 1, 0)  # nobody goes for it: what was reserved is free again
    assert floor.said(StockoutReported)[-1].reason == "too_late"
    assert [row.kind for row in live(floor, order, "picking")] == ["put_back"]
    back.does("put_back", line=back.line(SUB), quantity=300, outcome="restock")
    back.does("complete")


@pytest.mark.parametrize(("wish", "waits"), [("refund", False), ("cancel_order", False), ("ask", True)])
def test_only_goods_that_may_come_hold_packing_back(sqlite_floor, wish, waits):
    order, worker = short_of_tea(sqlite_floor, ("rice", 1), wish=wish)
    worker.does("pick", line=worker.line(2), quantity=1, tote="TOTE-001")
    worker.does("complete")
    assert (live(sqlite_floor, order, "packing") == []) is waits


def test_what_one_cannot_find_the_others_hear_before_they_walk(floor):
    started, waiting = floor.paid(("tea", 1), ("rice", 1)), floor.paid(("tea", 1))
    colleague = floor.take(started, "picking", person="second")
    colleague.does("pick", line=colleague.line(2), quantity=1, tote="TOTE-009")
    with floor.reading() as tx:
        before = floor.kit.live.head(tx, colleague.person.id)
    _, worker = short_of_tea(floor, wish="refund")
    told = floor.said(StockoutReported)[-1]
    for _ in range(2):
        floor.write(lambda tx: service.warn_others(tx, told))
    with floor.reading() as tx:
        pushes = floor.kit.live.since(tx, colleague.person.id, before)
    assert [push["type"] for push in pushes] == ["ticket.changed"]
    assert {line["sku"]: line["warning"] for line in pushes[0]["ticket"]["lines"]} == {
        "tea": "reported_short",
        "rice": None,
    }
    assert {line["warning"] for line in worker.sees()["lines"]} == {None}
    worker.does("complete")
    picker = floor.take(waiting, "picking")
    assert [line["warning"] for line in picker.sees()["lines"]] == ["reported_short"]
    picker.does("short", line=picker.line(1), reason="not_found")
    assert [line["warning"] for line in picker.sees()["lines"]] == [None]  # it was looked for


def test_an_order_that_comes_soon_after_is_warned_and_a_later_one_is_not(sqlite_floor):
    short_of_tea(sqlite_floor, ("rice", 1), wish="refund")
    warned = {}
    for seconds in (3599, 1):
        sqlite_floor.clock.advance(seconds)
        worker = sqlite_floor.take(sqlite_floor.paid(("tea", 1)), "picking")
        warned[seconds] = [line["warning"] for line in worker.sees()["lines"]]
    assert warned == {3599: ["reported_short"], 1: [None]}


def test_goods_that_are_there_and_weigh_less_warn_nobody(sqlite_floor):
    other = sqlite_floor.paid(("00042", 500))
    worker = sqlite_floor.take(sqlite_floor.paid(("00042", 500)), "picking")
    worker.does("short", line=worker.line(1), quantity=100, reason="short_weight")
    sqlite_floor.write(lambda tx: service.warn_others(tx, sqlite_floor.said(StockoutReported)[-1]))
    assert sqlite_floor.take(other, "picking", person="second").sees()["lines"][0]["warning"] is None
