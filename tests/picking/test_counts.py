"""A shelf that should be empty is looked at, and one that somebody doubts is counted."""

import pytest
from sqlalchemy import select

from fulfil.contracts.fulfilment import ShelfCounted, ShelfNotEmpty
from fulfil.contracts.trade import ShelfCountEnded, ShelfToCount
from fulfil.dispatch import queries as dispatched
from fulfil.dispatch.model import Ticket, WorkerLoad
from fulfil.picking import queries, service
from fulfil.picking.model import CountLine
from fulfil.picking.stage import stage
from fulfil.staff import service as staff
from tests.floor import Floor


def heard(floor: Floor, event: type) -> list:
    found: list = []
    floor.kit.events.subscribe(
        event, f"here.{event.__name__}", lambda tx, told: found.append(told), inline=True
    )
    return found


def offered(floor: Floor, fulfilment_id: int) -> list[dict]:
    """The lines as an offer shows them, while nobody has the ticket."""
    row = floor.ticket(fulfilment_id, "picking")
    with floor.reading() as tx:
        return stage.snapshot(tx, dispatched.ticket_view(row))["lines"]


def wanted(floor: Floor, fulfilment_id: int, *, second: bool = False) -> ShelfToCount:
    order_no = floor.line(fulfilment_id, 1).order_no
    return ShelfToCount(order_no=order_no, store_id=floor.store_id, count_id=9001, sku="tea", second=second)


def counting(floor: Floor, **options) -> tuple[int, object]:
    order = floor.paid(("tea", 1))
    floor.write(lambda tx: service.let_count(tx, wanted(floor, order, **options)))
    return order, floor.take(order, "picking", kind="count")


def test_only_the_line_that_takes_the_books_last_is_asked_about(floor):
    asked = []

    def emptied(tx, store_id, more):
        asked.append(dict(more))
        return {"rice"}

    order = floor.paid(("rice", 2), ("tea", 1))
    floor.kit.services["emptied"] = emptied
    assert [line["empties"] for line in offered(floor, order)] == [False, False] and asked == []
    picker = floor.take(order, "picking")
    assert {line["sku"]: line["empties"] for line in picker.sees()["lines"]} == {"rice": True, "tea": False}
    picker.does("tote", code="TOTE-001")
    picker.does("pick", line=picker.line(1), quantity=1, tote="TOTE-001")
    assert asked[-1] == {"rice": 1, "tea": 1}


@pytest.mark.parametrize(("empty", "told"), [(True, 0), (False, 1)])
def test_a_zero_check_is_kept_and_a_doubt_is_told_once(floor, empty, told):
    doubts = heard(floor, ShelfNotEmpty)
    order = floor.paid(("rice", 1), ("tea", 1))
    picker = floor.take(order, "picking")
    picker.does("tote", code="TOTE-001")
    assert picker.refused("zero_check", line=picker.line(1), empty=empty)["code"] == "not_picked"
    picker.does("pick", line=picker.line(1), quantity=1, tote="TOTE-001")
    picker.does("zero_check", line=picker.line(1), empty=empty)
    picker.does("zero_check", line=picker.line(1), empty=not empty)
    shown = {line["line_no"]: line["left_empty"] for line in picker.sees()["lines"]}
    assert shown == {1: empty, 2: None}
    assert [(one.sku, one.store_id) for one in doubts] == [("rice", floor.store_id)] * told
    assert picker.refused("zero_check", line="1", empty=empty)["code"] == "line_unknown"


def test_a_shelf_is_counted_by_a_ticket_that_is_not_urgent_and_blind(floor):
    counts = heard(floor, ShelfCounted)
    order, counter = counting(floor)
    row = floor.ticket(order, "picking", kind="count")
    assert (row.due_at - floor.clock.now()).total_seconds() == 4 * 3600 and row.priority == 0
    seen = counter.sees()
    line = seen["lines"][0]
    assert (line["sku"], line["location"], line["second"]) == ("tea", "A01-02-1", False)
    assert "quantity" not in line and seen["legal"] == ["count"]
    assert counter.refused("count", line="1", quantity=3)["code"] == "line_unknown"
    assert counter.refused("pick", line=line["id"], quantity=1)["code"] == "not_legal"
    counter.does("count", line=line["id"], quantity=7)
    assert counter.state() == "done"
    (told,) = counts
    assert (told.count_id, told.sku, told.quantity) == (9001, "tea", 7)
    assert told.by == f"staff:{counter.person.id}"


def test_a_count_that_nobody_needs_any_more_leaves_its_picker(floor):
    order, counter = counting(floor, second=True)
    assert counter.sees()["lines"][0]["second"]
    ended = ShelfCountEnded(store_id=floor.store_id, count_id=9001)
    for _ in range(2):
        floor.write(lambda tx: service.count_ended(tx, ended))
        assert counter.state() == "cancelled"


def test_a_count_outlives_its_order_and_does_not_hold_it_up(floor):
    order, counter = counting(floor)
    picker = floor.take(order, "picking", person="second")
    picker.does("tote", code="TOTE-001")
    picker.does("pick", line=picker.line(1), quantity=1, tote="TOTE-001")
    picker.does("complete")
    assert floor.ticket(order, "packing").state == "queued"
    floor.cancelled(order)
    assert counter.state() == "accepted"
    counter.does("count", line=counter.sees()["lines"][0]["id"], quantity=0)


@pytest.mark.parametrize("others", [True, False])
def test_somebody_else_counts_again_where_another_picker_is_here(floor, others):
    order, counter = counting(floor)
    counter.does("count", line=counter.sees()["lines"][0]["id"], quantity=7)
    picker = floor.take(order, "picking", person="second")  # nothing but the count waits for pickers
    picker.does("tote", code="TOTE-001")
    picker.does("pick", line=picker.line(1), quantity=1, tote="TOTE-001")
    picker.does("complete")
    for person in floor.people.values():
        floor.kit.services["presence"].beat(person.id)
    first, second = floor.people["picker"], floor.people["second"]
    if not others:
        floor.write(lambda tx: staff.set_shift(tx, second.id, "off", second.session_id, actor="test"))
    # Without the rule the first one is nearer by all the plan knows.
    floor.write(lambda tx: tx.update(WorkerLoad, {"person_id": second.id}, seconds=7200))
    floor.write(lambda tx: service.let_count(tx, wanted(floor, order, second=True)))
    floor.kit.tasks.run_until_idle()
    row = floor.ticket(order, "picking", kind="count")
    with floor.reading() as tx:
        asked = dispatched.asked(tx, row.id)
    assert asked == [second.id if others else first.id]


def test_a_count_of_an_order_that_is_gone_is_left_to_the_desk(floor):
    gone = ShelfToCount(order_no=1, store_id=floor.store_id, count_id=1, sku="tea", second=False)
    floor.write(lambda tx: service.let_count(tx, gone))
    with floor.reading() as tx:
        assert tx.all(select(Ticket.id).where(Ticket.kind == "count")) == []


def test_a_count_without_its_ticket_is_a_violation(floor):
    _, counter = counting(floor)
    assert floor.spoiled(queries, CountLine, counted=3) == [(12, "count_lines")]
    counter.does("count", line=counter.sees()["lines"][0]["id"], quantity=0)
    assert floor.spoiled(queries, CountLine, counted=None) == [(12, "count_lines")]
