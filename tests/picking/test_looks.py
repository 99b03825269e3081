"""Costly goods are looked for again by an expert of the zone before they count as missing."""

import pytest

from fulfil.contracts.fulfilment import StockoutReported
from fulfil.dispatch import queries as dispatched
from fulfil.dispatch.service import experts, offers
from fulfil.picking import queries
from fulfil.picking.model import PickLine
from fulfil.staff.model import Person
from fulfil.staff.service import set_shift
from tests.floor import Floor, Worker

PHOTO = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"


@pytest.fixture
def floor_with_expert(floor):
    """`second` knows the ambient zone best, and each unit is worth 40.00."""
    floor.kit.services["goods_worth"] = lambda tx, order_no, line_no, quantity: quantity * 4000
    floor.write(lambda tx: tx.update(Person, {"id": floor.people["second"].id}, expert_zones=["ambient"]))
    for person in floor.people.values():
        floor.kit.services["presence"].beat(person.id)
    return floor


def reported(floor: Floor, **payload) -> tuple[int, Worker]:
    """A picker has put tea into a tote and reports two of rice."""
    order = floor.paid(("rice", 2), ("tea", 1))
    picker = floor.take(order, "picking")
    picker.does("tote", code="TOTE-001")
    picker.does("pick", line=picker.line(2), quantity=1, tote="TOTE-001")
    picker.does("short", **{"line": picker.line(1), "reason": "not_found", **payload})
    return order, picker


def looker(floor: Floor, order: int) -> Worker:
    """The expert accepts what they are asked."""
    row = floor.ticket(order, "picking", kind="second_look")
    expert = floor.people["second"]
    with floor.reading() as tx:
        (offer,) = dispatched.pending_offers(tx, expert.id)
    assert offer.ticket_id == row.id
    floor.write(
        lambda tx: offers.accept(
            tx, dispatched.ticket_row(tx, row.id, lock=True), offer.id, expert.id, expert.session_id
        )
    )
    return Worker(floor, expert, row.id)


def state_of(worker: Worker, line_no: int = 1) -> tuple:
    line = next(line for line in worker.sees()["lines"] if line["line_no"] == line_no)
    return line["state"], line["picked"], line["short"]


def test_goods_that_are_found_go_into_the_tote_and_nothing_is_reported(floor_with_expert):
    floor = floor_with_expert
    order, picker = reported(floor, photo=PHOTO)
    assert state_of(picker) == ("looking", 0, 0) and floor.said(StockoutReported) == []
    expert = looker(floor, order)
    seen = expert.sees()
    line = seen["lines"][0]
    assert (line["sku"], line["quantity"], line["photo"], line["reason"]) == ("rice", 2, PHOTO, "not_found")
    assert [tote["code"] for tote in seen["totes"]] == ["TOTE-001"]
    assert seen["legal"] == ["found", "not_found"]
    assert expert.refused("found", line="1", quantity=2)["code"] == "line_unknown"
    assert expert.refused("found", line=line["id"], quantity=3)["code"] == "more_than_missing"
    expert.does("found", line=line["id"], quantity=2)
    assert state_of(picker) == ("closed", 2, 0) and expert.state() == "done"
    picker.does("complete")
    assert floor.ticket(order, "packing").state == "queued"


def test_found_after_the_picker_has_staged_goes_to_the_staged_tote(floor_with_expert):
    floor = floor_with_expert
    order, picker = reported(floor)
    picker.does("complete")
    with floor.reading() as tx:
        assert dispatched.tickets_of(tx, order, stage="packing") == []
    expert = looker(floor, order)
    expert.does("found", line=expert.sees()["lines"][0]["id"], quantity=1)
    (told,) = floor.said(StockoutReported)
    assert told.quantity == 1 and floor.line(order, 1).picked == 1
    assert floor.tote("TOTE-001").place is not None
    assert floor.ticket(order, "packing").state == "queued"


def test_without_a_tote_the_expert_takes_one(floor_with_expert):
    floor = floor_with_expert
    order = floor.paid(("rice", 2))
    picker = floor.take(order, "picking")
    picker.does("short", line=picker.line(1), reason="not_found")
    picker.does("complete")
    expert = looker(floor, order)
    line = expert.sees()["lines"][0]["id"]
    assert expert.refused("found", line=line, quantity=2)["code"] == "tote_needed"
    expert.does("found", line=line, quantity=2, tote="TOTE-005")
    assert floor.tote("TOTE-005").place is not None and floor.said(StockoutReported) == []


def test_goods_that_nobody_finds_are_reported_as_the_picker_said(floor_with_expert):
    floor = floor_with_expert
    order, picker = reported(floor, photo=PHOTO, quantity=2)
    expert = looker(floor, order)
    expert.does("not_found", line=expert.sees()["lines"][0]["id"])
    (told,) = floor.said(StockoutReported)
    assert (told.quantity, told.reason, told.photo) == (2, "not_found", PHOTO)
    assert state_of(picker) == ("closed", 0, 2)


@pytest.mark.parametrize("accepted", [True, False])
def test_whom_nobody_answers_in_time_is_believed(floor_with_expert, accepted):
    floor = floor_with_expert
    order, picker = reported(floor)
    if accepted:
        looker(floor, order)
    picker.does("complete")
    floor.clock.advance(170)
    floor.kit.tasks.run_until_idle()
    assert floor.said(StockoutReported) == []
    floor.clock.advance(20)
    floor.kit.tasks.run_until_idle()
    assert len(floor.said(StockoutReported)) == 1
    assert floor.ticket(order, "picking", kind="second_look").state == "cancelled"
    assert floor.ticket(order, "packing").state == "queued"


def is_asked(floor: Floor, order: int) -> str | None:
    """Who is shown the second look of an order."""
    row = floor.ticket(order, "picking", kind="second_look")
    with floor.reading() as tx:
        shown = {
            name: [offer.ticket_id for offer in dispatched.pending_offers(tx, person.id)]
            for name, person in floor.people.items()
        }
    (name,) = [name for name, tickets in shown.items() if row.id in tickets] or [None]
    return name


def declines(floor: Floor, order: int) -> None:
    row, expert = floor.ticket(order, "picking", kind="second_look"), floor.people[is_asked(floor, order)]

    def no(tx):
        (offer,) = dispatched.pending_offers(tx, expert.id)
        offers.decline(tx, dispatched.ticket_row(tx, row.id, lock=True), offer.id, expert.id, "busy")

    floor.write(no)


def misses(floor: Floor, order: int) -> None:
    floor.clock.advance(40)


def gives_back(floor: Floor, order: int) -> None:
    looker(floor, order).does("give_back", reason="unable")


@pytest.mark.parametrize("answer", [declines, misses, gives_back])
def test_the_next_expert_is_asked_once_and_never_who_missed_the_goods(floor_with_expert, answer):
    floor = floor_with_expert
    for name in ("picker", "packer"):
        floor.write(
            lambda tx, name=name: tx.update(
                Person, {"id": floor.people[name].id}, expert_zones=["ambient"], roles=["picker"]
            )
        )
    order, _ = reported(floor)
    assert is_asked(floor, order) == "second"
    answer(floor, order)
    for person in floor.people.values():
        floor.kit.services["presence"].beat(person.id)
    floor.kit.tasks.run_until_idle()
    assert is_asked(floor, order) == "packer"
    declines(floor, order)
    floor.kit.tasks.run_until_idle()
    assert is_asked(floor, order) is None and floor.said(StockoutReported) == []
    floor.clock.advance(190)
    floor.kit.tasks.run_until_idle()
    assert len(floor.said(StockoutReported)) == 1


def test_an_expert_who_comes_on_duty_is_asked_what_nobody_looks_for(floor_with_expert):
    floor = floor_with_expert
    late = floor.people["packer"]
    floor.write(lambda tx: tx.update(Person, {"id": late.id}, expert_zones=["ambient"], roles=["picker"]))
    floor.write(lambda tx: set_shift(tx, late.id, "break", late.session_id, actor="test"))
    order, _ = reported(floor)
    declines(floor, order)
    floor.kit.tasks.run_until_idle()
    assert is_asked(floor, order) is None
    floor.write(lambda tx: set_shift(tx, late.id, "available", late.session_id, actor="test"))
    floor.kit.tasks.run_until_idle()
    assert is_asked(floor, order) == "packer"


def test_nobody_is_asked_when_the_time_is_over(floor_with_expert):
    floor = floor_with_expert
    floor.write(
        lambda tx: tx.update(
            Person, {"id": floor.people["packer"].id}, expert_zones=["ambient"], roles=["picker"]
        )
    )
    order, _ = reported(floor)
    row = floor.ticket(order, "picking", kind="second_look")
    declines(floor, order)
    floor.clock.advance(180)
    for person in floor.people.values():
        floor.kit.services["presence"].beat(person.id)
    floor.write(lambda tx: experts.ask_next(tx, {"ticket_id": row.id}))
    assert is_asked(floor, order) is None


@pytest.mark.parametrize(
    ("worth", "zones", "payload"),
    [
        (2499, ["ambient"], {}),
        (4000, ["chilled"], {}),
        (4000, ["ambient"], {"reason": "damaged"}),
        (4999, ["ambient"], {"quantity": 1}),
    ],
)
def test_cheap_damaged_or_little_of_it_or_without_an_expert_is_believed_at_once(
    floor_with_expert, worth, zones, payload
):
    floor = floor_with_expert
    floor.kit.services["goods_worth"] = lambda tx, order_no, line_no, quantity: quantity * worth
    floor.write(lambda tx: tx.update(Person, {"id": floor.people["second"].id}, expert_zones=zones))
    reported(floor, **payload)
    assert len(floor.said(StockoutReported)) == 1


def test_a_costly_part_is_looked_for_while_the_rest_is_picked(floor_with_expert):
    floor = floor_with_expert
    order = floor.paid(("rice", 3))
    picker = floor.take(order, "picking")
    picker.does("short", line=picker.line(1), reason="not_found", quantity=2)
    assert state_of(picker) == ("todo", 0, 0) and floor.said(StockoutReported) == []
    assert picker.refused("short", line=picker.line(1), reason="not_found", quantity=2)["code"] == (
        "more_than_missing"
    )
    picker.does("tote", code="TOTE-001")
    assert picker.refused("pick", line=picker.line(1), quantity=2, tote="TOTE-001")["code"] == "over_pick"
    picker.does("pick", line=picker.line(1), quantity=1, tote="TOTE-001")
    assert state_of(picker) == ("looking", 1, 0) and floor.violations() == []
    picker.does("complete")
    expert = looker(floor, order)
    expert.does("found", line=expert.sees()["lines"][0]["id"], quantity=1)
    (told,) = floor.said(StockoutReported)
    assert (told.quantity, floor.line(order, 1).picked, state_of(picker)) == (1, 2, ("closed", 2, 1))
    assert floor.ticket(order, "packing").state == "queued" and floor.violations() == []


@pytest.mark.parametrize(
    ("answer", "said", "left"),
    [("found", {"quantity": 2}, ("todo", 2, 0)), ("not_found", {}, ("todo", 0, 2))],
)
def test_an_answer_before_the_rest_is_picked_leaves_it_to_its_picker(floor_with_expert, answer, said, left):
    floor = floor_with_expert
    order = floor.paid(("rice", 3))
    picker = floor.take(order, "picking")
    picker.does("tote", code="TOTE-001")
    picker.does("short", line=picker.line(1), reason="not_found", quantity=2)
    expert = looker(floor, order)
    expert.does(answer, line=expert.sees()["lines"][0]["id"], **said)
    assert state_of(picker) == left
    picker.does("pick", line=picker.line(1), quantity=1, tote="TOTE-001")
    assert state_of(picker)[0] == "closed" and floor.violations() == []


def test_a_report_is_not_cut_until_it_is_cheap(floor_with_expert):
    floor = floor_with_expert
    order = floor.paid(("rice", 3))
    picker = floor.take(order, "picking")
    for _ in range(3):
        picker.does("short", line=picker.line(1), reason="not_found", quantity=1)
    assert [told.quantity for told in floor.said(StockoutReported)] == [1]
    assert state_of(picker) == ("looking", 0, 1) and floor.violations() == []
    floor.clock.advance(190)
    floor.kit.tasks.run_until_idle()
    assert [told.quantity for told in floor.said(StockoutReported)] == [1, 1, 1]
    assert state_of(picker) == ("closed", 0, 3) and floor.violations() == []


def test_nobody_looks_after_themselves(floor_with_expert):
    floor = floor_with_expert
    floor.write(lambda tx: tx.update(Person, {"id": floor.people["second"].id}, expert_zones=[]))
    floor.write(lambda tx: tx.update(Person, {"id": floor.people["picker"].id}, expert_zones=["ambient"]))
    reported(floor)
    assert len(floor.said(StockoutReported)) == 1


def test_a_cancelled_order_is_looked_for_no_more(floor_with_expert):
    floor = floor_with_expert
    order, _ = reported(floor)
    expert = looker(floor, order)
    floor.cancelled(order)
    assert expert.state() == "cancelled"
    floor.clock.advance(200)
    floor.kit.tasks.run_until_idle()
    assert floor.said(StockoutReported) == []


def test_a_line_that_is_looked_for_is_open_for_the_invariants(floor_with_expert):
    floor = floor_with_expert
    reported(floor)
    assert floor.violations() == []
    assert (12, "pick_lines") in floor.spoiled(queries, PickLine, state="closed")
    assert (12, "pick_lines") in floor.spoiled(queries, PickLine, looking=1)
